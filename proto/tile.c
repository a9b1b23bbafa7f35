#include "proto/tile.h"

#include <string.h>

enum { LEVELS = MERKLE_LEVELS / TILE_HEIGHT };

/* An unsigned decimal of at most five digits that ends at a byte not one. */
static unsigned number(struct reader *r)
{
    unsigned v = 0;
    for (int i = 0; i < 5 && rd_left(r) && r->p[0] >= '0' && r->p[0] <= '9'; i++)
        v = v * 10 + (unsigned)(rd_u8(r) - '0');
    return v;
}

static bool next_is(struct reader *r, struct span text)
{
    if (rd_left(r) < text.n || memcmp(r->p, text.p, text.n) != 0)
        return false;
    (void)rd_span(r, text.n);
    return true;
}

/* x001/x234/067: groups of three digits. */
static uint64_t grouped(struct reader *r)
{
    uint64_t v = 0;
    for (int i = 0; i < 5; i++) {
        bool more = next_is(r, SPAN_STR("x"));
        v = v * 1000 + number(r);
        if (!more)
            break;
        (void)next_is(r, SPAN_STR("/"));
    }
    return v;
}

/* Every hash of the tile exists in some tree that we allow. */
static bool possible(const struct tile *t)
{
    return t->level < LEVELS && t->width >= 1 && t->width <= TILE_WIDTH &&
           (t->index * TILE_WIDTH + t->width) <= MERKLE_SIZE_MAX >> (t->level * TILE_HEIGHT);
}

/* Reads loosely, then takes only what it would print itself. */
enum sr_err tile_parse(struct span path, struct tile *ret)
{
    struct reader r = rd_init(path);
    struct tile t = { .width = TILE_WIDTH };
    (void)next_is(&r, SPAN_STR("tile/"));
    if (next_is(&r, SPAN_STR("entries")))
        t.kind = TILE_ENTRIES;
    else
        t.level = number(&r);
    (void)next_is(&r, SPAN_STR("/"));
    t.index = grouped(&r);
    if (next_is(&r, SPAN_STR(".p/")))
        t.width = number(&r);
    if (path.n >= TILE_PATH_MAX || !possible(&t))
        return SR_EFORMAT;
    SR_OWN(buf) again = { 0 };
    tile_path(&t, &again);
    if (!span_eq(buf_span(&again), path))
        return SR_EFORMAT;
    *ret = t;
    return SR_OK;
}

static void put_grouped(uint64_t v, struct buf *ret)
{
    uint64_t scale = 1;
    while (v / scale >= 1000)
        scale *= 1000;
    for (; scale > 1; scale /= 1000)
        wr_fmt(ret, "x%03u/", (unsigned)(v / scale % 1000));
    wr_fmt(ret, "%03u", (unsigned)(v % 1000));
}

void tile_path(const struct tile *t, struct buf *ret)
{
    if (t->kind == TILE_ENTRIES)
        wr_text(ret, "tile/entries/");
    else
        wr_fmt(ret, "tile/%u/", t->level);
    put_grouped(t->index, ret);
    if (t->width < TILE_WIDTH)
        wr_fmt(ret, ".p/%u", t->width);
}

unsigned tile_width(unsigned level, uint64_t index, uint64_t size)
{
    if (level >= LEVELS || size > MERKLE_SIZE_MAX)
        return 0;
    uint64_t hashes = size >> (level * TILE_HEIGHT);
    if (index >= hashes / TILE_WIDTH + 1 || hashes <= index * TILE_WIDTH)
        return 0;
    uint64_t n = hashes - index * TILE_WIDTH;
    return n < TILE_WIDTH ? (unsigned)n : TILE_WIDTH;
}

void tile_put_entry(struct buf *bundle, struct span entry)
{
    if (entry.n > TILE_ENTRY_MAX)
        bundle->bad = true;
    wr_u16be(bundle, (uint16_t)entry.n);
    wr_span(bundle, entry);
}

enum sr_err tile_next_entry(struct reader *r, struct span *ret)
{
    size_t n = rd_u16be(r);
    struct span s = rd_span(r, n);
    if (r->bad)
        return SR_EFORMAT;
    *ret = s;
    return SR_OK;
}

enum sr_err tile_check_bundle(struct span bundle, unsigned width)
{
    struct reader r = rd_init(bundle);
    struct span entry;
    for (unsigned i = 0; i < width; i++)
        SR_TRY(tile_next_entry(&r, &entry));
    return rd_end(&r) ? SR_OK : SR_EFORMAT;
}

struct sha256 tile_subtree(const struct sha256 *hashes, size_t n)
{
    if (n == 1)
        return hashes[0];
    struct sha256 left = tile_subtree(hashes, n / 2);
    struct sha256 right = tile_subtree(hashes + n / 2, n / 2);
    return merkle_node(&left, &right);
}

static enum sr_err load(struct tile_source *s, const struct tile *t, struct tile_cached *ret)
{
    SR_OWN(buf) b = { 0 };
    SR_TRY(s->fetch(s->ctx, t, &b));
    if (!buf_ok(&b))
        return SR_ENOMEM;
    if (b.n != t->width * sizeof ret->hash[0])
        return SR_EFORMAT;
    memcpy(ret->hash, b.p, b.n);
    ret->there = true;
    ret->index = t->index;
    ret->width = t->width;
    return SR_OK;
}

enum sr_err tile_read_hash(void *tile_source, unsigned level, uint64_t index, struct sha256 *ret)
{
    struct tile_source *s = tile_source;
    if (level >= MERKLE_LEVELS || index > MERKLE_SIZE_MAX >> level)
        return SR_ENOENT;
    unsigned height = level % TILE_HEIGHT;
    uint64_t first = index << height, n = UINT64_C(1) << height;
    struct tile t = { .level = level / TILE_HEIGHT, .index = first / TILE_WIDTH };
    t.width = tile_width(t.level, t.index, s->size);
    if (first % TILE_WIDTH + n > t.width)
        return SR_ENOENT;
    struct tile_cached *c = &s->cached[t.level];
    if (!c->there || c->index != t.index || c->width != t.width)
        SR_TRY(load(s, &t, c));
    *ret = tile_subtree(c->hash + first % TILE_WIDTH, n);
    return SR_OK;
}
