#include "node/journal_parts.h"

#include <string.h>

enum sr_err edge_push(struct edge *e, const struct sha256 *leaf_hash, const struct tile_sink *sink)
{
    uint64_t index = e->tree.size;
    struct sha256 h = *leaf_hash;
    SR_TRY(merkle_append(&e->tree, leaf_hash));
    for (unsigned level = 0; level < EDGE_LEVELS; level++) {
        e->hash[level][index % TILE_WIDTH] = h;
        if (index % TILE_WIDTH != TILE_WIDTH - 1)
            break;
        index /= TILE_WIDTH;
        struct tile t = { .level = level, .index = index, .width = TILE_WIDTH };
        SR_TRY(sink->full(sink->ctx, &t, e->hash[level]));
        h = tile_subtree(e->hash[level], TILE_WIDTH);
    }
    return SR_OK;
}

void edge_copy(struct edge *ret, const struct edge *from)
{
    uint64_t n = from->tree.size;
    ret->tree = from->tree;
    for (unsigned level = 0; level < EDGE_LEVELS; level++, n /= TILE_WIDTH)
        memcpy(ret->hash[level], from->hash[level], n % TILE_WIDTH * sizeof from->hash[level][0]);
}

struct leaf_key leaf_key(uint64_t index)
{
    struct leaf_key k;
    for (size_t i = sizeof k.b; i-- > 0; index >>= 8)
        k.b[i] = (uint8_t)index;
    return k;
}

enum sr_err read_leaf_row(struct keystore *ks, uint64_t index, struct buf *ret)
{
    struct leaf_key k = leaf_key(index);
    SR_OWN(buf) row = { 0 };
    SR_TRY(keystore_raw_get(ks, KR_LEAF, SPAN(k.b), &row));
    if (row.n < LEAF_HASH)
        return SR_EPROOF;
    *ret = SR_TAKE(row);
    return SR_OK;
}

enum sr_err read_full_tile(struct keystore *ks, unsigned level, uint64_t index, struct sha256 ret[TILE_WIDTH])
{
    struct tile t = { .level = level, .index = index, .width = TILE_WIDTH };
    SR_OWN(buf) path = { 0 }, row = { 0 };
    tile_path(&t, &path);
    SR_TRY(keystore_raw_get(ks, KR_TREE, buf_span(&path), &row));
    if (row.n != TILE_WIDTH * sizeof *ret)
        return SR_EPROOF;
    memcpy(ret, row.p, row.n);
    return SR_OK;
}

struct keystore_name head_name(void)
{
    return (struct keystore_name){ .table = KT_SETTING, .name = SPAN_STR("log-head") };
}
