#pragma once
/* journal.h - the one place where this member writes: a thread that commits keystore transactions and log
 * leaves together, many callers' entries in one commit. What it acknowledged is on disk, in the tree and
 * under a signed checkpoint. All functions may be called from any thread. specs/log.md section 5. */
#include "proto/leaf.h"
#include "proto/note.h"
#include "proto/tile.h"

struct journal;
struct keystore;     /* store/keystore.h */
struct keystore_txn; /* store/keystore.h */

struct journal_options {
    struct keystore *ks;        /* borrowed: outlives the journal, which is its only writer */
    const char *origin;         /* sealring/<cid hex>/<member id hex> */
    const struct sign_key *key; /* copied: the member's log key */
    const struct sign_pub *pub;
    size_t queue_max;  /* entries that may wait; 0: 1024 */
    size_t callers;    /* threads that submit at a time: as many are worth waiting for; 0: nobody waits */
    unsigned count_ms; /* how often refusals are counted out; 0: once a minute */
    /* Called by the journal's thread when a commit is on disk and before anybody hears of it; NULL: not. Its
     * error is SR_EUNKNOWN to those who wait. */
    enum sr_err (*on_disk)(void *ctx);
    void *on_disk_ctx;
    const struct checkpoint *verified; /* leaves before it are not hashed again; NULL: all are */
};

/* Reads the head, recomputes the tree and compares, then starts the thread. A keystore without a log gets an
 * empty one. SR_EPROOF + R_LOG_TAMPERED (its text names the first bad leaf), R_NOTE_SIGNATURE, SR_EIO. */
enum sr_err journal_open(const struct journal_options *o, struct journal **ret, struct sr_why *why);
/* Writes what is waiting, counts out the refusals and stops. NULL is fine. */
void journal_close(struct journal *j);

struct journal_entry {
    struct keystore_txn *txn; /* NULL: the leaf alone */
    struct span leaf;         /* one encoded leaf; both are borrowed until journal_submit returns */
};
struct journal_receipt {
    uint64_t index;          /* of the leaf */
    struct sha256 leaf_hash; /* as it stands in the tree */
    uint64_t size, revision; /* of the checkpoint below; of the keystore after this transaction */
    size_t checkpoint_n;
    char checkpoint[1024]; /* a signed note that covers the leaf */
};
/* Returns when the entry is durable, or is not and never will be. SR_ESTALE: an expectation of this
 * transaction failed (nothing of it and no leaf was written; other callers' entries are not touched).
 * SR_EBUSY: the queue is full, nothing was done. SR_EFORMAT: the leaf is none. SR_EIO: nothing was written;
 * after a failed write or sync the store refuses for good. SR_EUNKNOWN: the commit failed half way, it may
 * show up after a restart; from then on every call is SR_EIO and the process should end. ret untouched unless
 * SR_OK; may be NULL. */
enum sr_err journal_submit(struct journal *j, const struct journal_entry *e, struct journal_receipt *ret);

/* Adds one to this minute's count. Never blocks on the disk, never fails; the counts become one leaf. */
void journal_count_refusal(struct journal *j, enum sr_reason reason);
bool journal_healthy(struct journal *j);  /* false after a failed commit */
uint64_t journal_size(struct journal *j); /* durable leaves */
/* The same, and the root over them: of a log without leaves, that of the empty tree. */
void journal_head(struct journal *j, uint64_t *ret_size, struct sha256 *ret_root);

/* Reading: the durable part only, appended to ret. SR_ENOENT: no such leaf, tile or size; SR_EFORMAT: no
 * path. */
enum sr_err journal_checkpoint(struct journal *j, struct buf *ret); /* the newest signed note */
enum sr_err journal_read_leaf(struct journal *j, uint64_t index, struct buf *ret);
enum sr_err journal_tile(struct journal *j, struct span path,
                         struct buf *ret); /* "tile/0/000.p/5", bundles */
enum sr_err journal_proof(struct journal *j, uint64_t index, uint64_t size, struct merkle_proof *ret);
enum sr_err journal_consistency(struct journal *j, uint64_t old, uint64_t size, struct merkle_proof *ret);

/* Reads every leaf again and compares with the stored hashes, tiles and head. SR_EPROOF + R_LOG_TAMPERED with
 * the first bad index in ret_bad. */
enum sr_err journal_verify(struct journal *j, uint64_t *ret_bad, struct sr_why *why);
