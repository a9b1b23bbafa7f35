#include "crypto/share.h"

#include <sodium.h>
#include <string.h>

void share_drop(struct share *s)
{
    sodium_memzero(s, sizeof *s);
}

void share_rand_drop(struct share_rand *r)
{
    sodium_memzero(r, sizeof *r);
}

/* Eight steps whatever the values. */
static uint8_t gf_mul(uint8_t a, uint8_t b)
{
    unsigned x = a, y = b, product = 0;
    for (int i = 0; i < 8; i++) {
        product ^= x & (0U - (y & 1U));
        x = (x << 1) ^ (0x11bU & (0U - (x >> 7)));
        y >>= 1;
    }
    return (uint8_t)product;
}

/* a^254: the inverse, and 0 for 0. */
static uint8_t gf_inverse(uint8_t a)
{
    uint8_t power = a, result = 1;
    for (int i = 0; i < 7; i++) {
        power = gf_mul(power, power);
        result = gf_mul(result, power);
    }
    return result;
}

/* Horner's rule from the highest coefficient down to the secret. */
static void evaluate(const struct key *secret, size_t t, const struct share_rand *rand, struct share *at)
{
    memset(at->y.b, 0, sizeof at->y.b);
    for (size_t row = t - 1; row > 0; row--)
        for (size_t i = 0; i < sizeof at->y.b; i++)
            at->y.b[i] = gf_mul((uint8_t)(at->y.b[i] ^ rand->b[row - 1][i]), at->x);
    for (size_t i = 0; i < sizeof at->y.b; i++)
        at->y.b[i] ^= secret->b[i];
}

enum sr_err share_split(const struct key *secret, size_t t, size_t n, const struct share_rand *rand,
                        struct share ret[static SHARE_MOST])
{
    if (t < SHARE_LEAST || t > n || n > SHARE_MOST)
        return SR_EFORMAT;
    for (size_t i = 0; i < n; i++) {
        ret[i].x = (uint8_t)(i + 1);
        evaluate(secret, t, rand, &ret[i]);
    }
    return SR_OK;
}

static bool places_differ(const struct share *shares, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (shares[i].x < 1 || shares[i].x > SHARE_MOST)
            return false;
        for (size_t j = 0; j < i; j++)
            if (shares[i].x == shares[j].x)
                return false;
    }
    return true;
}

/* Lagrange's basis polynomial of share i at 0; in this field minus is plus. */
static uint8_t weight(const struct share *shares, size_t n, size_t i)
{
    uint8_t above = 1, below = 1;
    for (size_t j = 0; j < n; j++) {
        if (j == i)
            continue;
        above = gf_mul(above, shares[j].x);
        below = gf_mul(below, (uint8_t)(shares[i].x ^ shares[j].x));
    }
    return gf_mul(above, gf_inverse(below));
}

enum sr_err share_combine(const struct share *shares, size_t n, struct key *ret)
{
    SR_OWN(key) sum = { 0 };
    if (n < SHARE_LEAST || n > SHARE_MOST || !places_differ(shares, n))
        return SR_EFORMAT;
    for (size_t i = 0; i < n; i++) {
        uint8_t w = weight(shares, n, i);
        for (size_t b = 0; b < sizeof sum.b; b++)
            sum.b[b] ^= gf_mul(w, shares[i].y.b[b]);
    }
    *ret = sum;
    return SR_OK;
}
