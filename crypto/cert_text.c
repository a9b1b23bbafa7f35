/* Certificates as they arrive: PEM files (RFC 7468) and TPM NV areas with padding. */
#include "crypto/cert.h"
#include "crypto/text.h"

#include <string.h>

static void skip_line_ends(struct reader *r)
{
    while (rd_left(r) && (*r->p == '\n' || *r->p == '\r'))
        (void)rd_u8(r);
}

/* Base64 to the next dash, without its line ends. */
static void read_body(struct reader *r, struct buf *ret)
{
    const uint8_t *dash = rd_left(r) ? memchr(r->p, '-', rd_left(r)) : NULL;
    struct span text = rd_span(r, dash ? (size_t)(dash - r->p) : rd_left(r));
    uint8_t *to = wr_room(ret, text.n);
    size_t n = 0;
    for (size_t i = 0; to && i < text.n; i++)
        if (text.p[i] != '\n' && text.p[i] != '\r')
            to[n++] = text.p[i];
    ret->n = n;
}

static bool take(struct reader *r, const char *text)
{
    struct span want = span_of(text);
    return rd_left(r) >= want.n && span_eq(rd_span(r, want.n), want);
}

/* What stands between "-----BEGIN " or "-----END " and "-----": capitals, digits and spaces. */
static struct span label(struct reader *r, const char *edge)
{
    struct span l = { r->p, 0 };
    if (!take(r, edge))
        return (struct span){ 0 };
    l.p = r->p;
    while (rd_left(r) && (*r->p == ' ' || (*r->p >= '0' && *r->p <= '9') || (*r->p >= 'A' && *r->p <= 'Z')))
        (void)rd_u8(r);
    l.n = (size_t)(r->p - l.p);
    return take(r, "-----") ? l : (struct span){ 0 };
}

enum sr_err cert_pem_next(struct span *rest, struct span *ret_label, struct buf *ret_der)
{
    SR_OWN(buf) body = { 0 };
    struct reader r = rd_init(*rest);
    skip_line_ends(&r);
    if (!rd_left(&r))
        return SR_ENOENT;
    struct span begin = label(&r, "-----BEGIN ");
    read_body(&r, &body);
    struct span end = label(&r, "-----END ");
    if (begin.n == 0 || !span_eq(begin, end) || base64_read(buf_span(&body), ret_der) != SR_OK)
        return SR_EFORMAT;
    *rest = (struct span){ r.p, rd_left(&r) };
    *ret_label = begin;
    return SR_OK;
}

enum sr_err certs_read_pem(struct span pem, struct certs *ret, struct sr_why *why)
{
    SR_OWN(certs) all = { 0 };
    if (pem.n > (size_t)CERTS_MAX * CERT_MAX * 2)
        return sr_fail(why, SR_ETOOBIG, R_CERT_FORMAT, "PEM: %zu bytes", pem.n);
    for (;;) {
        SR_OWN(buf) der = { 0 };
        struct span name;
        enum sr_err e = cert_pem_next(&pem, &name, &der);
        if (e == SR_ENOENT)
            break;
        if (e != SR_OK || !span_eq(name, SPAN_STR("CERTIFICATE")))
            return sr_fail(why, SR_EFORMAT, R_CERT_FORMAT, "PEM: block %zu is malformed", all.n + 1);
        if (all.n == CERTS_MAX)
            return sr_fail(why, SR_ETOOBIG, R_CERT_FORMAT, "PEM: more than %d certificates", CERTS_MAX);
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
