#pragma once
/* release_wire.h - wanted keys, released values and the three messages of a release as bytes.
 * specs/release.md, "Messages". Decoded messages borrow their spans. */
#include "proto/glob.h"
#include "proto/join_wire.h"

enum {
    WANTS_MAX = 64,
    WANT_MAX = 4 + GLOB_TENANT_MAX + 4 + GLOB_PATH_MAX + 4 + 9 + 6,
    WANT_LIST_MAX = 2 + WANTS_MAX * (4 + WANT_MAX),
    VALUE_MAX = 64 << 10,           /* bytes of one value */
    RELEASE_PLAIN_MAX = 1 << 20,    /* of all values with their names */
    RELEASE_LEASE_MAX = 30 * 86400, /* seconds: the most that a policy gives */
    RAW_SIZE_MIN = 16,
    RAW_SIZE_MAX = 64,
    PUBLIC_HALF_MAX = 65,
    W1_SIZE = 207,
    W2_MAX = HANDSHAKE_EVIDENCE_MAX + WANT_LIST_MAX + 1024,
    W3_MAX = RELEASE_PLAIN_MAX + LEAF_MAX + CHECKPOINT_MAX + 1024,
};

#define WANT_KINDS(X)                                                                                        \
    X(WANT_SECRET, "secret") /* stored */                                                                    \
    X(WANT_RAW, "raw")       /* derived, as are all below */                                                 \
    X(WANT_ED25519, "ed25519")                                                                               \
    X(WANT_X25519, "x25519")                                                                                 \
    X(WANT_P256, "p256")                                                                                     \
    X(WANT_SECP256K1, "secp256k1")
#define X(name, text) name,
enum want_kind { WANT_KINDS(X) WANT_KIND_COUNT };
#undef X
const char *want_kind_text(enum want_kind k);
enum sr_err want_kind_parse(struct span text, enum want_kind *ret);

struct want {
    char tenant[GLOB_TENANT_MAX + 1];
    char path[GLOB_PATH_MAX + 1];
    enum want_kind kind;
    uint32_t version; /* 0: the latest, for secrets only; derived keys start at 1 */
    uint16_t size;    /* bytes, for raw only: 16..64; else 0 */
};

/* One entry. SR_EFORMAT, R_WANT_LIST: a name, version or size outside the rules. */
enum sr_err want_encode(const struct want *w, struct buf *ret, struct sr_why *why);
enum sr_err want_decode(struct span s, struct want *ret, struct sr_why *why);

struct want_list {
    struct want want[WANTS_MAX];
    size_t n; /* 1.. */
};
/* Into canonical order: by encoding. SR_EFORMAT, R_WANT_LIST: a bad entry, two alike, none, too many. */
enum sr_err want_list_sort(struct want_list *l, struct sr_why *why);
/* l must be in canonical order, as it must be on the wire. */
enum sr_err want_list_encode(const struct want_list *l, struct buf *ret, struct sr_why *why);
enum sr_err want_list_decode(struct span s, struct want_list *ret, struct sr_why *why);

/* Secret; the owner drops it. */
struct release_value {
    struct want want; /* as asked for */
    uint32_t version; /* the one given; never 0 */
    struct secret value;
    uint8_t pub[PUBLIC_HALF_MAX]; /* derived key pairs */
    size_t npub;                  /* bytes; 0: there is none */
    uint32_t lease;               /* seconds from the release that it may be held; 0: for ever */
};
struct release_values { /* in the order of the want list */
    struct release_value v[WANTS_MAX];
    size_t n;
};
void release_values_drop(struct release_values *v);
enum sr_err release_values_encode(const struct release_values *v, struct secret *ret, struct sr_why *why);
/* SR_EPROOF, R_RELEASE_VALUES: not exactly what was wanted. */
enum sr_err release_values_decode(struct span s, const struct want_list *wanted, struct release_values *ret,
                                  struct sr_why *why);

struct w1 {
    struct sha256 cid;
    uint64_t ts_ms;
    uint8_t rand[16];
    uint64_t epoch, policy_number;
    struct sha256 policy_hash;
    struct sign_pub idb, release_pub;
    uint32_t deadline_ms;
    struct sha256 mac;
};
struct w2 {
    struct span w1; /* as it travelled */
    uint8_t cb_kind;
    struct kem_pub ekw;
    struct span type, want, evidence;
};
struct w3 {
    struct kem_pub enc;
    struct span ct;
    uint64_t leaf_index;
    struct span leaf, checkpoint;
    struct sig sig;
};
/* Each appends, or reads, one whole message. SR_ETOOBIG, R_TOO_LARGE; SR_EFORMAT: R_VERSION, or R_MALFORMED
 * for what is not exactly one of its type. */
enum sr_err w1_encode(const struct w1 *w, struct buf *ret);
enum sr_err w1_decode(struct span s, struct w1 *ret, struct sr_why *why);
enum sr_err w2_encode(const struct w2 *w, struct buf *ret);
enum sr_err w2_decode(struct span s, struct w2 *ret, struct sr_why *why);
enum sr_err w3_encode(const struct w3 *w, struct buf *ret);
enum sr_err w3_decode(struct span s, struct w3 *ret, struct sr_why *why);
