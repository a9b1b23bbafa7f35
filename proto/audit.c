#include "proto/audit_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_SLACK = 300 }; /* seconds that a wall clock may step back without a word */

const char *audit_code_text(enum audit_code c)
{
    static const char *const text[AUDIT_CODES] = {
#define X(name, said) [name] = said,
        AUDIT_FINDINGS(X)
#undef X
    };
    return c < AUDIT_CODES ? text[c] : "none";
}

enum sr_err audit_new(const struct audit_options *o, struct audit **ret)
{
    if (o->known_n > AUDIT_KNOWN_MAX)
        return SR_ETOOBIG;
    struct audit *a = calloc(1, sizeof *a);
    if (!a)
        return SR_ENOMEM;
    a->o = *o;
    audit_policies(a, o->policies, o->policies_n);
    *ret = a;
    return SR_OK;
}

void audit_free(struct audit *a)
{
    if (!a)
        return;
    free(a->logs);
    free(a->own);
    free(a->joins);
    free(a->measurements);
    free(a->policies);
    free(a);
}

void audit_policies(struct audit *a, struct policy *const *policies, size_t n)
{
    a->o.policies = policies;
    a->o.policies_n = n;
}

enum sr_err audit_room(void **array, size_t n, size_t size, size_t max)
{
    if (n >= max)
        return SR_ETOOBIG;
    if (n & (n - 1)) /* grows by powers of two: room is left */
        return SR_OK;
    void *p = realloc(*array, (n ? 2 * n : 1) * size);
    if (!p)
        return SR_ENOMEM;
    *array = p;
    return SR_OK;
}

void audit_say(struct audit *a, enum audit_code code, const struct member_id *log, uint64_t index,
               const char *fmt, ...)
{
    struct audit_finding f = { .code = code, .log = *log, .index = index };
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(f.text, sizeof f.text, fmt, args);
    va_end(args);
    a->findings++;
    if (a->o.on_finding)
        a->o.on_finding(a->o.ctx, &f);
}

enum sr_err audit_add_log(struct audit *a, const struct sign_pub *key, size_t *ret)
{
    for (*ret = 0; *ret < a->logs_n; ++*ret)
        if (memcmp(&a->logs[*ret].key, key, sizeof *key) == 0)
            return SR_OK;
    void *logs = a->logs, *own = a->own;
    SR_TRY(audit_room(&logs, a->logs_n, sizeof *a->logs, AUDIT_LOGS_MAX));
    a->logs = logs;
    SR_TRY(audit_room(&own, a->logs_n, sizeof *a->own, AUDIT_LOGS_MAX));
    a->own = own;
    a->own[a->logs_n] = (struct sha256){ 0 };
    a->logs[a->logs_n++] = (struct audit_log){ .id = member_id_of(key), .key = *key };
    return SR_OK;
}

static void look_at_time(struct audit *a, struct audit_log *log, uint64_t index, const struct leaf *l)
{
    if (l->time + CLOCK_SLACK < log->last_time)
        audit_say(a, AUDIT_TIME_BACK, &log->id, index, "%llu seconds before the leaf ahead of it",
                  (unsigned long long)(log->last_time - l->time));
    log->last_time = l->time;
}

enum sr_err audit_leaf(struct audit *a, size_t log, uint64_t index, const struct leaf *l)
{
    if (log >= a->logs_n || index != a->logs[log].leaves)
        return SR_EBUG;
    struct audit_log *at = &a->logs[log];
    at->leaves++;
    if ((unsigned)l->type < AUDIT_TYPES)
        at->by_type[l->type]++;
    look_at_time(a, at, index, l);
    SR_TRY(audit_policy_leaf(a, at, index, l));
    SR_TRY(audit_measured(a, log, index, l));
    return audit_joined(a, at, index, l);
}

size_t audit_findings(const struct audit *a)
{
    return a->findings;
}

size_t audit_unread(const struct audit *a)
{
    return a->unread;
}

const struct audit_log *audit_logs(const struct audit *a, size_t *ret_n)
{
    *ret_n = a->logs_n;
    return a->logs;
}

const struct audit_measurement *audit_measurements(const struct audit *a, size_t *ret_n)
{
    *ret_n = a->measurements_n;
    return a->measurements;
}
