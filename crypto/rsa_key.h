#pragma once
/* rsa_key.h - RSA private keys (RFC 8017): what they decrypt. Public halves are pubkey.h's. */
#include "crypto/secret.h"

struct evp_pkey_st;

enum { RSA_KEY_MAX = 8192 /* bytes of one in DER */ };

/* Owns a private key. {0} is empty and decrypts nothing. */
struct rsa_key {
    struct evp_pkey_st *pkey;
};
void rsa_key_drop(struct rsa_key *k);

/* PKCS #8 or PKCS #1, DER, nothing encrypted. SR_EFORMAT: neither, or bytes are left; SR_EPROOF: no RSA key
 * (one for PSS alone is none), too weak, or its exponent is not 65537. */
enum sr_err rsa_key_read(struct span der, struct rsa_key *ret);
/* Appends the modulus, big-endian, without leading zeros. */
enum sr_err rsa_key_modulus(const struct rsa_key *k, struct buf *ret);

/* RSAES-OAEP with SHA-256, MGF1 with the same, no label; the other end is pubkey_oaep_encrypt(). SR_EPROOF,
 * whatever it was: which check failed must tell nobody anything. */
enum sr_err rsa_key_oaep_decrypt(const struct rsa_key *k, struct span sealed, struct secret *ret);
