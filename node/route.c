#include "node/route.h"

#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct span segment(struct span from)
{
    const uint8_t *slash = from.n ? memchr(from.p, '/', from.n) : NULL;
    return (struct span){ from.p, slash ? (size_t)(slash - from.p) : from.n };
}

static void skip(struct span *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

static bool match(const char *pattern, struct span path, struct span *arg)
{
    struct span p = span_of(pattern);
    size_t n = 0;

    while (p.n && path.n && *p.p == '/' && *path.p == '/') {
        skip(&p, 1);
        skip(&path, 1);
        struct span want = segment(p), got = segment(path);
        if (span_eq(want, SPAN_STR("{}"))) {
            if (got.n == 0 || n == REQUEST_ARGS)
                return false;
            arg[n++] = got;
        } else if (!span_eq(want, got)) {
            return false;
        }
        skip(&p, want.n);
        skip(&path, got.n);
    }
    return p.n == 0 && path.n == 0;
}

static void allow_add(char *allow, size_t cap, enum method m)
{
    size_t n = strlen(allow);
    if (!strstr(allow, method_name(m)))
        snprintf(allow + n, cap - n, "%s%s", n ? ", " : "", method_name(m));
}

enum sr_err route_find(const struct protocol *p, struct request *req, const struct route **ret,
                       char ret_allow[static 32], struct sr_why *why)
{
    char allow[32] = "";
    for (size_t i = 0; i < p->n; i++) {
        struct span arg[REQUEST_ARGS] = { 0 };
        if (!match(p->routes[i].path, req->path, arg))
            continue;
        if (p->routes[i].method != req->method) {
            allow_add(allow, sizeof allow, p->routes[i].method);
            continue;
        }
        memcpy(req->arg, arg, sizeof arg);
        *ret = &p->routes[i];
        return SR_OK;
    }
    if (!*allow)
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "%s: no such path", p->name);
    memcpy(ret_allow, allow, sizeof allow);
    return sr_fail(why, SR_EDENIED, R_METHOD, "%s: the path takes %s", p->name, allow);
}

int route_status(enum sr_err e, enum sr_reason reason)
{
    if (reason == R_METHOD)
        return 405;
    if (reason == R_MEDIA_TYPE)
        return 415;
    if (reason == R_WITNESS_PROOF)
        return 422; /* as C2SP's tlog-witness has it */
    switch (e) {
    case SR_OK: return 200;
    case SR_EFORMAT: return 400;
    case SR_ETOOBIG: return 413;
    case SR_EAUTH: return 401;
    case SR_EDENIED:
    case SR_EPROOF: return 403;
    case SR_ENOENT: return 404;
    case SR_ESTALE: return 409;
    case SR_EBUSY: return 503;
    case SR_EUNKNOWN:
    case SR_EIO:
    case SR_ENOMEM:
    case SR_EBUG: break;
    }
    return 500;
}

/* What went wrong inside is the log's business: a 500 says "internal", but that the outcome is unknown. */
const char *route_reason(enum sr_err e, const struct sr_why *why)
{
    if (e == SR_EUNKNOWN)
        return sr_reason_text(R_OUTCOME_UNKNOWN);
    if (route_status(e, why->reason) == 500 || (e != SR_EBUSY && why->reason == R_NONE))
        return sr_reason_text(R_INTERNAL);
    return sr_reason_text(why->reason == R_NONE ? R_BUSY : why->reason);
}

void route_error(const struct request *req, enum sr_err e, const struct sr_why *why, struct reply *r)
{
    SR_OWN(buf) b = { 0 };
    wr_fmt(&b, "{\"error\":{\"reason\":\"%s\",\"request_id\":\"%s\"}}\n", route_reason(e, why), req->id);
    if (e == SR_EBUSY && r->retry_after == 0)
        r->retry_after = 1;
    if (reply_json(r, route_status(e, why->reason), &b) != SR_OK)
        r->status = 500; /* no memory for words */
}

void reply_drop(struct reply *r)
{
    if (r->body)
        sodium_memzero(r->body, malloc_usable_size(r->body));
    free(r->body);
    *r = (struct reply){ 0 };
}

enum sr_err reply_bytes(struct reply *r, int status, const char *type, struct buf *take)
{
    if (r->status || r->body)
        return SR_EBUG;
    if (!buf_ok(take))
        return SR_ENOMEM;
    struct buf b = SR_TAKE(*take);
    r->status = status;
    r->type = type;
    r->body = b.p;
    r->n = b.n;
    return SR_OK;
}

enum sr_err reply_json(struct reply *r, int status, struct buf *take)
{
    return reply_bytes(r, status, TYPE_JSON, take);
}

static bool well_formed(const char *path)
{
    size_t args = 0;
    struct span s = span_of(path);
    if (s.n == 0 || *s.p != '/')
        return false;
    if (s.n == 1)
        return true;
    while (s.n && *s.p == '/') {
        skip(&s, 1);
        struct span seg = segment(s);
        bool arg = span_eq(seg, SPAN_STR("{}"));
        if (seg.n == 0 || (arg && ++args > REQUEST_ARGS))
            return false;
        for (size_t i = 0; i < seg.n && !arg; i++)
            if (!memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", seg.p[i], 65))
                return false;
        skip(&s, seg.n);
    }
    return s.n == 0;
}

static const char *row_check(const struct route *r)
{
    if (!method_name(r->method))
        return "a row without a method";
    if (!r->path || !well_formed(r->path))
        return "a path that is no pattern";
    if (r->access <= ACCESS_UNSET || r->access > ACCESS_SIGNED)
        return "a row without access";
    if (!r->run)
        return "a row that runs nothing";
    if (r->max_body && r->method != POST && r->method != PUT)
        return "a body where none is read";
    return NULL;
}

const char *route_check(const struct protocol *p)
{
    if (!p->name || !p->error)
        return "a protocol without a name or wording";
    for (size_t i = 0; i < p->n; i++) {
        const char *bad = row_check(&p->routes[i]);
        if (bad)
            return bad;
        for (size_t j = 0; j < i; j++)
            if (p->routes[i].method == p->routes[j].method &&
                strcmp(p->routes[i].path, p->routes[j].path) == 0)
                return "two rows alike";
    }
    return NULL;
}
