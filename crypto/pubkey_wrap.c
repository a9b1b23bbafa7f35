/* What TPM2_MakeCredential needs of a public key: RSA-OAEP and one-pass ECDH. */
#include "crypto/errmark.h"
#include "crypto/oaep.h"
#include "crypto/pubkey.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

SR_DEFINE_OWN_PTR(EVP_PKEY, EVP_PKEY_free)
SR_DEFINE_OWN_PTR(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

static const EVP_MD *md_of(enum hash_alg hash)
{
    switch (hash) {
    case HASH_SHA256: return EVP_sha256();
    case HASH_SHA384: return EVP_sha384();
    case HASH_SHA512: return EVP_sha512();
    case HASH_ALG_COUNT: break;
    }
    return NULL;
}

/* The context frees the label, so it gets a copy. */
static bool set_label(EVP_PKEY_CTX *ctx, struct span label)
{
    if (label.n == 0)
        return true;
    void *copy = OPENSSL_memdup(label.p, label.n);
    if (copy && EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)label.n) == 1)
        return true;
    OPENSSL_free(copy);
    return false;
}

bool oaep_set(EVP_PKEY_CTX *ctx, const EVP_MD *md, struct span label)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
           set_label(ctx, label);
}

enum sr_err pubkey_oaep_encrypt(const struct pubkey *k, enum hash_alg hash, struct span label,
                                struct span plain, struct buf *ret)
{
    KEEP_ERROR_QUEUE;
    const EVP_MD *md = md_of(hash);
    if (!md || pubkey_type(k) != PUBKEY_RSA || label.n > 255)
        return SR_EFORMAT;
    size_t size = (size_t)EVP_PKEY_get_size(k->pkey), n = size;
    if (plain.n + 2 * hash_alg_size(hash) + 2 > size) /* RFC 8017, 7.1.1 step 1b */
        return SR_EFORMAT;
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 || !oaep_set(ctx, md, label))
        return SR_EBUG;
    uint8_t *at = wr_room(ret, size);
    if (!at)
        return SR_ENOMEM;
    const uint8_t *in = plain.n ? plain.p : (const uint8_t *)"";
    return EVP_PKEY_encrypt(ctx, at, &n, in, plain.n) == 1 && n == size ? SR_OK : SR_EBUG;
}

static enum sr_err point_of(EVP_PKEY *key, struct ec_point *ret)
{
    uint8_t b[1 + 2 * sizeof ret->x];
    size_t n = 0;
    struct ec_point p = { 0 };
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, b, sizeof b, &n) != 1)
        return SR_EBUG;
    struct reader r = rd_init((struct span){ b, n });
    p.n = n / 2;
    if (rd_u8(&r) != 0x04 || p.n > sizeof p.x)
        return SR_EBUG;
    rd_copy(&r, p.x, p.n);
    rd_copy(&r, p.y, p.n);
    if (!rd_end(&r))
        return SR_EBUG;
    *ret = p;
    return SR_OK;
}

static enum sr_err shared_x(EVP_PKEY *own, EVP_PKEY *peer, size_t n, struct secret *ret)
{
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    SR_OWN(secret) x = { 0 };
    size_t got = n;
    SR_TRY(secret_new(&x, n));
    if (!ctx || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
        EVP_PKEY_derive(ctx, x.p, &got) != 1 || got != n)
        return SR_EBUG;
    *ret = SR_TAKE(x);
    return SR_OK;
}

enum sr_err pubkey_ecdh(const struct pubkey *peer, struct secret *ret_x, struct ec_point *ret_eph)
{
    KEEP_ERROR_QUEUE;
    enum pubkey_type type = pubkey_type(peer);
    struct ec_point eph;
    SR_OWN(secret) x = { 0 };
    if (type != PUBKEY_P256 && type != PUBKEY_P384)
        return SR_EFORMAT;
    SR_OWN_PTR(EVP_PKEY) own = EVP_EC_gen(type == PUBKEY_P256 ? "P-256" : "P-384");
    if (!own)
        return SR_EBUG;
    SR_TRY(point_of(own, &eph));
    SR_TRY(shared_x(own, peer->pkey, eph.n, &x));
    *ret_x = SR_TAKE(x);
    *ret_eph = eph;
    return SR_OK;
}
