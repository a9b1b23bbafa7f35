/* door_server.c - a few routes behind the real front, for clients to try: echo, facts about the connection, a
 * slow handler, every refusal. Prints "ready PLAIN TLS" when it listens; reads commands on stdin: "reload
 * CHAIN KEY", "drain", "stop". One line a request on stderr. */
#include "crypto/secret.h"
#include "crypto/text.h"
#include "node/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static enum sr_err echo(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)n, (void)why;
    wr_span(&b, q->body);
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static enum sr_err facts(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)n, (void)why;
    wr_fmt(&b, "{\"tls\":%d,\"local\":%d,\"uid\":%d,\"source\":%d,\"cb\":\"", q->peer.tls, q->peer.local,
           q->peer.local ? (int)q->peer.uid : -1, q->peer.source);
    wr_hex(&b, SPAN(q->peer.cb));
    wr_fmt(&b, "\",\"id\":\"%s\",\"query\":\"%.*s\",\"arg\":\"%.*s\"}", q->id, (int)q->query.n,
           (const char *)q->query.p, (int)q->arg[0].n, (const char *)q->arg[0].p);
    return reply_json(r, 200, &b);
}

/* Argument: milliseconds. */
static enum sr_err wait(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    char ms[16] = "";
    snprintf(ms, sizeof ms, "%.*s", (int)q->arg[0].n, (const char *)q->arg[0].p);
    long t = strtol(ms, NULL, 10);
    nanosleep(&(struct timespec){ t / 1000, t % 1000 * 1000000 }, NULL);
    return echo(n, q, r, why);
}

/* Argument: bytes to answer with. */
static enum sr_err zeros(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    char text[16] = "";
    (void)n, (void)why;
    snprintf(text, sizeof text, "%.*s", (int)q->arg[0].n, (const char *)q->arg[0].p);
    (void)wr_room(&b, (size_t)strtoul(text, NULL, 10));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

/* Argument: the number of the error. What it had begun to say must not be seen. */
static enum sr_err fail(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_TRY(echo(n, q, r, why));
    return sr_fail(why, (enum sr_err)(q->arg[0].p[0] - 'a'), R_FORBIDDEN, "asked to fail");
}

static enum sr_err silent(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    (void)n, (void)q, (void)r, (void)why;
    return SR_OK;
}

static const struct route routes[] = {
    { GET, "/v1/facts", ACCESS_ANYONE, 0, NULL, facts },
    { GET, "/v1/facts/{}", ACCESS_ANYONE, 0, NULL, facts },
    { POST, "/v1/echo", ACCESS_ANYONE, 1 << 20, NULL, echo },
    { POST, "/kbs/v0/echo", ACCESS_ANYONE, 1 << 20, NULL, echo },
    { PUT, "/v1/json", ACCESS_ANYONE, 64, TYPE_JSON, echo },
    { POST, "/v1/wait/{}", ACCESS_ANYONE, 64, NULL, wait },
    { GET, "/v1/zeros/{}", ACCESS_ANYONE, 0, NULL, zeros },
    { GET, "/v1/fail/{}", ACCESS_ANYONE, 0, NULL, fail },
    { GET, "/v1/silent", ACCESS_ANYONE, 0, NULL, silent },
    { POST, "/v1/admin", ACCESS_LOCAL, 64, NULL, echo },
    { POST, "/v1/signed", ACCESS_SIGNED, 64, NULL, echo },
    { POST, "/v1/token", ACCESS_TOKEN, 64, NULL, echo },
    { DELETE, "/v1/token", ACCESS_TOKEN, 0, NULL, echo },
};
static const struct protocol native = { "native", routes, sizeof routes / sizeof *routes, route_error };

/* Signed: the text in Authorization must be the body. Token: "t". */
static enum sr_err admit(struct node *n, enum access a, const struct request *q, struct sr_why *why)
{
    (void)n;
    if (a == ACCESS_SIGNED && !span_eq(q->authorization, q->body))
        return sr_fail(why, SR_EAUTH, R_REQUEST_SIGNATURE, "signature over something else");
    if (a == ACCESS_TOKEN && !span_eq(q->vault_token, SPAN_STR("t")))
        return sr_fail(why, SR_EDENIED, R_FORBIDDEN, "wrong token");
    return SR_OK;
}

static void on_done(struct node *n, const struct request_summary *s)
{
    (void)n;
    fprintf(stderr, "%s %s %s %d %s %ums id=%s %s\n", s->protocol, s->method ? method_name(s->method) : "-",
            s->route, s->status, sr_reason_text(s->why.reason), s->ms, s->id, s->why.text);
}

static unsigned number(const char *name, unsigned otherwise)
{
    const char *s = getenv(name);
    return s ? (unsigned)strtoul(s, NULL, 10) : otherwise;
}

static void commands(struct http *http)
{
    char line[1024], chain[512], key[512];
    struct sr_why why = { 0 };
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "reload %511s %511s", chain, key) == 2)
            printf("reload %s\n", http_reload(http, chain, key, &why) == SR_OK ? "ok" : why.text);
        else if (strcmp(line, "count\n") == 0)
            printf("count %u\n", http_connections(http));
        else if (strcmp(line, "drain\n") == 0)
            printf("drain %s\n", http_drain(http, 3000) == SR_OK ? "ok" : "late");
        else if (strcmp(line, "stop\n") == 0)
            return;
        fflush(stdout);
    }
}

/* door_server UNIX-PATH [CHAIN KEY] */
int main(int argc, char *argv[])
{
    static const struct protocol *const protocols[] = { &native };
    struct http *http = NULL;
    struct sr_why why = { 0 };
    uint16_t plain = 0, tls = 0;
    struct http_options o = { .protocols = protocols,
                              .n_protocols = 1,
                              .admit = admit,
                              .on_done = getenv("QUIET") ? NULL : on_done,
                              .workers = number("WORKERS", 2),
                              .door_threads = number("THREADS", 1),
                              .max_connections = number("CONNECTIONS", 0),
                              .max_per_source = number("PER_SOURCE", 4000),
                              .max_body_memory = number("BODIES", 0),
                              .deadline = { number("HANDSHAKE", 2000), number("HEAD", 1500),
                                            number("BODY", 1500), number("ANSWER", 5000),
                                            number("IDLE", 3000), number("LINGER", 500) } };
    o.listeners[0].kind = LISTEN_UNIX;
    o.listeners[1].kind = LISTEN_PLAIN;
    o.listeners[2].kind = LISTEN_TLS;
    o.n_listeners = argc > 3 ? 3 : 2;
    o.chain = argc > 3 ? argv[2] : NULL;
    o.key = argc > 3 ? argv[3] : NULL;
    if (argc < 2 || secret_init() != SR_OK || http_listen_unix(&o.listeners[0].fd, argv[1], &why) != SR_OK ||
        http_listen(&o.listeners[1].fd, getenv("PLAIN") ? getenv("PLAIN") : "127.0.0.1", 0, &plain, &why) !=
            SR_OK ||
        (argc > 3 && http_listen(&o.listeners[2].fd, "127.0.0.1", 0, &tls, &why) != SR_OK) ||
        http_start(&http, NULL, &o, &why) != SR_OK) {
        printf("failed %s\n", why.text);
        return EXIT_FAILURE;
    }
    printf("ready %u %u\n", plain, tls);
    fflush(stdout);
    commands(http);
    http_stop(http);
    printf("stopped\n");
    return EXIT_SUCCESS;
}
