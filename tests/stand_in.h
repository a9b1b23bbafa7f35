#pragma once
/* stand_in.h - a PCCS and KDS for tests: a thread that answers GETs on a loopback port from a table, rightly
 * or in one of the ways in which a server goes wrong, and remembers what it was asked. */
#include "tests/vendor_today.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STAND_IN_TIMES = 500 };
enum stand_in_manner {
    ANSWERS,
    NOT_FOUND,
    FAILS,      /* 500 */
    REDIRECTS,  /* to itself, where the right answer is */
    HANGS,      /* takes the request and says nothing */
    TRUNCATES,  /* ends in the middle of the body */
    IS_HUGE,    /* the body, 501 times */
    IS_GARBAGE, /* no document */
    CHAINLESS,  /* without the header that brings the chain */
    BAD_CHAIN,  /* with a header that is no chain */
    TWO_CHAINS
};

struct stand_in_route {
    const char *path, *header; /* the chain's name; NULL: none */
    struct buf body, chain;
};
struct stand_in {
    int fd;
    char base[64];
    pthread_t thread;
    pthread_mutex_t lock;
    _Atomic(enum stand_in_manner) manner;
    struct stand_in_route route[16];
    size_t n;
    char asked[256][512];
    size_t nasked;
};

static inline void stand_in_send(int c, struct span s)
{
    while (s.n > 0) {
        ssize_t n = send(c, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        s = (struct span){ s.p + n, s.n - (size_t)n };
    }
}

static inline void stand_in_head(int c, const char *status, const char *more, size_t length)
{
    char head[512];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n%s",
                     status, length, more);
    stand_in_send(c, (struct span){ (const uint8_t *)head, (size_t)n });
}

static inline void stand_in_chain(int c, const char *name, const char *value)
{
    stand_in_send(c, span_of(name));
    stand_in_send(c, span_of(": "));
    stand_in_send(c, span_of(value));
    stand_in_send(c, span_of("\r\n"));
}

static inline void stand_in_right(int c, const struct stand_in_route *r, enum stand_in_manner m)
{
    SR_OWN(buf) chain = { 0 };
    struct span body = m == IS_GARBAGE ? SPAN_STR("<html>come again</html>") : buf_span(&r->body);
    wr_span(&chain, buf_span(&r->chain));
    wr_u8(&chain, 0);
    stand_in_head(c, "200 OK", "", body.n * (m == IS_HUGE ? STAND_IN_TIMES + 1 : 1));
    for (int i = 0; r->header && i < (m == CHAINLESS ? 0 : m == TWO_CHAINS ? 2 : 1); i++)
        stand_in_chain(c, r->header, m == BAD_CHAIN ? "-----BEGIN%2" : (const char *)chain.p);
    stand_in_send(c, span_of("\r\n"));
    for (int i = 0; m == IS_HUGE && i < STAND_IN_TIMES; i++)
        stand_in_send(c, body);
    stand_in_send(c, m == TRUNCATES ? (struct span){ body.p, body.n / 2 } : body);
}

/* A copy of the route: it may be replaced while it is answered. */
static inline bool stand_in_find(struct stand_in *s, const char *path, struct stand_in_route *ret)
{
    bool found = false;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n && !found; i++) {
        const struct stand_in_route *r = &s->route[i];
        found = strcmp(r->path, path) == 0;
        if (!found)
            continue;
        ret->header = r->header;
        wr_span(&ret->body, buf_span(&r->body));
        wr_span(&ret->chain, buf_span(&r->chain));
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static inline void stand_in_answer(struct stand_in *s, int c, const char *path)
{
    enum stand_in_manner m = s->manner;
    struct stand_in_route r = { 0 };
    char to[600];
    bool moved = strncmp(path, "/moved", 6) == 0;
    snprintf(to, sizeof to, "Location: %s/moved%.500s\r\n\r\n", s->base, path);
    if (m == HANGS)
        for (int i = 0; i < 200 && s->manner == HANGS; i++)
            usleep(50000);
    else if (m == NOT_FOUND || !stand_in_find(s, path + (moved ? 6 : 0), &r))
        stand_in_head(c, "404 Not Found", "\r\n", 0);
    else if (m == FAILS)
        stand_in_head(c, "500 Error", "\r\n", 0);
    else if (m == REDIRECTS && !moved)
        stand_in_head(c, "302 Found", to, 0);
    else
        stand_in_right(c, &r, m);
    buf_drop(&r.body);
    buf_drop(&r.chain);
}

static inline void *stand_in_run(void *arg)
{
    struct stand_in *s = arg;
    for (;;) {
        char request[2048] = "", path[512] = "";
        int c = accept(s->fd, NULL, NULL);
        if (c < 0)
            return NULL;
        ssize_t n = recv(c, request, sizeof request - 1, 0);
        if (n > 0 && sscanf(request, "GET %511s", path) == 1) {
            pthread_mutex_lock(&s->lock);
            if (s->nasked < 256)
                strcpy(s->asked[s->nasked++], path);
            pthread_mutex_unlock(&s->lock);
            stand_in_answer(s, c, path);
        }
        close(c);
    }
}

static inline struct stand_in *stand_in_start(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof at;
    struct stand_in *s = calloc(1, sizeof *s);
    MUST(s && (s->fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0 &&
         bind(s->fd, (struct sockaddr *)&at, len) == 0 && listen(s->fd, 64) == 0 &&
         getsockname(s->fd, (struct sockaddr *)&at, &len) == 0);
    snprintf(s->base, sizeof s->base, "http://127.0.0.1:%d", ntohs(at.sin_port));
    pthread_mutex_init(&s->lock, NULL);
    MUST(pthread_create(&s->thread, NULL, stand_in_run, s) == 0);
    return s;
}

static inline void stand_in_stop(struct stand_in *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    for (size_t i = 0; i < s->n; i++) {
        buf_drop(&s->route[i].body);
        buf_drop(&s->route[i].chain);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static inline size_t stand_in_asked(struct stand_in *s)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->nasked;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* As a PCCS writes chains: every character that is no letter, digit or one of -_.~ as an escape. */
static inline void stand_in_escape(struct span text, struct buf *ret)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-_.~", c));
        if (plain)
            wr_u8(ret, c);
        else
            wr_fmt(ret, "%%%02X", c);
    }
}

/* Replaces the route of that path, or makes one; the certificates of the chain are given as DER. */
static inline void stand_in_serve(struct stand_in *s, const char *path, struct span body, const char *header,
                                  const struct buf *one, const struct buf *two)
{
    SR_OWN(buf) pem = { 0 };
    struct stand_in_route *r = NULL;
    if (one)
        made_pem(buf_span(one), &pem);
    if (two)
        made_pem(buf_span(two), &pem);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->route[i].path, path) == 0)
            r = &s->route[i];
    if (!r)
        r = &s->route[s->n++];
    buf_drop(&r->body);
    buf_drop(&r->chain);
    r->path = path;
    r->header = header;
    wr_span(&r->body, body);
    stand_in_escape(buf_span(&pem), &r->chain);
    pthread_mutex_unlock(&s->lock);
}

/* All of a TDX world's collateral. */
static inline void stand_in_intel(struct stand_in *s, const struct world *w)
{
    SR_OWN(buf) hex = { 0 };
    for (size_t i = 0; i < w->file[F_ROOT_CRL].n; i++)
        wr_fmt(&hex, "%02x", w->file[F_ROOT_CRL].p[i]);
    stand_in_serve(s, "/tdx/certification/v4/tcb?fmspc=b0c06f000000", buf_span(&w->file[F_TCB]),
                   "TCB-Info-Issuer-Chain", &w->file[F_SIGNER], &w->file[F_ROOT]);
    stand_in_serve(s, "/tdx/certification/v4/qe/identity", buf_span(&w->file[F_QE]),
                   "SGX-Enclave-Identity-Issuer-Chain", &w->file[F_SIGNER], &w->file[F_ROOT]);
    stand_in_serve(s, "/sgx/certification/v4/pckcrl?ca=platform&encoding=der", buf_span(&w->file[F_CA_CRL]),
                   "SGX-PCK-CRL-Issuer-Chain", &w->file[F_CA], &w->file[F_ROOT]);
    stand_in_serve(s, "/sgx/certification/v4/rootcacrl", buf_span(&hex), NULL, NULL, NULL);
}

/* Of snp_today(): Genoa. */
#define STAND_IN_VCEK                                                                                        \
    "/vcek/v1/Genoa/"                                                                                        \
    "0405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536" \
    "37"                                                                                                     \
    "38393a3b3c3d3e3f40414243?blSPL=04&teeSPL=01&snpSPL=24&ucodeSPL=219"
static inline void stand_in_amd(struct stand_in *s, const struct snp_world *w)
{
    SR_OWN(buf) pem = { 0 };
    made_pem(buf_span(&w->file[S_CA]), &pem);
    made_pem(buf_span(&w->file[S_ROOT]), &pem);
    stand_in_serve(s, "/vcek/v1/Genoa/cert_chain", buf_span(&pem), NULL, NULL, NULL);
    stand_in_serve(s, "/vcek/v1/Genoa/crl", buf_span(&w->file[S_CRL]), NULL, NULL, NULL);
    stand_in_serve(s, STAND_IN_VCEK, buf_span(&w->file[S_VEK]), NULL, NULL, NULL);
}
