#include "node/collateral/answer.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool is_pem(uint8_t c)
{
    return c == '\n' || c == '\r' || (c >= ' ' && c <= '~');
}

static struct span trim(struct span s)
{
    while (s.n && is_blank(s.p[0]))
        s = (struct span){ s.p + 1, s.n - 1 };
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static enum sr_err refuse(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_COLLATERAL_FORMAT, "issuer chain: %s", what);
}

/* One character of the text, and how many bytes of the header stand for it; 0: none that may be there. */
static size_t decode_one(struct span s, uint8_t *ret)
{
    if (s.p[0] != '%') {
        *ret = s.p[0];
        return is_pem(*ret) ? 1 : 0;
    }
    if (s.n < 3 || digit(s.p[1]) < 0 || digit(s.p[2]) < 0)
        return 0;
    *ret = (uint8_t)(digit(s.p[1]) << 4 | digit(s.p[2]));
    return is_pem(*ret) ? 3 : 0;
}

enum sr_err coll_chain_decode(struct span header, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct span s = trim(header);
    if (!s.n || s.n > COLL_CHAIN_MAX)
        return refuse(why, "empty, or too long");
    while (s.n > 0) {
        uint8_t c;
        size_t used = decode_one(s, &c);
        if (!used)
            return refuse(why, "not percent-encoded text");
        wr_u8(&text, c);
        s = (struct span){ s.p + used, s.n - used };
    }
    if (text.n && text.p[0] != '-')
        return refuse(why, "not PEM");
    wr_span(ret, buf_span(&text));
    return buf_ok(&text) && buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (digit(s.p[i]) < 0)
            return false;
    return s.n > 0 && s.n % 2 == 0;
}

enum sr_err coll_body_decode(struct span body, struct buf *ret)
{
    struct span text = trim(body);
    if (!is_hex(text)) {
        wr_span(ret, body);
        return buf_ok(ret) ? SR_OK : SR_ENOMEM;
    }
    for (size_t i = 0; i < text.n; i += 2)
        wr_u8(ret, (uint8_t)(digit(text.p[i]) << 4 | digit(text.p[i + 1])));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
