/* bench_handshake.c - a TLS 1.3 handshake with the door against one with bare OpenSSL under the same
 * settings, key and client, by processor time of the server, in one run, taking turns. Goal: at least 80 %.
 * Bare is bare_tls.h. The door besides: its event loop, deadlines, the limit per source, and the exporter
 * that binds evidence to the connection. */
#include "bench/bare_tls.h"
#include "crypto/secret.h"

#include <arpa/inet.h>

enum { HANDSHAKES = 40, TURNS = 12 /* of as many handshakes each, in a round */ };

static char dir[] = "/tmp/bench-handshake-XXXXXX", chain[64], key[64];

static void make_certificate(void)
{
    char command[512];
    if (!mkdtemp(dir))
        must(SR_EIO, "folder");
    snprintf(chain, sizeof chain, "%s/tls.crt", dir);
    snprintf(key, sizeof key, "%s/tls.key", dir);
    snprintf(command, sizeof command,
             "umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
             "-subj /CN=bench "
             "-keyout %s -out %s 2>/dev/null",
             key, chain);
    if (system(command) != 0)
        must(SR_EIO, "certificate");
}

static enum sr_err nothing(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    (void)n, (void)q, (void)r;
    return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "nothing");
}

static const struct route routes[] = { { GET, "/v1/nothing", ACCESS_ANYONE, 0, NULL, nothing } };
static const struct protocol protocol_nothing = { "nothing", routes, 1, route_error };

static void serve_door(const struct server *s, int listener)
{
    static const struct protocol *const protocols[] = { &protocol_nothing };
    struct http *http = NULL;
    struct sr_why why = { 0 };
    const struct http_options o = { .protocols = protocols,
                                    .n_protocols = 1,
                                    .n_listeners = 1,
                                    .listeners = { { LISTEN_TLS, listener } },
                                    .chain = s->chain,
                                    .key = s->key };
    must(http_start(&http, NULL, &o, &why), "door");
    for (;;)
        pause();
}

static void handshake(SSL_CTX *ctx, uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL *ssl = SSL_new(ctx);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 || SSL_set_fd(ssl, fd) != 1 ||
        SSL_connect(ssl) != 1)
        must(SR_EIO, "handshake");
    (void)SSL_shutdown(ssl);
    shutdown(fd, SHUT_WR);
    char byte;
    while (recv(fd, &byte, 1, 0) > 0) /* until the server has closed: all of its work is counted */
        ;
    SSL_free(ssl);
    close(fd);
}

static double cost(const struct server *s, SSL_CTX *ctx)
{
    double began = clock_seconds(s->clock);
    for (int i = 0; i < HANDSHAKES; i++)
        handshake(ctx, s->port);
    return clock_seconds(s->clock) - began;
}

/* The processor time of bare handshakes as a share of the door's. */
static double round_of_turns(const struct server *bare, const struct server *door, SSL_CTX *ctx)
{
    double bare_cost = 0, door_cost = 0;
    for (int i = 0; i < TURNS; i++) {
        bare_cost += cost(bare, ctx);
        door_cost += cost(door, ctx);
    }
    return bare_cost / door_cost;
}

int main(void)
{
    struct server door = { .chain = chain, .key = key }, bare = door;
    double share[BENCH_ROUNDS];
    char command[96];
    must(secret_init(), "sodium");
    make_certificate();
    server_start(&door, serve_door);
    server_start(&bare, serve_bare);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    (void)round_of_turns(&bare, &door, ctx);
    for (int i = 0; i < BENCH_ROUNDS; i++)
        share[i] = round_of_turns(&bare, &door, ctx);
    bench_share("the door's TLS handshake against bare OpenSSL", share, 0.8);
    SSL_CTX_free(ctx);
    kill(door.pid, SIGKILL), kill(bare.pid, SIGKILL);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? 0 : 1;
}
