/* Keys between their numbers and OpenSSL. */
#include "proto/jose_parts.h"

#include "crypto/pubkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <string.h>

SR_DEFINE_OWN_PTR(BIGNUM, BN_clear_free)
SR_DEFINE_OWN_PTR(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
SR_DEFINE_OWN_PTR(OSSL_PARAM, OSSL_PARAM_free)

enum { POINT_MAX = 1 + 2 * JWK_FIELD_MAX };

enum sr_err jwk_rsa(const struct jwk *k, EVP_PKEY **ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN(pubkey) pub = { 0 };
    SR_TRY(pubkey_from_rsa((struct span){ k->x, JWK_MODULUS }, 65537, &pub));
    *ret = SR_TAKE(pub).pkey;
    return SR_OK;
}

static enum sr_err from_params(OSSL_PARAM_BLD *bld, EVP_PKEY **ret)
{
    SR_OWN_PTR(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(bld);
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1)
        return SR_ENOMEM;
    return EVP_PKEY_fromdata(ctx, ret, EVP_PKEY_KEYPAIR, params) == 1 ? SR_OK : SR_EPROOF;
}

enum sr_err jwk_private(enum jwk_kind kind, const uint8_t *scalar, EVP_PKEY **ret, struct jwk *ret_pub)
{
    KEEP_ERROR_QUEUE;
    size_t n = jwk_size(kind);
    uint8_t point[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
    struct jwk pub;
    SR_TRY(jwk_public(kind, scalar, &pub));
    memcpy(point + 1, pub.x, n);
    memcpy(point + 1 + n, pub.y, n);
    SR_OWN_PTR(BIGNUM) d = BN_secure_new();
    SR_OWN_PTR(OSSL_PARAM_BLD) bld = OSSL_PARAM_BLD_new();
    if (!d || !bld || !BN_bin2bn(scalar, (int)n, d))
        return SR_ENOMEM;
    BN_set_flags(d, BN_FLG_CONSTTIME);
    if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, jwk_curve_name(kind), 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n) != 1 ||
        OSSL_PARAM_BLD_push_BN_pad(bld, OSSL_PKEY_PARAM_PRIV_KEY, d, n) != 1)
        return SR_ENOMEM;
    *ret_pub = pub;
    return from_params(bld, ret);
}
