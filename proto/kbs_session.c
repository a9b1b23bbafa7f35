#include "proto/kbs_session.h"

#include "crypto/text.h"

#include <string.h>

enum { FORMAT = 1, CODE_TEXT = 0, CODE_UINT = 1, CODE_BOOL = 2, CODE_HEX = 3 };

static bool is_hex(struct span text)
{
    if (text.n == 0 || text.n % 2)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!memchr("0123456789abcdef", text.p[i], 16))
            return false;
    return true;
}

static void write_text(struct span text, struct buf *b)
{
    uint8_t raw[CLAIM_TEXT_SIZE / 2];
    bool hex = is_hex(text) && hex_read(text, raw, text.n / 2) == SR_OK;
    wr_u8(b, hex ? CODE_HEX : CODE_TEXT);
    wr_u16be(b, (uint16_t)(hex ? text.n / 2 : text.n));
    wr_span(b, hex ? (struct span){ raw, text.n / 2 } : text);
}

static void write_claim(const struct claim *c, struct buf *b)
{
    struct span name = span_of(c->name);
    wr_u8(b, (uint8_t)name.n);
    wr_span(b, name);
    switch (c->kind) {
    case CLAIM_TEXT: write_text(span_of(c->text), b); break;
    case CLAIM_UINT:
        wr_u8(b, CODE_UINT);
        wr_u64be(b, c->num);
        break;
    case CLAIM_BOOL:
        wr_u8(b, CODE_BOOL);
        wr_u8(b, c->num != 0);
        break;
    }
}

static void write_key(const struct jwk *k, struct buf *b)
{
    size_t n = jwk_size(k->kind);
    wr_u8(b, (uint8_t)k->kind);
    wr_u8(b, (uint8_t)k->alg);
    wr_span(b, (struct span){ k->x, n });
    if (k->kind != JWK_RSA)
        wr_span(b, (struct span){ k->y, n });
}

enum sr_err kbs_session_encode(const struct kbs_session *s, const struct claims *claims, struct buf *ret)
{
    size_t before = ret->n;
    wr_u8(ret, FORMAT);
    wr_u8(ret, (uint8_t)s->version);
    wr_lp(ret, span_of(s->tee->name));
    wr_span(ret, SPAN(s->nonce));
    wr_u64be(ret, s->expires);
    wr_u8(ret, s->attested);
    if (s->attested) {
        write_key(&s->key, ret);
        wr_u16be(ret, (uint16_t)claims->n);
        for (size_t i = 0; i < claims->n; i++)
            write_claim(&claims->c[i], ret);
    }
    if (!buf_ok(ret))
        return SR_ENOMEM;
    return ret->n - before <= KBS_SESSION_MAX ? SR_OK : SR_ETOOBIG;
}

/* ---- reading ---- */

static void read_value(struct reader *r, struct claim *c)
{
    uint8_t code = rd_u8(r);
    if (code == CODE_UINT || code == CODE_BOOL) {
        c->kind = code == CODE_UINT ? CLAIM_UINT : CLAIM_BOOL;
        c->num = code == CODE_UINT ? rd_u64be(r) : rd_u8(r);
        r->bad = r->bad || (code == CODE_BOOL && c->num > 1);
        return;
    }
    struct span v = rd_span(r, rd_u16be(r));
    c->kind = CLAIM_TEXT;
    if (code > CODE_HEX || v.n * (code == CODE_HEX ? 2 : 1) >= sizeof c->text) {
        r->bad = true;
    } else if (code == CODE_HEX) {
        hex_text(v, c->text);
    } else if (v.n) {
        memcpy(c->text, v.p, v.n);
        r->bad = r->bad || memchr(v.p, 0, v.n) || is_hex(v);
    }
}

static void read_claims(struct reader *r, struct claims *ret)
{
    for (size_t n = rd_u16be(r); n > 0 && !r->bad; n--) {
        struct claim c = { 0 };
        struct span name = rd_span(r, rd_u8(r));
        if (name.n == 0 || name.n >= sizeof c.name) {
            r->bad = true;
            return;
        }
        memcpy(c.name, name.p, name.n);
        read_value(r, &c);
        claims_put(ret, &c);
    }
}

static void read_key(struct reader *r, struct jwk *k)
{
    uint8_t kind = rd_u8(r), alg = rd_u8(r);
    if (kind < JWK_P256 || kind > JWK_RSA || alg >= JWE_ALG_COUNT) {
        r->bad = true;
        return;
    }
    k->kind = (enum jwk_kind)kind;
    k->alg = (enum jwe_alg)alg;
    rd_copy(r, k->x, jwk_size(k->kind));
    if (k->kind != JWK_RSA)
        rd_copy(r, k->y, jwk_size(k->kind));
    r->bad = r->bad || (k->kind == JWK_RSA) == (k->alg == JWE_ECDH_ES_A256KW);
}

static const struct kbs_tee *read_tee(struct reader *r)
{
    char name[32] = "";
    struct span s = rd_lp(r, sizeof name - 1);
    if (s.n)
        memcpy(name, s.p, s.n);
    const struct kbs_tee *t = kbs_tee_named(name);
    return t && strcmp(t->name, name) == 0 ? t : NULL;
}

enum sr_err kbs_session_decode(struct span bytes, uint64_t now, struct kbs_session *ret,
                               struct claims *ret_claims, struct sr_why *why)
{
    struct reader r = rd_init(bytes);
    struct kbs_session s = { 0 };
    uint8_t format = rd_u8(&r), version = rd_u8(&r);
    s.version = (enum kbs_version)version;
    s.tee = read_tee(&r);
    rd_copy(&r, s.nonce, sizeof s.nonce);
    s.expires = rd_u64be(&r);
    uint8_t attested = rd_u8(&r);
    s.attested = attested == 1;
    claims_clear(ret_claims);
    if (s.attested) {
        read_key(&r, &s.key);
        read_claims(&r, ret_claims);
    }
    if (!rd_end(&r) || format != FORMAT || version >= KBS_VERSIONS || !s.tee || attested > 1 ||
        !claims_ok(ret_claims))
        return sr_fail(why, SR_EAUTH, R_KBS_SESSION, "a session of another form");
    if (now > s.expires)
        return sr_fail(why, SR_EAUTH, R_KBS_SESSION, "the session is over");
    *ret = s;
    return SR_OK;
}
