#include "crypto/url.h"

#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool among(uint8_t c, const char *more)
{
    return c && (strchr("0123456789", c) || strchr(more, c));
}

static bool starts(struct reader *r, const char *text)
{
    struct reader at = *r;
    struct span want = span_of(text);
    if (!span_eq(rd_span(&at, want.n), want))
        return false;
    *r = at;
    return true;
}

/* As many as there are of these characters. */
static size_t take(struct reader *r, const char *more, const char *even_more)
{
    size_t n = 0;
    for (; rd_left(r) && (among(*r->p, more) || (even_more && *r->p && strchr(even_more, *r->p))); n++)
        (void)rd_u8(r);
    return n;
}

static bool host(struct reader *r)
{
    if (!starts(r, "["))
        return take(r, letters, ".-_") > 0;
    return take(r, "abcdefABCDEF", ":.") >= 2 && starts(r, "]");
}

static bool port(struct reader *r)
{
    unsigned v = 0;
    if (!rd_left(r))
        return true;
    if (!starts(r, ":") || rd_left(r) == 0 || rd_left(r) > 5 || *r->p == '0')
        return false;
    while (rd_left(r)) {
        uint8_t c = rd_u8(r);
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (unsigned)(c - '0');
    }
    return v <= 65535;
}

bool url_of_node(struct span text)
{
    struct reader r = rd_init(text);
    return text.n <= URL_MAX && (starts(&r, "https://") || starts(&r, "http://")) && host(&r) && port(&r);
}
