#include "node/serve.h"

#include "node/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct protocol *const protocols[] = {
    &protocol_status,  &protocol_join, &protocol_enrol, &protocol_release, &protocol_policy,
    &protocol_secrets, &protocol_sync, &protocol_log,   &protocol_witness, &protocol_admin,
    &protocol_upgrade, &protocol_kbs,  &protocol_epoch,
};

/* "127.0.0.1:8443" or "[::1]:8443". */
static enum sr_err split(const char *text, char host[static 64], uint16_t *ret_port, struct sr_why *why)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    size_t n = colon ? (size_t)(colon - text) : 0;
    bool bracket = n > 2 && text[0] == '[' && text[n - 1] == ']';
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (bracket) {
        text++;
        n -= 2;
    }
    if (!colon || n == 0 || n >= 64 || colon[1] < '0' || colon[1] > '9' || *end || port > 65535)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "not ADDRESS:PORT: %.80s", text);
    memcpy(host, text, n);
    host[n] = '\0';
    *ret_port = (uint16_t)port;
    return SR_OK;
}

static enum sr_err add(struct serve *s, enum listen_kind kind, const char *text, char bound[static 80],
                       struct sr_why *why)
{
    char host[64];
    uint16_t port = 0;
    int fd = -1;
    SR_TRY(split(text, host, &port, why));
    SR_TRY(http_listen(&fd, host, port, &port, why));
    snprintf(bound, 80, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    s->listeners[s->n++] = (struct http_listener){ kind, fd };
    return SR_OK;
}

enum sr_err serve_listen(const struct config *c, struct serve *ret, struct sr_why *why)
{
    if (c->listen[0])
        SR_TRY(add(ret, LISTEN_TLS, c->listen, ret->tls, why));
    if (c->listen_plain[0])
        SR_TRY(add(ret, LISTEN_PLAIN, c->listen_plain, ret->plain, why));
    if (!c->admin_socket[0])
        return SR_OK;
    int fd = -1;
    SR_TRY(http_listen_unix(&fd, c->admin_socket, why));
    ret->listeners[ret->n++] = (struct http_listener){ LISTEN_UNIX, fd };
    return SR_OK;
}

static enum metric metric_of(int status)
{
    return status >= 500 && status != 503 ? M_FAILED : M_REFUSED;
}

static void on_done(struct node *n, const struct request_summary *s)
{
    bool bad = s->err != SR_OK || s->status >= 400;
    metrics_add(&n->metrics, M_REQUESTS, 1);
    if (bad)
        metrics_add(&n->metrics, metric_of(s->status), 1);
    struct logline l = log_start(&n->log, bad ? LOG_WARN : LOG_INFO, "request");
    log_text(&l, "id", s->id);
    log_text(&l, "protocol", s->protocol);
    log_text(&l, "method", s->method ? method_name(s->method) : "-");
    log_text(&l, "route", s->route);
    log_num(&l, "status", (uint64_t)s->status);
    log_num(&l, "ms", s->ms);
    if (bad)
        log_why(&l, s->err, &s->why);
    log_end(&l);
}

enum sr_err serve_start(struct node *n, const struct serve *s, struct sr_why *why)
{
    const struct config *c = n->config;
    struct http_options o = { .n_listeners = s->n,
                              .chain = c->tls_cert[0] ? c->tls_cert : NULL,
                              .key = c->tls_key[0] ? c->tls_key : NULL,
                              .protocols = protocols,
                              .n_protocols = sizeof protocols / sizeof *protocols,
                              .admit = api_admit,
                              .on_done = on_done,
                              .workers = (unsigned)c->threads,
                              .max_connections = (unsigned)c->max_connections };
    memcpy(o.listeners, s->listeners, sizeof o.listeners);
    return http_start(&n->http, n, &o, why);
}

void serve_address(const struct config *c, const struct serve *s, char ret[static CONFIG_TEXT])
{
    if (c->address[0])
        snprintf(ret, CONFIG_TEXT, "%s", c->address);
    else if (s->tls[0])
        snprintf(ret, CONFIG_TEXT, "https://%s", s->tls);
    else
        snprintf(ret, CONFIG_TEXT, "http://%s", s->plain);
}
