#include "node/peer.h"

#include "crypto/url.h"

#include "node/clock.h"
#include "node/node.h"
#include "proto/signed.h"

enum { CALL_MS = 30000 };

void peer_link_drop(struct peer_link *p)
{
    http_reply_drop(&p->reply);
    http_client_free(p->http);
    *p = (struct peer_link){ 0 };
}

static bool is_stopping(void *ctx)
{
    return node_stopping(ctx);
}

enum sr_err peer_open(struct node *n, const char *base, const struct home *home, struct peer_link *ret,
                      struct sr_why *why)
{
    struct http_client_options o = { .base = base,
                                     .ca_file = n->config->tls_ca[0] ? n->config->tls_ca : NULL,
                                     .stop = is_stopping,
                                     .stop_ctx = n };
    struct http_client *c = NULL;
    if (!url_of_node(span_of(base)) || http_client_new(&o, &c) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "not an address of a node: %.80s", base);
    *ret = (struct peer_link){ .http = c, .home = home };
    return SR_OK;
}

static enum sr_err call(struct peer_link *p, struct http_call *h, struct sr_why *why)
{
    uint64_t now = clock_boot_ms();
    if (p->until_ms && now >= p->until_ms)
        return sr_fail(why, SR_EIO, R_TIMEOUT, "%s: the time for this peer is over", h->path);
    if (p->until_ms)
        http_client_timeout(p->http, p->until_ms - now < CALL_MS ? (unsigned)(p->until_ms - now) : CALL_MS);
    return http_client_call(p->http, h, &p->reply, why);
}

static enum sr_err call_signed(struct peer_link *p, struct http_call *h, struct sr_why *why)
{
    SR_OWN(buf) value = { 0 };
    uint8_t id[16];
    struct signed_request q = {
        .cid = p->home->cid, .method = span_of(h->method), .target = span_of(h->path), .body = sha256(h->body)
    };
    random_fill(id, sizeof id);
    SR_TRY(signed_build(&q, &p->home->member, &p->home->member_pub, clock_unix(), id, &value));
    wr_u8(&value, 0);
    if (!buf_ok(&value))
        return SR_ENOMEM;
    h->authorization = (const char *)value.p;
    return call(p, h, why);
}

enum sr_err peer_get(struct peer_link *p, const char *path, struct sr_why *why)
{
    return call(p, &(struct http_call){ .method = "GET", .path = path }, why);
}

enum sr_err peer_post(struct peer_link *p, const char *path, const char *type, struct span body,
                      struct sr_why *why)
{
    return call(p, &(struct http_call){ .method = "POST", .path = path, .type = type, .body = body }, why);
}

enum sr_err peer_get_signed(struct peer_link *p, const char *path, struct sr_why *why)
{
    return call_signed(p, &(struct http_call){ .method = "GET", .path = path }, why);
}

enum sr_err peer_post_signed(struct peer_link *p, const char *path, const char *type, struct span body,
                             struct sr_why *why)
{
    return call_signed(p, &(struct http_call){ .method = "POST", .path = path, .type = type, .body = body },
                       why);
}
