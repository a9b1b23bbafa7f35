/* bench_kbs.c - guests of Confidential Containers at a running node, by processor time of the server, taking
 * turns with what they are held to. Many guests at a time, as many threads of the server as it has by
 * default, so that commits are shared as in production. bench/kbs starts the servers.
 *
 *   bench_kbs FOLDER NODE BARE   each PID:PLAIN-PORT:TLS-PORT; tls.crt and tls.key are in the folder */
#include "bench/bare_tls.h"
#include "bench/guest.h"
#include "bench/kbs_floor.h"

#include <pthread.h>

enum { GUESTS = 64, EACH = 16, ALL = GUESTS * EACH, FLOOR_THREADS = 16 };

struct target {
    clockid_t clock;
    uint16_t plain, tls;
};

struct bench {
    struct target node, bare;
    struct server openssl;
    struct kbs_floor floor;
    SSL_CTX *tls;
    char token[FIELD_MAX], zeros[64];
};

static const char resource[] = "/kbs/v0/resource/demo/key/one";

static void target_read(struct target *t, const char *text)
{
    int pid = 0;
    if (sscanf(text, "%d:%hu:%hu", &pid, &t->plain, &t->tls) != 3 || clock_getcpuclockid(pid, &t->clock) != 0)
        must(SR_EFORMAT, text);
}

/* ---- what a guest does */

struct job {
    const struct bench *b;
    uint16_t port;
    SSL_CTX *tls;    /* NULL: plain, and one connection for all */
    const char *get; /* NULL: a handshake, or TLS alone */
    bool silent;     /* nothing is asked on the connection */
};

static void turn(const struct job *j, struct guest_conn *c)
{
    if (j->get)
        guest_get(c, j->get, "Authorization", j->b->token);
    else if (!j->silent)
        guest_handshake(c, resource);
}

static void *guest(void *ctx)
{
    const struct job *j = ctx;
    struct guest_conn c;
    if (!j->tls)
        guest_connect(&c, j->port, NULL);
    for (int i = 0; i < EACH; i++) {
        if (j->tls)
            guest_connect(&c, j->port, j->tls);
        turn(j, &c);
        if (j->tls)
            guest_close(&c);
    }
    if (!j->tls)
        guest_close(&c);
    return NULL;
}

static void *floor_thread(void *ctx)
{
    const struct job *j = ctx;
    for (int i = 0; i < ALL / FLOOR_THREADS; i++)
        kbs_floor_handshake(&j->b->floor);
    return NULL;
}

/* Microseconds of the clock's processor time, for one of ALL. */
static double run(const struct job *j, void *(*what)(void *), size_t threads, clockid_t clock)
{
    pthread_t t[GUESTS];
    struct job copy = *j;
    double began = clock_seconds(clock);
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&t[i], NULL, what, &copy) != 0)
            must(SR_ENOMEM, "thread");
    for (size_t i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    return (clock_seconds(clock) - began) * 1e6 / ALL;
}

static double commits(const struct bench *b)
{
    struct guest_conn c;
    guest_connect(&c, b->node.plain, NULL);
    guest_get(&c, "/metrics", "Accept", "*/*");
    const char *at = strstr(c.answer, "\nsealring_store_commits ");
    guest_close(&c);
    return at ? strtod(at + 24, NULL) : 0;
}

/* ---- rows */

struct row {
    const char *what;
    double goal; /* 0: none */
    double share[BENCH_ROUNDS], ours[BENCH_ROUNDS], floor[BENCH_ROUNDS];
};
enum { HANDSHAKE_TLS, HANDSHAKE_PLAIN, GET_TLS, GET_PLAIN, ROWS };

static struct row rows[ROWS] = {
    [HANDSHAKE_TLS] = { .what =
                            "KBS handshake over TLS, against its cryptography and a bare TLS 1.3 handshake",
                        .goal = 0.7 },
    [HANDSHAKE_PLAIN] = { .what = "KBS handshake on a kept plain connection, against its cryptography",
                          .goal = 0 },
    [GET_TLS] = { .what = "KBS GET with a token, a TLS connection each, against a bare reply through the "
                          "same door",
                  .goal = 0.4 },
    [GET_PLAIN] = { .what = "KBS GET with a token on a kept plain connection, against a bare reply",
                    .goal = 0 },
};

static void note(struct row *r, int i, double floor, double ours)
{
    r->share[i] = floor / ours;
    r->ours[i] = ours;
    r->floor[i] = floor;
}

static void say(struct row *r)
{
    double share = bench_middle(r->share);
    printf("%s: %.0f %% (%.0f to %.0f), %.0f of %.0f us", r->what, share * 100, r->share[0] * 100,
           r->share[BENCH_ROUNDS - 1] * 100, bench_middle(r->floor), bench_middle(r->ours));
    if (r->goal > 0)
        printf(", goal at least %.0f %%: %s", r->goal * 100, share >= r->goal ? "met" : "missed");
    printf("\n");
}

/* ---- rounds */

static double commit_cost(const struct bench *b)
{
    double began = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < ALL; i++)
        kbs_floor_commit(&b->floor);
    return (clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - began) * 1e6 / ALL;
}

static double handshakes(const struct bench *b, SSL_CTX *tls)
{
    const struct job j = { .b = b, .port = tls ? b->node.tls : b->node.plain, .tls = tls };
    return run(&j, guest, GUESTS, b->node.clock);
}

static double gets(const struct bench *b, const struct target *t, SSL_CTX *tls)
{
    const struct job j = {
        .b = b, .port = tls ? t->tls : t->plain, .tls = tls, .get = t == &b->node ? resource : b->zeros
    };
    return run(&j, guest, GUESTS, t->clock);
}

/* Returns how many resources shared a commit. */
static double one_round(const struct bench *b, int i)
{
    const struct job bare = { .b = b, .port = b->openssl.port, .tls = b->tls, .silent = true };
    double before = commits(b);
    double tls = handshakes(b, b->tls), plain = handshakes(b, NULL);
    double shared = (commits(b) - before) / (2 * ALL);
    double floor = run(&(struct job){ .b = b }, floor_thread, FLOOR_THREADS, CLOCK_PROCESS_CPUTIME_ID);
    floor += shared * commit_cost(b);
    note(&rows[HANDSHAKE_TLS], i, floor + run(&bare, guest, GUESTS, b->openssl.clock), tls);
    note(&rows[HANDSHAKE_PLAIN], i, floor, plain);
    note(&rows[GET_TLS], i, gets(b, &b->bare, b->tls), gets(b, &b->node, b->tls));
    note(&rows[GET_PLAIN], i, gets(b, &b->bare, NULL), gets(b, &b->node, NULL));
    return 1 / shared;
}

/* A token for the rounds to come, and a bare reply as long as a resource's. */
static void prepare(struct bench *b)
{
    struct guest_conn c;
    guest_connect(&c, b->node.plain, NULL);
    guest_handshake(&c, NULL);
    struct span token = guest_find(&c, "\"token\":\"", '"');
    snprintf(b->token, sizeof b->token, "Bearer %.*s", (int)token.n, (const char *)token.p);
    guest_get(&c, resource, "Authorization", b->token);
    snprintf(b->zeros, sizeof b->zeros, "/v1/zeros/%zu", strlen(strstr(c.answer, "\r\n\r\n") + 4));
    guest_close(&c);
}

int main(int argc, char *argv[])
{
    static struct bench b;
    static char chain[256], key[256];
    double shared[BENCH_ROUNDS];
    if (argc != 4)
        return 2;
    must(secret_init(), "sodium");
    snprintf(chain, sizeof chain, "%s/tls.crt", argv[1]);
    snprintf(key, sizeof key, "%s/tls.key", argv[1]);
    b.openssl = (struct server){ .chain = chain, .key = key };
    server_start(&b.openssl, serve_bare);
    b.tls = SSL_CTX_new(TLS_client_method());
    target_read(&b.node, argv[2]);
    target_read(&b.bare, argv[3]);
    kbs_floor_make(&b.floor);
    prepare(&b);
    (void)one_round(&b, 0);
    for (int i = 0; i < BENCH_ROUNDS; i++)
        shared[i] = one_round(&b, i);
    for (int i = 0; i < ROWS; i++)
        say(&rows[i]);
    printf("resources that shared a commit: %.1f\n", bench_middle(shared));
    kill(b.openssl.pid, SIGKILL);
    return 0;
}
