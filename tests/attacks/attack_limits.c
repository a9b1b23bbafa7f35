/* Attacks on what a member has to give: memory and time. Bodies over their limit, heads and bodies that never
 * end, crowds that say nothing. */
#include "node/wire/http_client.h"
#include "tests/attacks/served.h"

static void many(struct buf *b, size_t n)
{
    uint8_t *at = wr_room(b, n);
    maker_need(at != NULL, "memory");
    memset(at, 'b', n);
}

/* More than the route takes, less than some other one does. */
static bool body_over_limit(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct server s = { 0 };
    (void)l;
    wr_fmt(&b, HEAD "Content-Length: %d\r\n\r\n", 2 * BODY);
    many(&b, 2 * BODY);
    whole_run(buf_span(&b), &s, why);
    return s.seen.most == 2 * BODY;
}

/* The same without a length. */
static bool chunks_over_limit(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct server s = { 0 };
    (void)l;
    wr_text(&b, HEAD "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 8; i++) {
        wr_fmt(&b, "%x\r\n", BODY / 4);
        many(&b, BODY / 4);
        wr_text(&b, "\r\n");
    }
    wr_text(&b, "0\r\n\r\n");
    whole_run(buf_span(&b), &s, why);
    return s.seen.most == 2 * BODY;
}

/* Connections that announce bodies and do not send them, until all memory for bodies is promised. */
static bool bodies_hoarded(struct lab *l, struct sr_why *why)
{
    struct server s = { 0 };
    int held[4];
    (void)l;
    server_start(&s, &(struct http_options){ .max_body_memory = 2 * BODY });
    for (int i = 0; i < 4; i++) {
        held[i] = dial(&s);
        say(held[i], SPAN_STR(HEAD "Content-Length: 4096\r\n\r\nb"));
        wait_ms(30);
    }
    SR_OWN(buf) rest = { 0 };
    many(&rest, BODY - 1);
    int served = 0;
    for (int i = 0; i < 4; i++) {
        say(held[i], buf_span(&rest));
        served += hear(held[i]);
    }
    server_drop(&s);
    why->reason = s.seen.refused;
    return served == 4;
}

/* ---- time ---- */

static bool served(struct span text, struct sr_why *why)
{
    struct server s = { 0 };
    server_start(&s, &(struct http_options){ 0 });
    int n = ask(&s, text);
    server_drop(&s);
    why->reason = s.seen.refused;
    return n == 1;
}

static void repeat(struct buf *b, const char *text, int n)
{
    for (int i = 0; i < n; i++)
        wr_text(b, text);
}

static bool head_over_limit(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)l;
    wr_text(&b, "GET /public HTTP/1.1\r\nHost: x\r\nX: ");
    repeat(&b, "0123456789", HEAD_MAX / 10);
    wr_text(&b, "\r\n\r\n");
    return served(buf_span(&b), why);
}

static bool many_fields(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)l;
    wr_text(&b, "GET /public HTTP/1.1\r\nHost: x\r\n");
    repeat(&b, "X: y\r\n", HEAD_FIELDS_MAX);
    wr_text(&b, "\r\n");
    return served(buf_span(&b), why);
}

static bool long_target(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)l;
    wr_text(&b, "GET /public?");
    repeat(&b, "a", HEAD_TARGET_MAX);
    wr_text(&b, " HTTP/1.1\r\nHost: x\r\n\r\n");
    return served(buf_span(&b), why);
}

/* A peer that answers without an end: memory for whoever asked it. */
static bool answer_swells(struct lab *l, struct sr_why *why)
{
    struct server s = { .seen.answer = 2 * CLIENT_REPLY_MAX };
    struct http_client *c = NULL;
    struct http_reply r = { 0 };
    char base[64];
    (void)l;
    server_start(&s, &(struct http_options){ 0 });
    snprintf(base, sizeof base, "http://127.0.0.1:%u", s.port);
    maker_need(http_client_new(&(struct http_client_options){ .base = base }, &c) == SR_OK, "client");
    bool got =
        http_client_call(c, &(struct http_call){ .method = "GET", .path = "/public" }, &r, why) == SR_OK &&
        r.body.n == 2 * CLIENT_REPLY_MAX;
    http_reply_drop(&r);
    http_client_free(c);
    server_drop(&s);
    return got;
}

/* A byte now and then, for longer than any head or body may take. */
static bool drips(struct span first, struct span slow, struct span end, struct sr_why *why)
{
    struct server s = { 0 };
    server_start(&s, &(struct http_options){ .deadline = { .head = 150, .body = 150, .linger = 100 } });
    int fd = dial(&s);
    say(fd, first);
    for (size_t i = 0; i < slow.n; i++) {
        wait_ms(40);
        say(fd, (struct span){ slow.p + i, 1 });
    }
    say(fd, end);
    int served = hear(fd);
    server_drop(&s);
    why->reason = s.seen.refused;
    return served == 1;
}

static bool slow_head(struct lab *l, struct sr_why *why)
{
    (void)l;
    return drips(SPAN_STR("GET /public HTTP/1.1\r\nHost: x\r\nX: "), SPAN_STR("slowly"), SPAN_STR("\r\n\r\n"),
                 why);
}

static bool slow_body(struct lab *l, struct sr_why *why)
{
    (void)l;
    return drips(SPAN_STR(HEAD "Content-Length: 6\r\n\r\n"), SPAN_STR("slowly"), SPAN_STR(""), why);
}

/* ---- heads with large tokens, which a few connections may have ---- */

#define WIDE "GET /kbs/v0/public HTTP/1.1\r\nHost: x\r\n"

static bool honest_bearer(struct lab *l)
{
    SR_OWN(buf) b = { 0 };
    struct server s = { 0 };
    (void)l;
    wr_text(&b, WIDE "Authorization: Bearer ");
    many(&b, 200 << 10);
    wr_text(&b, "\r\n\r\n");
    server_start(&s, &(struct http_options){ 0 });
    bool good = ask(&s, buf_span(&b)) == 1 && s.seen.tokens == (200 << 10) + 7;
    server_drop(&s);
    return good;
}

/* Connections that begin wide heads and do not end them, until all memory for those is taken. */
static bool wide_hoarded(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct server s = { 0 };
    int held[4], served = 0;
    (void)l;
    wr_text(&b, WIDE "Cookie: ");
    many(&b, 64 << 10);
    server_start(&s, &(struct http_options){ .max_wide = 2 });
    for (int i = 0; i < 4; i++) {
        held[i] = dial(&s);
        say(held[i], buf_span(&b));
        wait_ms(30);
    }
    for (int i = 0; i < 4; i++) {
        say(held[i], SPAN_STR("\r\n\r\n"));
        served += hear(held[i]);
    }
    server_drop(&s);
    why->reason = s.seen.refused;
    return served == 4;
}

/* All places for wide heads, taken by one address. */
static bool wide_by_one(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct server s = { 0 };
    (void)l;
    wr_text(&b, WIDE "Cookie: ");
    many(&b, 64 << 10);
    server_start(&s, &(struct http_options){ .max_wide = 8, .max_wide_per_source = 1 });
    int one = dial(&s), two = dial(&s);
    say(one, buf_span(&b));
    wait_ms(50);
    say(two, buf_span(&b));
    say(two, SPAN_STR("\r\n\r\n"));
    int served = hear(two);
    close(one);
    server_drop(&s);
    why->reason = s.seen.refused;
    return served == 1;
}

static bool wide_slow(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)l;
    wr_text(&b, WIDE "Cookie: ");
    many(&b, 64 << 10);
    return drips(buf_span(&b), SPAN_STR("slowly"), SPAN_STR("\r\n\r\n"), why);
}

/* A token where nobody reads large ones. */
static bool wide_elsewhere(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)l;
    wr_text(&b, "GET /public HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ");
    many(&b, 64 << 10);
    wr_text(&b, "\r\n\r\n");
    return served(buf_span(&b), why);
}

/* Other fields than tokens, in a head that may be wide. */
static bool wide_of_others(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)l;
    wr_text(&b, WIDE "X-Anything: ");
    many(&b, 64 << 10);
    wr_text(&b, "\r\n\r\n");
    return served(buf_span(&b), why);
}

/* Nothing at all, for longer than a head may take: does the connection hold its place? */
static bool silent_head(struct lab *l, struct sr_why *why)
{
    struct server s = { 0 };
    (void)l;
    server_start(&s, &(struct http_options){ .deadline = { .head = 100, .idle = 100 } });
    int fd = dial(&s);
    wait_ms(400);
    bool held = http_connections(s.http) == 1;
    close(fd);
    server_drop(&s);
    why->reason = s.seen.refused;
    return held;
}

/* Everybody's places, taken by one. */
static bool one_source(struct lab *l, struct sr_why *why)
{
    struct server s = { 0 };
    int fd[6];
    (void)l;
    server_start(&s, &(struct http_options){ .max_per_source = 3 });
    for (int i = 0; i < 6; i++)
        fd[i] = dial(&s);
    wait_ms(100);
    bool all = http_connections(s.http) == 6;
    for (int i = 0; i < 6; i++)
        close(fd[i]);
    server_drop(&s);
    why->reason = s.seen.refused;
    return all;
}

/* Does the process burn time while nothing happens? In thousandths of what passes; others may be at work,
 * too. */
static int busy(int ms)
{
    struct timespec from, until;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    wait_ms(ms);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &until);
    long us = (until.tv_sec - from.tv_sec) * 1000000 + (until.tv_nsec - from.tv_nsec) / 1000;
    return (int)(us / ms);
}

enum { CROWD = 50, BUSY_MS = 250, BUSY = 20 };

/* Half of a crowd says nothing and the other half half a head: may waiting for them cost the processor? */
static bool crowd(unsigned room, struct sr_why *why)
{
    struct server s = { 0 };
    int fd[CROWD];
    server_start(&s, &(struct http_options){ .max_connections = room });
    for (int i = 0; i < CROWD; i++) {
        fd[i] = dial(&s);
        if (i % 2)
            say(fd[i], SPAN_STR("GET /pub"));
    }
    wait_ms(50);
    int share = busy(BUSY_MS);
    for (int i = 0; i < CROWD; i++)
        close(fd[i]);
    server_drop(&s);
    why->reason = s.seen.refused;
    return share > BUSY;
}

/* More than there may be: the rest stand before the listener. */
static bool crowd_outside(struct lab *l, struct sr_why *why)
{
    (void)l;
    return crowd(4, why);
}

/* A client that goes on sending while its request runs, until nothing more is taken. */
static bool stuffed(struct lab *l, struct sr_why *why)
{
    struct server s = { .seen.slow_ms = 500 };
    SR_OWN(buf) more = { 0 };
    (void)l;
    many(&more, 200 << 10);
    server_start(&s, &(struct http_options){ 0 });
    int fd = dial(&s);
    struct timeval brief = { .tv_usec = 50000 };
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
    say(fd, SPAN_STR("GET /public HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_ms(30);
    say(fd, buf_span(&more));
    int share = busy(BUSY_MS);
    close(fd);
    server_drop(&s);
    why->reason = s.seen.refused;
    return share > BUSY;
}

static const struct attack rows[] = {
    { "body_over_limit", honest_client, body_over_limit, R_TOO_LARGE },
    { "chunks_over_limit", honest_client, chunks_over_limit, R_TOO_LARGE },
    { "bodies_hoarded", honest_client, bodies_hoarded, R_BUSY },
    { "head_over_limit", honest_client, head_over_limit, R_HEAD_LARGE },
    { "many_fields", honest_client, many_fields, R_HEAD_LARGE },
    { "long_target", honest_client, long_target, R_URI_LONG },
    { "answer_swells", honest_client, answer_swells, R_NO_ANSWER },
    { "slow_head", honest_client, slow_head, R_TIMEOUT },
    { "slow_body", honest_client, slow_body, R_TIMEOUT },
    { "wide_hoarded", honest_bearer, wide_hoarded, R_BUSY },
    { "wide_by_one", honest_bearer, wide_by_one, R_BUSY },
    { "wide_slow", honest_bearer, wide_slow, R_TIMEOUT },
    { "wide_elsewhere", honest_bearer, wide_elsewhere, R_HEAD_LARGE },
    { "wide_of_others", honest_bearer, wide_of_others, R_HEAD_LARGE },
    { "silent_head", honest_client, silent_head, R_NONE },
    { "one_source", honest_client, one_source, R_NONE },
    { "crowd_outside", honest_client, crowd_outside, R_NONE },
    { "stuffed", honest_client, stuffed, R_NONE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
