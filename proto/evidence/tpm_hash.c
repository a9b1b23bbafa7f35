#include "proto/evidence/tpm_hash.h"

#include <openssl/evp.h>

enum sr_err tpm_hash_alg(uint16_t id, enum hash_alg *ret)
{
    switch (id) {
    case TPM_ALG_SHA256: *ret = HASH_SHA256; return SR_OK;
    case TPM_ALG_SHA384: *ret = HASH_SHA384; return SR_OK;
    case TPM_ALG_SHA512: *ret = HASH_SHA512; return SR_OK;
    }
    return SR_EFORMAT;
}

enum sr_err tpm_hash(enum hash_alg alg, struct span msg, struct tpm_digest *ret)
{
    const EVP_MD *const md[HASH_ALG_COUNT] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };
    struct tpm_digest d = { 0 };
    unsigned n = 0;
    if (EVP_Digest(msg.n ? msg.p : d.b, msg.n, d.b, &n, md[alg], NULL) != 1)
        return SR_EBUG;
    d.n = n;
    *ret = d;
    return SR_OK;
}
