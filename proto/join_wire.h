#pragma once
/* join_wire.h - the six messages of a join as bytes. specs/join.md, "Messages". Decoded messages borrow their
 * spans from the bytes given. Encoders refuse what decoders would: SR_EFORMAT, R_MALFORMED. */
#include "proto/epoch.h"
#include "proto/leaf.h"
#include "proto/rollback.h"
#include "proto/verified.h"

enum {
    WIRE_VERSION = 1,
    MSG_M1 = 1,
    MSG_M2 = 2,
    MSG_M3 = 3,
    MSG_M4 = 4,
    MSG_M5 = 5,
    MSG_M6 = 6,
    MSG_W1 = 0x11,
    MSG_W2 = 0x12,
    MSG_W3 = 0x13,

    SUITE_1 = 1, /* Ed25519, SHA-512, HPKE X25519 HKDF-SHA256 ChaCha20-Poly1305 */
    SUITES_MAX = 8,
    ADDRESS_MAX = 255, /* bytes, 1.. */
    RECORD_MAX = (20 << 10) + 196,
    SIGNED_POLICY_MAX = 160 << 10,
    CHECKPOINT_MAX = 16 << 10,
    PROOF_MAX = 8 << 10,
    JOIN_CT_MAX = MASTER_BUNDLE_MAX + HPKE_TAG,
    MEMBER_CERT_MAX = 512,

    M1_MAX = 256,
    M2_SIZE = 201,
    M3_MAX = HANDSHAKE_EVIDENCE_MAX + 2048,
    M4_MAX = HANDSHAKE_EVIDENCE_MAX + JOIN_CT_MAX + RECORD_MAX + EPOCH_CHAIN_MAX + SIGNED_POLICY_MAX +
             CHECKPOINT_MAX + 1024,
    M5_SIZE = 51,
    M6_MAX = MEMBER_CERT_MAX + LEAF_MAX + PROOF_MAX + CHECKPOINT_MAX + 256,
};

struct session_id {
    uint8_t b[16];
};

struct m1 {
    uint16_t suite[SUITES_MAX]; /* ascending */
    size_t nsuites;
    struct sha256 cid;
    struct span role; /* "join" */
    struct span type; /* of the joiner's evidence */
    uint8_t nj[32];
};
struct m2 {
    uint16_t suite;
    struct sha256 cid;
    struct session_id sid;
    uint64_t ts_ms;
    uint8_t rand[16];
    uint64_t epoch_lo, epoch_hi;
    uint64_t policy_number;
    struct sha256 policy_hash;
    struct sign_pub idb;
    uint32_t deadline_ms;
    struct sha256 mac;
};
struct m3 {
    struct span m1, m2; /* as they travelled */
    uint8_t cb_kind;    /* 0 none, 1 tls-exporter */
    struct kem_pub ekj;
    struct sign_pub idj, member_key;
    struct span address;
    struct rollback rollback; /* what the joiner will run at */
    struct span evidence;
    struct sig sigm, sigj; /* by member_key and idJ, both over th2 */
};
struct m4 {
    struct session_id sid;
    struct kem_pub ekb;
    struct span type; /* the granter's, as the next two */
    struct rollback rollback;
    struct span evidence;
    struct kem_pub enc;
    struct span ct, record, chain, policy, checkpoint;
    struct sig sigb;
};
struct m5 {
    struct session_id sid;
    struct sha256 mac;
};
struct m6 {
    struct session_id sid;
    struct span cert, leaf;
    uint64_t leaf_index;
    struct span proof, checkpoint;
    struct sha256 mac;
};

/* The one form of a node's address (crypto/url.h), 1..255 bytes: safe in logs and in JSON as it stands. */
bool address_ok(struct span address);

/* Each appends, or reads, one whole message. SR_ETOOBIG, R_TOO_LARGE; SR_EFORMAT: R_VERSION, or R_MALFORMED
 * for what is not exactly one of its type. */
enum sr_err m1_encode(const struct m1 *m, struct buf *ret);
enum sr_err m1_decode(struct span s, struct m1 *ret, struct sr_why *why);
enum sr_err m2_encode(const struct m2 *m, struct buf *ret);
enum sr_err m2_decode(struct span s, struct m2 *ret, struct sr_why *why);
enum sr_err m3_encode(const struct m3 *m, struct buf *ret);
enum sr_err m3_decode(struct span s, struct m3 *ret, struct sr_why *why);
enum sr_err m4_encode(const struct m4 *m, struct buf *ret);
enum sr_err m4_decode(struct span s, struct m4 *ret, struct sr_why *why);
enum sr_err m5_encode(const struct m5 *m, struct buf *ret);
enum sr_err m5_decode(struct span s, struct m5 *ret, struct sr_why *why);
enum sr_err m6_encode(const struct m6 *m, struct buf *ret);
enum sr_err m6_decode(struct span s, struct m6 *ret, struct sr_why *why);

/* The part that a mac or the signatures of n bytes at the end cover. */
struct span wire_body(struct span message, size_t n);
/* u16 version and u8 type at the front of every message. R_VERSION, R_MALFORMED. */
enum sr_err wire_head(struct reader *r, uint8_t type, struct sr_why *why);
void wr_head(struct buf *b, uint8_t type);
