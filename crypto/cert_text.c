/* Certificates as they arrive: PEM files (RFC 7468) and TPM NV areas with padding. */
#include "crypto/cert.h"
#include "crypto/text.h"

#include <string.h>

static const char begin[] = "-----BEGIN CERTIFICATE-----";
static const char end[] = "-----END CERTIFICATE-----";

static bool is_space(uint8_t c)
{
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

static void skip_space(struct reader *r)
{
    while (rd_left(r) && is_space(*r->p))
        (void)rd_u8(r);
}

static bool take(struct reader *r, const char *text)
{
    struct span want = span_of(text);
    return rd_left(r) >= want.n && span_eq(rd_span(r, want.n), want);
}

/* The base64 between the two lines, without its line ends. */
static enum sr_err one_block(struct reader *r, struct buf *ret_der)
{
    SR_OWN(buf) body = { 0 };
    if (!take(r, begin))
        return SR_EFORMAT;
    while (rd_left(r) && *r->p != '-') {
        uint8_t c = rd_u8(r);
        if (c != '\n' && c != '\r')
            wr_u8(&body, c);
    }
    if (!take(r, end))
        return SR_EFORMAT;
    return base64_read(buf_span(&body), ret_der);
}

enum sr_err certs_read_pem(struct span pem, struct certs *ret, struct sr_why *why)
{
    SR_OWN(certs) all = { 0 };
    if (pem.n > (size_t)CERTS_MAX * CERT_MAX * 2)
        return sr_fail(why, SR_ETOOBIG, R_CERT_FORMAT, "PEM: %zu bytes", pem.n);
    struct reader r = rd_init(pem);
    for (skip_space(&r); rd_left(&r); skip_space(&r)) {
        SR_OWN(buf) der = { 0 };
        if (all.n == CERTS_MAX)
            return sr_fail(why, SR_ETOOBIG, R_CERT_FORMAT, "PEM: more than %d certificates", CERTS_MAX);
        if (one_block(&r, &der) != SR_OK)
            return sr_fail(why, SR_EFORMAT, R_CERT_FORMAT, "PEM: block %zu is malformed", all.n + 1);
        SR_TRY(cert_read(buf_span(&der), &all.c[all.n], why));
        all.n++;
    }
    if (all.n == 0)
        return sr_fail(why, SR_EFORMAT, R_CERT_FORMAT, "PEM: no certificate");
    *ret = SR_TAKE(all);
    return SR_OK;
}

/* Length octets of a SEQUENCE of at most 65535 bytes, X.690, 8.1.3. */
static size_t sequence_length(struct reader *r)
{
    if (rd_u8(r) != 0x30) {
        r->bad = true;
        return 0;
    }
    uint8_t first = rd_u8(r);
    if (first == 0x81)
        return rd_u8(r);
    if (first == 0x82)
        return rd_u16be(r);
    r->bad = r->bad || first > 0x7f;
    return first;
}

enum sr_err cert_trim(struct span padded, struct span *ret_der)
{
    struct reader r = rd_init(padded);
    (void)rd_span(&r, sequence_length(&r));
    size_t left = rd_left(&r);
    if (r.bad)
        return SR_EFORMAT;
    uint8_t fill = left ? rd_u8(&r) : 0;
    if (fill != 0x00 && fill != 0xff)
        return SR_EFORMAT;
    while (rd_left(&r))
        if (rd_u8(&r) != fill)
            return SR_EFORMAT;
    *ret_der = (struct span){ padded.p, padded.n - left };
    return SR_OK;
}
