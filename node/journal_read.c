#include "node/journal_parts.h"

#include <string.h>

uint64_t journal_size(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    uint64_t n = j->edge.tree.size;
    pthread_mutex_unlock(&j->lock);
    return n;
}

void journal_head(struct journal *j, uint64_t *ret_size, struct sha256 *ret_root)
{
    pthread_mutex_lock(&j->lock);
    *ret_size = j->edge.tree.size;
    *ret_root = merkle_root(&j->edge.tree);
    pthread_mutex_unlock(&j->lock);
}

bool journal_healthy(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    bool ok = !j->failed && !j->unknown;
    pthread_mutex_unlock(&j->lock);
    return ok;
}

enum sr_err journal_checkpoint(struct journal *j, struct buf *ret)
{
    struct head_note note;
    pthread_mutex_lock(&j->lock);
    note = j->head;
    pthread_mutex_unlock(&j->lock);
    wr_span(ret, (struct span){ (const uint8_t *)note.text, note.n });
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err journal_read_leaf(struct journal *j, uint64_t index, struct buf *ret)
{
    SR_OWN(buf) row = { 0 };
    if (index >= journal_size(j))
        return SR_ENOENT;
    SR_TRY(read_leaf_row(j->ks, index, &row));
    wr_span(ret, (struct span){ row.p + LEAF_HASH, row.n - LEAF_HASH });
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* The first t->width hashes of a tile that may have more by now. */
static enum sr_err hash_tile(struct journal *j, const struct tile *t, struct buf *ret)
{
    struct sha256 hashes[TILE_WIDTH];
    pthread_mutex_lock(&j->lock);
    unsigned have = tile_width(t->level, t->index, j->edge.tree.size);
    memcpy(hashes, j->edge.hash[t->level], sizeof hashes);
    pthread_mutex_unlock(&j->lock);
    if (t->width > have)
        return SR_ENOENT;
    if (have == TILE_WIDTH)
        SR_TRY(read_full_tile(j->ks, t->level, t->index, hashes));
    wr_span(ret, (struct span){ hashes[0].b, t->width * sizeof hashes[0] });
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err bundle(struct journal *j, const struct tile *t, struct buf *ret)
{
    if (t->width > tile_width(0, t->index, journal_size(j)))
        return SR_ENOENT;
    for (unsigned i = 0; i < t->width; i++) {
        SR_OWN(buf) leaf = { 0 };
        SR_TRY(journal_read_leaf(j, t->index * TILE_WIDTH + i, &leaf));
        tile_put_entry(ret, buf_span(&leaf));
    }
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err journal_tile(struct journal *j, struct span path, struct buf *ret)
{
    struct tile t;
    SR_TRY(tile_parse(path, &t));
    return t.kind == TILE_ENTRIES ? bundle(j, &t, ret) : hash_tile(j, &t, ret);
}

static enum sr_err fetch(void *ctx, const struct tile *t, struct buf *ret)
{
    return hash_tile(ctx, t, ret);
}

enum sr_err journal_proof(struct journal *j, uint64_t index, uint64_t size, struct merkle_proof *ret)
{
    struct tile_source tiles = { .fetch = fetch, .ctx = j, .size = journal_size(j) };
    struct merkle_source s = tile_merkle(&tiles);
    return size > tiles.size ? SR_ENOENT : merkle_prove_inclusion(&s, index, size, ret);
}

enum sr_err journal_consistency(struct journal *j, uint64_t old, uint64_t size, struct merkle_proof *ret)
{
    struct tile_source tiles = { .fetch = fetch, .ctx = j, .size = journal_size(j) };
    struct merkle_source s = tile_merkle(&tiles);
    return size > tiles.size ? SR_ENOENT : merkle_prove_consistency(&s, old, size, ret);
}
