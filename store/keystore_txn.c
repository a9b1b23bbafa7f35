#include "store/keystore_parts.h"

#include <string.h>

/* A request is kept as bytes: kind, then what that kind needs. Never stored, never sent. */

void keystore_txn_drop(struct keystore_txn *t)
{
    buf_drop(&t->ops);
    t->err = SR_OK;
}

static bool fits(struct keystore_txn *t, const struct keystore_name *n, struct span value)
{
    SR_OWN(key) none = { 0 };
    struct row_id id;
    if (t->err == SR_OK && n && row_id(&none, n, &id) != SR_OK)
        t->err = SR_EFORMAT;
    if (t->err == SR_OK && value.n > KEYSTORE_VALUE_MAX)
        t->err = SR_ETOOBIG;
    return t->err == SR_OK;
}

static void end(struct keystore_txn *t)
{
    if (!buf_ok(&t->ops))
        t->err = SR_ETOOBIG;
}

static void write_name(struct keystore_txn *t, enum txn_kind kind, const struct keystore_name *n)
{
    wr_u8(&t->ops, (uint8_t)kind);
    wr_u8(&t->ops, (uint8_t)n->table);
    wr_lp(&t->ops, n->tenant);
    wr_lp(&t->ops, n->name);
}

void keystore_txn_expect(struct keystore_txn *t, const struct keystore_name *n, uint64_t seq)
{
    if (!fits(t, n, (struct span){ 0 }))
        return;
    write_name(t, TXN_EXPECT, n);
    wr_u64be(&t->ops, seq);
    end(t);
}

void keystore_txn_put(struct keystore_txn *t, const struct keystore_name *n, uint64_t version,
                      uint64_t created_at, struct span value)
{
    if (!fits(t, n, value))
        return;
    write_name(t, TXN_PUT, n);
    wr_u64be(&t->ops, version);
    wr_u64be(&t->ops, created_at);
    wr_lp(&t->ops, value);
    end(t);
}

void keystore_txn_del(struct keystore_txn *t, const struct keystore_name *n)
{
    if (!fits(t, n, (struct span){ 0 }))
        return;
    write_name(t, TXN_DEL, n);
    end(t);
}

void keystore_txn_raw(struct keystore_txn *t, enum keystore_raw table, struct span key, struct span value)
{
    if (!fits(t, NULL, value))
        return;
    if (key.n >= STORE_KEY_MAX) {
        t->err = SR_ETOOBIG;
        return;
    }
    wr_u8(&t->ops, TXN_RAW);
    wr_u8(&t->ops, (uint8_t)table);
    wr_lp(&t->ops, key);
    wr_lp(&t->ops, value);
    end(t);
}

void keystore_txn_clear(struct keystore_txn *t, enum keystore_clear what, struct span value)
{
    if (!fits(t, NULL, value))
        return;
    wr_u8(&t->ops, TXN_CLEAR);
    wr_u8(&t->ops, (uint8_t)what);
    wr_lp(&t->ops, value);
    end(t);
}

static void read_raw(struct reader *r, struct txn_op *op)
{
    struct span key = { 0 };
    op->raw[0] = op->kind == TXN_RAW ? rd_u8(r) : 'C';
    if (op->kind == TXN_RAW)
        key = rd_lp(r, STORE_KEY_MAX - 1);
    else
        op->raw[1] = rd_u8(r);
    if (key.n)
        memcpy(op->raw + 1, key.p, key.n);
    op->raw_n = op->kind == TXN_RAW ? 1 + key.n : 2;
    op->value = rd_lp(r, STORE_VALUE_MAX);
}

bool txn_next(struct reader *r, struct txn_op *ret)
{
    if (rd_end(r) || r->bad)
        return false;
    ret->kind = (enum txn_kind)rd_u8(r);
    if (ret->kind == TXN_RAW || ret->kind == TXN_CLEAR) {
        read_raw(r, ret);
        return !r->bad;
    }
    ret->name.table = (enum keystore_table)rd_u8(r);
    ret->name.tenant = rd_lp(r, KEYSTORE_TENANT_MAX);
    ret->name.name = rd_lp(r, KEYSTORE_NAME_MAX);
    ret->number = ret->kind == TXN_DEL ? 0 : rd_u64be(r);
    ret->created_at = ret->kind == TXN_PUT ? rd_u64be(r) : 0;
    ret->value = ret->kind == TXN_PUT ? rd_lp(r, STORE_VALUE_MAX) : (struct span){ 0 };
    return !r->bad;
}
