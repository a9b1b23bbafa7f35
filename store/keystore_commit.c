#include "store/keystore_parts.h"

#include <stdlib.h>
#include <string.h>

/* One op of the store to be; offsets, as the bytes move while they grow. */
struct step {
    enum store_op_kind kind;
    size_t key, key_n, value, value_n;
    bool row; /* sealed: changes the index */
    struct row_id id;
    struct row_mark was, is;
};

/* A group being made into one transaction of the store. */
struct plan {
    struct keystore *ks;
    struct index touched; /* row -> 1 + number of the request that writes it */
    struct step *steps;
    size_t n, cap;
    struct buf bytes;
    struct store_op *ops;
    struct head head;
    struct key kek;
    uint32_t epoch;
};

static void plan_drop(struct plan *p)
{
    index_drop(&p->touched);
    free(p->steps);
    buf_drop(&p->bytes);
    free(p->ops);
    key_drop(&p->kek);
}

static enum sr_err check_op(struct plan *p, const struct txn_op *op, uint64_t who)
{
    struct row_id id;
    if (op->kind == TXN_RAW || op->kind == TXN_CLEAR)
        return SR_OK;
    SR_TRY(row_id(&p->ks->index_key, &op->name, &id));
    uint64_t toucher = index_get(&p->touched, &id).seq;
    if (toucher && toucher != who)
        return SR_ESTALE;
    if (op->kind == TXN_EXPECT)
        return index_get(&p->ks->index, &id).seq == op->number ? SR_OK : SR_ESTALE;
    if (toucher)
        return SR_EFORMAT;
    SR_TRY(index_reserve(&p->touched, 1));
    index_set(&p->touched, &id, (struct row_mark){ .seq = who });
    return SR_OK;
}

/* Whether a request may go in. If not it leaves no trace, so that the next is judged without it. */
static enum sr_err check(struct plan *p, const struct keystore_txn *t, uint64_t who)
{
    struct txn_op op;
    enum sr_err e = t->err;
    struct reader r = rd_init(buf_span(&t->ops));
    while (e == SR_OK && txn_next(&r, &op))
        e = check_op(p, &op, who);
    if (e == SR_OK && !rd_end(&r))
        e = SR_EBUG;
    r = rd_init(buf_span(&t->ops));
    struct row_id id;
    while (e != SR_OK && txn_next(&r, &op))
        if ((op.kind == TXN_PUT || op.kind == TXN_DEL) && row_id(&p->ks->index_key, &op.name, &id) == SR_OK &&
            index_get(&p->touched, &id).seq == who)
            index_set(&p->touched, &id, (struct row_mark){ 0 });
    return e;
}

static enum sr_err step_new(struct plan *p, enum store_op_kind kind, struct span key, struct step **ret)
{
    if (p->n == p->cap) {
        struct step *more = reallocarray(p->steps, p->cap * 2 + 16, sizeof *more);
        if (!more)
            return SR_ENOMEM;
        p->steps = more;
        p->cap = p->cap * 2 + 16;
    }
    struct step *s = &p->steps[p->n++];
    *s = (struct step){ .kind = kind, .key = p->bytes.n, .key_n = key.n };
    wr_span(&p->bytes, key);
    s->value = p->bytes.n;
    *ret = s;
    return SR_OK;
}

static enum sr_err end(struct plan *p, struct step *s)
{
    s->value_n = p->bytes.n - s->value;
    return buf_ok(&p->bytes) ? SR_OK : SR_ETOOBIG;
}

static enum sr_err seal_put(struct plan *p, const struct txn_op *op, struct step *s)
{
    struct row_header h = { op->name.table, op->number, op->created_at, p->head.seq, p->epoch, { 0 } };
    random_fill(h.salt, sizeof h.salt);
    s->is = row_mark(&h);
    return row_seal(&p->kek, &p->ks->cid, &s->id, &h, &op->name, op->value, &p->bytes);
}

static enum sr_err add_row(struct plan *p, const struct txn_op *op)
{
    struct row_id id;
    struct step *s;
    SR_TRY(row_id(&p->ks->index_key, &op->name, &id));
    struct row_key k = row_key(op->name.table, &id);
    struct row_mark was = index_get(&p->ks->index, &id);
    if (op->kind == TXN_DEL && !was.seq)
        return SR_OK;
    SR_TRY(step_new(p, op->kind == TXN_PUT ? STORE_PUT : STORE_DEL, SPAN(k.b), &s));
    s->row = true;
    s->id = id;
    s->was = was;
    if (was.seq)
        set_sub(&p->head.sum, &p->ks->index_key, &k, was);
    if (op->kind == TXN_PUT) {
        SR_TRY(seal_put(p, op, s));
        set_add(&p->head.sum, &p->ks->index_key, &k, s->is);
    }
    p->head.rows = p->head.rows + (s->is.seq != 0) - (was.seq != 0);
    return end(p, s);
}

static enum sr_err add(struct plan *p, const struct keystore_txn *t)
{
    struct txn_op op;
    struct step *s;
    struct reader r = rd_init(buf_span(&t->ops));
    while (txn_next(&r, &op)) {
        if (op.kind == TXN_PUT || op.kind == TXN_DEL) {
            SR_TRY(add_row(p, &op));
        } else if (op.kind == TXN_RAW || op.kind == TXN_CLEAR) {
            SR_TRY(step_new(p, STORE_PUT, (struct span){ op.raw, op.raw_n }, &s));
            wr_span(&p->bytes, op.value);
            SR_TRY(end(p, s));
        }
    }
    return SR_OK;
}

/* chain = SHA-256(LP(label) || chain before || seq || for each op: kind, LP(key), LP(value)). */
static void chain(struct plan *p)
{
    struct hash256 h = hash256_start(L_CHAIN);
    hash256_raw(&h, SPAN(p->head.chain.b));
    hash256_u64(&h, p->head.seq);
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->steps[i];
        hash256_u64(&h, s->kind);
        hash256_lp(&h, (struct span){ p->bytes.p + s->key, s->key_n });
        hash256_lp(&h, (struct span){ p->bytes.p + s->value, s->value_n });
    }
    p->head.chain = hash256_end(&h);
}

static enum sr_err add_head(struct plan *p)
{
    struct step *s;
    chain(p);
    SR_TRY(step_new(p, STORE_PUT, head_key(), &s));
    SR_TRY(head_seal(&p->kek, p->epoch, &p->ks->cid, &p->head, &p->bytes));
    return end(p, s);
}

static enum sr_err write(struct plan *p, uint64_t *ret_rev)
{
    struct store_cmp cmp = { head_key(), p->ks->head_rev };
    p->ops = calloc(p->n, sizeof *p->ops);
    if (!p->ops)
        return SR_ENOMEM;
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->steps[i];
        p->ops[i] = (struct store_op){ s->kind, { p->bytes.p + s->key, s->key_n }, { 0 } };
        if (s->kind == STORE_PUT)
            p->ops[i].value = (struct span){ p->bytes.p + s->value, s->value_n };
    }
    return store_txn(p->ks->store, &(struct store_txn){ &cmp, 1, p->ops, p->n }, ret_rev);
}

/* The store has it: now the index may say so. Cannot fail. */
static void remember(struct plan *p, uint64_t rev)
{
    struct keystore *ks = p->ks;
    pthread_rwlock_wrlock(&ks->lock);
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->steps[i];
        if (!s->row)
            continue;
        size_t *count = &ks->rows_of[p->bytes.p[s->key]];
        *count = *count + (s->is.seq != 0) - (s->was.seq != 0);
        index_set(&ks->index, &s->id, s->is);
    }
    ks->head = p->head;
    ks->head_rev = rev;
    pthread_rwlock_unlock(&ks->lock);
}

static enum sr_err run(struct plan *p)
{
    struct keystore *ks = p->ks;
    uint64_t rev;
    SR_TRY(add_head(p));
    pthread_rwlock_wrlock(&ks->lock);
    enum sr_err e = index_reserve(&ks->index, p->n);
    pthread_rwlock_unlock(&ks->lock);
    SR_TRY(e);
    e = write(p, &rev);
    if (e == SR_OK)
        remember(p, rev);
    else if (e == SR_EUNKNOWN || e == SR_ESTALE) /* stale: somebody else changed the head */
        atomic_store(&ks->failed, true);
    return e == SR_ESTALE ? SR_EIO : e;
}

static enum sr_err add_last(struct plan *p, const struct keystore_group *g)
{
    SR_OWN(keystore_txn) t = { 0 };
    SR_TRY(g->last(g->ctx, g->results, g->n, &t));
    SR_TRY(check(p, &t, g->n + 1));
    return add(p, &t);
}

static enum sr_err plan_group(struct plan *p, const struct keystore_group *g)
{
    bool any = false;
    for (size_t i = 0; i < g->n; i++) {
        g->results[i] = check(p, g->txns[i], i + 1);
        any |= g->results[i] == SR_OK;
    }
    for (size_t i = 0; i < g->n; i++)
        if (g->results[i] == SR_OK)
            SR_TRY(add(p, g->txns[i]));
    return any && g->last ? add_last(p, g) : SR_OK;
}

static enum sr_err commit_locked(struct keystore *ks, const struct keystore_group *g, uint64_t *ret_seq)
{
    SR_OWN(plan) p = { .ks = ks, .head = ks->head };
    if (atomic_load(&ks->failed))
        return SR_EIO;
    p.epoch = ks->epochs[ks->n_epochs - 1].epoch;
    p.kek = ks->epochs[ks->n_epochs - 1].kek;
    p.head.seq = ks->next_seq++;
    SR_TRY(plan_group(&p, g));
    if (p.n)
        SR_TRY(run(&p));
    if (ret_seq)
        *ret_seq = p.n ? p.head.seq : ks->head.seq;
    return SR_OK;
}

enum sr_err keystore_commit(struct keystore *ks, const struct keystore_group *g, uint64_t *ret_seq)
{
    for (size_t i = 0; i < g->n; i++)
        g->results[i] = SR_OK;
    pthread_mutex_lock(&ks->commit_lock);
    enum sr_err e = commit_locked(ks, g, ret_seq);
    pthread_mutex_unlock(&ks->commit_lock);
    for (size_t i = 0; e != SR_OK && i < g->n; i++)
        if (g->results[i] == SR_OK)
            g->results[i] = e;
    return e;
}
