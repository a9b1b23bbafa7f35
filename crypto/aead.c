#include "crypto/aead.h"

#include <assert.h>
#include <string.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    COMMIT = 32,
    HEADER = 1 + NONCE + COMMIT,
};
static_assert(NONCE == 24 && HEADER + TAG == AEAD_OVERHEAD);

static enum sr_err commitment(const struct key *k, const uint8_t *nonce, struct key *ret)
{
    struct label_text t = label_text(L_ROW_COMMIT);
    SR_OWN(buf) info = { 0 };
    wr_lp(&info, (struct span){ (const uint8_t *)t.b, t.n });
    wr_span(&info, (struct span){ nonce, NONCE });
    return buf_ok(&info) ? hkdf_expand(k, buf_span(&info), ret->b, sizeof ret->b) : SR_ENOMEM;
}

/* What Poly1305 covers: the version, then the caller's aad. */
static enum sr_err bound(struct span aad, struct buf *ret)
{
    wr_u8(ret, AEAD_VERSION);
    wr_span(ret, aad);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err aead_seal_with(const struct key *k, const uint8_t nonce[24], struct span aad, struct span plain,
                           struct buf *ret)
{
    SR_OWN(key) commit = { 0 };
    SR_OWN(buf) ad = { 0 };
    if (plain.n > BUF_MAX - AEAD_OVERHEAD)
        return SR_ETOOBIG;
    SR_TRY(commitment(k, nonce, &commit));
    SR_TRY(bound(aad, &ad));
    uint8_t *out = wr_room(ret, plain.n + AEAD_OVERHEAD);
    if (!out)
        return SR_ENOMEM;
    out[0] = AEAD_VERSION;
    memcpy(out + 1, nonce, NONCE);
    memcpy(out + 1 + NONCE, commit.b, COMMIT);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + HEADER, NULL, plain.p, plain.n, ad.p, ad.n, NULL, nonce,
                                               k->b);
    return SR_OK;
}

enum sr_err aead_seal(const struct key *k, struct span aad, struct span plain, struct buf *ret)
{
    uint8_t nonce[NONCE];
    random_fill(nonce, sizeof nonce);
    return aead_seal_with(k, nonce, aad, plain, ret);
}

/* A box taken apart. */
struct parts {
    struct span nonce, commit, body;
};

static enum sr_err take_apart(struct span box, struct parts *ret)
{
    struct parts p;
    struct reader r = rd_init(box);
    uint8_t version = rd_u8(&r);
    p.nonce = rd_span(&r, NONCE);
    p.commit = rd_span(&r, COMMIT);
    p.body = rd_span(&r, rd_left(&r));
    if (!rd_end(&r) || version != AEAD_VERSION || p.body.n < TAG)
        return SR_EFORMAT;
    *ret = p;
    return SR_OK;
}

/* out: p->body.n - TAG bytes, zero unless SR_OK. */
static enum sr_err open_to(const struct key *k, struct span aad, const struct parts *p, uint8_t *out)
{
    SR_OWN(key) want = { 0 };
    SR_OWN(buf) ad = { 0 };
    SR_TRY(commitment(k, p->nonce.p, &want));
    if (!span_eq_secret(p->commit, key_span(&want)))
        return SR_EPROOF;
    SR_TRY(bound(aad, &ad));
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, p->body.p, p->body.n, ad.p, ad.n,
                                                         p->nonce.p, k->b);
    return bad ? SR_EPROOF : SR_OK;
}

enum sr_err aead_open(const struct key *k, struct span aad, struct span box, struct secret *ret)
{
    SR_OWN(secret) plain = { 0 };
    struct parts p;
    SR_TRY(take_apart(box, &p));
    SR_TRY(secret_new(&plain, p.body.n - TAG));
    SR_TRY(open_to(k, aad, &p, plain.p));
    *ret = SR_TAKE(plain);
    return SR_OK;
}

enum sr_err aead_open_buf(const struct key *k, struct span aad, struct span box, struct buf *ret)
{
    SR_OWN(buf) plain = { 0 };
    struct parts p;
    SR_TRY(take_apart(box, &p));
    uint8_t *out = wr_room(&plain, p.body.n - TAG + 1); /* never none */
    if (!out)
        return SR_ENOMEM;
    SR_TRY(open_to(k, aad, &p, out));
    plain.n--;
    buf_drop(ret);
    *ret = SR_TAKE(plain);
    return SR_OK;
}
