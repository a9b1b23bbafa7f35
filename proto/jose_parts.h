#pragma once
/* jose_parts.h - for proto/jose*.c alone. */
#include "crypto/errmark.h"
#include "proto/jose.h"

#include <openssl/evp.h>

SR_DEFINE_OWN_PTR(EVP_PKEY, EVP_PKEY_free)
SR_DEFINE_OWN_PTR(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
SR_DEFINE_OWN_PTR(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

/* The key as OpenSSL's; on its curve. The caller frees it. SR_EPROOF. */
enum sr_err jwk_pkey(const struct jwk *k, EVP_PKEY **ret);
/* A private key of an EC kind with its public half, from a scalar of jwk_size() bytes. SR_EFORMAT: 0, or not
 * below the order. */
enum sr_err jwk_private(enum jwk_kind kind, const uint8_t *scalar, EVP_PKEY **ret, struct jwk *ret_pub);
const char *jwk_curve_name(enum jwk_kind kind); /* "P-256" */
