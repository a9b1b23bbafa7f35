/* Keys between their numbers and OpenSSL. */
#include "proto/jose_parts.h"

#include "crypto/pubkey.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

SR_DEFINE_OWN_PTR(BIGNUM, BN_clear_free)
SR_DEFINE_OWN_PTR(BN_CTX, BN_CTX_free)
SR_DEFINE_OWN_PTR(EC_GROUP, EC_GROUP_free)
SR_DEFINE_OWN_PTR(EC_POINT, EC_POINT_free)
SR_DEFINE_OWN_PTR(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
SR_DEFINE_OWN_PTR(OSSL_PARAM, OSSL_PARAM_free)

enum { POINT_MAX = 1 + 2 * JWK_FIELD_MAX };

static int nid_of(enum jwk_kind kind)
{
    return kind == JWK_P256 ? NID_X9_62_prime256v1 : kind == JWK_P521 ? NID_secp521r1 : NID_undef;
}

static enum sr_err from_params(int selection, OSSL_PARAM_BLD *bld, EVP_PKEY **ret)
{
    SR_OWN_PTR(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(bld);
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1)
        return SR_ENOMEM;
    return EVP_PKEY_fromdata(ctx, ret, selection, params) == 1 ? SR_OK : SR_EPROOF;
}

/* A point that is decoded is on its curve, and the curves have no small subgroups. */
static enum sr_err ec_public(const struct jwk *k, EVP_PKEY **ret)
{
    size_t n = jwk_size(k->kind);
    uint8_t point[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
    memcpy(point + 1, k->x, n);
    memcpy(point + 1 + n, k->y, n);
    SR_OWN_PTR(OSSL_PARAM_BLD) bld = OSSL_PARAM_BLD_new();
    if (!bld ||
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, jwk_curve_name(k->kind), 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n) != 1)
        return SR_ENOMEM;
    return from_params(EVP_PKEY_PUBLIC_KEY, bld, ret);
}

static enum sr_err rsa_public(const struct jwk *k, EVP_PKEY **ret)
{
    SR_OWN(pubkey) pub = { 0 };
    SR_TRY(pubkey_from_rsa((struct span){ k->x, JWK_MODULUS }, 65537, &pub));
    *ret = SR_TAKE(pub).pkey;
    return SR_OK;
}

enum sr_err jwk_pkey(const struct jwk *k, EVP_PKEY **ret)
{
    KEEP_ERROR_QUEUE;
    switch (k->kind) {
    case JWK_NONE: return SR_EPROOF;
    case JWK_RSA: return rsa_public(k, ret);
    case JWK_P256:
    case JWK_P521: break;
    }
    return ec_public(k, ret);
}

static bool in_range(const BIGNUM *d, const EC_GROUP *g)
{
    return !BN_is_zero(d) && BN_cmp(d, EC_GROUP_get0_order(g)) < 0;
}

/* d times the generator, by OpenSSL's constant-time path. */
static enum sr_err multiply(const EC_GROUP *g, const BIGNUM *d, uint8_t *point, size_t n)
{
    SR_OWN_PTR(EC_POINT) p = EC_POINT_new(g);
    SR_OWN_PTR(BN_CTX) ctx = BN_CTX_secure_new();
    if (!p || !ctx)
        return SR_ENOMEM;
    if (EC_POINT_mul(g, p, d, NULL, NULL, ctx) != 1 ||
        EC_POINT_point2oct(g, p, POINT_CONVERSION_UNCOMPRESSED, point, n, ctx) != n)
        return SR_EBUG;
    return SR_OK;
}

enum sr_err jwk_private(enum jwk_kind kind, const uint8_t *scalar, EVP_PKEY **ret, struct jwk *ret_pub)
{
    KEEP_ERROR_QUEUE;
    size_t n = jwk_size(kind);
    uint8_t point[POINT_MAX];
    SR_OWN_PTR(EC_GROUP) g = EC_GROUP_new_by_curve_name(nid_of(kind));
    SR_OWN_PTR(BIGNUM) d = BN_secure_new();
    SR_OWN_PTR(OSSL_PARAM_BLD) bld = OSSL_PARAM_BLD_new();
    if (!g || !d || !bld || !BN_bin2bn(scalar, (int)n, d))
        return SR_ENOMEM;
    BN_set_flags(d, BN_FLG_CONSTTIME);
    if (!in_range(d, g))
        return SR_EFORMAT;
    SR_TRY(multiply(g, d, point, 1 + 2 * n));
    if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, jwk_curve_name(kind), 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n) != 1 ||
        OSSL_PARAM_BLD_push_BN_pad(bld, OSSL_PKEY_PARAM_PRIV_KEY, d, n) != 1)
        return SR_ENOMEM;
    *ret_pub = (struct jwk){ .kind = kind };
    memcpy(ret_pub->x, point + 1, n);
    memcpy(ret_pub->y, point + 1 + n, n);
    return from_params(EVP_PKEY_KEYPAIR, bld, ret);
}
