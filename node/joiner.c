#include "node/joiner.h"

#include "node/joiner_end.h"
#include "node/joiner_parts.h"
#include "proto/cid.h"

/* For those who ask us later; whether its evidence is good is theirs to check. */
static void fetch_bundle(struct attempt *a)
{
    struct genesis_checked checked;
    struct sr_why why = { 0 };
    if (peer_get(&a->peer, "/sealring/v1/genesis", &why) == SR_OK &&
        genesis_check(buf_span(&a->peer.reply.body), &a->who.cid, (struct span){ 0 }, &checked, &why) ==
            SR_OK)
        wr_span(&a->bundle, buf_span(&a->peer.reply.body));
}

static bool holds(const struct home *have, uint64_t epoch)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(have->epochs);
    return now.e && keyring_newest(now.e->keyring) == epoch;
}

/* Sealed to this machine, as provisional: only now may M5 say that we hold the masters. */
static enum sr_err keep(struct attempt *a, struct home *have, struct sr_why *why)
{
    struct home_parts parts = { .record = a->granted.m4.record,
                                .chain = a->granted.m4.chain,
                                .member = &a->keys.member,
                                .member_pub = &a->keys.member_pub };
    if (holds(have, a->hold.epoch))
        return home_keep_member(have, &a->keys.member, &a->keys.member_pub, why);
    home_drop(have);
    SR_TRY(keyring_install(&a->masters, a->granted.genesis.params.salt, &parts.keyring));
    return home_make(a->n->store, a->n->tpm, &parts, have, why);
}

static enum sr_err end(struct attempt *a, struct home *have, struct core **ret, struct sr_why *why)
{
    SR_OWN(buf) leaf = { 0 };
    struct join_member member;
    SR_TRY(attempt_confirm(a, &member, why));
    SR_TRY(joiner_self_leaf(a->n, have, &a->hold, &member, policy_number(a->policy.policy), &leaf));
    struct core_birth birth = { .cert = member.cert_bytes,
                                .policy = a->granted.m4.policy,
                                .leaf = buf_span(&leaf),
                                .bundle = buf_span(&a->bundle) };
    SR_TRY(core_open(a->n, have, &birth, ret, why));
    SR_OWN(policy_hold) now = policy_holder_get((*ret)->policy);
    /* The first round goes to all of them: nobody has to wait until they come to us. */
    (void)!members_take_all((*ret)->members, now.p,
                            buf_span(&a->members_list)); /* what is missing comes with the rounds */
    return SR_OK;
}

static enum sr_err run(struct attempt *a, struct home *have, struct core **ret, struct sr_why *why)
{
    fetch_bundle(a);
    SR_TRY(attempt_grant(a, why));
    SR_TRY(keep(a, have, why));
    if (have->was_member) /* all that was missing are the masters, and M4 brought them */
        return core_open(a->n, have, NULL, ret, why);
    node_set_state(a->n, NODE_PROVISIONAL);
    return end(a, have, ret, why);
}

enum sr_err joiner_try(struct node *n, const char *base, const char *address, struct home *have,
                       struct core **ret, struct sr_why *why)
{
    struct attempt *a = NULL;
    SR_TRY(attempt_new(n, base, address, &a, why));
    if (have->has_member) {
        a->keys.member = have->member;
        a->keys.member_pub = have->member_pub;
    }
    enum sr_err e = cid_parse(span_of(n->config->cid), &a->who.cid, why);
    if (e == SR_OK)
        e = run(a, have, ret, why);
    attempt_free(a);
    return e;
}
