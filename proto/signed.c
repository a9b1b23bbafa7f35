#include "proto/signed.h"

#include "crypto/text.h"

static enum sr_err request_text(const struct signed_request *q, uint64_t time, const uint8_t id[16],
                                struct buf *ret)
{
    if (!q->method.n || q->method.n > SIGNED_METHOD_MAX || !q->target.n || q->target.n > SIGNED_TARGET_MAX)
        return SR_EFORMAT;
    wr_span(ret, SPAN(q->cid.b));
    wr_lp(ret, q->method);
    wr_lp(ret, q->target);
    wr_span(ret, SPAN(q->body.b));
    wr_u64be(ret, time);
    wr_span(ret, (struct span){ id, 16 });
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err signed_build(const struct signed_request *q, const struct sign_key *key,
                         const struct sign_pub *pub, uint64_t time, const uint8_t id[16], struct buf *ret)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(request_text(q, time, id, &text));
    struct sig sig = sign_label(key, L_REQUEST, buf_span(&text));
    wr_text(ret, "Sealring key=\"");
    wr_hex(ret, SPAN(pub->b));
    wr_fmt(ret, "\", time=\"%llu\", id=\"", (unsigned long long)time);
    wr_hex(ret, (struct span){ id, 16 });
    wr_text(ret, "\", sig=\"");
    wr_base64(ret, SPAN(sig.b));
    wr_text(ret, "\"");
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err refuse(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EAUTH, R_UNAUTHENTICATED, "authorization: %s", what);
}

static bool take(struct reader *r, const char *text)
{
    struct span want = span_of(text);
    if (!span_eq(rd_span(r, want.n), want))
        r->bad = true;
    return !r->bad;
}

/* Decimal up to the quote: 1..12 digits, no leading zero. */
static bool take_time(struct reader *r, uint64_t *ret)
{
    uint64_t v = 0;
    for (int digits = 0; digits <= 12; digits++) {
        uint8_t c = rd_u8(r);
        if (c == '"' && digits > 0) {
            *ret = v;
            return true;
        }
        if (c < '0' || c > '9' || (digits == 1 && v == 0))
            return false;
        v = v * 10 + (c - '0');
    }
    return false;
}

static bool take_sig(struct reader *r, struct sig *ret)
{
    SR_OWN(buf) raw = { 0 };
    if (base64_read(rd_span(r, 88), &raw) != SR_OK || raw.n != sizeof ret->b)
        return false;
    struct reader bytes = rd_init(buf_span(&raw));
    rd_copy(&bytes, ret->b, sizeof ret->b);
    return rd_end(&bytes);
}

enum sr_err signed_parse(struct span value, struct signed_header *ret, struct sr_why *why)
{
    struct signed_header h = { 0 };
    struct reader r = rd_init(value);
    if (value.n > SIGNED_HEADER_MAX || !take(&r, "Sealring key=\""))
        return refuse(why, "not a signed request");
    if (hex_read(rd_span(&r, 64), h.key.b, sizeof h.key.b) != SR_OK || !take(&r, "\", time=\""))
        return refuse(why, "key");
    if (!take_time(&r, &h.time) || !take(&r, ", id=\""))
        return refuse(why, "time");
    if (hex_read(rd_span(&r, 32), h.id, sizeof h.id) != SR_OK || !take(&r, "\", sig=\""))
        return refuse(why, "id");
    if (!take_sig(&r, &h.sig) || !take(&r, "\"") || !rd_end(&r))
        return refuse(why, "signature");
    *ret = h;
    return SR_OK;
}

static enum sr_err remember(const struct signed_header *h, struct nonce_set *memory, uint64_t boot_ms,
                            struct sr_why *why)
{
    SR_OWN(buf) name = { 0 };
    wr_span(&name, SPAN(h->key.b));
    wr_span(&name, SPAN(h->id));
    if (!buf_ok(&name))
        return SR_ENOMEM;
    struct nonce n = { sha256(buf_span(&name)), boot_ms + SIGNED_MEMORY_MS };
    enum sr_err e = nonce_consume(memory, &n, boot_ms, NULL, why);
    return e == SR_EAUTH ? sr_fail(why, SR_EAUTH, R_REQUEST_REPLAYED, "this request came before") : e;
}

enum sr_err signed_check(const struct signed_request *q, const struct signed_header *h,
                         struct nonce_set *memory, const struct signed_clock *clock, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    uint64_t apart = h->time > clock->now ? h->time - clock->now : clock->now - h->time;
    if (apart > SIGNED_SKEW_S)
        return sr_fail(why, SR_EAUTH, R_REQUEST_TIME, "signed too long ago, or ahead of this node's clock");
    SR_TRY(request_text(q, h->time, h->id, &text));
    if (sign_check(&h->key, L_REQUEST, buf_span(&text), &h->sig) != SR_OK)
        return sr_fail(why, SR_EAUTH, R_REQUEST_SIGNATURE, "the signature is not for this request");
    return remember(h, memory, clock->boot_ms, why);
}
