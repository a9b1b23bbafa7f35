#include "crypto/cfb.h"

#include <openssl/evp.h>

SR_DEFINE_OWN_PTR(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

enum direction { DECRYPT = 0, ENCRYPT = 1 };

static const EVP_CIPHER *cipher_for(struct span key)
{
    return key.n == 16 ? EVP_aes_128_cfb128() : key.n == 32 ? EVP_aes_256_cfb128() : NULL;
}

static enum sr_err run(enum direction way, struct span key, const struct cfb_iv *iv, struct span in,
                       uint8_t *out)
{
    SR_OWN_PTR(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    if (!ctx)
        return SR_ENOMEM;
    if (EVP_CipherInit_ex(ctx, cipher_for(key), NULL, key.p, iv->b, (int)way) != 1)
        return SR_EBUG;
    if (in.n && (EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) != 1 || (size_t)n != in.n))
        return SR_EBUG;
    return SR_OK;
}

enum sr_err cfb_encrypt(struct span key, const struct cfb_iv *iv, struct span plain, struct buf *ret)
{
    if (!cipher_for(key) || plain.n > BUF_MAX)
        return SR_EFORMAT;
    uint8_t *at = wr_room(ret, plain.n);
    return plain.n == 0 ? SR_OK : at ? run(ENCRYPT, key, iv, plain, at) : SR_ENOMEM;
}

enum sr_err cfb_decrypt(struct span key, const struct cfb_iv *iv, struct span sealed, struct secret *ret)
{
    SR_OWN(secret) plain = { 0 };
    if (!cipher_for(key) || sealed.n > BUF_MAX)
        return SR_EFORMAT;
    SR_TRY(secret_new(&plain, sealed.n));
    SR_TRY(run(DECRYPT, key, iv, sealed, plain.p));
    *ret = SR_TAKE(plain);
    return SR_OK;
}
