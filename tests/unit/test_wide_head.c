/* Heads over HEAD_MAX through door and engine: what arrives of a large token, where and how large it may be,
 * and that nothing is left of it for the next request. */
#include "tests/attacks/served.h"

#define WIDE "/kbs/v0/public HTTP/1.1\r\nHost: x\r\n"

static void letters(struct buf *b, size_t n, uint8_t first)
{
    uint8_t *at = wr_room(b, n);
    maker_need(at != NULL, "memory");
    for (size_t i = 0; i < n; i++)
        at[i] = (uint8_t)('a' + (first + i) % 26);
}

static const struct row {
    const char *label, *line, *field;
    size_t n; /* bytes of the field's value */
    int served;
    enum sr_reason want;
} rows[] = {
    { "a bearer of 200 KiB", "GET " WIDE, "Authorization", 200 << 10, 1, R_NONE },
    { "a cookie of 200 KiB", "GET " WIDE, "Cookie", 200 << 10, 1, R_NONE },
    { "just over a block", "GET " WIDE, "Cookie", 16 << 10, 1, R_NONE },
    { "just over the narrow limit", "GET " WIDE, "Cookie", HEAD_MAX - 50, 1, R_NONE },
    { "narrow", "GET " WIDE, "Cookie", 100, 1, R_NONE },
    { "to the last byte", "GET " WIDE, "Cookie", HEAD_WIDE_MAX - 50, 1, R_NONE },
    { "one more", "GET " WIDE, "Cookie", HEAD_WIDE_MAX - 49, 0, R_HEAD_LARGE },
    { "twice as much", "GET " WIDE, "Cookie", 2 * HEAD_WIDE_MAX, 0, R_HEAD_LARGE },
    { "another field", "GET " WIDE, "X-Vault-Token", 9000, 0, R_HEAD_LARGE },
    { "a field that is dropped", "GET " WIDE, "X", 9000, 0, R_HEAD_LARGE },
    { "another path", "GET /public HTTP/1.1\r\nHost: x\r\n", "Authorization", 9000, 0, R_HEAD_LARGE },
    { "a path that looks like it", "GET /kbs/v01/public HTTP/1.1\r\nHost: x\r\n", "Cookie", 9000, 0,
      R_HEAD_LARGE },
    { "one that has it in its query", "GET /public?/kbs/v0/ HTTP/1.1\r\nHost: x\r\n", "Cookie", 9000, 0,
      R_HEAD_LARGE },
};

static void head(struct buf *b, const char *line, const char *field, size_t n)
{
    wr_fmt(b, "%s%s: ", line, field);
    letters(b, n, 0);
    wr_text(b, "\r\n\r\n");
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) b = { 0 };
        SR_OWN(buf) value = { 0 };
        struct server s = { 0 };
        head(&b, rows[i].line, rows[i].field, rows[i].n);
        letters(&value, rows[i].n, 0);
        server_start(&s, &(struct http_options){ 0 });
        T_ROW(ask(&s, buf_span(&b)) == rows[i].served, rows[i].label);
        server_drop(&s);
        T_ROW(s.seen.refused == rows[i].want, rows[i].label);
        struct sha256 want = sha256(buf_span(&value));
        T_ROW(!rows[i].served || memcmp(&s.seen.token, &want, sizeof want) == 0, rows[i].label);
    }
}

/* Wide and narrow heads by turns on one connection, with bodies, the next before the answer to the last. */
static void test_turns(void)
{
    SR_OWN(buf) b = { 0 };
    struct server s = { 0 };
    for (int i = 0; i < 3; i++) {
        head(&b, "GET " WIDE, "Cookie", (100 << 10) + (size_t)i);
        wr_text(&b, NEXT "POST " WIDE "Content-Length: 40000\r\nAuthorization: ");
        letters(&b, 50 << 10, 3);
        wr_text(&b, "\r\n\r\n");
        letters(&b, 40000, 5);
    }
    wr_text(&b, NEXT);
    server_start(&s, &(struct http_options){ .max_wide = 1 });
    T(ask(&s, buf_span(&b)) == 10);
    T(s.seen.tokens == 3 * ((100 << 10) + (50 << 10)) + 3 && s.seen.most == 40000 &&
      s.seen.refused == R_NONE);
    server_drop(&s);
}

/* Until it is answered so: what another connection said may not have been read yet. */
static bool becomes(const struct server *s, const struct buf *text, int served)
{
    for (int i = 0; i < 500; i++) {
        if (ask(s, buf_span(text)) == served)
            return true;
        wait_ms(10);
    }
    return false;
}

/* A place is free again after the answer, and after every other end. */
static void test_places(void)
{
    SR_OWN(buf) good = { 0 };
    SR_OWN(buf) half = { 0 };
    SR_OWN(buf) bad = { 0 };
    struct server s = { 0 };
    head(&good, "GET " WIDE, "Cookie", 20 << 10);
    wr_text(&half, "GET " WIDE "Cookie: ");
    letters(&half, 20 << 10, 0);
    wr_span(&bad, buf_span(&half));
    wr_text(&bad, "\001\r\n\r\n");
    server_start(&s, &(struct http_options){ .max_wide = 1, .deadline = { .head = 2000, .linger = 100 } });
    for (int i = 0; i < 3; i++) {
        T(becomes(&s, &good, 1));
        T(ask(&s, buf_span(&half)) == 0);
        T(becomes(&s, &good, 1));
        T(ask(&s, buf_span(&bad)) == 0);
        T(becomes(&s, &good, 1));
    }
    int fd = dial(&s);
    say(fd, buf_span(&half));
    T(becomes(&s, &good, 0));        /* taken */
    T(ask(&s, SPAN_STR(NEXT)) == 1); /* others do not feel it */
    T(becomes(&s, &good, 1));        /* its deadline is that of any head */
    close(fd);
    server_drop(&s);
}

/* Many at once: all of them, with places for a few and patience. */
static void test_crowd(void)
{
    enum { CROWD = 24 };
    SR_OWN(buf) b = { 0 };
    struct server s = { 0 };
    int fd[CROWD], served = 0;
    head(&b, "GET " WIDE, "Authorization", 120 << 10);
    server_start(&s, &(struct http_options){ .max_wide = CROWD, .max_wide_per_source = CROWD });
    for (int i = 0; i < CROWD; i++)
        say(fd[i] = dial(&s), (struct span){ b.p, b.n / 2 });
    for (int i = 0; i < CROWD; i++)
        say(fd[i], (struct span){ b.p + b.n / 2, b.n - b.n / 2 });
    for (int i = 0; i < CROWD; i++)
        served += hear(fd[i]);
    T(served == CROWD && s.seen.tokens == CROWD * (120 << 10));
    server_drop(&s);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 2;
    test_rows();
    test_turns();
    test_places();
    test_crowd();
    return t_end();
}
