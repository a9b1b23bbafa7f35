#include "node/head.h"

#include <string.h>
#include <strings.h>

static const char *const names[] = {
    [GET] = "GET", [POST] = "POST", [PUT] = "PUT", [DELETE] = "DELETE", [LIST] = "LIST"
};

const char *method_name(enum method m)
{
    return m >= GET && m <= LIST ? names[m] : NULL;
}

enum method method_of(struct span name)
{
    for (enum method m = GET; m <= LIST; m++)
        if (span_eq(name, span_of(names[m])))
            return m;
    return 0;
}

static bool alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool among(uint8_t c, const char *set)
{
    return c && strchr(set, c);
}

/* RFC 9110, 5.6.2 */
static bool token_char(uint8_t c)
{
    return alnum(c) || among(c, "!#$%&'*+-.^_`|~");
}

static bool each(struct span s, bool (*ok)(uint8_t))
{
    for (size_t i = 0; i < s.n; i++)
        if (!ok(s.p[i]))
            return false;
    return true;
}

/* Text, a tab, or CR and LF as a pair: what else may stand in a head is nothing. */
static bool byte_fits(struct span got, size_t i)
{
    uint8_t c = got.p[i];
    if (c == '\n')
        return i > 0 && got.p[i - 1] == '\r';
    if (i > 0 && got.p[i - 1] == '\r')
        return false;
    return c == '\r' || c == '\t' || (c >= 0x20 && c <= 0x7e);
}

#define WIDE_PREFIX "/kbs/v0/"

size_t head_limit(struct span got)
{
    struct span line = { got.p, got.n < HEAD_TARGET_MAX + 32 ? got.n : HEAD_TARGET_MAX + 32 };
    const uint8_t *end = line.n ? memchr(line.p, '\n', line.n) : NULL;
    const uint8_t *space = end ? memchr(line.p, ' ', (size_t)(end - line.p)) : NULL;
    size_t n = sizeof WIDE_PREFIX - 1;
    bool wide = space && (size_t)(end - space) > n && memcmp(space + 1, WIDE_PREFIX, n) == 0;
    return wide ? HEAD_WIDE_MAX : HEAD_MAX;
}

enum sr_err head_find(struct span got, size_t *pos, struct sr_why *why)
{
    size_t limit = head_limit(got);
    for (; *pos < got.n && *pos < limit; ++*pos) {
        if (!byte_fits(got, *pos))
            return sr_fail(why, SR_EFORMAT, R_HTTP_LINE, "byte %zu of a head does not fit", *pos);
        if (*pos >= 3 && memcmp(got.p + *pos - 3, "\r\n\r\n", 4) == 0) {
            ++*pos;
            return SR_OK;
        }
    }
    if (*pos > HEAD_TARGET_MAX + 32 && !memchr(got.p, '\n', HEAD_TARGET_MAX + 32))
        return sr_fail(why, SR_ETOOBIG, R_URI_LONG, "a request line over its limit");
    if (*pos >= limit)
        return sr_fail(why, SR_ETOOBIG, R_HEAD_LARGE, "a head over %zu bytes", limit);
    return SR_EBUSY;
}

/* ---- the request line ---- */

static bool segment_char(uint8_t c)
{
    return alnum(c) || among(c, "._-");
}

static bool query_char(uint8_t c)
{
    return alnum(c) || among(c, "._~:@/,=&+-");
}

static bool segment_fits(struct span seg)
{
    size_t dots = 0;
    while (dots < seg.n && seg.p[dots] == '.')
        dots++;
    return dots < seg.n && each(seg, segment_char);
}

static bool path_fits(struct span path)
{
    size_t n = 0;
    if (path.n == 0 || path.p[0] != '/')
        return false;
    for (size_t at = 1; path.n > 1 && at <= path.n; n++) {
        const uint8_t *slash = at < path.n ? memchr(path.p + at, '/', path.n - at) : NULL;
        size_t end = slash ? (size_t)(slash - path.p) : path.n;
        if (n == HEAD_SEGMENTS_MAX || !segment_fits((struct span){ path.p + at, end - at }))
            return false;
        at = end + 1;
    }
    return true;
}

static enum sr_err target_parse(struct span target, struct head *h, struct sr_why *why)
{
    if (target.n > HEAD_TARGET_MAX)
        return sr_fail(why, SR_ETOOBIG, R_URI_LONG, "a target of %zu bytes", target.n);
    const uint8_t *mark = memchr(target.p, '?', target.n);
    h->path = (struct span){ target.p, mark ? (size_t)(mark - target.p) : target.n };
    if (mark)
        h->query = (struct span){ mark + 1, target.n - h->path.n - 1 };
    if (!path_fits(h->path))
        return sr_fail(why, SR_EFORMAT, R_HTTP_PATH, "a path that is not canonical");
    if (!each(h->query, query_char))
        return sr_fail(why, SR_EFORMAT, R_HTTP_PATH, "a query with other characters than allowed");
    return SR_OK;
}

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static enum sr_err version_parse(struct span v, struct head *h, struct sr_why *why)
{
    if (span_eq(v, SPAN_STR("HTTP/1.1")))
        return SR_OK;
    h->http10 = h->close = true;
    if (span_eq(v, SPAN_STR("HTTP/1.0")))
        return SR_OK;
    if (v.n == 8 && memcmp(v.p, "HTTP/", 5) == 0 && digit(v.p[5]) && v.p[6] == '.' && digit(v.p[7]))
        return sr_fail(why, SR_EFORMAT, R_HTTP_VERSION, "HTTP %c.%c", v.p[5], v.p[7]);
    return sr_fail(why, SR_EFORMAT, R_HTTP_LINE, "no HTTP version");
}

/* "GET /path HTTP/1.1": two single spaces. */
static enum sr_err line_parse(struct span line, struct head *h, struct sr_why *why)
{
    const uint8_t *one = memchr(line.p, ' ', line.n);
    const uint8_t *two = one ? memchr(one + 1, ' ', (size_t)(line.p + line.n - one - 1)) : NULL;
    if (!two || one == line.p || two == one + 1)
        return sr_fail(why, SR_EFORMAT, R_HTTP_LINE, "a request line without three words");
    struct span method = { line.p, (size_t)(one - line.p) };
    struct span target = { one + 1, (size_t)(two - one - 1) };
    struct span version = { two + 1, (size_t)(line.p + line.n - two - 1) };
    if (!each(method, token_char))
        return sr_fail(why, SR_EFORMAT, R_HTTP_LINE, "a method that is no word");
    SR_TRY(version_parse(version, h, why));
    h->method = method_of(method);
    if (!h->method)
        return sr_fail(why, SR_EFORMAT, R_HTTP_METHOD, "a method not served here");
    return target_parse(target, h, why);
}

/* ---- the fields ---- */

enum field {
    F_HOST,
    F_LENGTH,
    F_CODING,
    F_CONNECTION,
    F_EXPECT,
    F_TYPE,
    F_AUTHORIZATION,
    F_ACCEPT,
    F_COOKIE,
    F_VAULT_TOKEN,
    F_UPGRADE,
    F_HTTP2,
    F_TRAILER,
    F_ENCODING,
    F_COUNT
};

/* Every field that means something here. Each may come once; all others are dropped, so that nothing a client
 * sends reaches the engine or a handler unless it stands in this table. */
static const struct known {
    const char *name;
    enum sr_reason refused; /* not R_NONE: its mere presence is refused */
    enum sr_reason twice;
} known[F_COUNT] = {
    [F_HOST] = { "Host", R_NONE, R_HTTP_HOST },
    [F_LENGTH] = { "Content-Length", R_NONE, R_HTTP_FRAMING },
    [F_CODING] = { "Transfer-Encoding", R_NONE, R_HTTP_FRAMING },
    [F_CONNECTION] = { "Connection", R_NONE, R_HTTP_FIELD },
    [F_EXPECT] = { "Expect", R_NONE, R_HTTP_FIELD },
    [F_TYPE] = { "Content-Type", R_NONE, R_HTTP_FIELD },
    [F_AUTHORIZATION] = { "Authorization", R_NONE, R_HTTP_FIELD },
    [F_ACCEPT] = { "Accept", R_NONE, R_HTTP_FIELD },
    [F_COOKIE] = { "Cookie", R_NONE, R_HTTP_FIELD },
    [F_VAULT_TOKEN] = { "X-Vault-Token", R_NONE, R_HTTP_FIELD },
    [F_UPGRADE] = { "Upgrade", R_HTTP_UPGRADE, R_NONE },
    [F_HTTP2] = { "HTTP2-Settings", R_HTTP_UPGRADE, R_NONE },
    [F_TRAILER] = { "Trailer", R_HTTP_FRAMING, R_NONE },
    [F_ENCODING] = { "Content-Encoding", R_HTTP_ENCODING, R_NONE },
};

static bool same_text(struct span s, const char *text)
{
    return s.n == strlen(text) && (s.n == 0 || strncasecmp((const char *)s.p, text, s.n) == 0);
}

/* v[i].p is NULL where field i did not come. */
static enum sr_err field_keep(struct span name, struct span value, struct span v[F_COUNT], struct sr_why *why)
{
    for (size_t i = 0; i < F_COUNT; i++) {
        if (!same_text(name, known[i].name))
            continue;
        if (known[i].refused != R_NONE)
            return sr_fail(why, SR_EFORMAT, known[i].refused, "%s is not served here", known[i].name);
        if (v[i].p)
            return sr_fail(why, SR_EFORMAT, known[i].twice, "%s twice", known[i].name);
        v[i] = value;
    }
    return SR_OK;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
    while (s.n && blank(s.p[s.n - 1]))
        s.n--;
    while (s.n && blank(*s.p)) {
        s.p++;
        s.n--;
    }
    return s;
}

static enum sr_err field_parse(struct span line, struct span v[F_COUNT], struct sr_why *why)
{
    const uint8_t *colon = memchr(line.p, ':', line.n);
    struct span name = { line.p, colon ? (size_t)(colon - line.p) : 0 };
    if (name.n == 0 || !each(name, token_char)) /* a fold and a space before the colon end here */
        return sr_fail(why, SR_EFORMAT, R_HTTP_FIELD, "a field without a proper name");
    return field_keep(name, trim((struct span){ colon + 1, line.n - name.n - 1 }), v, why);
}

/* ---- what they say together ---- */

static bool host_char(uint8_t c)
{
    return alnum(c) || among(c, ".-_:[]");
}

static bool length_parse(struct span s, uint64_t *ret)
{
    uint64_t n = 0;
    if (s.n == 0 || s.n > 19 || !each(s, digit) || (s.n > 1 && *s.p == '0'))
        return false;
    for (size_t i = 0; i < s.n; i++)
        n = n * 10 + (uint64_t)(s.p[i] - '0');
    *ret = n;
    return true;
}

static enum sr_err framing_parse(struct span length, struct span coding, struct head *h, struct sr_why *why)
{
    if (length.p && coding.p)
        return sr_fail(why, SR_EFORMAT, R_HTTP_FRAMING, "both Content-Length and Transfer-Encoding");
    if (length.p && !length_parse(length, &h->length))
        return sr_fail(why, SR_EFORMAT, R_HTTP_FRAMING, "a Content-Length that is no canonical number");
    if (coding.p && !same_text(coding, "chunked"))
        return sr_fail(why, SR_EFORMAT, R_HTTP_FRAMING, "a transfer coding other than chunked");
    if (coding.p && h->http10)
        return sr_fail(why, SR_EFORMAT, R_HTTP_FRAMING, "chunked in HTTP/1.0");
    h->framing = coding.p ? FRAMING_CHUNKED : h->length ? FRAMING_LENGTH : FRAMING_NONE;
    if (h->framing != FRAMING_NONE && h->method != POST && h->method != PUT)
        return sr_fail(why, SR_EFORMAT, R_HTTP_FRAMING, "a body with %s", method_name(h->method));
    return SR_OK;
}

static enum sr_err connection_parse(struct span s, struct head *h, struct sr_why *why)
{
    if (same_text(s, "close"))
        h->close = true;
    else if (same_text(s, "upgrade"))
        return sr_fail(why, SR_EFORMAT, R_HTTP_UPGRADE, "Connection: upgrade");
    else if (s.p && !same_text(s, "keep-alive"))
        return sr_fail(why, SR_EFORMAT, R_HTTP_FIELD, "a Connection option other than close, keep-alive");
    return SR_OK;
}

static enum sr_err fields_judge(const struct span v[F_COUNT], struct head *h, struct sr_why *why)
{
    if (v[F_HOST].n == 0 || v[F_HOST].n > 255 || !each(v[F_HOST], host_char))
        return sr_fail(why, SR_EFORMAT, R_HTTP_HOST, "no Host, or not one");
    SR_TRY(connection_parse(v[F_CONNECTION], h, why));
    SR_TRY(framing_parse(v[F_LENGTH], v[F_CODING], h, why));
    if (v[F_EXPECT].p && !same_text(v[F_EXPECT], "100-continue"))
        return sr_fail(why, SR_EFORMAT, R_HTTP_EXPECT, "an Expect other than 100-continue");
    h->expects_continue = v[F_EXPECT].p && h->framing != FRAMING_NONE;
    h->host = v[F_HOST];
    h->type = v[F_TYPE];
    h->authorization = v[F_AUTHORIZATION];
    h->accept = v[F_ACCEPT];
    h->cookie = v[F_COOKIE];
    h->vault_token = v[F_VAULT_TOKEN];
    return SR_OK;
}

/* The next line without its CRLF. Bytes are as head_find() left them, or the line is bad. */
static bool next_line(struct span *rest, struct span *ret)
{
    const uint8_t *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = lf ? (size_t)(lf - rest->p) : 0;
    if (n == 0 || rest->p[n - 1] != '\r')
        return false;
    *ret = (struct span){ rest->p, n - 1 };
    rest->p += n + 1;
    rest->n -= n + 1;
    return true;
}

enum sr_err head_parse(struct span whole, struct head *ret, struct sr_why *why)
{
    struct head h = { 0 };
    struct span v[F_COUNT] = { 0 }, line;
    size_t pos = 0, lines = 0, size = whole.n;
    enum sr_err e = head_find(whole, &pos, why);
    if (e == SR_ETOOBIG)
        return e;
    if (e != SR_OK || pos != whole.n)
        return sr_fail(why, SR_EFORMAT, R_HTTP_LINE, "not one whole head");
    if (!next_line(&whole, &line))
        return sr_fail(why, SR_EFORMAT, R_HTTP_LINE, "no request line");
    SR_TRY(line_parse(line, &h, why));
    while (next_line(&whole, &line) && line.n) {
        if (++lines > HEAD_FIELDS_MAX)
            return sr_fail(why, SR_ETOOBIG, R_HEAD_LARGE, "over %d fields", HEAD_FIELDS_MAX);
        SR_TRY(field_parse(line, v, why));
    }
    if (size - v[F_AUTHORIZATION].n - v[F_COOKIE].n > HEAD_MAX)
        return sr_fail(why, SR_ETOOBIG, R_HEAD_LARGE, "a wide head of more than its tokens");
    SR_TRY(fields_judge(v, &h, why));
    *ret = h;
    return SR_OK;
}

/* ---- written anew ---- */

static void field_write(struct buf *out, enum field f, struct span value)
{
    if (value.n == 0)
        return;
    wr_text(out, known[f].name);
    wr_text(out, ": ");
    wr_span(out, value);
    wr_text(out, "\r\n");
}

void head_write(const struct head *h, struct buf *out)
{
    wr_text(out, method_name(h->method));
    wr_text(out, " ");
    wr_span(out, h->path);
    wr_text(out, h->query.n ? "?" : "");
    wr_span(out, h->query);
    wr_text(out, " HTTP/1.1\r\n");
    field_write(out, F_HOST, h->host);
    field_write(out, F_TYPE, h->type);
    field_write(out, F_AUTHORIZATION, h->authorization);
    field_write(out, F_ACCEPT, h->accept);
    field_write(out, F_COOKIE, h->cookie);
    field_write(out, F_VAULT_TOKEN, h->vault_token);
    if (h->framing == FRAMING_CHUNKED)
        wr_text(out, "Transfer-Encoding: chunked\r\n");
    else if (h->method == POST || h->method == PUT)
        wr_fmt(out, "Content-Length: %llu\r\n", (unsigned long long)h->length);
    if (h->expects_continue)
        wr_text(out, "Expect: 100-continue\r\n");
    wr_text(out, h->close ? "Connection: close\r\n\r\n" : "\r\n");
}
