#include "crypto/pubkey.h"
#include "crypto/errmark.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

SR_DEFINE_OWN_PTR(BIGNUM, BN_free)
SR_DEFINE_OWN_PTR(EVP_PKEY, EVP_PKEY_free)
SR_DEFINE_OWN_PTR(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
SR_DEFINE_OWN_PTR(ECDSA_SIG, ECDSA_SIG_free)
SR_DEFINE_OWN_PTR(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
SR_DEFINE_OWN_PTR(OSSL_PARAM, OSSL_PARAM_free)

enum { FIELD_MAX = 48, RSA_E_MIN = 65537 };

static const struct curve_row {
    const char *name, *group; /* OpenSSL takes the first and answers the second */
    size_t field;             /* bytes */
    enum pubkey_type type;
} curves[CURVE_COUNT] = {
    [CURVE_P256] = { "P-256", "prime256v1", 32, PUBKEY_P256 },
    [CURVE_P384] = { "P-384", "secp384r1", 48, PUBKEY_P384 },
};

static const struct hash_row {
    const EVP_MD *(*md)(void);
    size_t size; /* bytes */
} hashes[HASH_ALG_COUNT] = {
    [HASH_SHA256] = { EVP_sha256, 32 },
    [HASH_SHA384] = { EVP_sha384, 48 },
    [HASH_SHA512] = { EVP_sha512, 64 },
};

static const int paddings[RSA_SCHEME_COUNT] = {
    [RSA_SCHEME_PKCS1] = RSA_PKCS1_PADDING,
    [RSA_SCHEME_PSS] = RSA_PKCS1_PSS_PADDING,
};

/* BN_bin2bn takes an int and would read a NULL pointer. */
static BIGNUM *number(struct span s)
{
    return BN_bin2bn(s.n ? s.p : (const uint8_t *)"", (int)s.n, NULL);
}

void pubkey_drop(struct pubkey *k)
{
    EVP_PKEY_free(k->pkey);
    *k = (struct pubkey){ 0 };
}

size_t hash_alg_size(enum hash_alg h)
{
    return (unsigned)h < HASH_ALG_COUNT ? hashes[h].size : 0;
}

static const struct curve_row *curve_of(EVP_PKEY *pkey)
{
    KEEP_ERROR_QUEUE;
    char group[32];
    int is_explicit = 1;
    if (!pkey || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) != 1)
        return NULL;
    /* A curve spelt out in numbers can be one that only looks like P-256 (CVE-2020-0601). */
    if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) == 1 &&
        is_explicit)
        return NULL;
    for (size_t i = 0; i < CURVE_COUNT; i++)
        if (strcmp(group, curves[i].group) == 0)
            return &curves[i];
    return NULL;
}

enum pubkey_type pubkey_type(const struct pubkey *k)
{
    const struct curve_row *c = curve_of(k->pkey);
    if (c)
        return c->type;
    return k->pkey && EVP_PKEY_get_base_id(k->pkey) == EVP_PKEY_RSA ? PUBKEY_RSA : PUBKEY_NONE;
}

bool pubkey_eq(const struct pubkey *a, const struct pubkey *b)
{
    KEEP_ERROR_QUEUE;
    return a->pkey && b->pkey && EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

/* CVE-2017-15361: the primes of the faulty library are k * M + (65537^a mod M), M the product of the first
 * primes. So modulo each small prime the modulus is a power of 65537. A random modulus passes all of them
 * with probability below 2^-27. */
static bool is_power_of_65537(BN_ULONG n, BN_ULONG prime)
{
    BN_ULONG x = 1;
    for (BN_ULONG i = 0; i < prime; i++) {
        if (x == n)
            return true;
        x = x * (65537 % prime) % prime;
    }
    return false;
}

static bool has_roca_form(const BIGNUM *n)
{
    static const uint8_t primes[] = { 3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                      47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                      107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167 };
    for (size_t i = 0; i < sizeof primes; i++)
        if (!is_power_of_65537(BN_mod_word(n, primes[i]), primes[i]))
            return false;
    return true;
}

bool rsa_is_roca(struct span n)
{
    SR_OWN_PTR(BIGNUM) b = n.n <= RSA_BITS_MAX / 8 ? number(n) : NULL;
    return b && has_roca_form(b);
}

static enum sr_err check_numbers(const BIGNUM *n, const BIGNUM *e)
{
    if (!n || !e || BN_num_bits(n) < RSA_BITS_MIN || BN_num_bits(n) > RSA_BITS_MAX || !BN_is_odd(n))
        return SR_EPROOF;
    if (!BN_is_odd(e) || BN_num_bits(e) > 32 || BN_get_word(e) < RSA_E_MIN)
        return SR_EPROOF;
    return has_roca_form(n) ? SR_EPROOF : SR_OK;
}

static enum sr_err check_rsa(EVP_PKEY *pkey)
{
    BIGNUM *n = NULL, *e = NULL;
    (void)EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n);
    (void)EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e);
    enum sr_err err = check_numbers(n, e);
    BN_free(n);
    BN_free(e);
    return err;
}

/* On the curve and not at infinity (NIST SP 800-56A, 5.6.2.3.4). Our curves have cofactor 1: every such point
 * is of the full order, and multiplying it by that to see so would cost as much as a signature. */
static enum sr_err check_ec(EVP_PKEY *pkey)
{
    KEEP_ERROR_QUEUE;
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    return ctx && EVP_PKEY_public_check_quick(ctx) == 1 ? SR_OK : SR_EPROOF;
}

enum sr_err pubkey_from_pkey(struct evp_pkey_st *pkey, struct pubkey *ret)
{
    struct pubkey k = { pkey };
    switch (pubkey_type(&k)) {
    case PUBKEY_NONE: return SR_EPROOF;
    case PUBKEY_RSA: SR_TRY(check_rsa(pkey)); break;
    case PUBKEY_P256:
    case PUBKEY_P384: SR_TRY(check_ec(pkey)); break;
    }
    if (EVP_PKEY_up_ref(pkey) != 1)
        return SR_EBUG;
    *ret = k;
    return SR_OK;
}

static enum sr_err from_params(const char *algorithm, OSSL_PARAM_BLD *bld, struct pubkey *ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN_PTR(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(bld);
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    EVP_PKEY *made = NULL;
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1)
        return SR_ENOMEM;
    (void)EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_PUBLIC_KEY, params);
    SR_OWN_PTR(EVP_PKEY) pkey = made;
    return pkey ? pubkey_from_pkey(pkey, ret) : SR_EPROOF;
}

static void pad_left(uint8_t *out, size_t n, struct span s)
{
    memset(out, 0, n - s.n);
    if (s.n)
        memcpy(out + n - s.n, s.p, s.n);
}

/* An uncompressed point (SEC 1, 2.3.3) of n bytes. */
static enum sr_err write_point(const struct curve_row *c, struct span x, struct span y,
                               uint8_t ret[1 + 2 * FIELD_MAX])
{
    if (x.n > c->field || y.n > c->field)
        return SR_EFORMAT;
    ret[0] = POINT_CONVERSION_UNCOMPRESSED;
    pad_left(ret + 1, c->field, x);
    pad_left(ret + 1 + c->field, c->field, y);
    return SR_OK;
}

enum sr_err pubkey_from_ec_like(const struct pubkey *like, struct span x, struct span y, struct pubkey *ret)
{
    KEEP_ERROR_QUEUE;
    const struct curve_row *c = curve_of(like->pkey);
    uint8_t point[1 + 2 * FIELD_MAX];
    if (!c)
        return SR_EFORMAT;
    SR_TRY(write_point(c, x, y, point));
    SR_OWN_PTR(EVP_PKEY) pkey = EVP_PKEY_new();
    if (!pkey || EVP_PKEY_copy_parameters(pkey, like->pkey) != 1)
        return SR_ENOMEM;
    /* Takes a point of the curve and nothing else, and this form has no point at infinity: what check_ec()
     * asks. */
    if (EVP_PKEY_set1_encoded_public_key(pkey, point, 1 + 2 * c->field) != 1)
        return SR_EPROOF;
    *ret = (struct pubkey){ SR_TAKE(pkey) };
    return SR_OK;
}

enum sr_err pubkey_from_ec(enum curve curve, struct span x, struct span y, struct pubkey *ret)
{
    if ((unsigned)curve >= CURVE_COUNT)
        return SR_EFORMAT;
    const struct curve_row *c = &curves[curve];
    uint8_t point[1 + 2 * FIELD_MAX];
    SR_TRY(write_point(c, x, y, point));
    SR_OWN_PTR(OSSL_PARAM_BLD) bld = OSSL_PARAM_BLD_new();
    if (!bld || OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, c->name, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * c->field) != 1)
        return SR_ENOMEM;
    return from_params("EC", bld, ret);
}

enum sr_err pubkey_from_rsa(struct span n, uint32_t e, struct pubkey *ret)
{
    if (n.n > RSA_BITS_MAX / 8)
        return SR_EPROOF;
    SR_OWN_PTR(BIGNUM) modulus = number(n);
    SR_OWN_PTR(BIGNUM) exponent = BN_new();
    SR_OWN_PTR(OSSL_PARAM_BLD) bld = OSSL_PARAM_BLD_new();
    if (!modulus || !exponent || !bld || BN_set_word(exponent, e) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
        return SR_ENOMEM;
    return from_params("RSA", bld, ret);
}

static EVP_PKEY_CTX *verify_ctx(const struct pubkey *k)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (ctx && EVP_PKEY_verify_init(ctx) == 1)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

struct digest {
    uint8_t b[64];
    unsigned n;
};

static enum sr_err digest(enum hash_alg hash, struct span msg, struct digest *ret)
{
    if ((unsigned)hash >= HASH_ALG_COUNT)
        return SR_EPROOF;
    return EVP_Digest(msg.n ? msg.p : (const uint8_t *)"", msg.n, ret->b, &ret->n, hashes[hash].md(), NULL) ==
                   1
               ? SR_OK
               : SR_EBUG;
}

/* Ecdsa-Sig-Value (RFC 3279, 2.2.3), as OpenSSL wants it. */
static enum sr_err ecdsa_der(struct span r, struct span s, struct buf *ret)
{
    SR_OWN_PTR(ECDSA_SIG) sig = ECDSA_SIG_new();
    BIGNUM *br = number(r), *bs = number(s);
    if (!sig || !br || !bs || ECDSA_SIG_set0(sig, br, bs) != 1) {
        BN_free(br);
        BN_free(bs);
        return SR_ENOMEM;
    }
    int n = i2d_ECDSA_SIG(sig, NULL);
    uint8_t *at = n > 0 ? wr_room(ret, (size_t)n) : NULL;
    return at && i2d_ECDSA_SIG(sig, &at) == n ? SR_OK : SR_ENOMEM;
}

enum sr_err pubkey_verify_ecdsa_digest(const struct pubkey *k, struct span hashed, struct span r,
                                       struct span s)
{
    KEEP_ERROR_QUEUE;
    SR_OWN(buf) sig = { 0 };
    const struct curve_row *c = curve_of(k->pkey);
    if (!c || r.n > c->field || s.n > c->field || hashed.n < hashes[HASH_SHA256].size)
        return SR_EPROOF;
    SR_TRY(ecdsa_der(r, s, &sig));
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = verify_ctx(k);
    if (!ctx)
        return SR_ENOMEM;
    return EVP_PKEY_verify(ctx, sig.p, sig.n, hashed.p, hashed.n) == 1 ? SR_OK : SR_EPROOF;
}

enum sr_err pubkey_verify_ecdsa(const struct pubkey *k, enum hash_alg hash, struct span msg, struct span r,
                                struct span s)
{
    struct digest d;
    SR_TRY(digest(hash, msg, &d));
    return pubkey_verify_ecdsa_digest(k, (struct span){ d.b, d.n }, r, s);
}

enum sr_err pubkey_verify_rsa(const struct pubkey *k, enum rsa_scheme scheme, enum hash_alg hash,
                              struct span msg, struct span sig)
{
    KEEP_ERROR_QUEUE;
    struct digest d;
    if ((unsigned)scheme >= RSA_SCHEME_COUNT || pubkey_type(k) != PUBKEY_RSA ||
        sig.n != (size_t)EVP_PKEY_get_size(k->pkey))
        return SR_EPROOF;
    SR_TRY(digest(hash, msg, &d));
    const EVP_MD *md = hashes[hash].md();
    SR_OWN_PTR(EVP_PKEY_CTX) ctx = verify_ctx(k);
    if (!ctx || EVP_PKEY_CTX_set_rsa_padding(ctx, paddings[scheme]) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
        return SR_ENOMEM;
    if (scheme == RSA_SCHEME_PSS && (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) != 1 ||
                                     EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) != 1))
        return SR_EBUG;
    return EVP_PKEY_verify(ctx, sig.p, sig.n, d.b, d.n) == 1 ? SR_OK : SR_EPROOF;
}
