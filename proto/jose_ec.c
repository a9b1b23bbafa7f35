/* Points of the curves. OpenSSL makes a group anew, with all that is derived from its order and field, for
 * each key that it is given: that costs more than a multiplication. Here they are made once. */
#include "proto/jose_parts.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <pthread.h>
#include <string.h>

static struct known {
    const int nid;
    EC_GROUP *group; /* never changed, never freed */
} curves[] = {
    [JWK_P256] = { NID_X9_62_prime256v1, NULL },
    [JWK_P521] = { NID_secp521r1, NULL },
};

static void make_groups(void)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (curves[i].nid)
            curves[i].group = EC_GROUP_new_by_curve_name(curves[i].nid);
}

/* NULL: no such curve, or no memory when it was made. */
static const EC_GROUP *group_of(enum jwk_kind kind)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_groups);
    return (size_t)kind < sizeof curves / sizeof *curves ? curves[kind].group : NULL;
}

/* One multiplication on its way. Both kinds that are asked for, of the generator and of one point, take
 * OpenSSL's constant-time paths. */
struct work {
    const EC_GROUP *group;
    BN_CTX *ctx;
    BIGNUM *d, *x, *y;
    EC_POINT *p, *product;
};

static void work_drop(struct work *w)
{
    EC_POINT_clear_free(w->p);
    EC_POINT_clear_free(w->product);
    BN_clear_free(w->d);
    BN_clear_free(w->x);
    BN_clear_free(w->y);
    BN_CTX_free(w->ctx);
    *w = (struct work){ 0 };
}

static enum sr_err work_new(enum jwk_kind kind, struct work *ret)
{
    ret->group = group_of(kind);
    if (!ret->group)
        return SR_EPROOF;
    ret->ctx = BN_CTX_secure_new();
    ret->d = BN_secure_new();
    ret->x = BN_secure_new();
    ret->y = BN_secure_new();
    ret->p = EC_POINT_new(ret->group);
    ret->product = EC_POINT_new(ret->group);
    return ret->ctx && ret->d && ret->x && ret->y && ret->p && ret->product ? SR_OK : SR_ENOMEM;
}

static enum sr_err read_scalar(struct work *w, const uint8_t *scalar, size_t n)
{
    if (!BN_bin2bn(scalar, (int)n, w->d))
        return SR_ENOMEM;
    BN_set_flags(w->d, BN_FLG_CONSTTIME);
    return !BN_is_zero(w->d) && BN_cmp(w->d, EC_GROUP_get0_order(w->group)) < 0 ? SR_OK : SR_EFORMAT;
}

/* What is decoded is on its curve and its coordinates are below the field's prime (to set coordinates would
 * reduce them first); the curves have no small subgroups. */
static enum sr_err read_point(struct work *w, const struct jwk *k)
{
    size_t n = jwk_size(k->kind);
    uint8_t octets[1 + 2 * JWK_FIELD_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
    memcpy(octets + 1, k->x, n);
    memcpy(octets + 1 + n, k->y, n);
    return EC_POINT_oct2point(w->group, w->p, octets, 1 + 2 * n, w->ctx) == 1 ? SR_OK : SR_EPROOF;
}

/* The product's coordinates, n bytes each; y may be NULL. */
static enum sr_err write_product(struct work *w, uint8_t *x, uint8_t *y, int n)
{
    if (EC_POINT_get_affine_coordinates(w->group, w->product, w->x, w->y, w->ctx) != 1 ||
        BN_bn2binpad(w->x, x, n) != n || (y && BN_bn2binpad(w->y, y, n) != n))
        return SR_EBUG; /* the point at infinity: no scalar in range makes it */
    return SR_OK;
}

enum sr_err jwk_on_curve(const struct jwk *k)
{
    KEEP_ERROR_QUEUE;
    SR_OWN(work) w = { 0 };
    SR_TRY(work_new(k->kind, &w));
    return read_point(&w, k);
}

enum sr_err jwk_public(enum jwk_kind kind, const uint8_t *scalar, struct jwk *ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN(work) w = { 0 };
    struct jwk pub = { .kind = kind };
    size_t n = jwk_size(kind);
    SR_TRY(work_new(kind, &w));
    SR_TRY(read_scalar(&w, scalar, n));
    if (EC_POINT_mul(w.group, w.product, w.d, NULL, NULL, w.ctx) != 1)
        return SR_EBUG;
    SR_TRY(write_product(&w, pub.x, pub.y, (int)n));
    *ret = pub;
    return SR_OK;
}

enum sr_err jwk_shared(const struct jwk *theirs, const uint8_t *scalar, uint8_t *z)
{
    KEEP_ERROR_QUEUE;
    SR_OWN(work) w = { 0 };
    size_t n = jwk_size(theirs->kind);
    SR_TRY(work_new(theirs->kind, &w));
    SR_TRY(read_scalar(&w, scalar, n));
    SR_TRY(read_point(&w, theirs));
    if (EC_POINT_mul(w.group, w.product, NULL, w.p, w.d, w.ctx) != 1)
        return SR_EBUG;
    return write_product(&w, z, NULL, (int)n);
}
