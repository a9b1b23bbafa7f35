#include "node/journal_parts.h"

#include <string.h>

static enum sr_err bad(uint64_t index, uint64_t *ret_bad, struct sr_why *why, const char *what)
{
    if (ret_bad)
        *ret_bad = index;
    return sr_fail(why, SR_EPROOF, R_LOG_TAMPERED, "log: leaf %llu: %s", (unsigned long long)index, what);
}

/* The storage's own failures stay what they are; anything else means that the row is not as we wrote it. */
static bool is_failure(enum sr_err e)
{
    return e == SR_EIO || e == SR_ENOMEM;
}

struct tiles {
    struct keystore *ks;
    uint64_t bad; /* the first leaf under the first hash that differs */
};

static enum sr_err compare_tile(void *ctx, const struct tile *t, const struct sha256 *hashes)
{
    struct tiles *c = ctx;
    struct sha256 stored[TILE_WIDTH] = { 0 };
    unsigned shift = t->level * TILE_HEIGHT;
    enum sr_err e = read_full_tile(c->ks, t->level, t->index, stored);
    if (is_failure(e))
        return e;
    for (uint64_t i = 0; i < TILE_WIDTH; i++)
        if (!sha256_eq(&stored[i], &hashes[i])) {
            c->bad = (t->index * TILE_WIDTH + i) << shift;
            return SR_EPROOF;
        }
    return e;
}

/* One row: its leaf has its hash, and the full tiles that it ends are the stored ones. */
static enum sr_err take_row(const struct verify *v, struct edge *e, uint64_t *ret_bad, struct sr_why *why)
{
    SR_OWN(buf) row = { 0 };
    uint64_t index = e->tree.size;
    struct tiles c = { .ks = v->ks };
    struct tile_sink sink = { compare_tile, &c };
    enum sr_err got = read_leaf_row(v->ks, index, &row);
    if (is_failure(got))
        return got;
    if (got != SR_OK)
        return bad(index, ret_bad, why, "missing or cut");
    struct sha256 h = merkle_leaf((struct span){ row.p + LEAF_HASH, row.n - LEAF_HASH });
    if (memcmp(h.b, row.p, sizeof h.b) != 0)
        return bad(index, ret_bad, why, "is not what its hash says");
    got = edge_push(e, &h, &sink);
    return got == SR_EPROOF ? bad(c.bad, ret_bad, why, "is not what its tile says") : got;
}

/* The edge at a multiple of TILE_WIDTH, from the stored tiles; not believed until a root follows from it. */
static enum sr_err load_edge(struct keystore *ks, uint64_t size, struct edge *ret)
{
    struct sha256 below[TILE_WIDTH];
    for (unsigned level = 1; level < EDGE_LEVELS; level++) {
        uint64_t count = size >> (level * TILE_HEIGHT), first = count / TILE_WIDTH * TILE_WIDTH;
        for (uint64_t i = first; i < count; i++) {
            SR_TRY(read_full_tile(ks, level - 1, i, below));
            ret->hash[level][i - first] = tile_subtree(below, TILE_WIDTH);
        }
    }
    ret->tree.size = size;
    for (unsigned bit = TILE_HEIGHT; bit < MERKLE_LEVELS; bit++) {
        if (!(size >> bit & 1))
            continue;
        unsigned level = bit / TILE_HEIGHT;
        uint64_t at = (size >> (bit + 1) << (bit + 1)) >> (level * TILE_HEIGHT);
        ret->tree.peak[bit] =
            tile_subtree(&ret->hash[level][at % TILE_WIDTH], (size_t)1 << bit % TILE_HEIGHT);
    }
    return SR_OK;
}

static enum sr_err start(const struct verify *v, struct edge *ret, uint64_t *ret_bad, struct sr_why *why)
{
    uint64_t from = v->from ? v->from->size / TILE_WIDTH * TILE_WIDTH : 0;
    memset(ret, 0, sizeof *ret);
    if (v->from && v->from->size > v->head->size)
        return bad(v->head->size, ret_bad, why, "missing: the log was longer");
    enum sr_err e = from ? load_edge(v->ks, from, ret) : SR_OK;
    if (e != SR_OK && !is_failure(e))
        return bad(0, ret_bad, why, "or a later one before the verified checkpoint: no tiles");
    return e;
}

enum sr_err verify_rows(const struct verify *v, struct edge *ret, uint64_t *ret_bad, struct sr_why *why)
{
    SR_TRY(start(v, ret, ret_bad, why));
    for (;;) {
        struct sha256 root = merkle_root(&ret->tree);
        if (v->from && ret->tree.size == v->from->size && !sha256_eq(&root, &v->from->root))
            return bad(0, ret_bad, why, "or a later one before the verified checkpoint has changed");
        if (ret->tree.size >= v->head->size)
            break;
        SR_TRY(take_row(v, ret, ret_bad, why));
    }
    struct sha256 root = merkle_root(&ret->tree);
    uint64_t edge = v->head->size ? (v->head->size - 1) / TILE_WIDTH * TILE_WIDTH : 0;
    if (!sha256_eq(&root, &v->head->root))
        return bad(edge, ret_bad, why, "or a later one has changed with its hash");
    if (v->growing)
        return SR_OK;
    SR_OWN(buf) more = { 0 };
    enum sr_err e = read_leaf_row(v->ks, v->head->size, &more);
    if (is_failure(e))
        return e;
    return e == SR_ENOENT ? SR_OK : bad(v->head->size, ret_bad, why, "is after the end");
}

enum sr_err journal_verify(struct journal *j, uint64_t *ret_bad, struct sr_why *why)
{
    static_assert(sizeof(struct edge) < 64 << 10, "fits a stack");
    struct edge edge;
    struct checkpoint head;
    struct head_note note;
    pthread_mutex_lock(&j->lock);
    note = j->head;
    pthread_mutex_unlock(&j->lock);
    struct span text = { (const uint8_t *)note.text, note.n };
    SR_TRY(checkpoint_open(text, j->origin, &j->pub, &head, why));
    struct verify v = { .ks = j->ks, .head = &head, .growing = true };
    return verify_rows(&v, &edge, ret_bad, why);
}
