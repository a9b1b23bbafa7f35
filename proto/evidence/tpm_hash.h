#pragma once
/* tpm_hash.h - TPM algorithm identifiers (TCG Algorithm Registry 1.32, 6) and hashing by them. */
#include "crypto/pubkey.h"

enum {
    TPM_ALG_RSA = 0x0001,
    TPM_ALG_SHA1 = 0x0004,
    TPM_ALG_AES = 0x0006,
    TPM_ALG_SHA256 = 0x000b,
    TPM_ALG_SHA384 = 0x000c,
    TPM_ALG_SHA512 = 0x000d,
    TPM_ALG_NULL = 0x0010,
    TPM_ALG_RSASSA = 0x0014,
    TPM_ALG_RSAPSS = 0x0016,
    TPM_ALG_ECDSA = 0x0018,
    TPM_ALG_ECC = 0x0023,
    TPM_ALG_CFB = 0x0043,
    TPM_CURVE_P256 = 0x0003,
    TPM_CURVE_P384 = 0x0004,
    TPM_RH_ENDORSEMENT = 0x4000000b
};

enum { TPM_DIGEST_MAX = 64 };
struct tpm_digest {
    uint8_t b[TPM_DIGEST_MAX];
    size_t n;
};
static inline struct span tpm_digest_span(const struct tpm_digest *d)
{
    return (struct span){ d->b, d->n };
}

/* SHA-256, SHA-384 and SHA-512. SR_EFORMAT: another one; SHA-1 above all. */
enum sr_err tpm_hash_alg(uint16_t id, enum hash_alg *ret);
enum sr_err tpm_hash(enum hash_alg alg, struct span msg, struct tpm_digest *ret);
