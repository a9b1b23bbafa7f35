#include "node/epoch_pull.h"

#include "node/joiner_parts.h"
#include "node/level.h"
#include "node/recovery_key.h"
#include "node/rotation.h"

#include <stdio.h>

#define BYTES "application/octet-stream"

/* What a peer says of its epochs. Borrows. */
struct theirs {
    uint64_t active;
    struct span active_muster, pending_muster;
};

static enum sr_err read_theirs(struct span s, struct theirs *ret, struct sr_why *why)
{
    struct reader r = rd_init(s);
    struct theirs t = { .active = rd_u64be(&r) };
    t.active_muster = rd_lp(&r, MUSTER_MAX);
    t.pending_muster = rd_lp(&r, MUSTER_MAX);
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_EPOCH_MUSTER, "a peer's epochs can't be read");
    *ret = t;
    return SR_OK;
}

/* The masters of M4 and those that we have, with the chain of M4: what is stored under ours stays readable.
 */
static enum sr_err make_set(const struct core *c, const struct attempt *a, struct epochs **ret)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    struct keyring *k = NULL;
    SR_TRY(keyring_install_with(&a->masters, now.e->keyring, c->home.genesis.params.salt, &k));
    return epochs_new(k, a->granted.epochs, a->granted.nepochs, a->granted.m4.chain, ret);
}

/* As the member that we are: same key, same address, judged under the policy in force there now. */
static enum sr_err start(struct node *n, struct core *c, const char *base, struct attempt **ret,
                         struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    SR_OWN(policy_hold) policy = policy_holder_get(c->policy);
    struct attempt *a = NULL;
    SR_TRY(attempt_new(n, base, c->cert.address, &a, why));
    a->who.cid = c->home.cid;
    a->who.min_epoch = now.e->n + 1;
    a->who.rollback = level_attested(n->config, c, policy.p);
    a->who.min_policy = policy_number(policy.p);
    a->keys.member = c->home.member;
    a->keys.member_pub = c->home.member_pub;
    *ret = a;
    return SR_OK;
}

static enum sr_err get(struct core *c, struct attempt *a, struct join_member *ret, struct sr_why *why)
{
    struct epochs *set = NULL;
    SR_TRY(attempt_grant(a, why));
    SR_TRY(make_set(c, a, &set));
    SR_TRY(rotation_keep(c->rotation, set, why)); /* on disk before M5 says so */
    return attempt_confirm(a, ret, why);
}

/* The pending master, from a member that holds it. */
static enum sr_err pull(struct node *n, struct core *c, const char *base, struct span muster,
                        struct sr_why *why)
{
    struct attempt *a = NULL;
    struct join_member m;
    char at[32];
    SR_TRY(start(n, c, base, &a, why));
    snprintf(at, sizeof at, "?epoch=%llu", (unsigned long long)a->who.min_epoch);
    a->at = at;
    a->members = "/sealring/v1/epoch/members";
    enum sr_err e = get(c, a, &m, why);
    if (e == SR_OK)
        e = rotation_hold(c->rotation, m.cert_bytes, muster, why);
    attempt_free(a);
    return e;
}

/* From a member that is at a later epoch: it proves with its M4 that it is one, and at which. We name the
 * epoch, for a member gets it while joins are frozen, too. */
static enum sr_err catch_up(struct node *n, struct core *c, const char *base, uint64_t theirs,
                            struct sr_why *why)
{
    struct attempt *a = NULL;
    struct join_member m;
    char at[32];
    SR_TRY(start(n, c, base, &a, why));
    snprintf(at, sizeof at, "?epoch=%llu", (unsigned long long)theirs);
    a->at = at;
    enum sr_err e = get(c, a, &m, why);
    if (e == SR_OK)
        e = rotation_jump(c->rotation, m.cert_bytes, why);
    attempt_free(a);
    return e;
}

static void say(struct node *n, const char *msg, const char *peer, enum sr_err e, const struct sr_why *why)
{
    struct logline l = log_start(&n->log, LOG_WARN, msg);
    log_text(&l, "peer", peer);
    log_why(&l, e, why);
    log_end(&l);
}

static uint64_t active(const struct core *c)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    return now.e->n;
}

/* Without the masters, the chain at least: whose certificates are of later epochs is a member all the same.
 */
static enum sr_err hear(struct core *c, struct peer_link *p, struct sr_why *why)
{
    SR_TRY(peer_get(p, "/sealring/v1/epochs", why));
    struct reader r = rd_init(buf_span(&p->reply.body));
    (void)rd_lp(&r, GENESIS_RECORD_MAX);
    struct span chain = rd_lp(&r, EPOCH_CHAIN_MAX);
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_EPOCH_CHAIN, "a peer's chain of epochs can't be read");
    return members_hear(c->members, chain, why);
}

static void follow(struct node *n, struct core *c, struct peer_link *p, const char *address, uint64_t theirs)
{
    struct sr_why why = { 0 };
    enum sr_err e = catch_up(n, c, address, theirs, &why);
    if (e == SR_OK)
        return;
    say(n, "epoch-behind", address, e, &why);
    struct sr_why unread = { 0 };
    e = hear(c, p, &unread);
    if (e != SR_OK)
        say(n, "epoch-chain", address, e, &unread);
}

static void take(struct node *n, struct core *c, const char *address, struct span muster)
{
    enum rotation_verdict verdict = ROTATION_NOTHING;
    struct sr_why why = { 0 };
    if (!muster.n)
        return;
    enum sr_err e = rotation_take(c->rotation, muster, &verdict, &why);
    if (e == SR_OK && verdict == ROTATION_PULL)
        e = pull(n, c, address, muster, &why);
    if (e != SR_OK)
        say(n, "epoch-refused", address, e, &why);
}

/* Ours, if the peer may lack something of it: it sees for itself. */
static void tell(struct core *c, struct peer_link *p, const struct theirs *t)
{
    SR_OWN(buf) b = { 0 };
    struct theirs ours;
    struct sr_why why = { 0 };
    if (rotation_write(c->rotation, &b) != SR_OK || read_theirs(buf_span(&b), &ours, &why) != SR_OK)
        return;
    struct span muster = ours.pending_muster;
    if (!muster.n && t->active < ours.active)
        muster = ours.active_muster;
    if (muster.n && !span_eq(muster, t->pending_muster) &&
        peer_post(p, "/sealring/v1/epoch", BYTES, muster, &why) != SR_OK)
        return; /* it says why in its own log */
}

enum sr_err epoch_pull_round(struct node *n, struct core *c, struct peer_link *p, const char *address,
                             struct sr_why *why)
{
    SR_OWN(buf) reply = { 0 };
    struct theirs t;
    enum sr_err e = peer_get(p, "/sealring/v1/epoch", why);
    if (e == SR_ENOENT) /* a release that can't rotate yet */
        return SR_OK;
    SR_TRY(e);
    wr_span(&reply, buf_span(&p->reply.body));
    SR_TRY(read_theirs(buf_span(&reply), &t, why));
    if (t.active == active(c) + 1) /* the muster may be all that is missing */
        take(n, c, address, t.active_muster);
    if (t.active > active(c))
        follow(n, c, p, address, t.active);
    take(n, c, address, t.pending_muster);
    tell(c, p, &t);
    struct sr_why unproven = { 0 };
    e = recovery_key_ask(n, c, p, &unproven);
    if (e != SR_OK)
        say(n, "recovery-key", address, e, &unproven);
    return SR_OK;
}
