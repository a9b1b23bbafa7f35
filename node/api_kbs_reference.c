/* Reference values as kbs-client sets them. For a tenant whose policy lets it set a name they are stored as
 * its package and count from then on; else the answer is a draft for the policy, which operators sign. The
 * table of routes is in api_kbs.c. */
#include "node/kbs.h"
#include "node/references.h"
#include "node/secrets.h"
#include "node/sync.h"
#include "proto/json_foreign.h"

#include <stdio.h>
#include <string.h>

/* ---- drafts ---- */

/* What may stand in a draft as it is: a claim's name, and a value without quotes. */
static bool is_plain(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+/=", s.p[i], 68))
            return false;
    return s.n > 0 && s.n <= 159;
}

static bool draft_value(struct span v, bool first, struct buf *b)
{
    uint64_t number;
    struct span text;
    wr_text(b, first ? "" : ",");
    if (jf_u64(v, JSON_INT_MAX, &number)) {
        wr_fmt(b, "%llu", (unsigned long long)number);
        return true;
    }
    if (span_eq(v, SPAN_STR("true")) || span_eq(v, SPAN_STR("false"))) {
        wr_span(b, v);
        return true;
    }
    if (!jf_plain(v, &text) || !is_plain(text))
        return false;
    wr_fmt(b, "'%.*s'", (int)text.n, (const char *)text.p);
    return true;
}

/* {'claim':NAME,'op':'in','value':[...]} for each name. */
static bool draft(struct span values, struct buf *b)
{
    struct jf_walk w = { .rest = values };
    struct span name, v, one;
    for (bool first = true; jf_next_member(&w, &name, &v); first = false) {
        struct jf_walk list = { .rest = v };
        if (!is_plain(name) || b->n > KBS_DETAIL_MAX / 2)
            return false;
        wr_fmt(b, "%s{'claim':'%.*s','op':'in','value':[", first ? "" : ",", (int)name.n,
               (const char *)name.p);
        bool good = v.n && *v.p == '[';
        for (bool start = true; good && jf_next(&list, &one); start = false)
            if (!draft_value(one, start, b))
                return false;
        if (!good && !draft_value(v, true, b))
            return false;
        wr_text(b, "]}");
    }
    return buf_ok(b) && b->n > 0;
}

/* RVPS: {"version","type":"sample","payload": base64 of {"name":[values]}}. */
static enum sr_err read_values(struct span body, struct buf *payload, struct sr_why *why)
{
    struct span type = { 0 }, text = { 0 };
    const struct jf_member m[] = { { "type", &type }, { "payload", &text } };
    SR_TRY(json_foreign_check(body, why));
    if (!jf_members(body, m, 2) || !jf_plain(type, &type) || !span_eq(type, SPAN_STR("sample")) ||
        !jf_base64(text, KBS_ADMIN_MAX, payload))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "reference values: type or payload");
    return json_foreign_check(buf_span(payload), why);
}

static enum sr_err answer_draft(struct span payload, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) where = { 0 };
    char detail[KBS_DETAIL_MAX];
    if (!draft(payload, &where))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT,
                       "reference values: a name or value that no rule can have");
    snprintf(detail, sizeof detail,
             "reference values are part of the policy, which operators sign, but for names that it lets a "
             "tenant set. A draft for where of a release rule: [%.*s]",
             (int)where.n, (const char *)where.p);
    return kbs_refuse(r, 403, "RvpsError", detail);
}

/* ---- values that count ---- */

/* Whose it is: NAME, when one tenant alone could mean it, or TENANT/NAME. NULL: nobody's. */
static const struct policy_tenant *owner(const struct policy *p, const struct sign_pub *admin,
                                         struct span *name)
{
    const uint8_t *slash = name->n ? memchr(name->p, '/', name->n) : NULL;
    if (!slash)
        return policy_ref_tenant(p, admin, *name);
    struct span tenant = { name->p, (size_t)(slash - name->p) };
    const struct policy_tenant *t = policy_tenant(p, tenant);
    *name = (struct span){ slash + 1, name->n - tenant.n - 1 };
    return policy_tenant_admin(t, admin) && policy_tenant_may_set(t, *name) ? t : NULL;
}

static bool value_write(struct span v, struct buf *b)
{
    uint64_t number;
    struct span text;
    bool yes = span_eq(v, SPAN_STR("true"));
    if (yes || span_eq(v, SPAN_STR("false")))
        jw_bool(b, yes);
    else if (jf_u64(v, JSON_INT_MAX, &number))
        jw_u64(b, number);
    else if (jf_is_string(v) && jf_plain(v, &text))
        jw_str(b, text);
    else
        return false;
    return true;
}

/* As it is stored, from a list or from one value. */
static enum sr_err list_write(struct span v, struct span name, struct buf *ret, struct sr_why *why)
{
    SR_OWN(policy_refs) check = { 0 };
    struct jf_walk w = { .rest = v };
    struct span one;
    bool good = true;
    jw_object(ret);
    jw_name(ret, "values");
    jw_array(ret);
    if (v.n && *v.p == '[')
        while (good && jf_next(&w, &one))
            good = value_write(one, ret);
    else
        good = value_write(v, ret);
    jw_array_end(ret);
    jw_object_end(ret);
    if (!good || policy_refs_add(&check, name, buf_span(ret), NULL) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "reference values: not of one kind that a claim has");
    return SR_OK;
}

struct setting {
    const struct stand *s;
    const struct request *q;
    struct sign_pub admin;
};

/* Does policy let the bearer set all of them? Nothing is stored unless it does. */
static bool all_settable(const struct setting *x, struct span payload)
{
    struct jf_walk w = { .rest = payload };
    struct span name, v;
    size_t n = 0;
    for (; jf_next_member(&w, &name, &v); n++)
        if (!owner(x->s->policy.p, &x->admin, &name))
            return false;
    return n > 0;
}

static enum sr_err set_one(const struct setting *x, struct span name, struct span v, bool store,
                           struct sr_why *why)
{
    SR_OWN(buf) list = { 0 };
    const struct policy_tenant *t = owner(x->s->policy.p, &x->admin, &name);
    struct kbs_name at = { .tenant = t->name };
    references_path(name, at.path);
    SR_TRY(kbs_may_write(x->s, x->q, t->name, why));
    SR_TRY(list_write(v, name, &list, why));
    return store ? kbs_store(x->s, &at, PACKAGE_VALUE, buf_span(&list), why) : SR_OK;
}

/* Once to look at all of them, and once to store them. */
static enum sr_err set_all(const struct setting *x, struct span payload, struct sr_why *why)
{
    for (int store = 0; store < 2; store++) {
        struct jf_walk w = { .rest = payload };
        struct span name, v;
        while (jf_next_member(&w, &name, &v))
            SR_TRY(set_one(x, name, v, store, why));
    }
    return SR_OK;
}

enum sr_err kbs_reference_value_post(struct node *n, const struct request *q, struct reply *r,
                                     struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) payload = { 0 };
    SR_OWN(buf) nothing = { 0 };
    struct setting x = { &s, q, { { 0 } } };
    SR_TRY(stand_take(n, ACT_STORE, &s, why));
    SR_TRY(kbs_any_admin(&s, q, &x.admin, why));
    SR_TRY(read_values(q->body, &payload, why));
    if (!all_settable(&x, buf_span(&payload)))
        return answer_draft(buf_span(&payload), r, why);
    SR_TRY(set_all(&x, buf_span(&payload), why));
    sync_wake(n);
    return reply_json(r, 200, &nothing);
}

/* The name in the path: NAME, or TENANT and NAME. */
static void name_asked(const struct request *q, struct buf *ret)
{
    wr_span(ret, q->arg[0]);
    if (q->arg[1].n) {
        wr_u8(ret, '/');
        wr_span(ret, q->arg[1]);
    }
}

enum sr_err kbs_reference_value_get(struct node *n, const struct request *q, struct reply *r,
                                    struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) asked = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_OWN(secret) value = { 0 };
    struct sign_pub admin;
    struct span values;
    char path[GLOB_PATH_MAX + 1];
    uint32_t version;
    SR_TRY(stand_take(n, ACT_TALK, &s, why));
    SR_TRY(kbs_any_admin(&s, q, &admin, why));
    name_asked(q, &asked);
    struct span name = buf_span(&asked);
    const struct policy_tenant *t = owner(s.policy.p, &admin, &name);
    if (!t)
        return kbs_refuse(r, 404, "RvpsError",
                          "reference values are part of the policy: GET /sealring/v1/policy");
    references_path(name, path);
    SR_TRY(secrets_open_value(s.core->secrets, t->name, span_of(path), 0, &value, &version, why));
    if (json_member_bytes(secret_span(&value), "values", &values, NULL) != SR_OK)
        return kbs_refuse(r, 404, "RvpsError", "what is stored there is no list of values");
    wr_span(&out, values);
    return reply_json(r, 200, &out);
}
