#pragma once
/* derive.h - keys for workloads, derived and never stored: the same master, tenant, path, version and kind
 * give the same key on every member. specs/crypto.md has the inputs field by field. */
#include "crypto/hash.h"

enum derived_type {
    DERIVED_RAW,
    DERIVED_ED25519,
    DERIVED_X25519,
    DERIVED_P256,
    DERIVED_SECP256K1,
    DERIVED_COUNT
};

/* Private and public formats:
 *   raw        16..64 bytes as asked for; no public half
 *   ed25519    32-byte seed (RFC 8032 private key); 32-byte public key
 *   x25519     32 bytes, clamped only on use (RFC 7748); 32-byte public key
 *   p256       32-byte big-endian scalar 1..n-1; 65-byte uncompressed point (SEC 1, 2.3.3)
 *   secp256k1  the same on that curve */
struct derived_kind {
    enum derived_type type;
    const char *name;
    size_t private_size; /* bytes; 0: the caller says */
    size_t public_size;  /* bytes; 0: there is none */
    enum sr_err (*make)(const struct derived_kind *kind, struct span okm, struct secret *ret);
    enum sr_err (*public_of)(const struct derived_kind *kind, struct span key, struct buf *ret);
    size_t okm_size; /* bytes of HKDF output that make() reads; 0: as many as the caller wants */
    int curve;       /* OpenSSL's number of the group; 0: none */
};

enum { DERIVED_RAW_MIN = 16, DERIVED_RAW_MAX = 64, DERIVED_PATH_MAX = 1024, DERIVED_TENANT_MAX = 255 };

/* The row of a type; never NULL for one of the enum. */
const struct derived_kind *derived_kind(enum derived_type type);
const struct derived_kind *derived_kind_named(struct span name); /* NULL: no such kind */

/* tenant: 1..255 bytes. SR_EFORMAT: another length. */
enum sr_err derive_tenant_root(const struct key *master, struct span tenant, struct key *ret);
/* path: 1..1024 bytes. raw_size: 16..64 for raw, 0 for all others. SR_EFORMAT: a size out of range. */
enum sr_err derive_workload_key(const struct key *tenant_root, struct span path, uint32_t version,
                                const struct derived_kind *kind, size_t raw_size, struct secret *ret);
/* Appends the public half alone. SR_EFORMAT for raw, which has none. */
enum sr_err derive_workload_pub(const struct key *tenant_root, struct span path, uint32_t version,
                                const struct derived_kind *kind, struct buf *ret_pub);
