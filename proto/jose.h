#pragma once
/* jose.h - as much of JOSE as other people's protocols need, strictly: public keys as JWK (RFC 7517), one
 * message to such a key as JWE in flattened JSON (RFC 7516, 7518), compact JWS (RFC 7515) with the algorithms
 * of RFC 7518 that are a signature, and EdDSA (RFC 8037). Algorithms are rows; what has no row does not
 * exist, "none" least of all. Nothing that a header says chooses a key. specs/kbs.md, "Keys and replies". */
#include "crypto/pubkey.h"
#include "crypto/sign.h"

enum jwk_kind { JWK_NONE, JWK_P256, JWK_P521, JWK_RSA };
/* How a content key is sent to the key. */
enum jwe_alg { JWE_ECDH_ES_A256KW, JWE_RSA_OAEP_256, JWE_RSA1_5, JWE_ALG_COUNT };
enum { JWK_FIELD_MAX = 66, JWK_MODULUS = 256 }; /* bytes */

/* A public key. Of RSA, 2048 bits and the exponent 65537 alone. */
struct jwk {
    enum jwk_kind kind;
    enum jwe_alg alg;
    uint8_t x[JWK_MODULUS]; /* EC: x; RSA: the modulus. Big-endian, jwk_size() bytes */
    uint8_t y[JWK_FIELD_MAX];
};
size_t jwk_size(enum jwk_kind kind); /* bytes of x: 32, 66, 256; 0 for none */
const char *jwe_alg_name(enum jwe_alg alg);

/* An object that passed json_foreign_check(): kty, crv, alg, x, y, n, e; other members are passed over.
 * SR_EFORMAT, R_JWK: a member missing or of another form, padding, another length, no row for kty, crv and
 * alg. SR_EPROOF, R_JWK: not on its curve, or an RSA modulus that is too weak. */
enum sr_err jwk_read(struct span object, struct jwk *ret, struct sr_why *why);

/* Orders of members in which clients serialise their own key: what is hashed. */
enum jwk_order {
    JWK_SORTED,  /* alg crv kty x y; alg e kty n: RFC 8785 */
    JWK_DECLARED /* kty crv alg x y; kty alg n e: as the client's source declares them */
};
void jwk_write(const struct jwk *k, enum jwk_order order, struct buf *ret);

/* What a sealing draws; the owner drops it. */
struct jwe_random {
    uint8_t cek[32], iv[12], eph[JWK_FIELD_MAX]; /* eph: an ephemeral private scalar, its first bytes */
};
void jwe_random_drop(struct jwe_random *r);
void jwe_random_draw(const struct jwk *to, struct jwe_random *ret);

enum jwe_form {
    JWE_FLATTENED,   /* RFC 7516, 7.2.2 */
    JWE_LEGACY_0_1_X /* header as text instead of base64url, no AAD, tag behind the cipher text */
};
/* Appends {"protected","encrypted_key","iv","ciphertext","tag"}: A256GCM, members of the header in the one
 * order that clients write again when they compute the AAD. SR_EPROOF: the key is none after all. */
enum sr_err jwe_seal(const struct jwk *to, enum jwe_form form, struct span plain, const struct jwe_random *r,
                     struct buf *ret);

/* ---- compact JWS ---- */

enum { JWS_MAX = 256 << 10 }; /* bytes of a token */

enum jws_alg { JWS_ES256, JWS_EDDSA, JWS_ES384, JWS_RS256, JWS_RS384, JWS_PS256, JWS_PS384, JWS_ALG_COUNT };
/* An algorithm by its name; false: no row. "none" and HS256 have none. */
bool jws_alg_find(struct span name, enum jws_alg *ret);
const char *jws_alg_name(enum jws_alg alg);
enum pubkey_type jws_alg_key(enum jws_alg alg); /* PUBKEY_NONE for EdDSA */

/* A token, read and not verified. The owner drops it. */
struct jws {
    struct span signed_part; /* borrows */
    struct buf header, payload, sig;
    enum jws_alg alg;
    char kid[128]; /* empty: none. Chooses among keys that are ours already, and nothing else */
};
void jws_drop(struct jws *j);
/* SR_EAUTH, R_TOKEN: not three parts of strict base64url, another algorithm than wanted, a signature of
 * another size, "crit", objects that are none. */
enum sr_err jws_read(struct span token, enum jws_alg wanted, struct jws *ret, struct sr_why *why);
/* The same with any algorithm of a pubkey: for tokens whose signer is known only by what they say. */
enum sr_err jws_read_any(struct span token, struct jws *ret, struct sr_why *why);

/* A P-256 signing key, kept in OpenSSL's form. {0} signs nothing. */
struct jws_key {
    struct evp_pkey_st *pkey;
    struct jwk pub; /* alg is not looked at */
};
void jws_key_drop(struct jws_key *k);
/* scalar: 32 bytes, 1..n-1. SR_EFORMAT: out of that range. */
enum sr_err jws_key_make(struct span scalar, struct jws_key *ret);
/* Appends the token. kid and payload: printable without quotes, and JSON. */
enum sr_err jws_sign_es256(const struct jws_key *k, const char *kid, struct span payload, struct buf *ret);
/* SR_EAUTH, R_TOKEN. */
enum sr_err jws_verify_es256(const struct jws *j, const struct jws_key *k, struct sr_why *why);
/* By a pinned key under the algorithm that it was pinned for: a token of another one is not signed by it. */
enum sr_err jws_verify_pub(const struct jws *j, enum jws_alg alg, const struct pubkey *k, struct sr_why *why);
enum sr_err jws_verify_eddsa(const struct jws *j, const struct sign_pub *k, struct sr_why *why);
/* Appends one member of a JWKS: {"alg","crv","kid","kty","use","x","y"}. */
void jws_key_write(const struct jws_key *k, const char *kid, struct buf *ret);
