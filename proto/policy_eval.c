/* policy_eval.c - what the rules say to claims. specs/policy.md, "Evaluation". Every way that something can
 * be absent, of another kind or unknown ends in false, and false never allows. */
#include "proto/claims.h"
#include "proto/glob.h"
#include "proto/policy_body.h"

#include <string.h>

/* ---- comparisons ---- */

static struct policy_value value_of(const struct claim *c)
{
    static const enum json_type kinds[] = {
        [CLAIM_TEXT] = JSON_STR,
        [CLAIM_UINT] = JSON_U64,
        [CLAIM_BOOL] = JSON_BOOL,
    };
    return (struct policy_value){ .kind = kinds[c->kind], .text = span_of(c->text), .num = c->num };
}

static bool equal(const struct policy_value *a, const struct policy_value *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == JSON_STR ? span_eq(a->text, b->text) : a->num == b->num;
}

static bool among(const struct policy_value *have, const struct policy_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (equal(have, &values[i]))
            return true;
    return false;
}

static bool one_of(const struct policy_value *have, const struct policy_test *t)
{
    return among(have, t->values, t->n);
}

/* Of a list that is not there, nothing is one. */
static bool in_ref(const struct policy_value *have, const struct policy_ref *r)
{
    size_t n;
    const struct policy_value *values = policy_ref_values(r, &n);
    return among(have, values, n);
}

static bool begins_with(const struct policy_value *have, const struct policy_value *want)
{
    return have->kind == JSON_STR && want->kind == JSON_STR && have->text.n >= want->text.n &&
           span_eq((struct span){ have->text.p, want->text.n }, want->text);
}

/* A text is a set too: its elements stand between commas, and an empty one has none. */
static bool next_element(struct span *rest, struct span *ret)
{
    const uint8_t *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
    size_t n = comma ? (size_t)(comma - rest->p) : rest->n;
    if (!rest->p)
        return false;
    *ret = (struct span){ rest->p, n };
    *rest = comma ? (struct span){ comma + 1, rest->n - n - 1 } : (struct span){ 0 };
    return true;
}

/* Every element is one of the values (all), or none is. */
static bool elements(const struct policy_value *have, const struct policy_test *t, bool all)
{
    struct span rest = have->text.n ? have->text : (struct span){ 0 };
    struct policy_value one = { .kind = JSON_STR };
    if (have->kind != JSON_STR)
        return false;
    while (next_element(&rest, &one.text))
        if (one_of(&one, t) != all)
            return false;
    return true;
}

static bool holds(const struct policy_step *s)
{
    const struct policy_test *t = s->test;
    const struct claim *own = s->own;
    if (!s->found)
        return false;
    struct policy_value have = value_of(s->found);
    switch (t->op) {
    case POLICY_EQ:
    case POLICY_IN: return one_of(&have, t);
    case POLICY_MIN: return have.kind == JSON_U64 && have.num >= t->values[0].num;
    case POLICY_MAX_OP: return have.kind == JSON_U64 && have.num <= t->values[0].num;
    case POLICY_PREFIX: return begins_with(&have, &t->values[0]);
    case POLICY_SUBSET: return elements(&have, t, true);
    case POLICY_NONE_OF: return elements(&have, t, false);
    case POLICY_REF: return in_ref(&have, s->ref);
    case POLICY_SAME: {
        struct policy_value ours = own ? value_of(own) : (struct policy_value){ 0 };
        return own && equal(&have, &ours);
    }
    }
    return false;
}

/* ---- rules ---- */

struct question {
    const struct policy *policy;
    const struct claims *peer, *self;
    const struct policy_want *want; /* NULL: join */
};

static bool type_is(const struct claims *peer, struct span type)
{
    const struct claim *c = claims_find(peer, SPAN_STR("type"));
    return c && c->kind == CLAIM_TEXT && span_eq(span_of(c->text), type);
}

static bool key_named(const struct policy_rule *r, struct span path)
{
    for (size_t i = 0; i < r->keys_n; i++)
        if (glob_match(r->keys[i], path))
            return true;
    return false;
}

static enum policy_outcome wanted(const struct policy_rule *r, const struct policy_want *w)
{
    if (!span_eq(r->tenant, w->tenant))
        return POLICY_OTHER_TENANT;
    if (!key_named(r, w->path))
        return POLICY_OTHER_KEY;
    return (r->usages & (unsigned)w->usage) ? POLICY_MATCHED : POLICY_OTHER_USAGE;
}

static struct policy_step compared(const struct policy_rule *r, const struct question *q)
{
    for (size_t i = 0; i < r->tests_n; i++) {
        struct policy_step s = { .outcome = POLICY_TEST_FAILED, .test = &r->tests[i] };
        s.found = claims_find(q->peer, s.test->claim);
        if (s.test->op == POLICY_SAME && q->self)
            s.own = claims_find(q->self, s.test->claim);
        if (s.test->op == POLICY_REF && q->want)
            s.ref = policy_refs_find(q->want->refs, s.test->values[0].text);
        if (!holds(&s))
            return s;
    }
    return (struct policy_step){ .outcome = POLICY_MATCHED };
}

static struct policy_step rule_step(const struct policy_rule *r, const struct question *q)
{
    struct policy_step s = { .outcome = q->want ? wanted(r, q->want) : POLICY_MATCHED };
    if (s.outcome != POLICY_MATCHED)
        return s;
    if (!type_is(q->peer, r->type))
        return (struct policy_step){ .outcome = POLICY_OTHER_TYPE };
    return compared(r, q);
}

bool policy_rule_met(const struct policy_rule *r, const struct claims *peer, const struct claims *self)
{
    const struct question q = { .peer = peer, .self = self };
    return type_is(peer, r->type) && compared(r, &q).outcome == POLICY_MATCHED;
}

/* ---- verdicts ---- */

/* The first rule of that effect that matched, or v->steps_n. */
static size_t matched(const struct policy_list *list, enum policy_effect effect,
                      const struct policy_verdict *v)
{
    size_t i = 0;
    while (i < list->n && !(list->rules[i].effect == effect && v->steps[i].outcome == POLICY_MATCHED))
        i++;
    return i;
}

/* Did any allow rule at least speak of what was wanted? */
static bool spoken_of(const struct policy_list *list, const struct policy_verdict *v)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->rules[i].effect == POLICY_ALLOW && v->steps[i].outcome > POLICY_OTHER_USAGE)
            return true;
    return false;
}

static uint64_t shorter(uint64_t a, uint64_t b)
{
    return a && (!b || a < b) ? a : b;
}

/* Of the tenant and every allow rule that matched the shortest: so their order decides nothing. */
static uint64_t lease_of(const struct question *q, const struct policy_list *list,
                         const struct policy_verdict *v)
{
    uint64_t s = q->want ? policy_tenant(q->policy, q->want->tenant)->lease : 0;
    for (size_t i = 0; i < list->n; i++)
        if (list->rules[i].effect == POLICY_ALLOW && v->steps[i].outcome == POLICY_MATCHED)
            s = shorter(s, list->rules[i].lease);
    return s;
}

static enum sr_err settle(struct policy_verdict *v, enum sr_reason reason, const struct policy_list *list,
                          size_t rule, struct sr_why *why)
{
    v->reason = reason;
    v->err = reason == R_NONE ? SR_OK : SR_EDENIED;
    v->rule = rule;
    if (rule < list->n) {
        struct span name = list->rules[rule].name;
        memcpy(v->rule_name, name.p, name.n);
    }
    if (v->err != SR_OK)
        return sr_fail(why, v->err, reason, "policy: %s: %s%s%s (%zu rules)", v->list, sr_reason_text(reason),
                       rule < list->n ? " " : "", v->rule_name, v->steps_n);
    return SR_OK;
}

static enum sr_err ask(const struct question *q, const struct policy_list *list, struct policy_verdict *v,
                       struct sr_why *why)
{
    *v = (struct policy_verdict){ .list = q->want ? "release" : "join", .steps_n = list->n };
    if (q->want && !policy_tenant(q->policy, q->want->tenant))
        return settle(v, R_TENANT_UNKNOWN, list, list->n, why);
    if (!q->want && policy_expels_hardware(q->policy, q->peer))
        return settle(v, R_EXPELLED, list, list->n, why);
    if (!q->want && !policy_lists_hardware(q->policy, q->peer))
        return settle(v, R_HARDWARE, list, list->n, why);
    for (size_t i = 0; i < list->n; i++)
        v->steps[i] = rule_step(&list->rules[i], q);
    size_t deny = matched(list, POLICY_DENY, v);
    if (deny < list->n)
        return settle(v, R_POLICY_DENY, list, deny, why);
    size_t allow = matched(list, POLICY_ALLOW, v);
    if (allow < list->n) {
        v->lease = lease_of(q, list, v);
        return settle(v, R_NONE, list, allow, why);
    }
    return settle(v, q->want && !spoken_of(list, v) ? R_KEY_DENIED : R_NO_RULE, list, list->n, why);
}

enum sr_err policy_join(const struct policy *p, const struct claims *peer, const struct claims *self,
                        struct policy_verdict *ret, struct sr_why *why)
{
    struct policy_verdict unwanted;
    const struct question q = { p, peer, self, NULL };
    return ask(&q, &p->join, ret ? ret : &unwanted, why);
}

enum sr_err policy_release(const struct policy *p, const struct claims *peer, const struct claims *self,
                           const struct policy_want *want, struct policy_verdict *ret, struct sr_why *why)
{
    struct policy_verdict unwanted;
    const struct question q = { p, peer, self, want };
    return ask(&q, &p->release, ret ? ret : &unwanted, why);
}
