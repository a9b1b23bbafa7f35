#include "crypto/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *sr_strerror(enum sr_err e)
{
#define X(name, text) [name] = text,
    static const char *const text[SR_ERR_COUNT] = { SR_ERRORS(X) };
#undef X
    return (unsigned)e < SR_ERR_COUNT ? text[e] : "unknown error";
}

const char *sr_reason_text(enum sr_reason r)
{
#define X(name, text) [name] = text,
    static const char *const text[SR_REASON_COUNT] = { SR_REASONS(X) };
#undef X
    return (unsigned)r < SR_REASON_COUNT ? text[r] : "internal";
}

enum sr_reason sr_reason_find(const char *text)
{
    for (enum sr_reason r = 0; r < SR_REASON_COUNT; r++)
        if (strcmp(sr_reason_text(r), text) == 0)
            return r;
    return R_UNKNOWN;
}

enum sr_err sr_fail(struct sr_why *why, enum sr_err e, enum sr_reason reason, const char *fmt, ...)
{
    if (why) {
        va_list ap;
        why->reason = reason;
        va_start(ap, fmt);
        vsnprintf(why->text, sizeof why->text, fmt, ap);
        va_end(ap);
    }
    return e;
}
