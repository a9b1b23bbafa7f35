#include "node/policy_holder.h"

#include "node/clock.h"
#include "node/journal.h"
#include "node/policy_replay.h"
#include "store/keystore.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct policy_holder {
    struct policy_holder_options o;
    pthread_mutex_t swap;  /* guards now and waits, for the length of a reference */
    pthread_mutex_t apply; /* one policy at a time is checked and written */
    struct policy *now;
    struct policy_waits waits;
    uint64_t base;   /* the one that this member was born with; the oldest where that was not written down */
    uint64_t oldest; /* under apply: all from it on are in the keystore */
    struct sha256 before_oldest;
    atomic_bool past_known; /* from number 1 on, or nobody has those before the oldest */
};

struct policy_name {
    uint8_t b[8];
};

static struct policy_name name_of(uint64_t number)
{
    struct policy_name n;
    for (size_t i = sizeof n.b; i-- > 0; number >>= 8)
        n.b[i] = (uint8_t)number;
    return n;
}

static enum sr_err find_newest(void *ctx, const struct keystore_name *name, const struct keystore_item *item)
{
    uint64_t *newest = ctx;
    (void)name;
    if (item->version > *newest)
        *newest = item->version;
    return SR_OK;
}

static enum sr_err read_number(struct policy_holder *h, uint64_t number, struct policy_signed *ret,
                               struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(policy_holder_text(h, number, &text, why));
    return policy_signed_parse(buf_span(&text), ret, why);
}

/* From the one in force down to the first that is missing. */
static enum sr_err find_oldest(struct policy_holder *h, struct sr_why *why)
{
    for (uint64_t number = policy_number(h->now); number > 0; number--) {
        SR_OWN(policy_signed) s = { 0 };
        enum sr_err e = read_number(h, number, &s, why);
        if (e == SR_ENOENT)
            return SR_OK;
        SR_TRY(e);
        h->oldest = number;
        h->before_oldest = *policy_previous(s.policy);
    }
    return SR_OK;
}

static struct policy_moment moment(void)
{
    return (struct policy_moment){ clock_unix(), clock_boot_ms() };
}

/* Before this member's time nothing is known but the documents. */
static void put_base(struct keystore_txn *txn, uint64_t number)
{
    struct policy_name value = name_of(number);
    struct keystore_name name = { .table = KT_SETTING, .name = SPAN_STR("policy-base") };
    keystore_txn_put(txn, &name, 1, clock_unix(), SPAN(value.b));
}

static enum sr_err read_base(struct policy_holder *h, struct sr_why *why)
{
    SR_OWN(keystore_item) item = { 0 };
    struct keystore_name name = { .table = KT_SETTING, .name = SPAN_STR("policy-base") };
    enum sr_err e = keystore_get(h->o.ks, &name, &item, why);
    h->base = h->oldest;
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    struct reader r = rd_init(secret_span(&item.value));
    h->base = rd_u64be(&r);
    return rd_end(&r) && h->base >= h->oldest && h->base <= policy_number(h->now)
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_STORE_TAMPERED,
                         "policy-base: not one of the policies that are there");
}

/* From what is on disk. */
static enum sr_err find_waits(struct policy_holder *h, struct sr_why *why)
{
    SR_OWN(policy_waits) w = { 0 };
    const struct policy_past past = { h->o.ks, h->oldest, h->base, policy_number(h->now) };
    SR_TRY(policy_replay(&past, moment(), &w, why));
    pthread_mutex_lock(&h->swap);
    struct policy_waits old = h->waits;
    h->waits = SR_TAKE(w);
    pthread_mutex_unlock(&h->swap);
    policy_waits_drop(&old);
    return SR_OK;
}

/* Nobody is granted anything before this: so what waits is not looked for with each policy that comes in. */
static enum sr_err know_past(struct policy_holder *h, struct sr_why *why)
{
    SR_TRY(find_waits(h, why));
    atomic_store(&h->past_known, h->oldest <= 1);
    return SR_OK;
}

static enum sr_err load(struct policy_holder *h, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    uint64_t newest = 0;
    SR_TRY(keystore_list(h->o.ks, KT_POLICY, find_newest, &newest, why));
    if (newest == 0)
        return SR_OK;
    SR_TRY(policy_holder_text(h, newest, &text, why));
    SR_TRY(policy_signed_parse(buf_span(&text), &s, why));
    SR_TRY(policy_holder_check(&h->o, &s, why));
    h->now = policy_ref(s.policy);
    SR_TRY(find_oldest(h, why));
    SR_TRY(read_base(h, why));
    return know_past(h, why);
}

enum sr_err policy_holder_open(const struct policy_holder_options *o, struct policy_holder **ret,
                               struct sr_why *why)
{
    struct policy_holder *h = calloc(1, sizeof *h);
    if (!h)
        return SR_ENOMEM;
    h->o = *o;
    pthread_mutex_init(&h->swap, NULL);
    pthread_mutex_init(&h->apply, NULL);
    enum sr_err e = load(h, why);
    if (e != SR_OK) {
        policy_holder_close(h);
        return e;
    }
    *ret = h;
    return SR_OK;
}

void policy_holder_close(struct policy_holder *h)
{
    if (!h)
        return;
    policy_unref(h->now);
    policy_waits_drop(&h->waits);
    pthread_mutex_destroy(&h->swap);
    pthread_mutex_destroy(&h->apply);
    free(h);
}

struct policy_hold policy_holder_get(struct policy_holder *h)
{
    pthread_mutex_lock(&h->swap);
    struct policy_hold hold = { h->now ? policy_ref(h->now) : NULL };
    pthread_mutex_unlock(&h->swap);
    return hold;
}

enum sr_err policy_holder_text(struct policy_holder *h, uint64_t number, struct buf *ret, struct sr_why *why)
{
    SR_OWN(policy_hold) now = policy_holder_get(h);
    SR_OWN(keystore_item) item = { 0 };
    if (number == 0 && now.p)
        number = policy_number(now.p);
    struct policy_name n = name_of(number);
    struct keystore_name name = { .table = KT_POLICY, .name = SPAN(n.b) };
    enum sr_err e = keystore_get(h->o.ks, &name, &item, why);
    if (e == SR_ENOENT)
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no such policy");
    SR_TRY(e);
    wr_span(ret, secret_span(&item.value));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err policy_holder_check(const struct policy_holder_options *o, const struct policy_signed *s,
                                struct sr_why *why)
{
    if (policy_number(s->policy) == 1 && s->sigs.n == 0)
        return policy_first_check(s->policy, &o->first, why);
    return policy_signed_check(s, &o->cid, o->operators, o->operators_n, o->operators_k, why);
}

static void put(struct keystore_txn *txn, const struct policy *p, struct span text, uint64_t taken)
{
    struct policy_name n = name_of(policy_number(p));
    struct keystore_name name = { .table = KT_POLICY, .name = SPAN(n.b) };
    keystore_txn_expect(txn, &name, 0);
    keystore_txn_put(txn, &name, policy_number(p), taken, text);
}

enum sr_err policy_holder_put(const struct policy_holder_options *o, struct span text,
                              struct keystore_txn *txn, struct sr_why *why)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_TRY(policy_signed_parse(text, &s, why));
    SR_TRY(policy_holder_check(o, &s, why));
    put(txn, s.policy, text, clock_unix());
    put_base(txn, policy_number(s.policy));
    return SR_OK;
}

static enum sr_err persist(struct policy_holder *h, const struct policy *p, struct span text, uint64_t taken)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) leaf = { 0 };
    struct leaf l = {
        .type = LEAF_POLICY, .time = taken, .policy_number = policy_number(p), .policy_hash = *policy_hash(p)
    };
    put(&txn, p, text, taken);
    if (!h->now)
        put_base(&txn, policy_number(p));
    SR_TRY(leaf_encode(&l, &leaf));
    return journal_submit(h->o.journal, &(struct journal_entry){ &txn, buf_span(&leaf) }, NULL);
}

static enum sr_err apply_locked(struct policy_holder *h, struct span text, struct sr_why *why)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_TRY(policy_signed_parse(text, &s, why));
    SR_TRY(policy_holder_check(&h->o, &s, why));
    if (h->now)
        SR_TRY(policy_follows(h->now, s.policy, why));
    struct policy_moment taken = moment();
    SR_TRY(persist(h, s.policy, text, taken.unix_s));
    pthread_mutex_lock(&h->swap);
    struct policy *old = h->now;
    h->now = policy_ref(s.policy);
    if (old)
        policy_waits_take(&h->waits, old, s.policy, taken);
    pthread_mutex_unlock(&h->swap);
    if (!old) {
        h->oldest = h->base = policy_number(s.policy);
        atomic_store(&h->past_known, h->oldest <= 1);
        h->before_oldest = *policy_previous(s.policy);
    }
    policy_unref(old);
    return SR_OK;
}

uint64_t policy_holder_oldest(struct policy_holder *h)
{
    pthread_mutex_lock(&h->apply);
    uint64_t oldest = h->oldest;
    pthread_mutex_unlock(&h->apply);
    return oldest;
}

/* No leaf: it does not count, here or now. */
static enum sr_err keep(struct policy_holder *h, const struct policy *p, struct span text)
{
    SR_OWN(keystore_txn) txn = { 0 };
    enum sr_err result = SR_OK;
    struct keystore_txn *const txns[] = { &txn };
    put(&txn, p, text, clock_unix());
    SR_TRY(keystore_commit(h->o.ks, &(struct keystore_group){ txns, &result, 1, NULL, NULL }, NULL));
    return result;
}

static enum sr_err before_locked(struct policy_holder *h, struct span text, struct sr_why *why)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_TRY(policy_signed_parse(text, &s, why));
    SR_TRY(policy_holder_check(&h->o, &s, why));
    if (h->oldest < 2 || policy_number(s.policy) != h->oldest - 1 ||
        !sha256_eq(policy_hash(s.policy), &h->before_oldest))
        return sr_fail(why, SR_EPROOF, R_POLICY_CHAIN, "policy: not the one before number %llu",
                       (unsigned long long)h->oldest);
    SR_TRY(keep(h, s.policy, text));
    h->oldest = policy_number(s.policy);
    h->before_oldest = *policy_previous(s.policy);
    return h->oldest == 1 ? know_past(h, why) : SR_OK;
}

void policy_holder_waits(struct policy_holder *h, struct policy_waits *ret, struct policy_moment *ret_now)
{
    pthread_mutex_lock(&h->swap);
    policy_waits_copy(&h->waits, ret);
    pthread_mutex_unlock(&h->swap);
    *ret_now = moment();
}

bool policy_holder_knows_past(struct policy_holder *h)
{
    return atomic_load(&h->past_known);
}

enum sr_err policy_holder_past_ends(struct policy_holder *h, struct sr_why *why)
{
    pthread_mutex_lock(&h->apply);
    enum sr_err e = h->now ? find_waits(h, why) : SR_ENOENT;
    if (e == SR_OK)
        atomic_store(&h->past_known, true);
    pthread_mutex_unlock(&h->apply);
    return e;
}

enum sr_err policy_holder_before(struct policy_holder *h, struct span text, struct sr_why *why)
{
    pthread_mutex_lock(&h->apply);
    enum sr_err e = before_locked(h, text, why);
    pthread_mutex_unlock(&h->apply);
    return e;
}

enum sr_err policy_holder_apply(struct policy_holder *h, struct span text, struct sr_why *why)
{
    pthread_mutex_lock(&h->apply);
    enum sr_err e = apply_locked(h, text, why);
    pthread_mutex_unlock(&h->apply);
    return e;
}
