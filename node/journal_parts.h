#pragma once
/* journal_parts.h - what the files of the journal share. Private to node/journal*.c. */
#include "node/journal.h"
#include "store/keystore.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { EDGE_LEVELS = MERKLE_LEVELS / TILE_HEIGHT };

/* ---- journal_edge.c: the tree with the hashes of its rightmost, partial tiles. Full tiles are rows. */

struct edge {
    struct merkle_tree tree;
    struct sha256 hash[EDGE_LEVELS][TILE_WIDTH];
};
/* Called for each tile that became full. */
struct tile_sink {
    enum sr_err (*full)(void *ctx, const struct tile *t, const struct sha256 *hashes);
    void *ctx;
};
enum sr_err edge_push(struct edge *e, const struct sha256 *leaf_hash, const struct tile_sink *sink);
void edge_copy(struct edge *ret, const struct edge *from); /* what counts of it, which is little */

/* ---- rows: leaf i is KR_LEAF, u64be i: hash[32] || leaf. A full tile is KR_TREE, its path. */

enum { LEAF_HASH = 32 };
struct leaf_key {
    uint8_t b[8];
};
/* The rows of leaves and of full tiles. Leaves and tiles: SR_ENOENT; SR_EPROOF for a row of another size. */
struct leaf_key leaf_key(uint64_t index);
enum sr_err read_leaf_row(struct keystore *ks, uint64_t index, struct buf *ret);
enum sr_err read_full_tile(struct keystore *ks, unsigned level, uint64_t index,
                           struct sha256 ret[TILE_WIDTH]);

/* ---- the head: a sealed row of the keystore, so that the log can not be cut without cutting the whole. */

struct head_note {
    size_t n;
    char text[sizeof(((struct journal_receipt *)0)->checkpoint)];
};
/* The row of the newest checkpoint. */
struct keystore_name head_name(void);

/* ---- journal_verify.c */

struct verify {
    struct keystore *ks;
    const struct checkpoint *head;
    const struct checkpoint *from; /* NULL: from the first leaf */
    bool growing;                  /* rows after the head are no fault: more is being written */
};
/* Gives the edge that the rows make, or the first bad index. */
enum sr_err verify_rows(const struct verify *v, struct edge *ret, uint64_t *ret_bad, struct sr_why *why);

/* ---- journal.c */

struct waiting { /* one caller in journal_submit, on its stack */
    struct keystore_txn *txn, none;
    struct span leaf;
    uint64_t index; /* set by each attempt at the group */
    struct sha256 hash;
    enum sr_err result;
    struct journal_receipt receipt;
    sem_t done; /* the thread's last word: it does not touch this afterwards */
    struct waiting *next;
};

struct journal {
    struct keystore *ks;
    struct sign_key key;
    struct sign_pub pub;
    char origin[NOTE_NAME_MAX + 1];
    size_t queue_max, callers;
    unsigned count_ms;
    enum sr_err (*on_disk)(void *ctx);
    void *on_disk_ctx;
    pthread_t thread;

    pthread_mutex_t lock; /* of all below but counts */
    pthread_cond_t more;
    struct waiting *first, **end;
    size_t queued;
    size_t wake_at; /* the thread wants to know when as many wait */
    size_t shared;  /* entries that were there for the last commit, or came too late for it */
    bool stop, failed, unknown;
    struct edge edge; /* durable; changed by the thread alone */
    struct head_note head;
    uint64_t revision;

    _Atomic uint32_t counts[SR_REASON_COUNT];
    uint64_t since; /* the thread's */
    struct edge stage;
    struct head_note stage_head;
};

/* A leaf by itself, committed by the thread. */
enum sr_err commit_alone(struct journal *j, struct span leaf);

/* ---- journal_counts.c: the refusals counted since the last time, as one leaf. The thread's. */
void counts_log(struct journal *j);
