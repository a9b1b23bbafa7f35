#pragma once
/* bare_tls.h - what a TLS 1.3 handshake costs with OpenSSL alone, under the settings of node/door_tls.c: a
 * server in a process of its own, whose processor time can be asked for. It accepts, SSL_accept(), waits for
 * the client's end, SSL_free(), close(). */
#include "bench/bench.h"
#include "node/http.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
    pid_t pid;
    clockid_t clock;
    uint16_t port;
    const char *chain, *key;
};

static inline SSL_CTX *bare_context(const struct server *s)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_num_tickets(ctx, 0) != 1 || SSL_CTX_use_certificate_chain_file(ctx, s->chain) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, s->key, SSL_FILETYPE_PEM) != 1)
        must(SR_EBUG, "context");
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return ctx;
}

static inline void serve_bare(const struct server *s, int listener)
{
    SSL_CTX *ctx = bare_context(s);
    char byte;
    (void)fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) & ~O_NONBLOCK);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        SSL *ssl = SSL_new(ctx);
        if (fd < 0 || !ssl || SSL_set_fd(ssl, fd) != 1 || SSL_accept(ssl) != 1)
            must(SR_EIO, "bare handshake");
        (void)SSL_read(ssl, &byte, 1);
        (void)SSL_shutdown(ssl);
        SSL_free(ssl);
        close(fd);
    }
}

/* In a process of its own, which ends with this one. */
static inline void server_start(struct server *s, void (*serve)(const struct server *, int))
{
    struct sr_why why = { 0 };
    int listener;
    must(http_listen(&listener, "127.0.0.1", 0, &s->port, &why), "listen");
    fflush(stdout);
    s->pid = fork();
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(s, listener);
    }
    close(listener);
    if (s->pid < 0 || clock_getcpuclockid(s->pid, &s->clock) != 0)
        must(SR_EIO, "server");
}
