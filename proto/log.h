#pragma once
/* log.h - what anybody who reads a member's log checks: a leaf against a checkpoint, one checkpoint against
 * an older one, a whole log. Fetching is a callback, so everything here is pure. Source of the proof file:
 * C2SP tlog-proof@v1. specs/log.md section 6. */
#include "proto/leaf.h"
#include "proto/note.h"
#include "proto/tile.h"

/* Whose log: the name and key that its checkpoints must carry. */
struct log_id {
    const char *origin; /* sealring/<cid hex>/<member id hex> */
    struct sign_pub pub;
};
/* Is this the first leaf of that log: one that says whose log it is? */
bool log_introduces(const struct leaf *l, const struct log_id *id);
/* Writes that origin; member is the 16-byte member id. */
void log_origin(const struct sha256 *cid, const uint8_t member[16], struct buf *ret);

/* A leaf that was shown to somebody, with what proves that it is in the log. */
struct log_shown {
    struct span leaf;
    uint64_t index;
    struct span path; /* merkle_proof_write */
    struct span note; /* a checkpoint of any later size */
};
/* SR_OK: the leaf stands at this index under the checkpoint returned. R_NOTE_* or R_LOG_PROOF. */
enum sr_err log_check_shown(const struct log_shown *s, const struct log_id *id, struct checkpoint *ret,
                            struct sr_why *why);

/* The same without the leaf as a text file of its own. note borrows from the text. No extra line is taken. */
struct log_proof {
    uint64_t index;
    struct merkle_proof path;
    struct span note;
};
void log_proof_write(const struct log_proof *p, struct buf *ret);
enum sr_err log_proof_read(struct span text, struct log_proof *ret); /* SR_EFORMAT */

/* A log at a distance. get appends the resource "checkpoint" or "tile/…"; SR_ENOENT when there is none. */
struct log_reader {
    enum sr_err (*get)(void *ctx, const char *path, struct buf *ret);
    void *ctx;
    struct log_id id;
};
enum sr_err log_fetch_checkpoint(const struct log_reader *r, struct checkpoint *ret, struct sr_why *why);
/* Proof for one leaf from tiles, already checked against the checkpoint; the leaf is appended to ret_leaf. */
enum sr_err log_fetch_leaf(const struct log_reader *r, const struct checkpoint *c, uint64_t index,
                           struct buf *ret_leaf, struct merkle_proof *ret_path, struct sr_why *why);

/* Reads every leaf from old (NULL: from the first) up to the checkpoint c, and holds all against both roots.
 * SR_EPROOF: R_LOG_FORK (c is smaller than old, or does not extend it), R_LOG_PROOF (the leaves do not make
 * c's root), R_LOG_LEAF (a leaf is none, or the first one does not introduce this member). Else what get
 * said. visit may be NULL; it sees each leaf after old, before the verdict on the whole is known. */
struct log_audit {
    const struct log_reader *reader;
    const struct checkpoint *old; /* checked by the caller earlier */
    enum sr_err (*visit)(void *ctx, uint64_t index, const struct leaf *l);
    void *ctx;
};
enum sr_err log_verify(const struct log_audit *a, const struct checkpoint *c, struct sr_why *why);
