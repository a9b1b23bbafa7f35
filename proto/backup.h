#pragma once
/* backup.h - a member's keystore in one file: its rows as they are on disk (sealed, or public by design) at
 * one point in time, and a manifest under the member's log key that says which. specs/backup.md.
 *
 *     LP(label "backup"), n x { u8 1, LP(key), LP(value) }, u8 0, LP(manifest), signature[64]
 *
 * Written and read from front to back, whatever its size. Pure: bytes go through callbacks. */
#include "proto/genesis.h"
#include "proto/leaf.h"
#include "proto/member.h"
#include "proto/merkle.h"
#include "proto/note.h"

enum {
    BACKUP_KEY_MAX = 512, /* bytes, at least 1 */
    BACKUP_VALUE_MAX = 1 << 20,
    BACKUP_MANIFEST_MAX = 4096,
    BACKUP_NOTE_MAX = 1024,
    BACKUP_LEAF = 'L',  /* first byte of a leaf's key; u64be index follows. Its value: hash[32] || leaf */
    BACKUP_CLEAR = 'C', /* of the clear area's */
    BACKUP_GENESIS = 1, /* the clear row with LP(record) || LP(chain of epochs) */
    BACKUP_HEAD = 'H',  /* the whole key of the keystore's sealed head */
};

/* u8 version = 1 || cid[32] || member[32] || u64 time, epoch, policy number, revision, rows, bytes ||
 * body[32] || LP(note) || LP(cert). */
struct backup_manifest {
    struct sha256 cid;
    struct sign_pub member; /* the key of its log: signs the note, and this */
    uint64_t time;          /* unix seconds */
    uint64_t epoch, policy_number;
    uint64_t revision;    /* of the store */
    uint64_t rows, bytes; /* of the body: all up to and with the 0 after the last row */
    struct sha256 body;
    struct span note; /* the checkpoint over the leaves in the body: the log's head then */
    struct span cert; /* the member's certificate */
};
void backup_manifest_write(const struct backup_manifest *m, struct buf *ret);
/* Spans borrow. SR_EFORMAT, R_BACKUP_FORMAT. */
enum sr_err backup_manifest_read(struct span s, struct backup_manifest *ret, struct sr_why *why);

/* ---- writing */

struct backup_writer {
    enum sr_err (*write)(void *ctx, struct span s);
    void *ctx;
    struct hash256 hash; /* {0} and these until backup_begin() */
    uint64_t rows, bytes;
    struct merkle_tree log; /* of the leaves so far: what the note must say */
};
/* Writes the label; then rows, then the end. Errors: what write() says. */
enum sr_err backup_begin(struct backup_writer *w);
/* Keys ascend. SR_EBUG: a row that would not be read back. */
enum sr_err backup_row(struct backup_writer *w, struct span key, struct span value);
/* Fills in rows, bytes and body of m. ret: SHA-256 of the whole file. */
enum sr_err backup_end(struct backup_writer *w, struct backup_manifest *m, const struct sign_key *key,
                       struct sha256 *ret);

/* ---- reading */

struct backup_source {
    /* Fills p with n bytes, or with fewer at the end of the file. */
    enum sr_err (*read)(void *ctx, void *p, size_t n, size_t *ret_n);
    void *ctx;
};
struct backup_sink { /* sees each row before anything is known of the whole */
    enum sr_err (*row)(void *ctx, struct span key, struct span value);
    void *ctx;
};
struct backup {
    struct backup_manifest m; /* borrows from bytes */
    struct buf bytes, genesis_file;
    struct genesis genesis;
    struct checkpoint head;
    struct sha256 file; /* SHA-256 of the whole file */
};
void backup_drop(struct backup *b);
/* SR_OK: the file is whole; its manifest is signed by a member that the network of the record in it, whose
 * hash is the cid, has certified; the leaves in it are a log of that member and make the signed head. Says
 * nothing of whether the sealed rows open, or of how old they are. sink: NULL sees nothing.
 * SR_EFORMAT, R_BACKUP_FORMAT: not a backup of this mode, cut short, or something behind it. SR_EPROOF:
 * R_BACKUP_PROOF, or what the part said that does not prove itself; else what source and sink say. */
enum sr_err backup_read(const struct backup_source *s, const struct backup_sink *sink, struct backup *ret,
                        struct sr_why *why);
