#include "tests/t.h"
#include "crypto/secret.h"
#include "crypto/text.h"
#include "node/wire/http_client.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A server of the test's own: TLS 1.3 with a key made on the spot. It answers every request with the
 * exporter of its side of the connection, in hex, or with the status that the path names. */
static SSL_CTX *server_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
    SSL_CTX_use_certificate(ctx, cert);
    SSL_CTX_use_PrivateKey(ctx, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return ctx;
}

static void answer(SSL *ssl, const char *request)
{
    uint8_t ekm[CHANNEL_BINDING_SIZE];
    char hex[2 * CHANNEL_BINDING_SIZE + 1], reply[512];
    int status = 200, n;
    SSL_export_keying_material(ssl, ekm, sizeof ekm, "EXPORTER-sealring-v1", 20, NULL, 0, 0);
    hex_text(SPAN(ekm), hex);
    (void)sscanf(request, "%*s /status/%d", &status);
    const char *body = status == 200 ? hex : "{\"error\":{\"reason\":\"nonce-used\"}}";
    n = snprintf(reply, sizeof reply, "HTTP/1.1 %d X\r\nX-Request-Id: abc\r\nContent-Length: %zu\r\n\r\n%s",
                 status, strlen(body), body);
    SSL_write(ssl, reply, n);
}

static void serve(int fd)
{
    SSL_CTX *ctx = server_context();
    for (;;) {
        int c = accept(fd, NULL, NULL);
        SSL *ssl = SSL_new(ctx);
        char request[4096];
        SSL_set_fd(ssl, c);
        for (int n = SSL_accept(ssl); n > 0 && (n = SSL_read(ssl, request, sizeof request - 1)) > 0;) {
            request[n] = 0;
            answer(ssl, request);
        }
        SSL_free(ssl);
        close(c);
    }
}

static pid_t start(char *base, size_t n)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        abort();
    snprintf(base, n, "https://127.0.0.1:%d", ntohs(at.sin_port));
    pid_t pid = fork();
    if (pid == 0)
        serve(fd);
    close(fd);
    return pid;
}

static void both_ends_export_the_same_value(struct http_client *c)
{
    SR_OWN(http_reply) r = { 0 };
    uint8_t cb[CHANNEL_BINDING_SIZE];
    char hex[2 * CHANNEL_BINDING_SIZE + 1];
    T(http_client_binding(c, cb) == SR_ENOENT);
    for (int i = 0; i < 2; i++) {
        T(http_client_call(c, &(struct http_call){ .method = "GET", .path = "/" }, &r, NULL) == SR_OK);
        T(http_client_binding(c, cb) == SR_OK);
        hex_text(SPAN(cb), hex);
        T(span_eq(buf_span(&r.body), span_of(hex)));
        T(strcmp(r.request_id, "abc") == 0);
    }
}

static void statuses_become_errors(struct http_client *c)
{
    static const struct {
        const char *path;
        enum sr_err want;
    } rows[] = {
        { "/status/200", SR_OK },      { "/status/400", SR_EFORMAT }, { "/status/401", SR_EAUTH },
        { "/status/403", SR_EDENIED }, { "/status/404", SR_ENOENT },  { "/status/409", SR_ESTALE },
        { "/status/413", SR_ETOOBIG }, { "/status/503", SR_EBUSY },   { "/status/500", SR_EIO },
        { "/status/302", SR_EIO },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(http_reply) r = { 0 };
        struct http_call call = { .method = "POST", .path = rows[i].path, .body = SPAN_STR("x") };
        T_ROW(http_client_call(c, &call, &r, NULL) == rows[i].want, rows[i].path);
        if (rows[i].want != SR_OK)
            T_ROW(strcmp(r.reason, "nonce-used") == 0, rows[i].path);
    }
}

static void only_three_forms_of_address(void)
{
    struct http_client *c = NULL;
    static const char *const bad[] = { "", "ftp://x", "file:///etc/passwd", "127.0.0.1:80", "unix:relative" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_ROW(http_client_new(&(struct http_client_options){ .base = bad[i] }, &c) == SR_EFORMAT, bad[i]);
}

static void nobody_there_is_an_io_error(void)
{
    struct http_client *c = NULL;
    SR_OWN(http_reply) r = { 0 };
    T(http_client_new(&(struct http_client_options){ .base = "http://127.0.0.1:1" }, &c) == SR_OK);
    T(http_client_call(c, &(struct http_call){ .method = "GET", .path = "/" }, &r, NULL) == SR_EIO);
    http_client_free(c);
}

int main(void)
{
    char base[64];
    struct http_client *c = NULL;
    signal(SIGPIPE, SIG_IGN);
    T(secret_init() == SR_OK);
    pid_t pid = start(base, sizeof base);
    T(http_client_new(&(struct http_client_options){ .base = base }, &c) == SR_OK);
    both_ends_export_the_same_value(c);
    statuses_become_errors(c);
    http_client_free(c);
    only_three_forms_of_address();
    nobody_there_is_an_io_error();
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return t_end();
}
