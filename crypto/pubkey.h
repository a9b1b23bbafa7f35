#pragma once
/* pubkey.h - other people's public keys, from raw numbers or out of certificates: RSA (RFC 8017) and ECDSA
 * (FIPS 186-5) signatures of TPMs and vendors, and what TPM2_MakeCredential needs (TPM 2.0 part 1, 24 and
 * annexes B and C). Numbers are big-endian. Keys too weak to mean anything are never made into a pubkey. */
#include "crypto/secret.h"

struct evp_pkey_st;

/* Owns a public key. {0} is empty and verifies nothing. */
struct pubkey {
    struct evp_pkey_st *pkey;
};
void pubkey_drop(struct pubkey *k);

enum curve { CURVE_P256, CURVE_P384, CURVE_COUNT };
enum pubkey_type { PUBKEY_NONE, PUBKEY_RSA, PUBKEY_P256, PUBKEY_P384 };
/* SHA-1 has no row. */
enum hash_alg { HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_ALG_COUNT };
enum rsa_scheme { RSA_SCHEME_PKCS1, RSA_SCHEME_PSS, RSA_SCHEME_COUNT };

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };
size_t hash_alg_size(enum hash_alg h); /* bytes */

/* Coordinates shorter than the field are padded on the left (a TPM drops leading zeros). SR_EFORMAT: too
 * long; SR_EPROOF: not a point on the curve. */
enum sr_err pubkey_from_ec(enum curve curve, struct span x, struct span y, struct pubkey *ret);
/* On the curve of a key that is there: the curve, which takes longer to make than all else, is taken from it.
 */
enum sr_err pubkey_from_ec_like(const struct pubkey *like, struct span x, struct span y, struct pubkey *ret);
/* 2048..8192 bits, e odd and >= 65537. SR_EPROOF: too weak, or of the form of CVE-2017-15361 (ROCA). */
enum sr_err pubkey_from_rsa(struct span n, uint32_t e, struct pubkey *ret);

/* Of an OpenSSL key, which stays the caller's; the same rules. For crypto/cert.c. */
enum sr_err pubkey_from_pkey(struct evp_pkey_st *pkey, struct pubkey *ret);

/* PUBKEY_NONE for the empty key; the empty key equals none. */
enum pubkey_type pubkey_type(const struct pubkey *k);
bool pubkey_eq(const struct pubkey *a, const struct pubkey *b);
/* True when the modulus has the fingerprint of CVE-2017-15361. */
bool rsa_is_roca(struct span n);

/* r and s may be shorter than the field, never longer. SR_EPROOF: it does not verify, or the key
 * is of another type. A signature (r, n-s) verifies too: never use a signature as a name. */
enum sr_err pubkey_verify_ecdsa(const struct pubkey *k, enum hash_alg hash, struct span msg, struct span r,
                                struct span s);
enum sr_err pubkey_verify_ecdsa_digest(const struct pubkey *k, struct span digest, struct span r,
                                       struct span s);
/* sig is exactly as long as the modulus. PSS: MGF1 with the same hash, any salt length (TPMs differ). */
enum sr_err pubkey_verify_rsa(const struct pubkey *k, enum rsa_scheme scheme, enum hash_alg hash,
                              struct span msg, struct span sig);

/* RSAES-OAEP, MGF1 with the same hash; label with its NUL where the other side wants one ("IDENTITY\0").
 * Appends the cipher text. SR_EFORMAT: plain is too long, or the key is not RSA. */
enum sr_err pubkey_oaep_encrypt(const struct pubkey *k, enum hash_alg hash, struct span label,
                                struct span plain, struct buf *ret);

struct ec_point {
    uint8_t x[48], y[48]; /* the first n bytes of each */
    size_t n;             /* 32 or 48 */
};
/* ECDH with an ephemeral key drawn inside and forgotten: the shared x (n bytes) and the ephemeral point.
 * SR_EFORMAT: not an EC key. */
enum sr_err pubkey_ecdh(const struct pubkey *peer, struct secret *ret_x, struct ec_point *ret_eph);
