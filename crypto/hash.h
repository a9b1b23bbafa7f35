#pragma once
/* hash.h - SHA-2, HMAC, HKDF and the labelled, length-prefixed hashing that all protocol texts use.
 * LP(x) = u32be(len(x)) || x. Every labelled hash starts with LP(label). Sources: FIPS 180-4, RFC 2104, RFC
 * 5869. */
#include "crypto/labels.h"
#include "crypto/secret.h"

#include <sodium.h>

struct sha256 {
    uint8_t b[32];
};
struct sha512 {
    uint8_t b[64];
};

/* FIPS 180-4, of the bytes and nothing else: no label. */
struct sha256 sha256(struct span s);
struct sha512 sha512(struct span s);
bool sha256_eq(const struct sha256 *a, const struct sha256 *b); /* public data */

/* A labelled SHA-512 over parts: H(LP(label) || ...). Holds no heap; may be dropped by leaving scope. */
struct hash512 {
    crypto_hash_sha512_state s;
};
struct hash512 hash512_start(enum label l);
void hash512_lp(struct hash512 *h, struct span s);
void hash512_raw(struct hash512 *h, struct span s); /* only for fields of fixed size */
void hash512_u64(struct hash512 *h, uint64_t v);    /* big-endian */
struct sha512 hash512_end(struct hash512 *h);

/* The same with SHA-256. */
struct hash256 {
    crypto_hash_sha256_state s;
};
struct hash256 hash256_start(enum label l);
void hash256_lp(struct hash256 *h, struct span s);
void hash256_raw(struct hash256 *h, struct span s);
void hash256_u64(struct hash256 *h, uint64_t v);
struct sha256 hash256_end(struct hash256 *h);

/* HMAC-SHA-256 over LP(label) || msg. */
struct sha256 hmac_label(const struct key *k, enum label l, struct span msg);
struct sha256 hmac_sha256(struct span key, struct span msg);

/* HKDF-SHA-256 (RFC 5869) by OpenSSL. n <= 8160 bytes. SR_EBUG when the library refuses. */
enum sr_err hkdf(struct span ikm, struct span salt, struct span info, void *out, size_t n);
enum sr_err hkdf_extract(struct span ikm, struct span salt, struct key *ret_prk);
enum sr_err hkdf_expand(const struct key *prk, struct span info, void *out, size_t n);

/* One derived key a purpose: HKDF-Expand(Extract(salt = empty, ikm = from), LP(label) || LP(context)). */
enum sr_err derive_key(const struct key *from, enum label l, struct span context, struct key *ret);
