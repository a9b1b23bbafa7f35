#include "crypto/rsa_key.h"

#include "crypto/errmark.h"
#include "crypto/oaep.h"
#include "crypto/pubkey.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

SR_DEFINE_OWN_PTR(BIGNUM, BN_free)
SR_DEFINE_OWN_PTR(EVP_PKEY, EVP_PKEY_free)
SR_DEFINE_OWN_PTR(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

void rsa_key_drop(struct rsa_key *k)
{
    EVP_PKEY_free(k->pkey); /* OpenSSL wipes the private numbers */
    *k = (struct rsa_key){ 0 };
}

static BIGNUM *number_of(const EVP_PKEY *k, const char *name)
{
    BIGNUM *n = NULL;
    (void)EVP_PKEY_get_bn_param(k, name, &n);
    return n;
}

static enum sr_err check(EVP_PKEY *k)
{
    SR_OWN(pubkey) half = { 0 };
    SR_TRY(pubkey_from_pkey(k, &half));
    SR_OWN_PTR(BIGNUM) e = number_of(k, OSSL_PKEY_PARAM_RSA_E);
    return pubkey_type(&half) == PUBKEY_RSA && e && BN_is_word(e, RSA_F4) ? SR_OK : SR_EPROOF;
}

enum sr_err rsa_key_read(struct span der, struct rsa_key *ret)
{
    KEEP_ERROR_QUEUE;
    const uint8_t *at = der.p;
    if (der.n == 0 || der.n > RSA_KEY_MAX)
        return SR_EFORMAT;
    SR_OWN_PTR(EVP_PKEY) k = d2i_AutoPrivateKey(NULL, &at, (long)der.n);
    if (!k || at != der.p + der.n)
        return SR_EFORMAT;
    SR_TRY(check(k));
    *ret = (struct rsa_key){ SR_TAKE(k) };
    return SR_OK;
}

enum sr_err rsa_key_modulus(const struct rsa_key *k, struct buf *ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN_PTR(BIGNUM) n = k->pkey ? number_of(k->pkey, OSSL_PKEY_PARAM_RSA_N) : NULL;
    if (!n)
        return SR_EFORMAT;
    uint8_t *at = wr_room(ret, (size_t)BN_num_bytes(n));
    return at && BN_bn2bin(n, at) > 0 ? SR_OK : SR_ENOMEM;
}

enum sr_err rsa_key_oaep_decrypt(const struct rsa_key *k, struct span sealed, struct secret *ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN(secret) room = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = k->pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL) : NULL;
    size_t n = k->pkey ? (size_t)EVP_PKEY_get_size(k->pkey) : 0;
    if (!ctx || sealed.n != n || EVP_PKEY_decrypt_init(ctx) != 1 ||
        !oaep_set(ctx, EVP_sha256(), (struct span){ 0 }))
        return SR_EPROOF;
    SR_TRY(secret_new(&room, n)); /* OpenSSL wants as much as the modulus */
    if (EVP_PKEY_decrypt(ctx, room.p, &n, sealed.p, sealed.n) != 1)
        return SR_EPROOF;
    SR_TRY(secret_copy(&plain, (struct span){ room.p, n }));
    *ret = SR_TAKE(plain);
    return SR_OK;
}
