#pragma once
/* guest.h - a guest of Confidential Containers as a server meets it: a connection, TLS or plain, and what its
 * client asks on it: auth, attest with sample evidence, a resource. What the guest itself would compute
 * afterwards (opening the reply) is left out: only the server's work is measured. */
#include "bench/bench.h"
#include "crypto/text.h"
#include "tests/jose_keys.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 16 << 10, FIELD_MAX = 8 << 10 };

struct guest_conn {
    int fd;
    SSL *tls; /* NULL: plain */
    char answer[ANSWER_MAX + 1];
    size_t n;
};

/* tls: NULL for a plain connection. */
static inline void guest_connect(struct guest_conn *c, uint16_t port, SSL_CTX *tls)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    c->tls = tls ? SSL_new(tls) : NULL;
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        must(SR_EIO, "connect");
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    if (c->tls && (SSL_set_fd(c->tls, c->fd) != 1 || SSL_connect(c->tls) != 1))
        must(SR_EIO, "handshake");
}

/* Waits until the server has closed, so that all of its work is counted. */
static inline void guest_close(struct guest_conn *c)
{
    char byte;
    if (c->tls)
        (void)SSL_shutdown(c->tls);
    shutdown(c->fd, SHUT_WR);
    while (recv(c->fd, &byte, 1, 0) > 0)
        ;
    SSL_free(c->tls);
    close(c->fd);
}

static inline void guest_send(struct guest_conn *c, struct span s)
{
    ssize_t n = c->tls ? SSL_write(c->tls, s.p, (int)s.n) : send(c->fd, s.p, s.n, MSG_NOSIGNAL);
    if (n != (ssize_t)s.n)
        must(SR_EIO, "send");
}

static inline size_t guest_recv(struct guest_conn *c)
{
    char *to = c->answer + c->n;
    size_t room = ANSWER_MAX - c->n;
    ssize_t n = c->tls ? SSL_read(c->tls, to, (int)room) : recv(c->fd, to, room, 0);
    if (n <= 0)
        must(SR_EIO, "receive");
    return (size_t)n;
}

/* Bytes of the whole answer, 0 while its head has not come. */
static inline size_t guest_expects(const struct guest_conn *c)
{
    const char *end = strstr(c->answer, "\r\n\r\n"), *length = strcasestr(c->answer, "\r\nContent-Length:");
    if (!end || !length)
        return 0;
    return (size_t)(end - c->answer) + 4 + strtoul(length + 17, NULL, 10);
}

/* One request; its answer, which must be 200, is in c->answer. */
static inline void guest_ask(struct guest_conn *c, struct buf *request)
{
    guest_send(c, buf_span(request));
    buf_drop(request);
    c->n = 0;
    do {
        c->n += guest_recv(c);
        c->answer[c->n] = '\0';
    } while (guest_expects(c) == 0 || c->n < guest_expects(c));
    if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0)
        must(SR_EDENIED, c->answer);
}

/* The text between `before` and the character `end`. */
static inline struct span guest_find(const struct guest_conn *c, const char *before, char end)
{
    const char *at = strstr(c->answer, before);
    const char *to = at ? strchr(at + strlen(before), end) : NULL;
    if (!to)
        must(SR_EFORMAT, before);
    at += strlen(before);
    return (struct span){ (const uint8_t *)at, (size_t)(to - at) };
}

static inline void guest_post(struct guest_conn *c, const char *path, struct span cookie, struct span body)
{
    struct buf b = { 0 };
    wr_fmt(&b, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n", path);
    if (cookie.n)
        wr_fmt(&b, "Cookie: kbs-session-id=%.*s\r\n", (int)cookie.n, (const char *)cookie.p);
    wr_fmt(&b, "Content-Length: %zu\r\n\r\n", body.n);
    wr_span(&b, body);
    guest_ask(c, &b);
}

/* field: "Cookie" or "Authorization". */
static inline void guest_get(struct guest_conn *c, const char *path, const char *field, const char *value)
{
    struct buf b = { 0 };
    wr_fmt(&b, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s: %s\r\n\r\n", path, field, value);
    guest_ask(c, &b);
}

/* The evidence is about SHA-384 of the nonce and the key. */
static inline void guest_attest(struct guest_conn *c)
{
    SR_OWN(buf) hashed = { 0 };
    SR_OWN(buf) body = { 0 };
    SR_OWN(buf) cookie = { 0 };
    uint8_t digest[SHA384_DIGEST_LENGTH];
    struct span nonce = guest_find(c, "\"nonce\":\"", '"');
    wr_span(&cookie, guest_find(c, "kbs-session-id=", ';'));
    wr_fmt(&hashed, "{\"additional-evidence\":\"\",\"nonce\":\"%.*s\",\"tee-pubkey\":" JWK_EC "}",
           (int)nonce.n, (const char *)nonce.p);
    (void)SHA384(hashed.p, hashed.n, digest);
    wr_fmt(&body,
           "{\"runtime-data\":{\"nonce\":\"%.*s\",\"tee-pubkey\":" JWK_EC "},\"tee-evidence\":"
           "{\"primary_evidence\":{\"svn\":\"1\",\"report_data\":\"",
           (int)nonce.n, (const char *)nonce.p);
    wr_base64(&body, SPAN(digest));
    wr_text(&body, "\"},\"additional_evidence\":\"\"}}");
    guest_post(c, "/kbs/v0/attest", buf_span(&cookie), buf_span(&body));
}

/* auth, attest, and one resource with the session of attest, if there is a path. The answer to attest holds a
 * token. */
static inline void guest_handshake(struct guest_conn *c, const char *path)
{
    char cookie[FIELD_MAX];
    const struct span hello = SPAN_STR("{\"version\":\"0.4.0\",\"tee\":\"sample\",\"extra-params\":\"\"}");
    guest_post(c, "/kbs/v0/auth", (struct span){ 0 }, hello);
    guest_attest(c);
    if (!path)
        return;
    struct span s = guest_find(c, "kbs-session-id=", ';');
    snprintf(cookie, sizeof cookie, "kbs-session-id=%.*s", (int)s.n, (const char *)s.p);
    guest_get(c, path, "Cookie", cookie);
}
