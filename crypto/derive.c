#include "crypto/derive.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>

SR_DEFINE_OWN_PTR(BIGNUM, BN_clear_free)
SR_DEFINE_OWN_PTR(BN_CTX, BN_CTX_free)
SR_DEFINE_OWN_PTR(EC_GROUP, EC_GROUP_free)
SR_DEFINE_OWN_PTR(EC_POINT, EC_POINT_free)

enum { SCALAR = 32 };

static enum sr_err copy(const struct derived_kind *kind, struct span okm, struct secret *ret)
{
    (void)kind;
    return secret_copy(ret, okm);
}

/* d = okm mod (n - 1) + 1, FIPS 186-5 A.2.1: 128 bits more than n has leave a bias below 2^-128, and no loop
 * whose length depends on the key. */
static enum sr_err scalar(const struct derived_kind *kind, struct span okm, struct secret *ret)
{
    SR_OWN(secret) out = { 0 };
    SR_OWN_PTR(EC_GROUP) group = EC_GROUP_new_by_curve_name(kind->curve);
    SR_OWN_PTR(BN_CTX) ctx = BN_CTX_secure_new();
    SR_OWN_PTR(BIGNUM) c = BN_bin2bn(okm.p, (int)okm.n, NULL);
    SR_OWN_PTR(BIGNUM) m = group ? BN_dup(EC_GROUP_get0_order(group)) : NULL;
    SR_OWN_PTR(BIGNUM) d = BN_new();
    if (!ctx || !c || !m || !d)
        return SR_ENOMEM;
    BN_set_flags(c, BN_FLG_CONSTTIME);
    BN_set_flags(d, BN_FLG_CONSTTIME);
    SR_TRY(secret_new(&out, SCALAR));
    if (BN_sub_word(m, 1) != 1 || BN_mod(d, c, m, ctx) != 1 || BN_add_word(d, 1) != 1 ||
        BN_bn2binpad(d, out.p, SCALAR) != SCALAR)
        return SR_EBUG;
    *ret = SR_TAKE(out);
    return SR_OK;
}

static enum sr_err ed25519_public(const struct derived_kind *kind, struct span key, struct buf *ret)
{
    uint8_t pub[crypto_sign_PUBLICKEYBYTES], pair[crypto_sign_SECRETKEYBYTES];
    (void)kind;
    (void)crypto_sign_seed_keypair(pub, pair, key.p);
    sodium_memzero(pair, sizeof pair);
    wr_span(ret, SPAN(pub));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err x25519_public(const struct derived_kind *kind, struct span key, struct buf *ret)
{
    uint8_t pub[crypto_scalarmult_BYTES];
    (void)kind;
    (void)crypto_scalarmult_base(pub, key.p);
    wr_span(ret, SPAN(pub));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* OpenSSL multiplies the generator by a secret in constant time. */
static enum sr_err point(const struct derived_kind *kind, struct span key, struct buf *ret)
{
    SR_OWN_PTR(EC_GROUP) group = EC_GROUP_new_by_curve_name(kind->curve);
    SR_OWN_PTR(EC_POINT) p = group ? EC_POINT_new(group) : NULL;
    SR_OWN_PTR(BN_CTX) ctx = BN_CTX_secure_new();
    SR_OWN_PTR(BIGNUM) d = BN_bin2bn(key.p, (int)key.n, NULL);
    if (!p || !ctx || !d)
        return SR_ENOMEM;
    BN_set_flags(d, BN_FLG_CONSTTIME);
    if (EC_POINT_mul(group, p, d, NULL, NULL, ctx) != 1)
        return SR_EBUG;
    uint8_t *at = wr_room(ret, kind->public_size);
    if (!at)
        return SR_ENOMEM;
    size_t n = EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, at, kind->public_size, ctx);
    return n == kind->public_size ? SR_OK : SR_EBUG;
}

static const struct derived_kind kinds[DERIVED_COUNT] = {
    [DERIVED_RAW] = { .type = DERIVED_RAW, .name = "raw", .make = copy },
    [DERIVED_ED25519] = { .type = DERIVED_ED25519,
                          .name = "ed25519",
                          .private_size = 32,
                          .public_size = 32,
                          .make = copy,
                          .public_of = ed25519_public,
                          .okm_size = 32 },
    [DERIVED_X25519] = { .type = DERIVED_X25519,
                         .name = "x25519",
                         .private_size = 32,
                         .public_size = 32,
                         .make = copy,
                         .public_of = x25519_public,
                         .okm_size = 32 },
    [DERIVED_P256] = { .type = DERIVED_P256,
                       .name = "p256",
                       .private_size = SCALAR,
                       .public_size = 65,
                       .make = scalar,
                       .public_of = point,
                       .okm_size = 48,
                       .curve = NID_X9_62_prime256v1 },
    [DERIVED_SECP256K1] = { .type = DERIVED_SECP256K1,
                            .name = "secp256k1",
                            .private_size = SCALAR,
                            .public_size = 65,
                            .make = scalar,
                            .public_of = point,
                            .okm_size = 48,
                            .curve = NID_secp256k1 },
};

const struct derived_kind *derived_kind(enum derived_type type)
{
    return (unsigned)type < DERIVED_COUNT ? &kinds[type] : NULL;
}

const struct derived_kind *derived_kind_named(struct span name)
{
    for (size_t i = 0; i < DERIVED_COUNT; i++)
        if (span_eq(span_of(kinds[i].name), name))
            return &kinds[i];
    return NULL;
}

enum sr_err derive_tenant_root(const struct key *master, struct span tenant, struct key *ret)
{
    if (tenant.n < 1 || tenant.n > DERIVED_TENANT_MAX)
        return SR_EFORMAT;
    return derive_key(master, L_TENANT_ROOT, tenant, ret);
}

/* The size that the caller gets, or 0 where kind and raw_size do not go together. */
static size_t private_size(const struct derived_kind *kind, size_t raw_size)
{
    if (kind->private_size)
        return raw_size == 0 ? kind->private_size : 0;
    return raw_size >= DERIVED_RAW_MIN && raw_size <= DERIVED_RAW_MAX ? raw_size : 0;
}

enum sr_err derive_workload_key(const struct key *tenant_root, struct span path, uint32_t version,
                                const struct derived_kind *kind, size_t raw_size, struct secret *ret)
{
    SR_OWN(buf) info = { 0 };
    SR_OWN(secret) okm = { 0 };
    size_t size = private_size(kind, raw_size);
    if (size == 0 || path.n < 1 || path.n > DERIVED_PATH_MAX)
        return SR_EFORMAT;
    struct label_text label = label_text(L_DERIVED);
    wr_lp(&info, (struct span){ (const uint8_t *)label.b, label.n });
    wr_lp(&info, span_of(kind->name));
    wr_lp(&info, path);
    wr_u32be(&info, version);
    wr_u32be(&info, (uint32_t)size);
    if (!buf_ok(&info))
        return SR_ENOMEM;
    SR_TRY(secret_new(&okm, kind->okm_size ? kind->okm_size : size));
    SR_TRY(hkdf(key_span(tenant_root), (struct span){ 0 }, buf_span(&info), okm.p, okm.n));
    return kind->make(kind, secret_span(&okm), ret);
}

enum sr_err derive_workload_pub(const struct key *tenant_root, struct span path, uint32_t version,
                                const struct derived_kind *kind, struct buf *ret_pub)
{
    SR_OWN(secret) key = { 0 };
    if (!kind->public_of)
        return SR_EFORMAT;
    SR_TRY(derive_workload_key(tenant_root, path, version, kind, 0, &key));
    return kind->public_of(kind, secret_span(&key), ret_pub);
}
