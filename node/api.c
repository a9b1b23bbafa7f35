#include "node/api.h"

#include "node/clock.h"
#include "node/kbs.h"
#include "node/rotation.h"
#include "proto/signed.h"

#include <string.h>

void stand_drop(struct stand *s)
{
    epochs_hold_drop(&s->epochs);
    policy_hold_drop(&s->policy);
    policy_waits_drop(&s->waits);
    collateral_hold_drop(&s->collateral);
    s->core = NULL;
}

struct core_look stand_look(const struct stand *s)
{
    return (struct core_look){ s->epochs.e, s->policy.p };
}

/* Members get the next master, or the one that they missed, while joins are frozen: nobody joins by that. */
static enum act act_on(const struct stand *s, enum act act)
{
    if (act != ACT_GRANT)
        return act;
    return stand_pending(s) ? ACT_PULL : s->named ? ACT_CATCHUP : ACT_GRANT;
}

/* named: 0, or the epoch that the request names. */
static enum sr_err take_on(struct node *n, struct core *c, struct epochs_hold epochs, uint64_t named,
                           enum act act, struct stand *ret, struct sr_why *why)
{
    SR_OWN(stand)
    s = { .core = c,
          .epochs = epochs,
          .policy = policy_holder_get(c->policy),
          .collateral = collateral_holder_get(n->collateral),
          .named = named != 0 };
    if (!s.policy.p)
        return sr_fail(why, SR_EBUSY, R_NOT_READY, "no policy yet");
    struct core_look at = stand_look(&s);
    SR_TRY(permit_check(n, c, &at, act_on(&s, act), why));
    if (act == ACT_GRANT)
        policy_holder_waits(c->policy, &s.waits, &s.now);
    *ret = SR_TAKE(s);
    return SR_OK;
}

struct policy_wait_view stand_view(const struct stand *s)
{
    return (struct policy_wait_view){ &s->waits, s->now };
}

enum sr_err stand_still(struct node *n, const struct stand *s, enum act act, struct sr_why *why)
{
    SR_OWN(policy_hold) policy = policy_holder_get(s->core->policy);
    SR_OWN(epochs_hold) epochs = stand_again(s);
    if (!epochs.e)
        return sr_fail(why, SR_ESTALE, R_STALE_CHALLENGE, "the epoch is over");
    const struct core_look now = { epochs.e, policy.p };
    return permit_check(n, s->core, &now, act_on(s, act), why);
}

enum sr_err stand_take(struct node *n, enum act act, struct stand *ret, struct sr_why *why)
{
    struct core *c = NULL;
    SR_TRY(node_core(n, &c, why));
    return take_on(n, c, epochs_holder_get(c->home.epochs), 0, act, ret, why);
}

/* Active or pending; {NULL}: neither. */
static struct epochs_hold of_epoch(const struct core *c, uint64_t newest)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    if (now.e->n == newest)
        return SR_TAKE(now);
    SR_OWN(epochs_hold) pending = rotation_pending(c->rotation);
    return pending.e && pending.e->n == newest ? SR_TAKE(pending) : (struct epochs_hold){ 0 };
}

enum sr_err stand_take_epoch(struct node *n, enum act act, const struct request *q, struct stand *ret,
                             struct sr_why *why)
{
    struct core *c = NULL;
    uint64_t epoch = 0;
    SR_TRY(node_core(n, &c, why));
    SR_TRY(api_query_u64(q, "epoch", 0, &epoch, why));
    struct epochs_hold e = epoch ? of_epoch(c, epoch) : epochs_holder_get(c->home.epochs);
    if (!e.e)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "neither the active epoch nor the pending one");
    return take_on(n, c, e, epoch, act, ret, why);
}

struct epochs_hold stand_again(const struct stand *s)
{
    return of_epoch(s->core, s->epochs.e->n);
}

bool stand_pending(const struct stand *s)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(s->core->home.epochs);
    return now.e->n < s->epochs.e->n;
}

bool api_operator(const struct core *c, const struct sign_pub *key)
{
    const struct key_set *operators = &c->home.genesis.params.operators;
    for (size_t i = 0; i < operators->n; i++)
        if (span_eq(SPAN(operators->key[i].b), SPAN(key->b)))
            return true;
    return false;
}

struct appraiser api_appraiser(const struct stand *s)
{
    const struct home *h = &s->core->home;
    return (struct appraiser){ .cid = h->cid,
                               .genesis = &h->genesis,
                               .newest = epochs_newest(s->epochs.e),
                               .policy = s->policy.p,
                               .view = stand_view(s),
                               .collateral = collateral_held(&s->collateral),
                               .now = (time_t)clock_unix() };
}

enum sr_err api_appraise(struct node *n, const struct stand *s, struct span type, struct span evidence,
                         const struct sha512 *rd, struct appraisal *ret, struct sr_why *why)
{
    struct appraiser by = api_appraiser(s);
    enum sr_err e = appraise(&by, type, evidence, rd, ret, why);
    if (e != SR_OK)
        collateral_actor_miss(n->fetcher, &s->collateral, type, evidence);
    return e;
}

struct binding api_binding(const struct request *q)
{
    struct binding b = { .bound = q->peer.tls };
    memcpy(b.exporter, q->peer.cb, sizeof b.exporter);
    return b;
}

static struct span target_of(const struct request *q, struct buf *b)
{
    wr_span(b, q->path);
    if (q->query.n) {
        wr_u8(b, '?');
        wr_span(b, q->query);
    }
    return buf_span(b);
}

enum sr_err api_caller(const struct request *q, struct sign_pub *ret, struct sr_why *why)
{
    struct signed_header h;
    SR_TRY(signed_parse(q->authorization, &h, why));
    *ret = h.key;
    return SR_OK;
}

/* Where the ids of that key's requests are remembered. A key that nobody lists has no place: signing with a
 * fresh key costs nothing, and memory that strangers can fill keeps everybody else out. Members have theirs
 * apart, so that no tenant stops what members tell each other. */
static enum sr_err memory_of(struct node *n, const struct stand *s, const struct sign_pub *key,
                             struct nonce_set **ret, struct sr_why *why)
{
    bool member = members_has_key(s->core->members, key, s->policy.p);
    if (!member && !policy_admin(s->policy.p, key) && !api_operator(s->core, key))
        return sr_fail(why, SR_EDENIED, R_FORBIDDEN, "the key is no member's, administrator's or operator's");
    *ret = member ? n->member_requests : n->requests;
    return SR_OK;
}

enum sr_err api_admit(struct node *n, enum access access, const struct request *q, struct sr_why *why)
{
    SR_OWN(buf) target = { 0 };
    SR_OWN(stand) s = { 0 };
    struct signed_header h;
    struct nonce_set *memory = NULL;
    if (access == ACCESS_SESSION || access == ACCESS_TOKEN)
        return kbs_admit(n, access, q, why);
    if (access != ACCESS_SIGNED)
        return sr_fail(why, SR_EDENIED, R_FORBIDDEN, "no such access here");
    SR_TRY(stand_take(n, ACT_ASK, &s, why));
    SR_TRY(signed_parse(q->authorization, &h, why));
    SR_TRY(memory_of(n, &s, &h.key, &memory, why));
    struct signed_request r = { .cid = s.core->home.cid,
                                .method = span_of(method_name(q->method)),
                                .target = target_of(q, &target),
                                .body = sha256(q->body) };
    struct signed_clock clock = { .now = clock_unix(), .boot_ms = clock_boot_ms() };
    if (!buf_ok(&target))
        return SR_ENOMEM;
    return signed_check(&r, &h, memory, &clock, why);
}

enum sr_err api_unproven(struct node *n, struct core *c, enum sr_err e, const struct sr_why *why)
{
    if (e == SR_EBUSY || e == SR_ENOMEM)
        return e; /* our own trouble, nobody's attempt */
    journal_count_refusal(c->journal, why->reason);
    metrics_add(&n->metrics, M_UNPROVEN, 1);
    return e;
}

enum sr_err api_proven(struct node *n, struct core *c, const struct api_refusal *r, enum sr_err e,
                       const struct sr_why *why)
{
    if (nonce_consume(n->refused, r->nonce, clock_boot_ms(), NULL, NULL) != SR_OK)
        return api_unproven(n, c, e, why);
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    struct leaf l = { .type = LEAF_REFUSAL,
                      .time = clock_unix(),
                      .transcript = *r->transcript,
                      .policy_number = r->policy_number };
    appraise_leaf(now.e->keyring, r->claims, &l);
    memcpy(l.step, r->step, strlen(r->step));
    leaf_set_reason(&l.reason, why->reason);
    metrics_add(&n->metrics, M_PROVEN, 1);
    enum sr_err logged = api_log(c, &l, NULL);
    return logged == SR_OK ? e : logged;
}

enum sr_err api_log(struct core *c, const struct leaf *l, struct journal_receipt *ret)
{
    SR_OWN(buf) b = { 0 };
    SR_TRY(leaf_encode(l, &b));
    return journal_submit(c->journal, &(struct journal_entry){ NULL, buf_span(&b) }, ret);
}

struct span api_query(const struct request *q, const char *name)
{
    struct span left = q->query;
    size_t n = strlen(name);
    while (left.n > 0) {
        const uint8_t *amp = memchr(left.p, '&', left.n);
        struct span one = { left.p, amp ? (size_t)(amp - left.p) : left.n };
        if (one.n > n && memcmp(one.p, name, n) == 0 && one.p[n] == '=')
            return (struct span){ one.p + n + 1, one.n - n - 1 };
        size_t used = one.n + (amp ? 1 : 0);
        left = (struct span){ left.p + used, left.n - used };
    }
    return left;
}

enum sr_err api_query_u64(const struct request *q, const char *name, uint64_t fallback, uint64_t *ret,
                          struct sr_why *why)
{
    struct span v = api_query(q, name);
    uint64_t n = 0;
    if (!v.n) {
        *ret = fallback;
        return SR_OK;
    }
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9' || __builtin_mul_overflow(n, 10U, &n) ||
            __builtin_add_overflow(n, (uint64_t)(v.p[i] - '0'), &n))
            return sr_fail(why, SR_EFORMAT, R_MALFORMED, "%s is not a number", name);
    *ret = n;
    return SR_OK;
}
