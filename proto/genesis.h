#pragma once
/* genesis.h - the record a network starts from. Its hash is the network id, so it commits to who may change
 * policy, whose hardware counts, and which master is the right one. specs/genesis.md. */
#include "proto/recovery.h"
#include "proto/verified.h"

enum {
    GENESIS_KEYS_MAX = 16,  /* operators, AK-CAs, witnesses: each */
    GENESIS_TYPES_MAX = 8,  /* evidence types with roots */
    GENESIS_ROOTS_MAX = 32, /* roots a type */
    GENESIS_PARAMS_MAX = 20 << 10,
    GENESIS_RECORD_MAX = GENESIS_PARAMS_MAX + 4 + 192,
    GENESIS_OPNONCE_MAX = 64, /* bytes */
    GENESIS_POLICY_MAX = 128 << 10,
    GENESIS_BUNDLE_MAX =
        GENESIS_RECORD_MAX + HANDSHAKE_EVIDENCE_MAX + GENESIS_POLICY_MAX + RECOVERY_SET_MAX + 256,
};

/* Sorted, no two alike; k of n must agree. */
struct key_set {
    struct sign_pub key[GENESIS_KEYS_MAX];
    size_t n, k;
};

struct type_roots {
    char type[EVIDENCE_TYPE_MAX + 1];
    struct sha256 root[GENESIS_ROOTS_MAX]; /* SHA-256 of a subject public key info; sorted, no two alike */
    size_t n;
};

/* What the operators fix before there is a master. The mode is the program's own (crypto/mode.h). */
struct genesis_params {
    uint8_t salt[32];
    struct key_set operators; /* policy and rotations; 1 <= k <= n */
    struct sha256 first_policy;
    struct type_roots types[GENESIS_TYPES_MAX]; /* sorted by name */
    size_t ntypes;
    struct key_set akcas;     /* AK certificates of the genesis evidence alone; 1 <= k <= n */
    struct key_set witnesses; /* 0 <= k <= n */
    struct holder_set recovery;
};

struct genesis {
    struct genesis_params params;
    struct sha256 params_hash; /* filled by genesis_decode: what genesis AK certificates name */
    struct epoch_pubs first;   /* epoch 1 */
};

/* Encoders refuse what the decoders would: SR_EFORMAT, R_GENESIS_FORMAT. A record of the other mode is
 * SR_EPROOF, R_GENESIS_MISMATCH. */
enum sr_err genesis_params_encode(const struct genesis_params *p, struct buf *ret, struct sr_why *why);
enum sr_err genesis_params_decode(struct span s, struct genesis_params *ret, struct sr_why *why);
struct sha256 genesis_params_hash(struct span params);

/* Appends the record. g->params_hash is not read. */
enum sr_err genesis_encode(const struct genesis *g, struct buf *ret, struct sr_why *why);
enum sr_err genesis_decode(struct span record, struct genesis *ret, struct sr_why *why);
struct sha256 genesis_cid(struct span record);
/* Decodes, and holds the record against the pinned id. R_GENESIS_MISMATCH: it is another network's. */
enum sr_err genesis_pinned(struct span record, const struct sha256 *cid, struct genesis *ret,
                           struct sr_why *why);
struct approvers genesis_approvers(const struct genesis *g);                       /* borrows */
const struct type_roots *genesis_roots(const struct genesis *g, struct span type); /* NULL: type unknown */
/* The same as pins, for evidence_set_roots(). genesis: a struct genesis, or NULL, which names none. */
struct pins genesis_pins(const void *genesis, struct span type);
/* Of a type in several parts, those of its first: the report, which is what needs collateral. */
struct pins genesis_report_pins(const struct genesis *g, struct span type);
/* Does what vouches for the hardware lead to a root that the record names for this type? Evidence without a
 * root passes where the record names none. And it is at least the baseline (specs/appraisal.md): a key born
 * in a guest that can be debugged is one that its host has read. SR_EPROOF, R_EK_CHAIN or the row's reason.
 */
struct claims;
enum sr_err genesis_root_check(const struct genesis *g, struct span type, const struct claims *claims,
                               struct sr_why *why);

/* Is it a policy of this network: number 1 by the hash that the record pins, any other by k operators'
 * signatures? SR_EPROOF as policy_signed_check() and policy_first_check() give. */
struct policy_signed;
enum sr_err genesis_policy_check(const struct genesis *g, const struct sha256 *cid,
                                 const struct policy_signed *s, struct sr_why *why);

/* What `verify-genesis` checks offline; each span borrows. */
struct genesis_bundle {
    struct span record;
    struct span opnonce; /* 1..64 bytes that the operators chose (a beacon): the master is younger */
    uint64_t created;    /* unix seconds; the AK certificate had to be valid then */
    struct span type, evidence;
    struct span policy;   /* the first policy's document, as hashed */
    struct span recovery; /* the recovery set; empty when the record has no holders */
};
enum sr_err genesis_bundle_encode(const struct genesis_bundle *b, struct buf *ret, struct sr_why *why);
enum sr_err genesis_bundle_decode(struct span s, struct genesis_bundle *ret, struct sr_why *why);
/* Report data of the genesis evidence. It covers the recovery set, which is made after the record: so no set
 * made later can take its place. */
struct sha512 genesis_rd(const struct sha256 *cid, const struct genesis_bundle *b);

/* A bundle of which everything but the evidence is checked. The evidence must prove rd, at the time created,
 * under the genesis AK-CAs with params_hash as its network. */
struct genesis_checked {
    struct genesis genesis;
    struct genesis_bundle bundle; /* borrows from the bytes given */
    struct recovery_set recovery; /* n == 0: none */
    struct sha512 rd;
};
/* opnonce: what the operators chose; an empty span takes the bundle's own word for it.
 * R_GENESIS_MISMATCH: another record, another opnonce, another first policy, a recovery set without holders
 * or holders without one; R_RECOVERY_FORMAT. */
enum sr_err genesis_check(struct span bundle, const struct sha256 *cid, struct span opnonce,
                          struct genesis_checked *ret, struct sr_why *why);
/* And the evidence: that measured code, on a machine that k of the record's AK-CAs certified, under a root
 * that the record names, said all of this at the time created. collateral: NULL is none. */
enum sr_err genesis_verify(const struct genesis_checked *c, const struct collateral *collateral,
                           struct claims *ret, struct sr_why *why);
