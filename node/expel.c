#include "node/expel.h"

#include "node/clock.h"
#include "node/node.h"

bool expel_means_us(const struct node *n, const struct core *c, const struct policy *p)
{
    return policy_expels_key(p, &c->home.member_pub) || policy_expels_hardware(p, &n->self);
}

bool expel_is_due(const struct node *n, const struct core *c)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    return now.p && expel_means_us(n, c, now.p);
}

/* What opens the masters is overwritten, and what it was that ended this member stands in its place. */
static void forget(const struct policy *p, struct keystore_txn *t)
{
    SR_OWN(buf) mark = { 0 };
    wr_u64be(&mark, policy_number(p));
    wr_span(&mark, SPAN(policy_hash(p)->b));
    keystore_txn_clear(t, KC_MASTER_BUNDLE, (struct span){ 0 });
    keystore_txn_clear(t, KC_TPM_BLOB, (struct span){ 0 });
    keystore_txn_clear(t, KC_AHEAD, (struct span){ 0 });
    keystore_txn_clear(t, KC_EPOCH_NEXT, (struct span){ 0 });
    keystore_txn_clear(t, KC_EXPELLED, buf_span(&mark));
}

static enum sr_err with_last_words(struct core *c, const struct policy *p)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) leaf = { 0 };
    struct leaf l = { .type = LEAF_EXPELLED,
                      .time = clock_unix(),
                      .policy_number = policy_number(p),
                      .policy_hash = *policy_hash(p) };
    forget(p, &txn);
    SR_TRY(leaf_encode(&l, &leaf));
    return journal_submit(c->journal, &(struct journal_entry){ &txn, buf_span(&leaf) }, NULL);
}

/* The log takes nothing any more: that is no reason to keep the masters. */
static enum sr_err in_silence(struct node *n, struct sr_why *why)
{
    static const enum keystore_clear secrets[] = { KC_MASTER_BUNDLE, KC_TPM_BLOB, KC_AHEAD, KC_EPOCH_NEXT };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (keystore_clear_put(n->store, secrets[i], (struct span){ 0 }) != SR_OK)
            return sr_fail(why, SR_EIO, R_INTERNAL, "the sealed masters can't be overwritten");
    return keystore_clear_put(n->store, KC_EXPELLED, SPAN_STR("unlogged"));
}

enum sr_err expel_self(struct node *n, struct core *c, struct sr_why *why)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    return with_last_words(c, now.p) == SR_OK ? SR_OK : in_silence(n, why);
}

bool expel_was(struct store *s)
{
    SR_OWN(buf) mark = { 0 };
    return keystore_clear_get(s, KC_EXPELLED, &mark) == SR_OK;
}
