/* Attacks on the way in: bytes of which two readers make different requests, paths of which they make
 * different names, and routes that are not for everybody. */
#include "tests/attacks/served.h"

#include <sys/un.h>

/* The text is one request to whoever reads it the one way, and hides another. */
static bool smuggles(struct span text, struct sr_why *why)
{
    struct server s = { 0 };
    whole_run(text, &s, why);
    return s.seen.hidden;
}

/* The next client's request, of which the attacker's body gets a piece. */
static bool swallows(struct span text, struct sr_why *why)
{
    struct server s = { 0 };
    whole_run(text, &s, why);
    return strstr(s.seen.last, "GET") != NULL;
}

static bool length_and_chunked(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR(HEAD "Content-Length: 38\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" INNER),
                    why);
}

static bool two_lengths(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR(HEAD "Content-Length: 33\r\nContent-Length: 0\r\n\r\n" INNER), why);
}

/* 2^64, which is nothing. */
static bool length_overflows(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR(HEAD "Content-Length: 18446744073709551616\r\n\r\n" INNER), why);
}

/* Sixteen to whoever takes a leading zero for octal. */
static bool length_octal(struct lab *l, struct sr_why *why)
{
    (void)l;
    return swallows(SPAN_STR(HEAD "Content-Length: 020\r\n\r\n0123456789abcdef" NEXT), why);
}

/* Three to whoever reads until it is no number any more. */
static bool length_of_other_characters(struct lab *l, struct sr_why *why)
{
    (void)l;
    return swallows(SPAN_STR(HEAD "Content-Length: 3/\r\n\r\n012" NEXT), why);
}

/* A body until the connection ends to whoever does not know that coding. */
static bool unknown_coding(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR(HEAD "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" INNER), why);
}

/* HTTP/1.0 has no chunks. */
static bool chunks_of_the_past(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR("POST /public HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "0\r\n\r\n" INNER),
                    why);
}

static bool body_with_get(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR("GET /public HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n\r\n" INNER), why);
}

/* A line end to some, a part of the value to others. */
static bool bare_line_end(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR(HEAD "X: a\nb\r\nContent-Length: 33\r\n\r\n" INNER), why);
}

static bool space_before_colon(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR(HEAD "Content-Length : 33\r\n\r\n" INNER), why);
}

static bool folded_field(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR(HEAD "X: a\r\n Content-Length: 33\r\n\r\n" INNER), why);
}

/* A bare line feed ends the size line for one reader, which sees 38 bytes in a second chunk. */
static bool chunk_extension(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(
        SPAN_STR(HEAD "Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n26\r\n0\r\n\r\n" INNER "\r\n0\r\n\r\n"),
        why);
}

/* Two bytes where CR and LF belong: skipped by one reader, the start of a size to the other. */
static bool chunk_end(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)l;
    wr_text(&b, HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nxx260\r\n\r\n" INNER);
    for (int i = 0; i < 0x260 - 2 - 33; i++)
        wr_text(&b, "x");
    wr_text(&b, "\r\n0\r\n\r\n");
    return smuggles(buf_span(&b), why);
}

/* 2^64 again. */
static bool chunk_overflows(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR(HEAD "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n" INNER), why);
}

/* ---- paths ---- */

static bool handler_gets(struct span text, const char *arg, struct sr_why *why)
{
    struct server s = { 0 };
    whole_run(text, &s, why);
    return strcmp(s.seen.arg, arg) == 0;
}

static bool path_of_dots(struct lab *l, struct sr_why *why)
{
    (void)l;
    return handler_gets(SPAN_STR("GET /public/.. HTTP/1.1\r\nHost: x\r\n\r\n"), "[..]", why);
}

static bool path_escaped(struct lab *l, struct sr_why *why)
{
    (void)l;
    return handler_gets(SPAN_STR("GET /public/%2e%2e HTTP/1.1\r\nHost: x\r\n\r\n"), "[%2e%2e]", why);
}

static bool path_empty(struct lab *l, struct sr_why *why)
{
    (void)l;
    return handler_gets(SPAN_STR("GET /public/ HTTP/1.1\r\nHost: x\r\n\r\n"), "[]", why);
}

static bool query_escaped(struct lab *l, struct sr_why *why)
{
    (void)l;
    return handler_gets(SPAN_STR("GET /public?a=%2e HTTP/1.1\r\nHost: x\r\n\r\n"), "?a=%2e", why);
}

/* One goes by the first, the other by the last. */
static bool two_hosts(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR("GET /hidden HTTP/1.1\r\nHost: open\r\nHost: closed\r\n\r\n"), why);
}

/* ---- who may ---- */

static bool admin_from_outside(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR("GET /admin HTTP/1.1\r\nHost: x\r\n\r\n"), why);
}

/* The administrator asks, then the attacker does, and its request takes the same way inside. */
static bool admin_after_admin(struct lab *l, struct sr_why *why)
{
    char dir[] = "/tmp/attack-door-XXXXXX", path[64];
    struct server s = { .seen.lock = PTHREAD_MUTEX_INITIALIZER };
    struct http_options o = { .protocols = protocols, .n_protocols = 1, .workers = 1, .on_done = on_done };
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    const struct span admin = SPAN_STR("GET /admin HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)l;
    maker_need(mkdtemp(dir) != NULL, "folder");
    snprintf(path, sizeof path, "%s/admin", dir);
    memcpy(a.sun_path, path, strlen(path));
    o.listeners[0].kind = LISTEN_UNIX;
    o.listeners[1].kind = LISTEN_PLAIN;
    o.n_listeners = 2;
    maker_need(http_listen_unix(&o.listeners[0].fd, path, NULL) == SR_OK &&
                   http_listen(&o.listeners[1].fd, "127.0.0.1", 0, &s.port, NULL) == SR_OK &&
                   http_start(&s.http, (struct node *)(void *)&s.seen, &o, NULL) == SR_OK,
               "server");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    maker_need(connect(fd, (const struct sockaddr *)&a, sizeof a) == 0, "administrator");
    say(fd, admin);
    maker_need(hear(fd) == 1 && s.seen.hidden, "administrator served");
    s.seen.hidden = false;
    (void)ask(&s, admin);
    server_drop(&s);
    (void)unlink(path);
    (void)rmdir(dir);
    why->reason = s.seen.refused;
    return s.seen.hidden;
}

/* Over the Unix socket, by somebody who is neither root nor we: the kernel says so. */
static bool admin_by_another_user(struct lab *l, struct sr_why *why)
{
    struct seen seen = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct http_options o = { .protocols = protocols, .n_protocols = 1, .max_body_memory = 1 };
    struct calls calls = { .node = (struct node *)(void *)&seen, .o = &o };
    struct call call;
    SR_OWN(reply) r = { 0 };
    (void)l;
    call_begin(&call, &calls);
    call.req.method = GET;
    call.req.path = SPAN_STR("/admin");
    call.req.peer = (struct peer){ .local = true, .uid = geteuid() + 1, .source = SOURCE_UNIX };
    (void)call_judge(&call, 0);
    call_answer(&call, &r);
    *why = call.why;
    call_drop(&call);
    return seen.hidden;
}

/* Requests and answers in the clear, to whoever is on the way. */
static bool plain_for_all(struct lab *l, struct sr_why *why)
{
    struct http *http = NULL;
    struct http_options o = { .protocols = protocols, .n_protocols = 1, .n_listeners = 1 };
    (void)l;
    o.listeners[0].kind = LISTEN_PLAIN;
    maker_need(http_listen(&o.listeners[0].fd, "0.0.0.0", 0, NULL, NULL) == SR_OK, "listener");
    bool got = http_start(&http, NULL, &o, why) == SR_OK;
    http_stop(http);
    return got;
}

static bool signed_by_nobody(struct lab *l, struct sr_why *why)
{
    (void)l;
    return smuggles(SPAN_STR("POST /signed HTTP/1.1\r\nHost: x\r\nAuthorization: none\r\n"
                             "Content-Length: 4\r\n\r\nbody"),
                    why);
}

static const struct attack rows[] = {
    { "length_and_chunked", honest_client, length_and_chunked, R_HTTP_FRAMING },
    { "two_lengths", honest_client, two_lengths, R_HTTP_FRAMING },
    { "length_overflows", honest_client, length_overflows, R_HTTP_FRAMING },
    { "length_octal", honest_client, length_octal, R_HTTP_FRAMING },
    { "length_of_other_characters", honest_client, length_of_other_characters, R_HTTP_FRAMING },
    { "unknown_coding", honest_client, unknown_coding, R_HTTP_FRAMING },
    { "chunks_of_the_past", honest_client, chunks_of_the_past, R_HTTP_FRAMING },
    { "body_with_get", honest_client, body_with_get, R_HTTP_FRAMING },
    { "bare_line_end", honest_client, bare_line_end, R_HTTP_LINE },
    { "space_before_colon", honest_client, space_before_colon, R_HTTP_FIELD },
    { "folded_field", honest_client, folded_field, R_HTTP_FIELD },
    { "chunk_extension", honest_client, chunk_extension, R_HTTP_CHUNK },
    { "chunk_end", honest_client, chunk_end, R_HTTP_CHUNK },
    { "chunk_overflows", honest_client, chunk_overflows, R_HTTP_CHUNK },
    { "path_of_dots", honest_client, path_of_dots, R_HTTP_PATH },
    { "path_escaped", honest_client, path_escaped, R_HTTP_PATH },
    { "path_empty", honest_client, path_empty, R_HTTP_PATH },
    { "query_escaped", honest_client, query_escaped, R_HTTP_PATH },
    { "two_hosts", honest_client, two_hosts, R_HTTP_HOST },
    { "plain_for_all", honest_client, plain_for_all, R_CONFIG },
    { "admin_from_outside", honest_client, admin_from_outside, R_FORBIDDEN },
    { "admin_after_admin", honest_client, admin_after_admin, R_FORBIDDEN },
    { "admin_by_another_user", honest_client, admin_by_another_user, R_FORBIDDEN },
    { "signed_by_nobody", honest_client, signed_by_nobody, R_REQUEST_SIGNATURE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
