#include "proto/tile.h"
#include "tests/t.h"
#include "tests/vectors/log.h"

static void paths_read_and_print_as_the_other_implementation_has_them(void)
{
    for (size_t i = 0; i < sizeof vec_tiles / sizeof vec_tiles[0]; i++) {
        struct tile t = { 0 };
        SR_OWN(buf) b = { 0 };
        T_ROW(tile_parse(span_of(vec_tiles[i].path), &t) == SR_OK, vec_tiles[i].path);
        T_ROW((t.kind == TILE_ENTRIES) == vec_tiles[i].entries, vec_tiles[i].path);
        T_ROW(t.level == vec_tiles[i].level && t.index == vec_tiles[i].index, vec_tiles[i].path);
        T_ROW(t.width == vec_tiles[i].width, vec_tiles[i].path);
        tile_path(&t, &b);
        T_ROW(span_eq(buf_span(&b), span_of(vec_tiles[i].path)), vec_tiles[i].path);
    }
}

static void other_spellings_are_refused(void)
{
    static const char *const rows[] = {
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/01/000",
        "tile/+1/000",
        "tile/-1/000",
        "tile/6/000",
        "tile/63/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/x001/23",
        "tile/0/x001/x234",
        "tile/0/001/234",
        "tile/0/x1/234",
        "tile/0/x001//234",
        "tile/0/X001/234",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/00",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/99999",
        "tile/0/000.p/1/",
        "tile/0/000.p/1x",
        "tile/0/000.p/+1",
        "tile/0/000.p/-1",
        "tile/0/000.P/1",
        "tile/0/000 ",
        " tile/0/000",
        "tile/0/%30",
        "tile/entries",
        "tile/entries/",
        "tile/entries/0/000",
        "tile/Entries/000",
        "tile/data/000",
        "tile/0/../0/000",
        "tile/5/000",
        "tile/5/001.p/1",
        "tile/0/x999/x999/x999/x999/999",
        "tile/0/x001/x001/x001/x001/x001/001",
        "tile/0/x001/x001/x001/x001/x001",
        "tile/4294967296/000",
        "tile/0/000.p/65537",
        "checkpoint",
    };
    struct tile t;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        T_ROW(tile_parse(span_of(rows[i]), &t) == SR_EFORMAT, rows[i]);
    T(tile_parse(SPAN_STR("tile/0/000\0"), &t) == SR_EFORMAT);
}

/* A flipped path is another path or none: printing what was read gives the input back. */
static void every_flip_and_every_shorter_path_is_another_or_none(void)
{
    const struct span good = SPAN_STR("tile/1/x001/x234/067.p/112");
    struct tile t;
    for (size_t n = 0; n < good.n; n++) {
        SR_OWN(buf) b = { 0 };
        if (tile_parse((struct span){ good.p, n }, &t) != SR_OK)
            continue;
        tile_path(&t, &b);
        T(span_eq(buf_span(&b), (struct span){ good.p, n }));
    }
    for (size_t bit = 0; bit < good.n * 8; bit++) {
        SR_OWN(buf) b = { 0 };
        uint8_t copy[64];
        memcpy(copy, good.p, good.n);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct span s = { copy, good.n };
        if (tile_parse(s, &t) != SR_OK)
            continue;
        tile_path(&t, &b);
        T(span_eq(buf_span(&b), s));
    }
}

static void widths_are_those_of_the_specification(void)
{
    static const struct {
        uint64_t size;
        unsigned level;
        uint64_t index;
        unsigned width;
    } rows[] = {
        { 0, 0, 0, 0 },       { 1, 0, 0, 1 },       { 255, 0, 0, 255 },      { 256, 0, 0, 256 },
        { 256, 0, 1, 0 },     { 256, 1, 0, 1 },     { 70000, 0, 272, 256 },  { 70000, 0, 273, 112 },
        { 70000, 0, 274, 0 }, { 70000, 1, 0, 256 }, { 70000, 1, 1, 17 },     { 70000, 2, 0, 1 },
        { 70000, 3, 0, 0 },   { 70000, 6, 0, 0 },   { UINT64_MAX, 0, 0, 0 }, { 70000, 0, UINT64_MAX, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        T(tile_width(rows[i].level, rows[i].index, rows[i].size) == rows[i].width);
}

static void bundles_are_exactly_their_entries(void)
{
    SR_OWN(buf) b = { 0 }, big = { 0 };
    tile_put_entry(&b, SPAN_STR("one"));
    tile_put_entry(&b, SPAN_STR(""));
    tile_put_entry(&b, SPAN_STR("three"));
    T(span_eq(buf_span(&b), SPAN_STR("\0\3one\0\0\0\5three")));
    T(tile_check_bundle(buf_span(&b), 3) == SR_OK);
    T(tile_check_bundle(buf_span(&b), 2) == SR_EFORMAT);
    T(tile_check_bundle(buf_span(&b), 4) == SR_EFORMAT);
    for (size_t n = 0; n < b.n; n++)
        T(tile_check_bundle((struct span){ b.p, n }, 3) == SR_EFORMAT);
    static const uint8_t zeros[TILE_ENTRY_MAX + 1];
    tile_put_entry(&big, (struct span){ zeros, TILE_ENTRY_MAX });
    T(buf_ok(&big) && tile_check_bundle(buf_span(&big), 1) == SR_OK);
    tile_put_entry(&big, SPAN(zeros));
    T(!buf_ok(&big));
}

/* 70,000 leaves, tile by tile, against the same tree grown leaf by leaf. */
enum { LEAVES = 70000 };
static struct sha256 level0[LEAVES], level1[LEAVES / 256], level2[1];
static unsigned fetched;

static enum sr_err fetch(void *ctx, const struct tile *t, struct buf *ret)
{
    static const struct sha256 *const levels[] = { level0, level1, level2 };
    (void)ctx;
    fetched++;
    for (unsigned i = 0; i < t->width; i++)
        wr_span(ret, SPAN(levels[t->level][t->index * TILE_WIDTH + i].b));
    return SR_OK;
}

static enum sr_err fetch_short(void *ctx, const struct tile *t, struct buf *ret)
{
    struct tile less = *t;
    less.width--;
    return fetch(ctx, &less, ret);
}

static void hashes_come_out_of_tiles(void)
{
    struct merkle_tree grown = { 0 }, loaded;
    for (size_t i = 0; i < LEAVES; i++) {
        level0[i] = merkle_leaf((struct span){ (const uint8_t *)&i, sizeof i });
        T(merkle_append(&grown, &level0[i]) == SR_OK);
    }
    for (size_t i = 0; i < LEAVES / 256; i++)
        level1[i] = tile_subtree(&level0[i * 256], 256);
    level2[0] = tile_subtree(level1, 256);
    struct tile_source tiles = { .fetch = fetch, .size = LEAVES };
    struct merkle_source s = tile_merkle(&tiles);
    T(merkle_load(&s, LEAVES, &loaded) == SR_OK);
    struct sha256 root = merkle_root(&grown), same = merkle_root(&loaded);
    T(sha256_eq(&root, &same));
    for (uint64_t i = 0; i < LEAVES; i += 1234) {
        struct merkle_proof p;
        T(merkle_prove_inclusion(&s, i, LEAVES, &p) == SR_OK);
        T(merkle_check_inclusion(&p, &level0[i], i, LEAVES, &root) == SR_OK);
    }
    fetched = 0;
    struct merkle_proof p;
    T(merkle_prove_inclusion(&s, 5, LEAVES, &p) == SR_OK && fetched <= 6);
    struct sha256 h;
    T(tile_read_hash(&tiles, 0, LEAVES, &h) == SR_ENOENT);
    T(tile_read_hash(&tiles, 16, 1, &h) == SR_ENOENT);
    T(tile_read_hash(&tiles, MERKLE_LEVELS, 0, &h) == SR_ENOENT);
    T(tile_read_hash(&tiles, 3, UINT64_MAX, &h) == SR_ENOENT);
    struct tile_source cut = { .fetch = fetch_short, .size = LEAVES };
    T(tile_read_hash(&cut, 0, 0, &h) == SR_EFORMAT);
}

int main(void)
{
    T(secret_init() == SR_OK);
    paths_read_and_print_as_the_other_implementation_has_them();
    other_spellings_are_refused();
    every_flip_and_every_shorter_path_is_another_or_none();
    widths_are_those_of_the_specification();
    bundles_are_exactly_their_entries();
    hashes_come_out_of_tiles();
    return t_end();
}
