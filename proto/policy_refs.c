#include "proto/policy_refs.h"

#include "proto/policy_body.h"

#include <stdlib.h>
#include <string.h>

struct policy_ref {
    struct json_doc json;
    char name[POLICY_NAME_MAX + 1];
    struct policy_value values[POLICY_VALUES_MAX];
    size_t n;
};

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "reference values: %s", what);
}

static void ref_free(struct policy_ref *r)
{
    if (r)
        json_doc_drop(&r->json);
    free(r);
}

struct ref_hold {
    struct policy_ref *r;
};
static void ref_hold_drop(struct ref_hold *h)
{
    ref_free(h->r);
}

void policy_refs_drop(struct policy_refs *r)
{
    for (size_t i = 0; i < r->n; i++)
        ref_free(r->v[i]);
    *r = (struct policy_refs){ 0 };
}

bool policy_ref_name_ok(struct span name)
{
    bool more = false;
    for (size_t i = 0; i < name.n; i++)
        more = more || name.p[i] != '.';
    return more && policy_word_ok(name, POLICY_NAME_MAX);
}

/* ---- values ---- */

static enum sr_err values_read(const struct json *array, struct policy_ref *ret, struct sr_why *why)
{
    for (const struct json *v = json_first(array); v; v = json_next(v), ret->n++) {
        SR_TRY(policy_value_read(v, &ret->values[ret->n], why));
        if (ret->values[ret->n].kind != ret->values[0].kind)
            return bad(why, "of different kinds");
    }
    return ret->n > 0 ? SR_OK : bad(why, "none");
}

enum sr_err policy_refs_add(struct policy_refs *r, struct span name, struct span value, struct sr_why *why)
{
    SR_OWN(ref_hold) h = { calloc(1, sizeof *h.r) };
    const struct json *array = NULL;
    const struct json_field fields[] = {
        { "values", JSON_ARRAY, &array, POLICY_VALUES_MAX, false },
        { 0 },
    };
    if (!h.r)
        return SR_ENOMEM;
    if (r->n == POLICY_REFS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_POLICY_FORMAT, "reference values: too many names");
    if (!policy_ref_name_ok(name) || policy_refs_find(r, name))
        return bad(why, "not a name, or the same twice");
    SR_TRY(json_parse(value, &h.r->json, why));
    SR_TRY(json_fields(json_root(&h.r->json), fields, why));
    SR_TRY(values_read(array, h.r, why));
    memcpy(h.r->name, name.p, name.n);
    r->v[r->n++] = SR_TAKE(h).r;
    return SR_OK;
}

enum sr_err policy_refs_read_json(struct span text, struct policy_refs *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(policy_refs) refs = { 0 };
    SR_TRY(json_parse(text, &doc, why));
    for (const struct json *v = json_first(json_root(&doc)); v; v = json_next(v)) {
        SR_OWN(buf) one = { 0 };
        jw_value(&one, v);
        if (!buf_ok(&one))
            return SR_ENOMEM;
        SR_TRY(policy_refs_add(&refs, json_name(v), buf_span(&one), why));
    }
    *ret = SR_TAKE(refs);
    return SR_OK;
}

const struct policy_ref *policy_refs_find(const struct policy_refs *r, struct span name)
{
    for (size_t i = 0; r && i < r->n; i++)
        if (span_eq(span_of(r->v[i]->name), name))
            return r->v[i];
    return NULL;
}

const struct policy_value *policy_ref_values(const struct policy_ref *r, size_t *ret_n)
{
    *ret_n = r ? r->n : 0;
    return r ? r->values : NULL;
}

/* ---- who may ---- */

enum sr_err policy_tenant_refs_read(struct policy *p, const struct json *array, struct policy_tenant *t,
                                    struct sr_why *why)
{
    struct span *names = policy_alloc(p, json_count(array), sizeof *names);
    if (!names)
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
    t->refs = names;
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        if (!policy_ref_name_ok(json_str(v)) || policy_tenant_may_set(t, json_str(v)))
            return bad(why, "not a name, or the same twice");
        names[t->refs_n++] = json_str(v);
    }
    return SR_OK;
}

size_t policy_tenant_refs(const struct policy_tenant *t, const struct span **ret)
{
    *ret = t ? t->refs : NULL;
    return t ? t->refs_n : 0;
}

bool policy_tenant_may_set(const struct policy_tenant *t, struct span name)
{
    for (size_t i = 0; t && i < t->refs_n; i++)
        if (span_eq(t->refs[i], name))
            return true;
    return false;
}

const struct policy_tenant *policy_ref_tenant(const struct policy *p, const struct sign_pub *admin,
                                              struct span name)
{
    const struct policy_tenant *found = NULL;
    for (size_t i = 0; i < p->tenants_n; i++) {
        const struct policy_tenant *t = &p->tenants[i];
        if (!policy_tenant_may_set(t, name) || !policy_tenant_admin(t, admin))
            continue;
        if (found)
            return NULL;
        found = t;
    }
    return found;
}

static bool has_ref(const struct policy_rule *r)
{
    for (size_t i = 0; i < r->tests_n; i++)
        if (r->tests[i].op == POLICY_REF)
            return true;
    return false;
}

/* Every name is one that the rule's own tenant may set. */
static bool names_fit(const struct policy *p, const struct policy_rule *r)
{
    const struct policy_tenant *t = policy_tenant(p, r->tenant);
    for (size_t i = 0; i < r->tests_n; i++)
        if (r->tests[i].op == POLICY_REF && !policy_tenant_may_set(t, r->tests[i].values[0].text))
            return false;
    return true;
}

/* Membership is the operators' alone; and a list that is gone must never take a denial with it. */
enum sr_err policy_refs_check(const struct policy *p, struct sr_why *why)
{
    for (size_t i = 0; i < p->join.n; i++)
        if (has_ref(&p->join.rules[i]))
            return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "join[%zu]: \"ref\" in a rule of join", i);
    for (size_t i = 0; i < p->release.n; i++) {
        const struct policy_rule *r = &p->release.rules[i];
        if (r->effect == POLICY_DENY && has_ref(r))
            return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "release[%zu]: \"ref\" in a deny rule", i);
        if (!names_fit(p, r))
            return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT,
                           "release[%zu]: a reference value that its tenant may not set", i);
    }
    return SR_OK;
}
