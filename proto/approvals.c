#include "proto/approvals.h"

#include "proto/json.h"

#include <string.h>

static int order(const struct sign_pub *a, const struct sign_pub *b)
{
    return memcmp(a->b, b->b, sizeof a->b);
}

static enum sr_err read_one(const struct json *v, const struct approved *of, struct approvals *a,
                            struct sr_why *why)
{
    struct approval one = { 0 };
    const struct json_field fields[] = {
        { "key", JSON_HEX, one.key.b, sizeof one.key.b, false },
        { "sig", JSON_HEX, one.sig.b, sizeof one.sig.b, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    if (a->n == APPROVALS_MAX || (a->n > 0 && order(&a->v[a->n - 1].key, &one.key) >= 0))
        return sr_fail(why, SR_EFORMAT, of->reason, "%s: signatures repeated or not sorted by key", of->what);
    a->v[a->n++] = one;
    return SR_OK;
}

enum sr_err approvals_read(const struct json *array, const struct approved *of, struct approvals *ret,
                           struct sr_why *why)
{
    struct approvals a = { 0 };
    for (const struct json *v = json_first(array); v; v = json_next(v))
        SR_TRY(read_one(v, of, &a, why));
    *ret = a;
    return SR_OK;
}

void approvals_write(const struct approvals *a, struct buf *ret)
{
    jw_array(ret);
    for (size_t i = 0; i < a->n; i++) {
        jw_object(ret);
        jw_member_hex(ret, "key", SPAN(a->v[i].key.b));
        jw_member_hex(ret, "sig", SPAN(a->v[i].sig.b));
        jw_object_end(ret);
    }
    jw_array_end(ret);
}

enum sr_err approvals_add(struct approvals *a, const struct approval *one, const struct approved *of,
                          struct sr_why *why)
{
    size_t at = 0;
    while (at < a->n && order(&a->v[at].key, &one->key) < 0)
        at++;
    if (at < a->n && order(&a->v[at].key, &one->key) == 0)
        return sr_fail(why, SR_EFORMAT, of->reason, "%s: this key has signed already", of->what);
    if (a->n == APPROVALS_MAX)
        return sr_fail(why, SR_ETOOBIG, of->reason, "%s: no room for another signature", of->what);
    memmove(&a->v[at + 1], &a->v[at], (a->n - at) * sizeof *a->v);
    a->v[at] = *one;
    a->n++;
    return SR_OK;
}

enum sr_err approvals_sign(struct approvals *a, const struct approved *of, const struct sign_key *key,
                           const struct sign_pub *pub, struct sr_why *why)
{
    const struct approval one = { *pub, sign_label(key, of->label, of->text) };
    return approvals_add(a, &one, of, why);
}

bool approvals_enough(const struct approvals *a, const struct approvers *by)
{
    return by->k >= 1 && by->k <= by->n && a->n >= by->k;
}

static bool known(const struct approvers *by, const struct sign_pub *key)
{
    for (size_t i = 0; i < by->n; i++)
        if (order(&by->key[i], key) == 0)
            return true;
    return false;
}

static enum sr_err refuse(struct sr_why *why, const struct approved *of, size_t i, const char *fault)
{
    return sr_fail(why, SR_EPROOF, of->reason, "%s: signature %zu: %s", of->what, i, fault);
}

enum sr_err approvals_check(const struct approvals *a, const struct approvers *by, const struct approved *of,
                            struct sr_why *why)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct approval *one = &a->v[i];
        if (!known(by, &one->key))
            return refuse(why, of, i, "not by an operator of this network");
        if (i > 0 && order(&a->v[i - 1].key, &one->key) >= 0)
            return refuse(why, of, i, "repeated or not sorted");
        if (sign_check(&one->key, of->label, of->text, &one->sig) != SR_OK)
            return refuse(why, of, i, "not over this");
    }
    return SR_OK;
}
