#include "proto/evidence/insecure_verifier.h"

#include <string.h>

enum { EVIDENCE_MAX = 16384 };

static const char magic[] = "sealring insecure evidence: proves nothing\n";

static void write_claim(const struct claim *c, struct buf *ret)
{
    wr_lp(ret, span_of(c->name));
    wr_u8(ret, (uint8_t)c->kind);
    wr_lp(ret, span_of(c->text));
    wr_u64be(ret, c->num);
}

enum sr_err insecure_evidence_write(const struct sha512 *rd, const struct claims *c, struct buf *ret)
{
    if (!claims_ok(c))
        return SR_EFORMAT;
    wr_text(ret, magic);
    wr_span(ret, SPAN(rd->b));
    wr_u8(ret, (uint8_t)c->n);
    for (size_t i = 0; i < c->n; i++)
        write_claim(&c->c[i], ret);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* Canonical: text alone in a text, number alone in a number. */
static bool read_claim(struct reader *r, struct claims *ret)
{
    struct claim c = { 0 };
    struct span name = rd_lp(r, CLAIM_NAME_SIZE - 1);
    uint8_t kind = rd_u8(r);
    struct span text = rd_lp(r, CLAIM_TEXT_SIZE - 1);
    c.num = rd_u64be(r);
    if (r->bad || kind > CLAIM_BOOL || (name.n && memchr(name.p, 0, name.n)) ||
        (text.n && memchr(text.p, 0, text.n)))
        return false;
    if (kind == CLAIM_TEXT ? c.num != 0 : text.n != 0)
        return false;
    c.kind = (enum claim_kind)kind;
    if (name.n)
        memcpy(c.name, name.p, name.n);
    if (text.n)
        memcpy(c.text, text.p, text.n);
    claims_put(ret, &c);
    return kind != CLAIM_BOOL || c.num <= 1;
}

static enum sr_err verify(const struct verify_in *in, struct claims *ret, struct sr_why *why)
{
    struct reader r = rd_init(in->evidence);
    struct claims c = { 0 };
    struct sha512 rd;
    bool magic_ok = span_eq(rd_span(&r, sizeof magic - 1), span_of(magic));
    rd_copy(&r, rd.b, sizeof rd.b);
    claims_put_text(&c, "type", SPAN_STR("insecure"));
    claims_put_bool(&c, "debug", true);
    bool good = magic_ok;
    for (size_t n = rd_u8(&r); good && n > 0; n--)
        good = read_claim(&r, &c);
    if (!good || !rd_end(&r) || !claims_ok(&c))
        return sr_fail(why, SR_EFORMAT, R_EVIDENCE_FORMAT, "malformed insecure evidence");
    if (!span_eq(SPAN(rd.b), SPAN(in->rd.b)))
        return sr_fail(why, SR_EPROOF, R_REPORT_DATA, "evidence over other report data");
    *ret = c;
    return SR_OK;
}

const struct verifier verifier_insecure = { .name = "insecure", .max = EVIDENCE_MAX, .verify = verify };
