#pragma once
/* tile.h - the paths and contents by which a log is read over HTTP. Source: C2SP tlog-tiles: tile/L/N[.p/W],
 * tile/entries/N[.p/W], N in groups of three digits, all but the last with an x: 1234067 is x001/x234/067.
 * specs/log.md section 3. */
#include "proto/merkle.h"

enum {
    TILE_WIDTH = 256,       /* hashes or entries of a full tile; a tile is eight levels of the tree */
    TILE_HEIGHT = 8,        /* log2 of it */
    TILE_PATH_MAX = 64,     /* bytes of a path, with its NUL */
    TILE_ENTRY_MAX = 65535, /* bytes of an entry: its length is a u16be */
};

enum tile_kind { TILE_HASHES, TILE_ENTRIES };
struct tile {
    enum tile_kind kind;
    unsigned level; /* 0..5 for hashes, 0 for entries */
    uint64_t index;
    unsigned width; /* 1..TILE_WIDTH; less is a partial tile */
};

/* Takes exactly the spelling tile_path gives. SR_EFORMAT otherwise, also for trees over MERKLE_SIZE_MAX. */
enum sr_err tile_parse(struct span path, struct tile *ret);
void tile_path(const struct tile *t, struct buf *ret);
/* How many hashes or entries tile (level, index) has when the tree has size leaves: 0..TILE_WIDTH. */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);

/* Entry bundles: width entries, each LP16. */
void tile_put_entry(struct buf *bundle, struct span entry); /* over TILE_ENTRY_MAX: the buffer goes bad */
enum sr_err tile_next_entry(struct reader *r, struct span *ret); /* SR_EFORMAT */
enum sr_err tile_check_bundle(struct span bundle,
                              unsigned width); /* SR_EFORMAT unless exactly width entries */

/* The root of 2^k neighbouring hashes. */
struct sha256 tile_subtree(const struct sha256 *hashes, size_t n);

/* Reads tree hashes out of tiles. fetch appends the tile's bytes (width * 32 of them, or it is SR_EFORMAT)
 * for a tree of size leaves. Keeps the last tile of each level. Not thread safe; hashes are as good as their
 * source: compare roots. */
struct tile_source {
    enum sr_err (*fetch)(void *ctx, const struct tile *t, struct buf *ret);
    void *ctx;
    uint64_t size;
    struct tile_cached {
        bool there;
        uint64_t index;
        unsigned width;
        struct sha256 hash[TILE_WIDTH];
    } cached[MERKLE_LEVELS / TILE_HEIGHT];
};
enum sr_err tile_read_hash(void *tile_source, unsigned level, uint64_t index, struct sha256 *ret);
static inline struct merkle_source tile_merkle(struct tile_source *s)
{
    return (struct merkle_source){ tile_read_hash, s };
}
