#include "proto/policy_next.h"

#include "proto/policy_body.h"

#include <string.h>

enum { MEMBER_NAME_MAX = 64 };

static void put_longer(const struct policy_edit *e, const struct json *array, struct buf *b)
{
    jw_array(b);
    for (const struct json *v = json_first(array); v; v = json_next(v))
        jw_value(b, v);
    jw_raw(b, e->value);
    jw_array_end(b);
}

static void put_edit(const struct policy *now, const struct policy_edit *e, struct buf *b)
{
    if (!e->value.n)
        return;
    jw_name(b, e->member);
    if (e->how == POLICY_APPEND)
        put_longer(e, json_get(json_root(&now->json), e->member), b);
    else
        jw_raw(b, e->value);
}

/* One member as it is, or as it must be in the next one. */
static void put_member(const struct policy *now, const struct json *v, struct buf *b)
{
    char name[MEMBER_NAME_MAX] = { 0 };
    struct span n = json_name(v);
    memcpy(name, n.p, n.n < sizeof name ? n.n : sizeof name - 1);
    if (strcmp(name, "number") == 0)
        jw_member_u64(b, name, now->number + 1);
    else if (strcmp(name, "previous") == 0)
        jw_member_hex(b, name, SPAN(now->hash.b));
    else {
        jw_name(b, name);
        jw_value(b, v);
    }
}

/* -1, 0, 1, as members stand in a canonical text. */
static int order(struct span a, struct span b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static void write_next(const struct policy *now, const struct policy_edit *e, struct buf *b)
{
    bool done = false;
    jw_object(b);
    for (const struct json *v = json_first(json_root(&now->json)); v; v = json_next(v)) {
        int c = order(span_of(e->member), json_name(v));
        if (c <= 0 && !done) {
            put_edit(now, e, b);
            done = true;
        }
        if (c != 0)
            put_member(now, v, b);
    }
    if (!done)
        put_edit(now, e, b);
    jw_object_end(b);
}

enum sr_err policy_next(const struct policy *now, const struct policy_edit *edit, struct buf *ret,
                        struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(policy_hold) checked = { 0 };
    write_next(now, edit, &b);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    SR_TRY(policy_parse(buf_span(&b), &checked.p, why));
    wr_span(ret, buf_span(&b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
