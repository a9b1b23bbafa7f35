#include "node/door_conn.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char exporter_label[] = "EXPORTER-sealring-v1";

/* A key behind a passphrase is refused; without this OpenSSL would ask on the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *ctx)
{
    (void)buf, (void)size, (void)rwflag, (void)ctx;
    return 0;
}

/* RFC 7301: whoever names protocols must name one of ours. */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
                       unsigned in_n, void *ctx)
{
    static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
    unsigned char *choice = NULL;
    (void)ssl, (void)ctx;
    if (SSL_select_next_proto(&choice, n, ours, sizeof ours - 1, in, in_n) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = choice;
    return SSL_TLSEXT_ERR_OK;
}

static bool only_13(SSL_CTX *ctx)
{
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(
               ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256") == 1 &&
           SSL_CTX_set_num_tickets(ctx, 0) == 1 && SSL_CTX_set_max_early_data(ctx, 0) == 1;
}

static enum sr_err load(SSL_CTX *ctx, const char *chain, const char *key, struct sr_why *why)
{
    struct stat st;
    if (!chain || !key || stat(key, &st) < 0)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "tls: no certificate or key file");
    if (st.st_mode & 007)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "tls: the key file can be used by others (mode %o)",
                       (unsigned)st.st_mode & 0777);
    if (SSL_CTX_use_certificate_chain_file(ctx, chain) != 1)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "tls: the certificate file can not be read");
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return sr_fail(why, SR_EFORMAT, R_CONFIG,
                       "tls: the key file can not be read or is for another certificate");
    return SR_OK;
}

enum sr_err tls_context(const char *chain, const char *key, SSL_CTX **ret, struct sr_why *why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "tls: no context");
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(
        ctx, 1); /* else a call of the kernel for the head of each record, and one for the rest */
    SSL_CTX_set_options(ctx, SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
    enum sr_err e = only_13(ctx) ? load(ctx, chain, key, why)
                                 : sr_fail(why, SR_EBUG, R_INTERNAL, "tls: settings refused");
    ERR_clear_error();
    if (e == SR_OK)
        *ret = ctx;
    else
        SSL_CTX_free(ctx);
    return e;
}

static enum io tls_result(const struct conn *c, int r)
{
    switch (SSL_get_error(c->tls, r)) {
    case SSL_ERROR_NONE: return IO_OK;
    case SSL_ERROR_WANT_WRITE: return IO_WAIT_OUT;
    case SSL_ERROR_WANT_READ: return IO_WAIT;
    case SSL_ERROR_ZERO_RETURN: return IO_EOF;
    default: return IO_FAIL;
    }
}

static enum io plain_result(ssize_t r, size_t *n)
{
    *n = r > 0 ? (size_t)r : 0;
    if (r > 0)
        return IO_OK;
    if (r == 0)
        return IO_EOF;
    return errno == EAGAIN || errno == EINTR ? IO_WAIT : IO_FAIL;
}

enum io io_handshake(struct conn *c)
{
    if (!c->tls)
        return IO_OK;
    ERR_clear_error();
    enum io io = tls_result(c, SSL_do_handshake(c->tls));
    if (io != IO_OK)
        return io;
    c->peer.tls = true;
    bool bound = SSL_export_keying_material(c->tls, c->peer.cb, sizeof c->peer.cb, exporter_label,
                                            sizeof exporter_label - 1, NULL, 0, 0) == 1;
    return bound ? IO_OK : IO_FAIL;
}

enum io io_read(struct conn *c, uint8_t *p, size_t n, size_t *got)
{
    *got = 0;
    if (!c->tls)
        return plain_result(recv(c->client.fd, p, n, 0), got);
    ERR_clear_error();
    enum io io = tls_result(c, SSL_read_ex(c->tls, p, n, got));
    c->tls_dry = io == IO_WAIT;
    return io;
}

enum io io_write(struct conn *c, const uint8_t *p, size_t n, size_t *put)
{
    *put = 0;
    if (!c->tls) {
        enum io io = plain_result(send(c->client.fd, p, n, MSG_NOSIGNAL), put);
        return io == IO_WAIT ? IO_WAIT_OUT : io;
    }
    ERR_clear_error();
    return tls_result(c, SSL_write_ex(c->tls, p, n, put));
}

bool io_pending(const struct conn *c)
{
    return c->tls && !c->tls_dry && SSL_has_pending(c->tls);
}

void io_park(struct conn *c)
{
    if (c->tls)
        (void)SSL_free_buffers(
            c->tls); /* wiped, by SSL_OP_CLEANSE_PLAINTEXT; not while a record is half there */
}

void io_end(struct conn *c)
{
    if (c->tls && SSL_is_init_finished(c->tls)) {
        ERR_clear_error();
        (void)SSL_shutdown(c->tls);
    }
    (void)shutdown(c->client.fd, SHUT_WR);
    ERR_clear_error();
}
