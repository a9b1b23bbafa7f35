#include "store/keystore_parts.h"

#include <stdlib.h>

enum { GROUP = 256, GROUP_BYTES = 8 << 20 };

/* Row keys that are still under an older epoch. */
struct old {
    struct row_key keys[GROUP];
    size_t n, max;
};

static const enum keystore_table tables[] = {
#define X(name, byte) name,
    KEYSTORE_TABLES(X)
#undef X
};
enum { TABLES = sizeof tables / sizeof *tables };

static size_t left(struct keystore *ks, uint64_t *ret_before)
{
    pthread_rwlock_rdlock(&ks->lock);
    size_t n = index_before(&ks->index, ks->epoch_seq);
    *ret_before = ks->epoch_seq;
    pthread_rwlock_unlock(&ks->lock);
    return n;
}

/* Goes on where the last call stopped, to the end of the last table at most. */
static enum sr_err collect(struct keystore *ks, uint64_t before, struct old *old)
{
    struct row_page p;
    while (ks->rewrap_table < TABLES && old->n < old->max) {
        SR_TRY(keystore_read_page(ks, tables[ks->rewrap_table], &ks->rewrap_after, &p, NULL));
        size_t i = 0;
        for (; i < p.n && old->n < old->max; i++) {
            ks->rewrap_after = p.keys[i];
            struct row_mark m = keystore_read_mark(ks, &p.keys[i]);
            if (m.seq && m.seq < before)
                old->keys[old->n++] = p.keys[i];
        }
        if (i == p.n && p.n < KEYSTORE_PAGE) {
            ks->rewrap_table++;
            ks->rewrap_after = (struct row_key){ 0 };
        }
    }
    return SR_OK;
}

struct batch {
    struct keystore_txn txns[GROUP];
    struct keystore_txn *list[GROUP];
    enum sr_err results[GROUP];
};

static void batch_drop(struct batch *b)
{
    for (size_t i = 0; i < GROUP; i++)
        keystore_txn_drop(&b->txns[i]);
    free(b);
}
typedef struct batch batch;
SR_DEFINE_OWN_PTR(batch, batch_drop)

static enum sr_err add(struct keystore *ks, const struct row_key *k, struct keystore_txn *t)
{
    SR_OWN(row_plain) p = { 0 };
    struct row_header h;
    enum sr_err e = keystore_read_fetch(ks, k, &h, &p, NULL);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    struct keystore_name n = { h.table, p.tenant, p.name };
    keystore_txn_expect(t, &n, h.seq);
    keystore_txn_put(t, &n, h.version, h.created_at, p.value);
    return SR_OK;
}

/* One request a row: one that was written meanwhile is new already, and left out. */
static enum sr_err seal_anew(struct keystore *ks, const struct old *old)
{
    SR_OWN_PTR(batch) b = calloc(1, sizeof *b);
    if (!b)
        return SR_ENOMEM;
    size_t n = 0;
    for (size_t bytes = 0; n < old->n && bytes < GROUP_BYTES; n++) { /* the rest comes round again */
        b->list[n] = &b->txns[n];
        SR_TRY(add(ks, &old->keys[n], &b->txns[n]));
        bytes += b->txns[n].ops.n;
    }
    return keystore_commit(ks, &(struct keystore_group){ b->list, b->results, n, NULL, NULL }, NULL);
}

static enum sr_err rewrap(struct keystore *ks, size_t max, size_t *ret_left)
{
    struct old old = { .max = max < GROUP ? max : GROUP };
    uint64_t before;
    size_t n = left(ks, &before);
    if (n)
        SR_TRY(collect(ks, before, &old));
    if (old.n)
        SR_TRY(seal_anew(ks, &old));
    if (ks->rewrap_table == TABLES)
        ks->rewrap_table = 0;
    *ret_left = left(ks, &before);
    return SR_OK;
}

enum sr_err keystore_rewrap(struct keystore *ks, size_t max, size_t *ret_left)
{
    pthread_mutex_lock(&ks->rewrap_lock);
    enum sr_err e = rewrap(ks, max, ret_left);
    pthread_mutex_unlock(&ks->rewrap_lock);
    return e;
}
