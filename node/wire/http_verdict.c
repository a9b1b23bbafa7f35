#include "node/wire/http_verdict.h"

#include <string.h>

static enum sr_err of_status(unsigned status)
{
    static const struct {
        unsigned status;
        enum sr_err e;
    } rows[] = {
        { 400, SR_EFORMAT }, { 401, SR_EAUTH },   { 403, SR_EDENIED }, { 404, SR_ENOENT },
        { 409, SR_ESTALE },  { 413, SR_ETOOBIG }, { 503, SR_EBUSY },
    };
    if (status >= 200 && status <= 299)
        return SR_OK;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].e;
    return SR_EIO;
}

/* The reason's code out of {"error":{"reason":"…"…}}: it is for a log line, so only its own alphabet is
 * taken. */
static void take_reason(struct http_reply *r)
{
    static const char key[] = "\"reason\":\"";
    const char *at = r->body.n ? memmem(r->body.p, r->body.n, key, sizeof key - 1) : NULL;
    const char *end = at ? (const char *)r->body.p + r->body.n : NULL;
    size_t n = 0;
    for (at = at ? at + sizeof key - 1 : NULL; at != end && n + 1 < sizeof r->reason; at++) {
        if (!((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-'))
            break;
        r->reason[n++] = *at;
    }
    r->reason[n] = 0;
}

enum sr_err http_verdict(const char *base, const struct http_call *call, struct http_reply *ret,
                         struct sr_why *why)
{
    enum sr_err e = of_status(ret->status);
    if (e == SR_OK)
        return SR_OK;
    take_reason(ret);
    return sr_fail(why, e, sr_reason_find(ret->reason), "%s %s at %s: status %u, reason %s", call->method,
                   call->path, base, ret->status, ret->reason[0] ? ret->reason : "none given");
}
