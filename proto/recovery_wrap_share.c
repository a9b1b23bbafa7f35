#include "proto/recovery_wrap.h"

#include <string.h>

static void about_share(const struct recovery_of *of, const struct kem_pub *pub, uint8_t x, struct buf *b)
{
    const struct holder_set *h = of->holders;
    wr_span(b, SPAN(of->cid->b));
    wr_span(b, SPAN(pub->b));
    wr_u8(b, (uint8_t)h->t);
    wr_u8(b, (uint8_t)h->n);
    wr_u8(b, x);
    holder_encode(&h->v[x - 1], b);
}

/* ---- shares, to X25519 ---- */

static enum sr_err seal_x25519(const struct buf *about, const struct holder *to, const struct kem_key *eph,
                               const struct share *share, struct holder_sealed *ret)
{
    struct recovery_sealed s;
    struct kem_pub pub;
    SR_TRY(holder_x25519(to, &pub));
    SR_TRY(recovery_wrap_seal(&(struct recovery_wrap){ L_RECOVERY_SHARE, about }, &pub, eph, share->y.b, &s));
    memcpy(ret->enc, s.enc.b, sizeof s.enc.b);
    memcpy(ret->ct, s.ct, sizeof s.ct);
    return SR_OK;
}

static enum sr_err open_x25519(const struct buf *about, const struct kem_key *me,
                               const struct holder_sealed *s, struct share *ret, struct sr_why *why)
{
    struct recovery_sealed sealed;
    if (s->enc_n != sizeof sealed.enc.b)
        return recovery_wrap_closed(why);
    memcpy(sealed.enc.b, s->enc, sizeof sealed.enc.b);
    memcpy(sealed.ct, s->ct, sizeof sealed.ct);
    return recovery_wrap_open(&(struct recovery_wrap){ L_RECOVERY_SHARE, about }, me, &sealed, ret->y.b, why);
}

/* ---- and to RSA: a key for once, of the seed and all that the share is about ---- */

static const uint8_t once[crypto_aead_chacha20poly1305_ietf_NPUBBYTES]; /* nonce: the key has one use */

static enum sr_err key_of(const struct key *seed, const struct buf *about, const struct holder_sealed *s,
                          struct key *ret)
{
    SR_OWN(buf) context = { 0 };
    wr_lp(&context, (struct span){ s->enc, s->enc_n });
    wr_span(&context, buf_span(about));
    if (!buf_ok(&context) || !buf_ok(about))
        return SR_ENOMEM;
    return derive_key(seed, L_RECOVERY_SEED, buf_span(&context), ret);
}

static enum sr_err encrypt_seed(const struct holder *to, const struct key *seed, struct holder_sealed *s)
{
    SR_OWN(pubkey) rsa = { 0 };
    SR_OWN(buf) enc = { 0 };
    SR_TRY(holder_rsa(to, &rsa));
    SR_TRY(pubkey_oaep_encrypt(&rsa, HASH_SHA256, (struct span){ 0 }, key_span(seed), &enc));
    if (enc.n != s->enc_n)
        return SR_EBUG;
    memcpy(s->enc, enc.p, enc.n);
    return SR_OK;
}

static enum sr_err seal_rsa(const struct buf *about, const struct holder *to, const struct kem_key *eph,
                            const struct share *share, struct holder_sealed *ret)
{
    SR_OWN(key) seed = { 0 };
    SR_OWN(key) k = { 0 };
    memcpy(seed.b, eph->b, sizeof seed.b);
    SR_TRY(encrypt_seed(to, &seed, ret));
    SR_TRY(key_of(&seed, about, ret, &k));
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(ret->ct, NULL, share->y.b, sizeof share->y.b, about->p,
                                                    about->n, NULL, once, k.b);
    return SR_OK;
}

static enum sr_err open_seed(const struct buf *about, const struct key *seed, const struct holder_sealed *s,
                             struct share *ret, struct sr_why *why)
{
    SR_OWN(key) k = { 0 };
    SR_OWN(key) plain = { 0 };
    SR_TRY(key_of(seed, about, s, &k));
    if (crypto_aead_chacha20poly1305_ietf_decrypt(plain.b, NULL, NULL, s->ct, sizeof s->ct, about->p,
                                                  about->n, once, k.b) != 0)
        return recovery_wrap_closed(why);
    ret->y = plain;
    return SR_OK;
}

/* Which of the two did not open stays here: with a seed of nobody's the second does not either. */
static enum sr_err open_rsa(const struct buf *about, const struct rsa_key *me, const struct holder_sealed *s,
                            struct share *ret, struct sr_why *why)
{
    SR_OWN(key) seed = { 0 };
    SR_OWN(secret) plain = { 0 };
    random_fill(seed.b, sizeof seed.b);
    if (rsa_key_oaep_decrypt(me, (struct span){ s->enc, s->enc_n }, &plain) == SR_OK &&
        plain.n == sizeof seed.b)
        memcpy(seed.b, plain.p, sizeof seed.b);
    return open_seed(about, &seed, s, ret, why);
}

enum sr_err recovery_wrap_seal_share(const struct recovery_of *of, const struct kem_pub *pub,
                                     const struct share *share, const struct kem_key *eph,
                                     struct holder_sealed *ret)
{
    SR_OWN(buf) about = { 0 };
    const struct holder *to = &of->holders->v[share->x - 1];
    struct holder_sealed s = { .enc_n = holder_key(to).n };
    about_share(of, pub, share->x, &about);
    SR_TRY(holder_is_rsa(to) ? seal_rsa(&about, to, eph, share, &s)
                             : seal_x25519(&about, to, eph, share, &s));
    *ret = s;
    return SR_OK;
}

static enum sr_err open_with(const struct buf *about, const struct holder_secret *me,
                             const struct holder_sealed *s, struct share *ret, struct sr_why *why)
{
    switch (me->kind) {
    case HOLDER_SECRET_NONE: break;
    case HOLDER_SECRET_X25519: return open_x25519(about, &me->x25519, s, ret, why);
    case HOLDER_SECRET_RSA: return open_rsa(about, &me->rsa, s, ret, why);
    case HOLDER_SECRET_SEED: return open_seed(about, &me->seed, s, ret, why);
    }
    return recovery_wrap_closed(why);
}

enum sr_err recovery_wrap_open_share(const struct recovery_set *s, const struct recovery_of *of, size_t i,
                                     const struct holder_secret *me, struct share *ret, struct sr_why *why)
{
    SR_OWN(share) share = { .x = (uint8_t)(i + 1) };
    SR_OWN(buf) about = { 0 };
    about_share(of, &s->pub, share.x, &about);
    SR_TRY(open_with(&about, me, &s->package[i].share, &share, why));
    *ret = share;
    return SR_OK;
}
