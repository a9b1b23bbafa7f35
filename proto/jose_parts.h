#pragma once
/* jose_parts.h - for proto/jose*.c alone. */
#include "crypto/errmark.h"
#include "proto/jose.h"

#include <openssl/evp.h>

SR_DEFINE_OWN_PTR(EVP_PKEY, EVP_PKEY_free)
SR_DEFINE_OWN_PTR(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
SR_DEFINE_OWN_PTR(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

/* ---- jose_pkey.c. Keys as OpenSSL's, which the caller frees. An RSA key; SR_EPROOF: too weak. A private key
 * of an EC kind with its public half, from a scalar of jwk_size() bytes; SR_EFORMAT as jwk_public(). */
enum sr_err jwk_rsa(const struct jwk *k, EVP_PKEY **ret);
enum sr_err jwk_private(enum jwk_kind kind, const uint8_t *scalar, EVP_PKEY **ret, struct jwk *ret_pub);

/* ---- jose_ec.c. Of EC kinds, all in constant time but for public numbers. SR_EPROOF: not a point of its
 * curve in coordinates below the prime. SR_EFORMAT: a scalar (of jwk_size() bytes) that is 0, or not below
 * the order.
 */
enum sr_err jwk_on_curve(const struct jwk *k);
enum sr_err jwk_public(enum jwk_kind kind, const uint8_t *scalar, struct jwk *ret);
/* ECDH: z is the x of scalar times that point, jwk_size() bytes. */
enum sr_err jwk_shared(const struct jwk *theirs, const uint8_t *scalar, uint8_t *z);
const char *jwk_curve_name(enum jwk_kind kind); /* "P-256" */
