/* restored.c - a member that goes on from an older state, by its operators' word. It takes a new key and a
 * new log: its old one had leaves after this state, and whoever saw them would rightly call what comes now a
 * fork. */
#include "node/clock.h"
#include "node/counter.h"
#include "node/journal_parts.h"
#include "node/node.h"
#include "node/restore.h"
#include "proto/log.h"

#include <string.h>

#define SETTING_RESTORING                                                                                    \
    "restoring" /* old id || u64 size || root || u64 counter: the new key is there, the leaf not yet */

enum { PAGE = 512 };

void restored_drop(struct restored *r)
{
    loss_signed_drop(&r->loss);
    r->there = false;
}

static struct keystore_name setting(const char *name)
{
    return (struct keystore_name){ .table = KT_SETTING, .name = span_of(name) };
}

/* What the statement must be about: where the log that is here ends. */
enum sr_err restored_about(struct home *h, struct loss_case *ret, struct sr_why *why)
{
    SR_OWN(keystore_item) item = { 0 };
    SR_OWN(buf) origin = { 0 };
    struct keystore_name name = head_name();
    struct checkpoint head = { 0 };
    ret->member = h->id;
    enum sr_err e = keystore_get(h->ks, &name, &item, why);
    if (e == SR_ENOENT)
        return SR_OK; /* no log: no statement is about it */
    SR_TRY(e);
    log_origin(&h->cid, h->id.b, &origin);
    wr_u8(&origin, 0);
    if (!buf_ok(&origin))
        return SR_ENOMEM;
    SR_TRY(checkpoint_open(secret_span(&item.value), (const char *)origin.p, &h->member_pub, &head, why));
    ret->size = head.size;
    ret->root = head.root;
    return SR_OK;
}

/* Or where it ended, when an earlier start was cut short: the counter may have gone on by that very start,
 * but then this state is its newest. */
static enum sr_err about(struct home *h, const struct counter *c, struct loss_case *ret, bool *ret_begun,
                         struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    uint64_t counter;
    enum sr_err e = home_get(h, SETTING_RESTORING, &b, why);
    *ret_begun = e == SR_OK;
    if (e == SR_ENOENT)
        return restored_about(h, ret, why);
    SR_TRY(e);
    struct reader r = rd_init(buf_span(&b));
    rd_copy(&r, ret->member.b, sizeof ret->member.b);
    ret->size = rd_u64be(&r);
    rd_copy(&r, ret->root.b, sizeof ret->root.b);
    counter = rd_u64be(&r);
    if (counter_judge(c, NULL) == SR_OK)
        ret->counter = counter;
    return rd_end(&r) ? SR_OK
                      : sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "what is being restored is unclear");
}

/* ---- a new key */

static enum sr_err certify(struct home *h, const struct sign_pub *key, struct member_cert *ret,
                           struct buf *ret_cert, struct sr_why *why)
{
    SR_OWN(buf) old = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    struct member_cert was;
    uint64_t epoch = 0;
    SR_TRY(home_get(h, HOME_MEMBER_CERT, &old, why));
    SR_TRY(member_cert_epoch(buf_span(&old), &epoch, why));
    if (epoch == 0 || epoch > now.e->n)
        return sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "our certificate is of an unknown epoch");
    SR_TRY(member_cert_check(buf_span(&old), &h->cid, epoch, &now.e->pub[epoch - 1].member_ca, &was, why));
    *ret = was;
    ret->key = *key;
    ret->issued_at = clock_unix();
    ret->granter = member_id_of(key); /* nobody's grant: the operators' */
    return keyring_certify_member(now.e->keyring, ret, ret_cert);
}

static enum sr_err renew(struct home *h, const struct loss_case *from, struct sr_why *why)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(sign_key) key = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) mark = { 0 };
    struct sign_pub pub;
    struct member_cert c;
    const struct keystore_name head = head_name();
    const struct keystore_name old = { .table = KT_MEMBER, .name = SPAN(h->member_pub.b) };
    sign_random(&key, &pub);
    SR_TRY(certify(h, &pub, &c, &cert, why));
    wr_span(&mark, SPAN(from->member.b));
    wr_u64be(&mark, from->size);
    wr_span(&mark, SPAN(from->root.b));
    wr_u64be(&mark, from->counter);
    if (!buf_ok(&mark))
        return SR_ENOMEM;
    home_put(&txn, SETTING_RESTORING, buf_span(&mark));
    home_put(&txn, HOME_MEMBER_CERT, buf_span(&cert));
    members_put(&txn, &c, buf_span(&cert));
    keystore_txn_del(&txn, &old);
    keystore_txn_del(&txn, &head);
    return home_renew(h, &key, &txn, why);
}

/* ---- the old log's rows */

struct rows {
    struct buf keys; /* LP each */
    struct store_op ops[PAGE];
    size_t n;
};
static void rows_drop(struct rows *r)
{
    buf_drop(&r->keys);
}

static enum sr_err add_key(void *ctx, const struct store_item *item)
{
    struct rows *r = ctx;
    wr_lp(&r->keys, item->key);
    r->n++;
    return buf_ok(&r->keys) ? SR_OK : SR_ENOMEM;
}

static enum sr_err remove_page(struct store *s, enum keystore_raw area, size_t *ret_n)
{
    SR_OWN(rows) r = { 0 };
    const uint8_t prefix[] = { (uint8_t)area };
    const struct store_list page = { .prefix = SPAN(prefix), .limit = PAGE, .visit = add_key, .ctx = &r };
    SR_TRY(store_list(s, &page, NULL));
    struct reader keys = rd_init(buf_span(&r.keys));
    for (size_t i = 0; i < r.n; i++)
        r.ops[i] = (struct store_op){ .kind = STORE_DEL, .key = rd_lp(&keys, STORE_KEY_MAX) };
    *ret_n = r.n;
    return r.n ? store_txn(s, &(struct store_txn){ .ops = r.ops, .n_ops = r.n }, NULL) : SR_OK;
}

static enum sr_err remove_log(struct store *s)
{
    size_t n = PAGE;
#define X(name, byte)                                                                                        \
    for (n = PAGE; n == PAGE;)                                                                               \
        SR_TRY(remove_page(s, name, &n));
    KEYSTORE_RAWS(X)
#undef X
    return SR_OK;
}

/* ---- before and after the log is opened */

enum sr_err restored_begin(struct node *n, struct home *h, const struct counter *c, struct restored *ret,
                           struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(restored) r = { .there = true };
    struct loss_case now = { .cid = h->cid, .counter = counter_value(c), .now = clock_unix() };
    bool begun = false;
    enum sr_err e = keystore_clear_get(n->store, KC_LOSS, &text);
    if (e == SR_ENOENT || (e == SR_OK && text.n == 0))
        return SR_OK;
    SR_TRY(e);
    SR_TRY(loss_parse(buf_span(&text), &r.loss, why));
    r.statement = sha256(buf_span(&text));
    const struct approvers operators = genesis_approvers(&h->genesis);
    SR_TRY(about(h, c, &now, &begun, why));
    SR_TRY(loss_check(&r.loss, &now, &operators, why));
    if (!begun)
        SR_TRY(renew(h, &now, why));
    SR_TRY(remove_log(n->store));
    *ret = SR_TAKE(r);
    return SR_OK;
}

static enum sr_err first_leaf(struct core *c, const struct restored *r, struct buf *ret)
{
    SR_OWN(policy_hold) p = policy_holder_get(c->policy);
    const struct loss_signed *s = &r->loss;
    struct leaf l = { .type = LEAF_RESTORED,
                      .time = clock_unix(),
                      .cid = c->home.cid,
                      .size = s->loss.size,
                      .head = s->loss.root,
                      .statement = r->statement };
    memcpy(l.member_key.b, c->home.member_pub.b, sizeof l.member_key.b);
    memcpy(l.member, s->loss.member.b, sizeof l.member);
    if (p.p) {
        l.policy_number = policy_number(p.p);
        l.policy_hash = *policy_hash(p.p);
    }
    for (size_t i = 0; i < s->sigs.n; i++) {
        struct sha256 key;
        memcpy(key.b, s->sigs.v[i].key.b, sizeof key.b);
        SR_TRY(leaf_add_key(&l, &key));
    }
    return leaf_encode(&l, ret);
}

enum sr_err restored_end(struct node *n, struct core *c, const struct restored *r, struct sr_why *why)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) leaf = { 0 };
    const struct keystore_name mark = setting(SETTING_RESTORING);
    (void)why;
    if (!r->there)
        return SR_OK;
    SR_TRY(first_leaf(c, r, &leaf));
    keystore_txn_clear(&txn, KC_LOSS, (struct span){ 0 });
    keystore_txn_del(&txn, &mark);
    SR_TRY(journal_submit(c->journal, &(struct journal_entry){ &txn, buf_span(&leaf) }, NULL));
    struct logline line = log_start(&n->log, LOG_WARN, "restored");
    log_hex(&line, "was", SPAN(r->loss.loss.member.b));
    log_hex(&line, "is", SPAN(c->home.id.b));
    log_num(&line, "size", r->loss.loss.size);
    log_num(&line, "operators", r->loss.sigs.n);
    log_end(&line);
    return SR_OK;
}
