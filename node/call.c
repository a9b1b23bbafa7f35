#include "node/call.h"
#include "node/door.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

void call_begin(struct call *call, struct calls *calls)
{
    *call = (struct call){ .calls = calls };
    clock_gettime(CLOCK_MONOTONIC, &call->began);
    door_request_id(call->req.id);
}

static unsigned elapsed_ms(const struct call *call)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned)((now.tv_sec - call->began.tv_sec) * 1000 +
                      (now.tv_nsec - call->began.tv_nsec) / 1000000);
}

static void report(const struct call *call, int status, enum sr_err e)
{
    const struct calls *all = call->calls;
    if (!all->o->on_done)
        return;
    all->o->on_done(all->node, &(struct request_summary){
                                   .protocol = call->protocol ? call->protocol->name : "-",
                                   .route = call->route ? call->route->path : "-",
                                   .method = call->req.method,
                                   .status = status,
                                   .err = e,
                                   .why = call->why,
                                   .ms = elapsed_ms(call),
                                   .peer = &call->req.peer,
                                   .id = call->req.id,
                               });
}

void call_drop(struct call *call)
{
    if (!call->calls)
        return;
    if (call->judged && !call->answered)
        report(call, 0, SR_EIO);
    atomic_fetch_sub(&call->calls->body_memory, call->reserved);
    buf_drop(&call->body);
    *call = (struct call){ 0 };
}

static enum sr_err find(struct call *call)
{
    const struct calls *all = call->calls;
    enum sr_err e = SR_ENOENT;
    for (size_t i = 0; i < all->o->n_protocols && e == SR_ENOENT; i++) {
        e = route_find(all->o->protocols[i], &call->req, &call->route, call->allow, &call->why);
        if (e != SR_ENOENT)
            call->protocol = all->o->protocols[i];
    }
    if (e == SR_OK)
        call->why = (struct sr_why){ 0 }; /* of the protocols asked before */
    return e;
}

static enum sr_err ask(struct call *call)
{
    const struct calls *all = call->calls;
    if (!all->o->admit)
        return sr_fail(&call->why, SR_EDENIED, R_FORBIDDEN, "nobody admits here");
    return all->o->admit(all->node, call->route->access, &call->req, &call->why);
}

static enum sr_err admit_early(struct call *call)
{
    const struct peer *p = &call->req.peer;
    switch (call->route->access) {
    case ACCESS_ANYONE: return SR_OK;
    case ACCESS_LOCAL:
        if (p->local && (p->uid == 0 || p->uid == geteuid()))
            return SR_OK;
        return sr_fail(&call->why, SR_EDENIED, R_FORBIDDEN, "for the administration's socket only");
    case ACCESS_TOKEN:
    case ACCESS_SESSION: return ask(call);
    case ACCESS_SIGNED:
        if (call->req.authorization.n)
            return SR_OK; /* admit_late() asks, when the body that is signed has come */
        return sr_fail(&call->why, SR_EAUTH, R_UNAUTHENTICATED, "no Authorization");
    case ACCESS_UNSET: break;
    }
    return sr_fail(&call->why, SR_EDENIED, R_FORBIDDEN, "a route without access");
}

static bool same_type(struct span got, const char *want)
{
    size_t n = strlen(want);
    if (got.n < n || strncasecmp((const char *)got.p, want, n) != 0)
        return false;
    return got.n == n || got.p[n] == ';' || got.p[n] == ' ';
}

static enum sr_err expect_body(struct call *call, uint64_t length)
{
    const struct route *r = call->route;
    uint64_t n = length == CALL_CHUNKED ? r->max_body : length;
    if (n > r->max_body || (n == 0 && length == CALL_CHUNKED))
        return sr_fail(&call->why, SR_ETOOBIG, R_TOO_LARGE, "a body over %zu bytes", r->max_body);
    if (n && r->type && !same_type(call->req.type, r->type))
        return sr_fail(&call->why, SR_EFORMAT, R_MEDIA_TYPE, "not %s", r->type);
    call->reserved = (size_t)n;
    if (atomic_fetch_add(&call->calls->body_memory, n) + n > call->calls->o->max_body_memory)
        return sr_fail(&call->why, SR_EBUSY, R_BUSY, "too many bodies at a time");
    return SR_OK;
}

static enum sr_err judge(struct call *call, uint64_t length)
{
    SR_TRY(find(call));
    SR_TRY(admit_early(call));
    return expect_body(call, length);
}

enum sr_err call_judge(struct call *call, uint64_t length)
{
    call->judged = true;
    return call->refused = judge(call, length);
}

void call_take(struct call *call, struct span piece)
{
    if (call->refused != SR_OK)
        return;
    if (piece.n > call->route->max_body - call->body.n)
        call->refused =
            sr_fail(&call->why, SR_ETOOBIG, R_TOO_LARGE, "a body over %zu bytes", call->route->max_body);
    else
        wr_span(&call->body, piece);
}

static enum sr_err run(struct call *call, struct reply *r)
{
    if (call->refused != SR_OK)
        return call->refused;
    if (!buf_ok(&call->body))
        return sr_fail(&call->why, SR_ENOMEM, R_INTERNAL, "no memory for a body");
    call->req.body = buf_span(&call->body);
    if (call->route->access == ACCESS_SIGNED)
        SR_TRY(ask(call));
    SR_TRY(call->route->run(call->calls->node, &call->req, r, &call->why));
    return r->status ? SR_OK : sr_fail(&call->why, SR_EBUG, R_INTERNAL, "a handler that said nothing");
}

/* Who words it when no route has the path: the protocol whose name is its first segment, or else the first.
 */
static const struct protocol *at_home(const struct call *call)
{
    const struct http_options *o = call->calls->o;
    struct span path = call->req.path;
    for (size_t i = 0; i < o->n_protocols; i++) {
        struct span name = span_of(o->protocols[i]->name);
        if (path.n > name.n + 1 && path.p[name.n + 1] == '/' &&
            span_eq((struct span){ path.p + 1, name.n }, name))
            return o->protocols[i];
    }
    return o->protocols[0];
}

void call_answer(struct call *call, struct reply *r)
{
    enum sr_err e = run(call, r);
    if (e != SR_OK) { /* whatever a handler had begun to say is not said */
        const struct protocol *p = call->protocol ? call->protocol : at_home(call);
        reply_drop(r);
        p->error(&call->req, e, &call->why, r);
    }
    call->answered = true;
    report(call, r->status, e);
}
