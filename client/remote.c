#include "client/remote.h"
#include "proto/cid.h"
#include "proto/signed.h"

#include <time.h>

void remote_drop(struct remote *r)
{
    http_client_free(r->http);
    *r = (struct remote){ 0 };
}

enum sr_err remote_open(const struct remote_options *o, struct remote *ret, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_TRY(cid_parse(span_of(o->cid), &r.cid, why));
    const struct http_client_options ho = {
        .base = o->node,
        .ca_file = o->ca,
        .timeout_ms = (unsigned)(o->timeout_s > 3600 ? 3600 : o->timeout_s) * 1000,
    };
    enum sr_err e = http_client_new(&ho, &r.http);
    if (e != SR_OK)
        return sr_fail(why, e, R_CONFIG, "--node: not https://HOST:PORT, http://HOST:PORT or unix:PATH");
    *ret = SR_TAKE(r);
    return SR_OK;
}

static enum sr_err call(struct remote *r, const struct http_call *c, struct buf *ret, struct sr_why *why)
{
    SR_OWN(http_reply) reply = { 0 };
    SR_TRY(http_client_call(r->http, c, &reply, why));
    buf_drop(ret);
    *ret = SR_TAKE(reply.body);
    return SR_OK;
}

enum sr_err remote_get(struct remote *r, const char *path, struct buf *ret, struct sr_why *why)
{
    return call(r, &(struct http_call){ .method = "GET", .path = path }, ret, why);
}

enum sr_err remote_post(struct remote *r, const char *path, const char *type, struct span body,
                        struct buf *ret, struct sr_why *why)
{
    return call(r, &(struct http_call){ .method = "POST", .path = path, .type = type, .body = body }, ret,
                why);
}

void remote_signer_drop(struct remote_signer *s)
{
    sign_key_drop(&s->key);
}

enum sr_err remote_signed(struct remote *r, const struct remote_signer *by, const struct http_call *c,
                          struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) header = { 0 };
    uint8_t id[16];
    random_fill(id, sizeof id);
    const struct signed_request q = {
        .cid = r->cid,
        .method = span_of(c->method),
        .target = span_of(c->path),
        .body = sha256(c->body),
    };
    SR_TRY(signed_build(&q, &by->key, &by->pub, (uint64_t)time(NULL), id, &header));
    wr_u8(&header, 0);
    if (!buf_ok(&header))
        return SR_ENOMEM;
    struct http_call signed_call = *c;
    signed_call.authorization = (const char *)header.p;
    return call(r, &signed_call, ret, why);
}
