#include "node/permit.h"

#include "node/cosigners.h"
#include "node/counter.h"
#include "node/expel.h"
#include "node/freeze.h"
#include "node/lease.h"
#include "node/level.h"
#include "node/node.h"

/* What can't be written down is not done. */
static enum sr_err log_writes(struct node *n, const struct core *c, const struct core_look *at,
                              struct sr_why *why)
{
    (void)n;
    (void)at;
    return journal_healthy(c->journal) ? SR_OK
                                       : sr_fail(why, SR_EBUSY, R_NOT_READY, "the log does not take entries");
}

/* What would not be missed if it were undone is not done. */
static enum sr_err counter_counts(struct node *n, const struct core *c, const struct core_look *at,
                                  struct sr_why *why)
{
    (void)n;
    (void)at;
    return counter_holds(c->counter, why);
}

static enum sr_err epoch_counts(struct node *n, const struct core *c, const struct core_look *at,
                                struct sr_why *why)
{
    (void)n;
    (void)c;
    return keyring_newest(at->epochs->keyring) >= policy_min_epoch(at->policy)
               ? SR_OK
               : sr_fail(why, SR_EBUSY, R_EPOCH, "the policy retired the epoch of this member's masters");
}

static enum sr_err is_member(struct node *n, const struct core *c, const struct core_look *at,
                             struct sr_why *why)
{
    return expel_means_us(n, c, at->policy)
               ? sr_fail(why, SR_EBUSY, R_EXPELLED, "the policy in force expels this member")
               : SR_OK;
}

/* It may be a member no more, or under rules of the past, and not know it. */
static enum sr_err lease_runs(struct node *n, const struct core *c, const struct core_look *at,
                              struct sr_why *why)
{
    struct lease_state s = lease_look(c, at->policy);
    (void)n;
    return lease_holds(&s)
               ? SR_OK
               : sr_fail(why, SR_EBUSY, R_LEASE,
                         "the lease lapsed: %zu of the %zu others needed ever vouched", s.have, s.needed);
}

static enum sr_err joins_flow(struct node *n, const struct core *c, const struct core_look *at,
                              struct sr_why *why)
{
    (void)n;
    if (policy_join_frozen(at->policy))
        return sr_fail(why, SR_EBUSY, R_FROZEN, "the policy in force has joins frozen");
    return freeze_is_on(c) ? sr_fail(why, SR_EBUSY, R_FROZEN, "joins are frozen at this member") : SR_OK;
}

/* Others have seen more of our log than we have, or another: this is a restored backup, or a copy. */
static enum sr_err log_is_ours(struct node *n, const struct core *c, const struct core_look *at,
                               struct sr_why *why)
{
    (void)n;
    (void)at;
    return cosigners_live(c->cosigners, why);
}

/* This member said in its evidence that it asks others at its start. */
static enum sr_err level_is_kept(struct node *n, const struct core *c, const struct core_look *at,
                                 struct sr_why *why)
{
    (void)c;
    return level_is_missed(n->config, at->policy)
               ? sr_fail(why, SR_EBUSY, R_UNWITNESSED,
                         "rollback-peers, and the policy in force asks for no answers at a start")
               : SR_OK;
}

static enum sr_err some_were_asked(struct node *n, const struct core *c, const struct core_look *at,
                                   struct sr_why *why)
{
    (void)n;
    return cosigners_asked(c, at->policy, COSIGNED_KNOWN, why);
}

static enum sr_err all_were_asked(struct node *n, const struct core *c, const struct core_look *at,
                                  struct sr_why *why)
{
    (void)n;
    return cosigners_asked(c, at->policy, COSIGNED_ALL, why);
}

/* Which of our policy's rules are new can't be told without those before it. Who began a network, or brought
 * one back, has nobody to ask. */
static enum sr_err past_is_known(struct node *n, const struct core *c, const struct core_look *at,
                                 struct sr_why *why)
{
    (void)n;
    (void)at;
    bool first = span_eq(SPAN(c->cert.granter.b), SPAN(c->home.id.b));
    return first || policy_holder_knows_past(c->policy)
               ? SR_OK
               : sr_fail(why, SR_EBUSY, R_NOT_READY, "the policies from before our time are still to come");
}

enum {
    GRANT = 1 << ACT_GRANT,
    ENROL = 1 << ACT_ENROL,
    RELEASE = 1 << ACT_RELEASE,
    STORE = 1 << ACT_STORE,
    TALK = 1 << ACT_TALK,
    WITNESS = 1 << ACT_WITNESS,
    PULL = 1 << ACT_PULL,
    CATCHUP = 1 << ACT_CATCHUP,
    ROTATE = 1 << ACT_ROTATE,
    ASK = 1 << ACT_ASK,
    ALL = GRANT | ENROL | RELEASE | STORE | TALK | WITNESS | PULL | CATCHUP | ROTATE | ASK
};

static const struct condition {
    unsigned stops; /* the acts */
    enum sr_err (*holds)(struct node *n, const struct core *c, const struct core_look *at,
                         struct sr_why *why);
} conditions[] = {
    /* clang-format off */ /* one a line */
    { ALL, log_writes },
    { ALL, counter_counts },
    { ALL, is_member },
    { ALL & ~(ROTATE | ASK), epoch_counts }, /* else nobody could make the epoch that the policy asks for */
    { GRANT | CATCHUP | ENROL | RELEASE | STORE, lease_runs },
    { GRANT, joins_flow },
    { ALL, log_is_ours },
    { GRANT | CATCHUP | ENROL | RELEASE | STORE, level_is_kept },
    { GRANT | CATCHUP | ENROL | STORE | WITNESS, some_were_asked },
    { RELEASE, all_were_asked },
    { GRANT | CATCHUP, past_is_known },
    /* clang-format on */
};

enum sr_err permit_check(struct node *n, const struct core *c, const struct core_look *at, enum act act,
                         struct sr_why *why)
{
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (conditions[i].stops & 1u << act)
            SR_TRY(conditions[i].holds(n, c, at, why));
    return SR_OK;
}
