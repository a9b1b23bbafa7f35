#pragma once
/* store.h - named, versioned bytes with transactions; already sealed, so a store holds no secret in the clear
 * and knows no protocol. One revision for the whole store counts its committed transactions: 0 is an empty
 * store, every transaction makes it one larger. specs/keystore.md section 8.
 *
 * Threads: every call may come from any thread. Reads run beside each other and beside a writer; writes take
 * one mutex. A visit callback runs inside the read and must not call the same store. */
#include "crypto/bytes.h"
#include "crypto/err.h"

struct store { /* the first member of every back end's own struct */
    const struct store_ops *ops;
};

enum {
    STORE_KEY_MAX = 512,         /* bytes, at least 1 */
    STORE_VALUE_MAX = 1 << 20,   /* bytes, may be 0 */
    STORE_TXN_OPS = 16384,       /* puts, deletes and compares of one transaction, each */
    STORE_TXN_BYTES = 32 << 20,  /* keys and values of one transaction */
    STORE_LIST_MAX = 1000 * 1000 /* rows of one list or watch call */
};
/* As a list's limit: however many there are, from one snapshot. For backups: it holds one of the readers. */
#define STORE_LIST_ALL ((size_t)INT64_MAX)

/* One row as a visitor sees it: borrowed, for the call. */
struct store_item {
    struct span key, value;
    uint64_t create_rev, mod_rev; /* the transactions that made it and changed it last */
};

/* One change as a watcher sees it. It has no value: what was overwritten or deleted is gone for good. */
struct store_change {
    uint64_t rev;
    struct span key;
    enum store_op_kind { STORE_PUT = 1, STORE_DEL } kind;
};

struct store_cmp { /* holds when the row's mod_rev is this; 0: there is no such row */
    struct span key;
    uint64_t mod_rev;
};
struct store_op { /* deleting what is not there is no error */
    enum store_op_kind kind;
    struct span key, value;
};
struct store_txn { /* all compares hold and all ops are done, in order, or nothing is */
    const struct store_cmp *cmps;
    size_t n_cmps;
    const struct store_op *ops;
    size_t n_ops;
};

struct store_list {
    struct span prefix; /* empty: all */
    struct span after;  /* empty: from the first; else keys after it, bytewise */
    size_t limit;       /* rows visited at most; 0: STORE_LIST_MAX; or STORE_LIST_ALL */
    enum sr_err (*visit)(void *ctx, const struct store_item *item); /* another value than SR_OK ends it */
    void *ctx;
};
struct store_watch {
    struct span prefix;
    uint64_t from_rev;   /* the first revision wanted, at least 1 */
    unsigned timeout_ms; /* how long to wait when there is no change yet; 0: not at all */
    enum sr_err (*visit)(void *ctx, const struct store_change *change);
    void *ctx;
};

struct store_ops {
    const char *scheme; /* "sqlite" in sqlite:/var/lib/sealring/store.db */
    enum sr_err (*open)(const char *where, struct store **ret, struct sr_why *why);
    void (*close)(struct store *s);
    enum sr_err (*get)(struct store *s, struct span key, struct buf *ret, uint64_t *ret_mod_rev);
    enum sr_err (*list)(struct store *s, const struct store_list *l, uint64_t *ret_rev);
    enum sr_err (*txn)(struct store *s, const struct store_txn *t, uint64_t *ret_rev);
    enum sr_err (*watch)(struct store *s, const struct store_watch *w, uint64_t *ret_next);
    enum sr_err (*sync)(struct store *s, uint64_t *ret_rev);
    enum sr_err (*compact)(struct store *s, uint64_t before_rev);
    enum sr_err (*expunge)(struct store *s);                                      /* NULL: nothing to do */
    enum sr_err (*backup)(struct store *s, const char *path, struct sr_why *why); /* NULL: has none */
};

/* The back ends, ended by NULL; the conformance suite walks them. */
extern const struct store_ops *const store_backends[];

/* "sqlite:PATH" or "memory:". For sqlite PATH's folder must be ours, mode 0700, and is locked for as long as
 * the store is open; a missing file is created, mode 0600. Refused, each with its text in why:
 * R_STORE_HOSTILE what is not a database of ours (type, owner, mode, size, schema), R_STORE_VERSION a newer
 * format, R_STORE_TAMPERED ours but damaged, R_BUSY (SR_EBUSY) another process holds the folder, R_CONFIG a
 * url that names no back end. */
enum sr_err store_open(const char *url, struct store **ret, struct sr_why *why);
void store_close(struct store *s); /* NULL is fine */

/* Every call below: SR_EIO when the storage failed. A failed write, sync or a damaged page is final: every
 * later call answers SR_EIO too, nothing is tried again, and only a new store_open() finds out what is
 * on disk. (A full disk is not final: that transaction did nothing.) */

/* ret is replaced by the value. SR_ENOENT. ret_mod_rev may be NULL. */
enum sr_err store_get(struct store *s, struct span key, struct buf *ret, uint64_t *ret_mod_rev);

/* Rows in key order, from one snapshot, whose revision is returned (ret_rev may be NULL): pages that return
 * the same revision belong together. */
enum sr_err store_list(struct store *s, const struct store_list *l, uint64_t *ret_rev);

/* SR_ESTALE: a compare failed, nothing was done. SR_ETOOBIG: over a limit above, nothing was done.
 * SR_EIO: nothing was done. SR_EUNKNOWN: it may have been done or not; read again before any retry. SR_OK:
 * it is on stable storage. ret_rev may be NULL. */
enum sr_err store_txn(struct store *s, const struct store_txn *t, uint64_t *ret_rev);

/* Visits the changes from from_rev on, in order, and says where to go on (ret_next). Without any it
 * waits for the first, or the time-out, which is SR_OK with ret_next = from_rev. A row changed twice is seen
 * twice. SR_ENOENT: some changes from from_rev on were compacted away: list, then watch from the revision
 * after the one that list returned. */
enum sr_err store_watch(struct store *s, const struct store_watch *w, uint64_t *ret_next);

/* A barrier: what was committed anywhere before this call is seen by reads after it. Also the probe whether
 * the store still works. ret_rev may be NULL. */
enum sr_err store_sync(struct store *s, uint64_t *ret_rev);

/* Forgets the changes before this revision (only for watchers; rows stay). */
enum sr_err store_compact(struct store *s, uint64_t before_rev);

/* What was overwritten or deleted before this call is in none of the store's files any more; what the medium
 * keeps of them is beyond it. Waits for reads that are at work. SR_EBUSY: one would not end; call it again.
 * SR_EIO. */
enum sr_err store_expunge(struct store *s);

/* A consistent copy in a new file, mode 0600, in a folder that is ours and 0700; on disk when SR_OK.
 * SR_EDENIED: the back end has none. SR_ESTALE, R_STATE_EXISTS: the file exists. */
enum sr_err store_backup(struct store *s, const char *path, struct sr_why *why);
