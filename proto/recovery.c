#include "proto/recovery.h"

#include "crypto/text.h"
#include "proto/recovery_wrap.h"

#include <string.h>

void recovery_rand_drop(struct recovery_rand *r)
{
    sodium_memzero(r, sizeof *r);
}

/* ---- masters ---- */

static void about_master(const struct sha256 *cid, const struct epoch_pubs *epoch, struct buf *b)
{
    wr_span(b, SPAN(cid->b));
    wr_u64be(b, epoch->epoch);
    wr_span(b, SPAN(epoch->commit.b));
}

enum sr_err recovery_seal_master(const struct kem_pub *to, const struct sha256 *cid, const struct key *master,
                                 const struct epoch_pubs *epoch, const struct kem_key *eph,
                                 struct recovery_sealed *ret)
{
    SR_OWN(buf) about = { 0 };
    about_master(cid, epoch, &about);
    return recovery_wrap_seal(&(struct recovery_wrap){ L_RECOVERY_MASTER, &about }, to, eph, master->b, ret);
}

enum sr_err recovery_open_master(const struct kem_key *key, const struct sha256 *cid, const uint8_t salt[32],
                                 const struct epoch_pubs *epoch, const struct recovery_sealed *sealed,
                                 struct key *ret, struct sr_why *why)
{
    SR_OWN(buf) about = { 0 };
    SR_OWN(key) master = { 0 };
    about_master(cid, epoch, &about);
    SR_TRY(
        recovery_wrap_open(&(struct recovery_wrap){ L_RECOVERY_MASTER, &about }, key, sealed, master.b, why));
    struct sha512 c = master_commit(salt, epoch->epoch, &master);
    if (!span_eq_secret(SPAN(c.b), SPAN(epoch->commit.b)))
        return sr_fail(why, SR_EPROOF, R_MASTER_COMMIT_MISMATCH,
                       "what was recovered is not this network's master");
    *ret = master;
    return SR_OK;
}

/* ---- shares ---- */

static struct sha256 share_hash(const struct recovery_of *of, const struct share *s)
{
    struct hash256 h = hash256_start(L_RECOVERY_SHARE_HASH);
    hash256_lp(&h, SPAN(of->cid->b));
    hash256_u64(&h, s->x);
    hash256_lp(&h, key_span(&s->y));
    struct sha256 d = hash256_end(&h);
    sodium_memzero(&h, sizeof h);
    return d;
}

static enum sr_err make_package(const struct recovery_of *of, const struct share *share,
                                const struct kem_key *eph, struct recovery_set *s, struct sr_why *why)
{
    size_t i = share->x - 1U;
    s->package[i].hash = share_hash(of, share);
    enum sr_err e = recovery_wrap_seal_share(of, &s->pub, share, eph, &s->package[i].share);
    if (e == SR_EPROOF)
        return sr_fail(why, e, R_RECOVERY_HOLDER, "recovery: the key of holder %u is none", share->x);
    return e;
}

/* The first t and the last t: a fault in this machine must not be found out in a disaster. */
static enum sr_err combines(const struct recovery_set *s, const struct recovery_of *of,
                            const struct share *shares, struct sr_why *why)
{
    SR_OWN(kem_key) back = { 0 };
    SR_TRY(recovery_combine(s, of, shares, s->t, &back, why));
    return recovery_combine(s, of, shares + s->n - s->t, s->t, &back, why);
}

static void drop_shares(struct share (*shares)[SHARE_MOST])
{
    sodium_memzero(shares, sizeof *shares);
}

static enum sr_err make_packages(const struct recovery_of *of, const struct recovery_rand *rand,
                                 struct recovery_set *s, struct sr_why *why)
{
    __attribute__((cleanup(drop_shares))) struct share shares[SHARE_MOST] = { 0 };
    SR_OWN(key) secret = { 0 };
    memcpy(secret.b, rand->key.b, sizeof secret.b);
    if (share_split(&secret, s->t, s->n, &rand->rows, shares) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_RECOVERY_FORMAT, "recovery: %zu of %zu can not be", s->t, s->n);
    for (size_t i = 0; i < s->n; i++)
        SR_TRY(make_package(of, &shares[i], &rand->eph[i], s, why));
    return combines(s, of, shares, why);
}

enum sr_err recovery_make(const struct recovery_of *of, const struct key *master,
                          const struct epoch_pubs *first, const struct recovery_rand *rand,
                          struct recovery_set *ret, struct sr_why *why)
{
    struct recovery_set s = { .t = of->holders->t, .n = of->holders->n };
    if (!s.n)
        return sr_fail(why, SR_EDENIED, R_RECOVERY_NONE, "this network has no recovery, for ever");
    kem_pub_of(&rand->key, &s.pub);
    SR_TRY(make_packages(of, rand, &s, why));
    SR_TRY(recovery_seal_master(&s.pub, of->cid, master, first, &rand->master_eph, &s.master));
    *ret = s;
    return SR_OK;
}

/* ---- combining ---- */

enum sr_err recovery_check_share(const struct recovery_set *s, const struct recovery_of *of,
                                 const struct share *share, struct sr_why *why)
{
    char key[65];
    if (share->x < 1 || share->x > s->n)
        return sr_fail(why, SR_EPROOF, R_RECOVERY_SHARE, "a share of place %u, of %zu holders", share->x,
                       s->n);
    struct sha256 d = share_hash(of, share);
    struct sha256 pin = holder_pin(&of->holders->v[share->x - 1]);
    hex_text(SPAN(pin.b), key);
    if (!span_eq_secret(SPAN(d.b), SPAN(s->package[share->x - 1].hash.b)))
        return sr_fail(why, SR_EPROOF, R_RECOVERY_SHARE, "the share of holder %u, %s, is wrong", share->x,
                       key);
    return SR_OK;
}

static enum sr_err check_places(const struct share *shares, size_t n, struct sr_why *why)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (shares[i].x == shares[j].x)
                return sr_fail(why, SR_EDENIED, R_RECOVERY_REPEATED, "holder %u's share is there twice",
                               shares[i].x);
    return SR_OK;
}

enum sr_err recovery_combine(const struct recovery_set *s, const struct recovery_of *of,
                             const struct share *shares, size_t n, struct kem_key *ret, struct sr_why *why)
{
    SR_OWN(key) secret = { 0 };
    SR_OWN(kem_key) key = { 0 };
    struct kem_pub pub;
    SR_TRY(check_places(shares, n, why));
    if (n < s->t)
        return sr_fail(why, SR_EDENIED, R_RECOVERY_SHARES, "%zu shares, %zu are needed", n, s->t);
    for (size_t i = 0; i < n; i++)
        SR_TRY(recovery_check_share(s, of, &shares[i], why));
    if (share_combine(shares, s->t, &secret) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_RECOVERY_SHARE, "shares that no holders have");
    memcpy(key.b, secret.b, sizeof key.b);
    kem_pub_of(&key, &pub);
    if (!span_eq(SPAN(pub.b), SPAN(s->pub.b)))
        return sr_fail(why, SR_EPROOF, R_RECOVERY_SHARE,
                       "the shares do not make this network's recovery key");
    *ret = key;
    return SR_OK;
}
