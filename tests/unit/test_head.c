#include "node/door.h"
#include "node/head.h"
#include "tests/t.h"

#include <stdlib.h>

#define H "Host: x\r\n"
#define Q "POST /a HTTP/1.1\r\n" H

/* What is sent, and the reason it is refused with; R_NONE: it is accepted. Bytes after a NUL count: n. */
static const struct row {
    const char *sent;
    enum sr_reason want;
    int status;
    size_t n;
} rows[] = {
    { "GET / HTTP/1.1\r\n" H "\r\n", R_NONE, 0, 0 },
    { "GET /v1/keys/a.b_c-D HTTP/1.1\r\n" H "\r\n", R_NONE, 0, 0 },
    { "GET /a?list=true&x=a/b HTTP/1.1\r\n" H "\r\n", R_NONE, 0, 0 },
    { "LIST /a HTTP/1.1\r\n" H "\r\n", R_NONE, 0, 0 },
    { "DELETE /a HTTP/1.1\r\n" H "\r\n", R_NONE, 0, 0 },
    { "GET / HTTP/1.0\r\n" H "\r\n", R_NONE, 0, 0 },
    { "GET / HTTP/1.1\r\nhOST:x\r\n\r\n", R_NONE, 0, 0 },
    { "GET / HTTP/1.1\r\nHost: [::1]:8443\r\nX-Unknown: \t a  b\t\r\n\r\n", R_NONE, 0, 0 },
    { Q "Content-Length: 5\r\n\r\n", R_NONE, 0, 0 },
    { Q "Content-Length: 0\r\n\r\n", R_NONE, 0, 0 },
    { Q "Content-Length: 9223372036854775807\r\n\r\n", R_NONE, 0, 0 }, /* too large is said later */
    { Q "Transfer-Encoding: chunked\r\n\r\n", R_NONE, 0, 0 },
    { Q "Transfer-Encoding: CHUNKED\r\nExpect: 100-Continue\r\n\r\n", R_NONE, 0, 0 },
    { Q "Connection: Keep-Alive\r\nContent-Length: 1\r\n\r\n", R_NONE, 0, 0 },
    /* framing: every known way to make two readers see two lengths */
    { Q "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 5\r\ncontent-length: 5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 5, 5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: +5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: -5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 0x5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 5 5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 05\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 00\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 5.0\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: \r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length:\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 18446744073709551616\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Content-Length: 99999999999999999999999999\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: chunked, identity\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: identity\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: gzip, chunked\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: xchunked\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: chunked;q=1\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: \"chunked\"\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding:\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Transfer-Encoding: chunked\r\nTransfer-encoding: identity\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { "POST /a HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { "GET /a HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { "DELETE /a HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Trailer: X\r\nTransfer-Encoding: chunked\r\n\r\n", R_HTTP_FRAMING, 400, 0 },
    { Q "Connection: Content-Length\r\nContent-Length: 5\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "Connection: close, X\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "Content-Length : 3\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "Content-Length\t: 3\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q " Content-Length: 3\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "X: a\r\n b\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "X: a\r\n\tTransfer-Encoding: chunked\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q ": a\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "novalue\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "Na me: a\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "Na(me: a\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "Authorization: a\r\nAuthorization: b\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "X-Vault-Token: a\r\nx-vault-token: a\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "Cookie: a=1\r\nCookie: b=1\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    { Q "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n", R_HTTP_FIELD, 400, 0 },
    /* bytes */
    { Q "X: a\nY: b\r\n\r\n", R_HTTP_LINE, 400, 0 },
    { Q "X: a\rY: b\r\n\r\n", R_HTTP_LINE, 400, 0 },
    { Q "X: a\r\r\n\r\n", R_HTTP_LINE, 400, 0 },
    { "GET / HTTP/1.1\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET / HTTP/1.1\nHost: x\n\n", R_HTTP_LINE, 400, 0 },
    { Q "X: a\0b\r\n\r\n", R_HTTP_LINE, 400, sizeof(Q "X: a\0b\r\n\r\n") - 1 },
    { "GET /a\0b HTTP/1.1\r\n" H "\r\n", R_HTTP_LINE, 400, sizeof("GET /a\0b HTTP/1.1\r\n" H "\r\n") - 1 },
    { Q "X: \x80\r\n\r\n", R_HTTP_LINE, 400, 0 },
    { Q "X: \x7f\r\n\r\n", R_HTTP_LINE, 400, 0 },
    { Q "X: \x1b[2J\r\n\r\n", R_HTTP_LINE, 400, 0 },
    { "\r\nGET / HTTP/1.1\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "\r\n\r\n", R_HTTP_LINE, 400, 0 },
    { "\x16\x03\x01\x02", R_HTTP_LINE, 400, 0 },
    /* the request line */
    { "GET /\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET  / HTTP/1.1\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET /  HTTP/1.1\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET / HTTP/1.1 \r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { " GET / HTTP/1.1\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET\t/\tHTTP/1.1\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET / http/1.1\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET / HTTP/1.10\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET / HTTP/11\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "G@T / HTTP/1.1\r\n" H "\r\n", R_HTTP_LINE, 400, 0 },
    { "GET / HTTP/1.2\r\n" H "\r\n", R_HTTP_VERSION, 505, 0 },
    { "GET / HTTP/0.9\r\n" H "\r\n", R_HTTP_VERSION, 505, 0 },
    { "PRI * HTTP/2.0\r\n\r\n", R_HTTP_VERSION, 505, 0 },
    { "CONNECT x:443 HTTP/1.1\r\n" H "\r\n", R_HTTP_METHOD, 501, 0 },
    { "TRACE / HTTP/1.1\r\n" H "\r\n", R_HTTP_METHOD, 501, 0 },
    { "OPTIONS * HTTP/1.1\r\n" H "\r\n", R_HTTP_METHOD, 501, 0 },
    { "PATCH / HTTP/1.1\r\n" H "\r\n", R_HTTP_METHOD, 501, 0 },
    { "HEAD / HTTP/1.1\r\n" H "\r\n", R_HTTP_METHOD, 501, 0 },
    { "get / HTTP/1.1\r\n" H "\r\n", R_HTTP_METHOD, 501, 0 },
    { "GETS / HTTP/1.1\r\n" H "\r\n", R_HTTP_METHOD, 501, 0 },
    { "GET http://x/ HTTP/1.1\r\n" H "\r\n", R_HTTP_PATH, 400, 0 },
    { "GET x HTTP/1.1\r\n" H "\r\n", R_HTTP_PATH, 400, 0 },
    { "GET * HTTP/1.1\r\n" H "\r\n", R_HTTP_PATH, 400, 0 },
    { "GET ?a HTTP/1.1\r\n" H "\r\n", R_HTTP_PATH, 400, 0 },
    { "GET /?a%20b HTTP/1.1\r\n" H "\r\n", R_HTTP_PATH, 400, 0 },
    { "GET /?a?b HTTP/1.1\r\n" H "\r\n", R_HTTP_PATH, 400, 0 },
    { "GET /#a HTTP/1.1\r\n" H "\r\n", R_HTTP_PATH, 400, 0 },
    /* the other fields */
    { "GET / HTTP/1.1\r\n\r\n", R_HTTP_HOST, 400, 0 },
    { "GET / HTTP/1.0\r\n\r\n", R_HTTP_HOST, 400, 0 },
    { "GET / HTTP/1.1\r\nHost:\r\n\r\n", R_HTTP_HOST, 400, 0 },
    { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", R_HTTP_HOST, 400, 0 },
    { "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", R_HTTP_HOST, 400, 0 },
    { "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", R_HTTP_HOST, 400, 0 },
    { "GET / HTTP/1.1\r\n" H H "\r\n", R_HTTP_HOST, 400, 0 },
    { "GET / HTTP/1.1\r\n" H "host: y\r\n\r\n", R_HTTP_HOST, 400, 0 },
    { "GET / HTTP/1.1\r\n" H "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", R_HTTP_UPGRADE, 501, 0 },
    { "GET / HTTP/1.1\r\n" H "Connection: upgrade\r\n\r\n", R_HTTP_UPGRADE, 501, 0 },
    { "GET / HTTP/1.1\r\n" H "HTTP2-Settings: AA\r\n\r\n", R_HTTP_UPGRADE, 501, 0 },
    { Q "Expect: 200-ok\r\n\r\n", R_HTTP_EXPECT, 417, 0 },
    { Q "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", R_HTTP_ENCODING, 415, 0 },
};

static struct span row_span(const struct row *t)
{
    return (struct span){ (const uint8_t *)t->sent, t->n ? t->n : strlen(t->sent) };
}

static enum sr_err parse(struct span s, struct head *h, struct sr_why *why)
{
    *why = (struct sr_why){ 0 };
    return head_parse(s, h, why);
}

static void each_form_is_taken_or_refused_for_its_reason(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sr_why why;
        struct head h;
        enum sr_err e = parse(row_span(&rows[i]), &h, &why);
        T_ROW((e == SR_OK) == (rows[i].want == R_NONE), rows[i].sent);
        T_ROW(why.reason == rows[i].want, rows[i].sent);
        if (e != SR_OK)
            T_ROW(door_status(why.reason) == rows[i].status, rows[i].sent);
    }
}

/* A refusal never needs more bytes than a head has, and bad bytes are noticed without waiting for its end. */
static void a_head_is_found_at_its_end_and_not_before(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span s = row_span(&rows[i]);
        size_t pos = 0;
        enum sr_err e = SR_EBUSY;
        for (size_t n = 0; n <= s.n && e == SR_EBUSY; n++)
            e = head_find((struct span){ s.p, n }, &pos, NULL);
        T_ROW(e != SR_EBUSY, rows[i].sent);
        T_ROW(e != SR_OK || pos == s.n || rows[i].want != R_NONE, rows[i].sent);
    }
}

static void every_shorter_head_is_refused(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; n < row_span(&rows[i]).n; n++) {
            struct sr_why why;
            struct head h;
            char *copy = malloc(n ? n : 1); /* its own memory: a read past the end shows */
            memcpy(copy, rows[i].sent, n);
            bool whole = rows[i].want != R_NONE; /* a bad row may have a whole head in front */
            T_ROW(parse((struct span){ (uint8_t *)copy, n }, &h, &why) != SR_OK || whole, rows[i].sent);
            free(copy);
        }
}

static bool same(struct span a, struct span b)
{
    return span_eq(a, b);
}

/* What is accepted is written such that it reads as the same again, and once written does not change. */
static bool reads_back(const struct head *h)
{
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    struct head again;
    struct sr_why why;
    head_write(h, &one);
    if (!buf_ok(&one) || one.n > HEAD_REBUILT_MAX || parse(buf_span(&one), &again, &why) != SR_OK)
        return false;
    head_write(&again, &two);
    return span_eq(buf_span(&one), buf_span(&two)) && same(h->path, again.path) &&
           same(h->query, again.query) && h->method == again.method && h->framing == again.framing &&
           h->length == again.length && h->close == again.close &&
           same(h->authorization, again.authorization) && same(h->cookie, again.cookie);
}

static void flipped_bits_never_crash_and_what_passes_reads_back(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span s = row_span(&rows[i]);
        for (size_t bit = 0; bit < s.n * 8; bit++) {
            struct sr_why why;
            struct head h;
            uint8_t *copy = malloc(s.n);
            memcpy(copy, s.p, s.n);
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (parse((struct span){ copy, s.n }, &h, &why) == SR_OK)
                T_ROW(reads_back(&h), rows[i].sent);
            free(copy);
        }
    }
}

static void the_engine_sees_only_known_fields_in_one_spelling(void)
{
    static const char sent[] =
        "POST /v1/a?x=1 HTTP/1.0\r\nhOsT:\t h:1 \r\nX-Request-Id: forged\r\nX-Forwarded-For: "
        "1.2.3.4\r\nAUTHORIZATION: sig a b\r\ncontent-LENGTH: 3\r\nX-Peer-Uid: 0\r\n"
        "User-Agent: u\r\ncontent-type: application/json\r\n\r\n";
    static const char want[] = "POST /v1/a?x=1 HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/json\r\n"
                               "Authorization: sig a b\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
    SR_OWN(buf) out = { 0 };
    struct sr_why why;
    struct head h;
    T(parse(span_of(sent), &h, &why) == SR_OK);
    head_write(&h, &out);
    T(span_eq(buf_span(&out), span_of(want)));
}

static const char *const segments[] = {
    "",       ".",        "..",           "...",          "%2e",      "%2E%2e",      "%2f",    "%00",
    "a%20b",  "a;b",      "a;",           ";x=1",         "a b",      "a\\b",        "\\",     "..\\",
    "a:b",    "a@b",      "a+b",          "a*b",          "a'b",      "a\"b",        "a<b",    "~a",
    "a~",     "a,b",      "a=b",          "a&b",          "a$b",      "a!b",         "(a)",    "{}",
    "{a}",    "[a]",      "a|b",          "a^b",          "`a",       "#",           "a#b",    "%",
    "%c0%af", "\xc0\xaf", "\xe2\x88\x95", "\xef\xbc\x8f", "\xc3\xa9", "caf\xcc\x81", "%u2215", "a\tb",
    "a\x01",  "a\x7f",
};

static void no_path_but_the_canonical_one_is_accepted(void)
{
    static const char *const around[] = { "/%s",         "/%s/", "/v1/%s", "/v1/%s/keys",
                                          "/v1/keys/%s", "//%s", "/%s/%s" };
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++)
        for (size_t j = 0; j < sizeof around / sizeof *around; j++) {
            char path[128] = "", text[256];
            for (const char *p = around[j]; *p; p++)
                if (*p == '%')
                    strcat(path, segments[i]), p++;
                else
                    strncat(path, p, 1);
            struct sr_why why;
            struct head h;
            int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" H "\r\n", path);
            bool root = strcmp(path, "/") == 0; /* the only path with an empty segment */
            T_ROW((parse((struct span){ (uint8_t *)text, (size_t)n }, &h, &why) == SR_OK) == root, path);
        }
}

/* A segment of dots alone. */
static bool has_dots(const char *path)
{
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        size_t dots = strspn(slash + 1, ".");
        if (dots && (slash[1 + dots] == '/' || slash[1 + dots] == 0))
            return true;
    }
    return false;
}

/* 8,000 spellings drawn from what canonicalizers disagree about: accepted is only what is canonical. */
static void generated_paths_are_canonical_or_refused(void)
{
    static const char *const pieces[] = { "/",   "/", "/",  "a", "v1", ".", "..", "%2e",
                                          "%2f", ";", "\\", "-", "_",  "A", "0" };
    uint32_t seed = 1, accepted = 0;
    for (int i = 0; i < 8000; i++) {
        char path[64] = "/", text[128];
        for (int k = 0; k < 6; k++) {
            seed = seed * 1103515245u + 12345u;
            strcat(path, pieces[(seed >> 16) % (sizeof pieces / sizeof *pieces)]);
        }
        struct sr_why why;
        struct head h;
        int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" H "\r\n", path);
        bool ok = parse((struct span){ (uint8_t *)text, (size_t)n }, &h, &why) == SR_OK;
        bool canonical = strcmp(path, "/") == 0 || (!strstr(path, "//") && !strpbrk(path, "%;\\") &&
                                                    path[strlen(path) - 1] != '/' && !has_dots(path));
        T_ROW(ok == canonical, path);
        accepted += ok;
    }
    T(accepted > 100); /* the generator makes both kinds */
}

static void limits_hold_to_the_byte(void)
{
    static char big[HEAD_MAX + 64];
    struct sr_why why;
    struct head h;
    int n = snprintf(big, sizeof big, "GET / HTTP/1.1\r\n" H "X: ");
    memset(big + n, 'a', sizeof big - (size_t)n);
    memcpy(big + HEAD_MAX - 4, "\r\n\r\n", 4);
    T(parse((struct span){ (uint8_t *)big, HEAD_MAX }, &h, &why) == SR_OK);
    memcpy(big + HEAD_MAX - 4, "aa\r\n\r\n", 6);
    T(parse((struct span){ (uint8_t *)big, HEAD_MAX + 2 }, &h, &why) == SR_ETOOBIG &&
      why.reason == R_HEAD_LARGE);
    T(door_status(why.reason) == 431);

    /* below /kbs/v0/ tokens do not count, and others do */
    static char wide[HEAD_WIDE_MAX + 64];
    static const char *const fields[] = { "Cookie", "Authorization", "X" };
    for (int i = 0; i < 3; i++) {
        n = snprintf(wide, sizeof wide, "GET /kbs/v0/a HTTP/1.1\r\n" H "%s: ", fields[i]);
        T(head_limit((struct span){ (uint8_t *)wide, 23 }) == HEAD_MAX);
        T(head_limit((struct span){ (uint8_t *)wide, (size_t)n }) == HEAD_WIDE_MAX);
        memset(wide + n, 'a', sizeof wide - (size_t)n);
        memcpy(wide + HEAD_WIDE_MAX - 4, "\r\n\r\n", 4);
        enum sr_err e = parse((struct span){ (uint8_t *)wide, HEAD_WIDE_MAX }, &h, &why);
        T_ROW(i < 2 ? e == SR_OK : e == SR_ETOOBIG && why.reason == R_HEAD_LARGE, fields[i]);
        memcpy(wide + HEAD_WIDE_MAX - 4, "aa\r\n\r\n", 6);
        T_ROW(parse((struct span){ (uint8_t *)wide, HEAD_WIDE_MAX + 2 }, &h, &why) == SR_ETOOBIG &&
                  why.reason == R_HEAD_LARGE,
              fields[i]);
    }
    T(head_limit(SPAN_STR("GET /kbs/v01 HTTP/1.1\r\n")) == HEAD_MAX);
    T(head_limit(SPAN_STR("GET /a?/kbs/v0/ HTTP/1.1\r\n")) == HEAD_MAX);
    T(head_limit(SPAN_STR("/kbs/v0/\r\n")) == HEAD_MAX && head_limit((struct span){ 0 }) == HEAD_MAX);

    n = snprintf(big, sizeof big, "GET /");
    memset(big + n, 'a', HEAD_TARGET_MAX - 1);
    snprintf(big + n + HEAD_TARGET_MAX - 1, 64, " HTTP/1.1\r\n" H "\r\n");
    T(parse(span_of(big), &h, &why) == SR_OK && h.path.n == HEAD_TARGET_MAX);
    big[n + HEAD_TARGET_MAX - 1] = 'a';
    snprintf(big + n + HEAD_TARGET_MAX, 64, " HTTP/1.1\r\n" H "\r\n");
    T(parse(span_of(big), &h, &why) == SR_ETOOBIG && why.reason == R_URI_LONG &&
      door_status(R_URI_LONG) == 414);
    memset(big + n, 'a', HEAD_MAX);
    T(parse((struct span){ (uint8_t *)big, HEAD_MAX }, &h, &why) == SR_ETOOBIG && why.reason == R_URI_LONG);

    for (int over = 0; over < 2; over++) {
        n = snprintf(big, sizeof big, "GET / HTTP/1.1\r\n" H);
        for (int i = 1; i < HEAD_FIELDS_MAX + over; i++)
            n += snprintf(big + n, 64, "X%d: a\r\n", i);
        snprintf(big + n, 8, "\r\n");
        enum sr_err e = parse(span_of(big), &h, &why);
        T(over ? e == SR_ETOOBIG && why.reason == R_HEAD_LARGE : e == SR_OK);
    }
    for (int over = 0; over < 2; over++) {
        n = snprintf(big, sizeof big, "GET ");
        for (int i = 0; i < HEAD_SEGMENTS_MAX + over; i++)
            n += snprintf(big + n, 64, "/a");
        snprintf(big + n, 64, " HTTP/1.1\r\n" H "\r\n");
        T((parse(span_of(big), &h, &why) == SR_OK) == !over);
    }
}

int main(void)
{
    each_form_is_taken_or_refused_for_its_reason();
    a_head_is_found_at_its_end_and_not_before();
    every_shorter_head_is_refused();
    flipped_bits_never_crash_and_what_passes_reads_back();
    the_engine_sees_only_known_fields_in_one_spelling();
    no_path_but_the_canonical_one_is_accepted();
    generated_paths_are_canonical_or_refused();
    limits_hold_to_the_byte();
    return t_end();
}
