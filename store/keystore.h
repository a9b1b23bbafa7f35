#pragma once
/* keystore.h - sealed rows over any store: what a member must remember and nobody else may read or change.
 * Every row version has its own key; its table, name, version, epoch, time and commit number are bound to it;
 * a sealed head commits to exactly which row versions exist. specs/keystore.md is the format and says what is
 * detected: any change, swap, deletion or rollback of rows inside the file is; the return of a whole old file
 * is not (that takes peers or a TPM counter).
 *
 * Threads: reads from any thread; commits serialise on one mutex. One keystore a store, one process. */
#include "crypto/aead.h"
#include "store/store.h"

/* Each row: name, first byte of the row's key. A byte is never reused. Secrets and names in these tables
 * appear nowhere in the clear. */
#define KEYSTORE_TABLES(X)                                                                                   \
    X(KT_SETTING, 's') /* this member's own state */                                                         \
    X(KT_POLICY, 'p')  /* signed policies */                                                                 \
    X(KT_MEMBER, 'm')  /* members, their certificates and heads */                                           \
    X(KT_PACKAGE, 'k') /* tenants' signed secret packages and tombstones */                                  \
    X(KT_REQUEST, 'r') /* request ids already used */                                                        \
    X(KT_ENROL, 'e')   /* enrolled machines */                                                               \
    X(KT_PEER, 'h')    /* what we last saw of others' logs */

#define X(name, byte) name = byte,
enum keystore_table { KEYSTORE_TABLES(X) };
#undef X

/* Public rows, neither sealed nor covered by the head: they prove themselves (the log's tree does). */
#define KEYSTORE_RAWS(X)                                                                                     \
    X(KR_LEAF, 'L') /* log leaves, by u64be index */                                                         \
    X(KR_TREE, 'T') /* the log's tree hashes and checkpoints */

#define X(name, byte) name = byte,
enum keystore_raw { KEYSTORE_RAWS(X) };
#undef X

/* What must be read before the KEK exists. Each protects itself: by the cid, by a seal, by a signature. */
#define KEYSTORE_CLEARS(X)                                                                                   \
    X(KC_GENESIS, 1)       /* genesis record: its hash is the cid */                                         \
    X(KC_MASTER_BUNDLE, 2) /* sealed under the key that the TPM holds */                                     \
    X(KC_TPM_BLOB, 3)      /* sealed by the TPM under PCR policy */                                          \
    X(KC_AK_CERT, 4)       /* signed by the AK-CA */                                                         \
    X(KC_AK_BLOB, 5)       /* the TPM's own wrapping of the attestation key */                               \
    X(KC_GENESIS_SIGS, 6)  /* operators' signatures and evidence over the genesis record */                  \
    X(KC_EXPELLED, 7)      /* which policy ended this member */                                              \
    X(KC_EPOCH_NEXT, 11)   /* the next epoch's masters, sealed as the bundle, until they are in use */       \
    X(KC_AHEAD, 9)         /* the masters, sealed to the machine as it will be started next */               \
    X(KC_LOSS, 10)         /* k operators accept that this member goes on from here; empty: nothing */

#define X(name, byte) name = byte,
enum keystore_clear { KEYSTORE_CLEARS(X) };
#undef X

enum {
    KEYSTORE_TENANT_MAX = 128,                       /* bytes; empty for rows of the network itself */
    KEYSTORE_NAME_MAX = 1024,                        /* bytes, at least 1 */
    KEYSTORE_VALUE_MAX = STORE_VALUE_MAX - 4 * 1024, /* bytes */
    KEYSTORE_EPOCHS = 256                            /* whose keys it holds at a time */
};

/* Straight on the store, before or without a keystore. */
enum sr_err keystore_clear_get(struct store *s, enum keystore_clear what, struct buf *ret); /* SR_ENOENT */
enum sr_err keystore_clear_put(struct store *s, enum keystore_clear what, struct span value);

struct keystore;

struct keystore_epoch {
    uint32_t epoch;
    struct key kek;
};

struct keystore_options {
    struct store *store; /* borrowed; outlives the keystore */
    struct sha256 cid;
    struct key index; /* keys the names; the same for the keystore's whole life, whatever the epoch */
    struct key kek;   /* of this epoch; copied */
    uint32_t epoch;
};

/* A new keystore: SR_ESTALE, R_STATE_EXISTS when the store has a head or sealed rows. */
enum sr_err keystore_create(const struct keystore_options *o, struct keystore **ret, struct sr_why *why);
/* An existing one. Reads every row's header and holds it against the head: 6 to 10 us a row, and 64
 * bytes of memory each. SR_EPROOF, R_STORE_TAMPERED: no head, a head that does not open under these keys and
 * cid, rows missing, changed, added or older than the head says. SR_EPROOF, R_EPOCH: the head names an epoch
 * newer than o->epoch; rows and head of older epochs need their keys in `older`. */
enum sr_err keystore_open(const struct keystore_options *o, const struct keystore_epoch *older,
                          size_t n_older, struct keystore **ret, struct sr_why *why);
void keystore_close(struct keystore *ks); /* wipes the keys; NULL is fine */

/* Writes go under the newest epoch. SR_ESTALE: it has that one's; SR_ETOOBIG: KEYSTORE_EPOCHS are there. */
enum sr_err keystore_add_key(struct keystore *ks, const struct keystore_epoch *k);
/* Forgets the keys of epochs below `before`; the newest stays. SR_ESTALE: a row is still under one that is
 * not the newest, and nothing is forgotten. */
enum sr_err keystore_drop_keys(struct keystore *ks, uint32_t before);
/* Seals up to max rows (256 at most) of older epochs anew under the newest; ret_left says how many remain.
 * Each call is one commit, so it may be stopped and resumed anywhere. */
enum sr_err keystore_rewrap(struct keystore *ks, size_t max, size_t *ret_left);

/* What identifies a row. Borrowed. */
struct keystore_name {
    enum keystore_table table;
    struct span tenant, name;
};

struct keystore_item {
    struct secret value;
    uint64_t version, created_at; /* as put */
    uint64_t seq;                 /* the commit that wrote it: what keystore_txn_expect() compares */
    uint32_t epoch;
};
void keystore_item_drop(struct keystore_item *i);

/* SR_ENOENT: no such row, and the head agrees. SR_EPROOF, R_STORE_TAMPERED: changed, moved, rolled back or
 * hidden behind our back. */
enum sr_err keystore_get(struct keystore *ks, const struct keystore_name *n, struct keystore_item *ret,
                         struct sr_why *why);
/* Every row of a table, in no useful order, outside all locks: the visitor may call the keystore. Rows
 * committed meanwhile may or may not be seen. A row hidden behind our back is SR_EPROOF at the end. */
enum sr_err keystore_list(struct keystore *ks, enum keystore_table table,
                          enum sr_err (*visit)(void *ctx, const struct keystore_name *name,
                                               const struct keystore_item *item),
                          void *ctx, struct sr_why *why);
enum sr_err keystore_raw_get(struct keystore *ks, enum keystore_raw table, struct span key, struct buf *ret);

/* Reads every row again and opens it: finds what the host changed while we run. */
enum sr_err keystore_scrub(struct keystore *ks, struct sr_why *why);

/* Commits so far, and the hash chain over them: what peers witness. Rollback protection level of this folder
 * alone: "none". */
struct keystore_head {
    uint64_t seq;  /* number of the last commit */
    uint64_t rows; /* sealed rows that exist */
    struct sha256 chain;
};
struct keystore_head keystore_head(struct keystore *ks);

/* One request's conditions and changes; copies what it is given, {0} is empty. Errors stick and show at
 * commit: SR_ETOOBIG over a limit, SR_EFORMAT an empty name or unknown table. A row may be put or deleted
 * once a request. */
struct keystore_txn {
    struct buf ops;
    enum sr_err err;
};
void keystore_txn_drop(struct keystore_txn *t);
/* Holds when the row was last written by commit seq; 0: there is no such row. */
void keystore_txn_expect(struct keystore_txn *t, const struct keystore_name *n, uint64_t seq);
void keystore_txn_put(struct keystore_txn *t, const struct keystore_name *n, uint64_t version,
                      uint64_t created_at, struct span value);
void keystore_txn_del(struct keystore_txn *t, const struct keystore_name *n);
void keystore_txn_raw(struct keystore_txn *t, enum keystore_raw table, struct span key, struct span value);
void keystore_txn_clear(struct keystore_txn *t, enum keystore_clear what, struct span value);

/* Several independent requests, one durable commit. */
struct keystore_group {
    struct keystore_txn *const *txns;
    enum sr_err *results; /* one each: SR_OK, SR_ESTALE (an expectation failed, or an earlier request of the
                             group touched the same row: it is left out, the others commit), or its err */
    size_t n;
    /* Optional. Called once results says who is in, to add what depends on that (the log leaves, numbered
     * without gaps). Its error ends the group: nothing is done. Called at most once, and not when nobody is
     * in. */
    enum sr_err (*last)(void *ctx, const enum sr_err *results, size_t n, struct keystore_txn *add);
    void *ctx;
};
/* SR_OK: every request whose result is SR_OK is on disk. SR_EIO: nothing was done. SR_EUNKNOWN: all or none
 * of them may have been; the keystore then refuses all further calls with SR_EIO until opened anew. On every
 * error results that were SR_OK are set to it. A group of which nothing is left writes nothing. ret_seq may
 * be NULL. */
enum sr_err keystore_commit(struct keystore *ks, const struct keystore_group *g, uint64_t *ret_seq);
