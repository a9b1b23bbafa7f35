#pragma once
/* leaf.h - what the log says: one canonical encoding a kind of event. u8 version = 1, u8 type, u64 time, then
 * the fields of the type in the order of leaf.c's table. Leaves are public: identifiers stand there as salted
 * hashes (leaf_id). specs/log.md section 1. */
#include "crypto/err.h"
#include "crypto/hash.h"

#define LEAF_TYPES(X)                                                                                        \
    X(LEAF_GENESIS, 1, "genesis")                                                                            \
    X(LEAF_ENROLMENT, 2, "enrolment")                                                                        \
    X(LEAF_MEMBER_SELF, 3, "member-self") /* first of each joined member's own log */                        \
    X(LEAF_JOIN_GRANTED, 4, "join-granted")                                                                  \
    X(LEAF_MEMBER, 5, "member")                                                                              \
    X(LEAF_POLICY, 6, "policy")                                                                              \
    X(LEAF_PUT, 7, "put")                                                                                    \
    X(LEAF_DELETE, 8, "delete")                                                                              \
    X(LEAF_RELEASE, 9, "release")                                                                            \
    X(LEAF_REFUSAL, 10, "refusal") /* only when the evidence's signature verified */                         \
    X(LEAF_REFUSALS_COUNTED, 11, "refusals-counted")                                                         \
    X(LEAF_START, 12, "start")                                                                               \
    X(LEAF_STOP, 13, "stop")                                                                                 \
    X(LEAF_EPOCH, 14, "epoch")               /* a new master's commitment */                                 \
    X(LEAF_RECOVERY, 15, "recovery")         /* first of the log of a member that holders brought back */    \
    X(LEAF_EPOCH_DRAWN, 16, "epoch-drawn")   /* a master that waits for operators */                         \
    X(LEAF_EPOCH_HELD, 17, "epoch-held")     /* the next epoch's master is on this member's disk */          \
    X(LEAF_EPOCH_ACTIVE, 18, "epoch-active") /* this member goes by it from here on */                       \
    X(LEAF_EPOCH_DESTROYED, 19, "epoch-destroyed") /* this member has erased its master */                   \
    X(LEAF_FORK, 20, "fork")                       /* a member signed two histories of its log */            \
    X(LEAF_EXPELLED, 22, "expelled")               /* last but for stop: the policy expels this member */    \
    X(LEAF_FREEZE, 23, "freeze")                   /* this member's own switch was turned */                 \
    X(LEAF_RESTORED, 25, "restored")               /* first of the log of a member that went back */         \
    X(LEAF_BACKUP, 26, "backup")                   /* a backup was made */                                   \
    X(LEAF_SEALED_AHEAD, 28, "sealed-ahead")       /* masters sealed to another start of this machine */
#define X(name, code, text) name = code,
enum leaf_type { LEAF_TYPES(X) };
#undef X

enum {
    LEAF_MAX = 8192,    /* bytes of an encoded leaf */
    LEAF_KEYS_MAX = 64, /* keys a release names */
    LEAF_COUNTS_MAX = 256,
    LEAF_REASON_MAX = 40,   /* with its NUL */
    LEAF_ADDRESS_MAX = 256, /* with its NUL */
};

struct leaf_count {
    char reason[LEAF_REASON_MAX];
    uint32_t count;
};

/* One leaf of any type. A type's encoding has its own fields alone (the lists in brackets); the others are
 * ignored when written and zero when read. */
struct leaf {
    enum leaf_type type;
    uint64_t time; /* unix seconds */

    struct sha256 cid;         /* genesis, member-self, recovery, restored */
    struct sha256 policy_hash; /* genesis, policy, recovery, restored, expelled */
    struct sha512 commit;      /* genesis, epoch, epoch-..., recovery: H(master) of `epoch` */
    struct sha256 link;        /* epoch-held, epoch-active: SHA-256 of the link to `epoch` */
    struct sha256 member_key;  /* genesis, member-self, member: Ed25519, signs that member's checkpoints */
    struct sha256 id;          /* member: idJ, the joiner's key for one boot */
    uint8_t granter[16];       /* member-self: member id of who granted the join */
    struct sha512 transcript;  /* th2 in join-granted; th3 in member and member-self; thW in release, refusal
                                * (as far as it got, else zero) */
    struct sha512 ct_hash;     /* join-granted, release: H(ct); zero when nothing was released */
    struct sha256 ak;          /* enrolment, join-granted: salted */
    struct sha256 hardware;    /* salted chip or EK id: all that stand on evidence */
    struct sha256 root;        /* enrolment: SPKI hash of the endorsement anchor */
    struct sha256 measurement; /* all that stand on evidence; own one in genesis, member-self, start */
    char rollback[LEAF_REASON_MAX]; /* join-granted: the level that the joiner said */
    uint64_t policy_number;
    uint64_t epoch;                 /* genesis, enrolment, put, delete, start, epoch, epoch-... */
    uint64_t epoch_lo, epoch_hi;    /* member, member-self: the masters handed over */
    uint64_t not_after;             /* enrolment: end of the AK certificate, unix seconds */
    char address[LEAF_ADDRESS_MAX]; /* member, member-self: may be empty */

    struct sha256 tenant, key; /* put, delete: salted */
    uint64_t version;          /* put, delete */
    struct sha256 package;     /* put, delete: SHA-256 of the signed package */
    struct {
        size_t n;
        struct sha256 id[LEAF_KEYS_MAX];
    } keys; /* release: salted, sorted, unique; see leaf_add_key. recovery: the pins (holder_pin)
             * of the holders whose shares were used. restored: of the operators */
    char outcome[LEAF_REASON_MAX]; /* release: a reason; "none" is granted */

    char step[LEAF_REASON_MAX];   /* refusal: "enrol", "join", "release", …; freeze: "freeze", "thaw" */
    char reason[LEAF_REASON_MAX]; /* refusal */
    uint64_t since;               /* refusals-counted: unix seconds; the interval ends at `time` */
    struct {
        size_t n;
        struct leaf_count row[LEAF_COUNTS_MAX];
    } counts; /* refusals-counted: sorted by reason, none zero */

    uint8_t boot[16]; /* start, stop: random, one a run */

    uint8_t member[16];             /* fork: whose log; its id. restored: the id that it had */
    uint64_t size, other_size;      /* fork: of the checkpoint that we cosigned, and of the other. restored,
                                     * backup: leaves of the log that the state had */
    struct sha256 head, other_head; /* fork: their roots. restored, backup: root over those */
    struct sha256 statement;        /* restored: SHA-256 of what the operators signed */
    struct sha256 file;             /* backup: SHA-256 of the file */
};

/* SR_EBUG: a text that is not printable ASCII, an unsorted list, an unknown type. */
enum sr_err leaf_encode(const struct leaf *l, struct buf *ret);
/* SR_EFORMAT + R_LOG_LEAF: anything that leaf_encode does not write. */
enum sr_err leaf_decode(struct span s, struct leaf *ret, struct sr_why *why);
/* Appends one canonical JSON object: "type", "time" and the fields; hashes in hex, numbers over 2^53 - 1 as
 * text. */
void leaf_describe(const struct leaf *l, struct buf *ret);
const char *leaf_type_text(enum leaf_type t); /* NULL: none */

/* Inserts a released key's salted id in its place; one that is there already counts once. SR_ETOOBIG. */
enum sr_err leaf_add_key(struct leaf *l, const struct sha256 *id);
void leaf_set_reason(char (*field)[LEAF_REASON_MAX], enum sr_reason r); /* outcome or reason */

/* How an identifier stands in a leaf: HMAC-SHA-256(salt, LP("log/id") || u8 kind || LP(id)). */
enum leaf_id_kind { LEAF_ID_HARDWARE = 1, LEAF_ID_AK = 2, LEAF_ID_TENANT = 3, LEAF_ID_KEY = 4 };
struct sha256 leaf_id(const struct key *salt, enum leaf_id_kind kind, struct span id);
