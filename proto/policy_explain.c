#include "proto/policy_explain.h"

#include "proto/claims.h"
#include "proto/policy_body.h"

#include <stdio.h>

enum { SHOWN_MAX = 4 }; /* values of a list that are spelled out in text */

static const char *outcome_name(enum policy_outcome o)
{
    switch (o) {
    case POLICY_NOT_SEEN: return "not-seen";
    case POLICY_OTHER_TENANT: return "other-tenant";
    case POLICY_OTHER_KEY: return "other-key";
    case POLICY_OTHER_USAGE: return "other-usage";
    case POLICY_OTHER_TYPE: return "other-type";
    case POLICY_TEST_FAILED: return "test-failed";
    case POLICY_MATCHED: return "matched";
    }
    return "?";
}

static const struct policy_list *list_of(const struct policy *p, const struct policy_verdict *v)
{
    return span_eq(span_of(v->list), SPAN_STR("join")) ? &p->join : &p->release;
}

static const char *effect_name(const struct policy_rule *r)
{
    return r->effect == POLICY_DENY ? "deny" : "allow";
}

/* ---- values: numbers past what JSON holds are written as text ---- */

static void put_value(struct buf *b, const struct policy_value *v)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)v->num);
    if (v->kind == JSON_STR)
        jw_str(b, v->text);
    else if (v->kind == JSON_BOOL)
        jw_bool(b, v->num != 0);
    else if (v->num > JSON_INT_MAX)
        jw_text(b, digits);
    else
        jw_u64(b, v->num);
}

static struct policy_value claim_value(const struct claim *c)
{
    enum json_type kind = c->kind == CLAIM_TEXT ? JSON_STR : c->kind == CLAIM_UINT ? JSON_U64 : JSON_BOOL;
    return (struct policy_value){ kind, span_of(c->text), c->num };
}

static void put_claim(struct buf *b, const struct claim *c)
{
    struct policy_value v = claim_value(c);
    put_value(b, &v);
}

/* One value as a text of its own: jw_ functions look back for commas. */
static void say_value(struct buf *b, const struct policy_value *v)
{
    SR_OWN(buf) one = { 0 };
    put_value(&one, v);
    wr_span(b, buf_span(&one));
}

static void say_claim(struct buf *b, const struct claim *c)
{
    struct policy_value v = c ? claim_value(c) : (struct policy_value){ 0 };
    if (c)
        say_value(b, &v);
    else
        wr_text(b, "nothing");
}

/* ---- verdicts in text ---- */

static void say_test(struct buf *b, const struct policy_test *t)
{
    wr_span(b, t->claim);
    wr_fmt(b, " %s", policy_op_name(t->op));
    for (size_t i = 0; i < t->n && i < SHOWN_MAX; i++) {
        wr_text(b, i ? ", " : " ");
        say_value(b, &t->values[i]);
    }
    if (t->n > SHOWN_MAX)
        wr_fmt(b, " and %zu more", t->n - SHOWN_MAX);
}

/* What the tenant's administrators set under that name. */
static void say_ref(struct buf *b, const struct policy_ref *r)
{
    size_t n;
    const struct policy_value *v = policy_ref_values(r, &n);
    wr_text(b, r ? ", which is" : ", which is not set");
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
        wr_text(b, i ? ", " : " ");
        say_value(b, &v[i]);
    }
    if (n > SHOWN_MAX)
        wr_fmt(b, " and %zu more", n - SHOWN_MAX);
}

static void say_step(struct buf *b, const struct policy_rule *r, const struct policy_step *s)
{
    wr_fmt(b, "  %s ", effect_name(r));
    wr_span(b, r->name);
    wr_fmt(b, ": %s", outcome_name(s->outcome));
    if (s->outcome == POLICY_TEST_FAILED) {
        wr_text(b, ": wanted ");
        say_test(b, s->test);
        if (s->test->op == POLICY_SAME) {
            wr_text(b, " as ours, ");
            say_claim(b, s->own);
        }
        if (s->test->op == POLICY_REF)
            say_ref(b, s->ref);
        wr_text(b, "; found ");
        say_claim(b, s->found);
    }
    wr_text(b, "\n");
}

void policy_explain_text(const struct policy *p, const struct policy_verdict *v, struct buf *ret)
{
    const struct policy_list *list = list_of(p, v);
    wr_fmt(ret, "%s: %s", v->list, v->err == SR_OK ? "allowed" : "denied");
    if (v->err != SR_OK)
        wr_fmt(ret, " (%s)", sr_reason_text(v->reason));
    if (v->rule < v->steps_n)
        wr_fmt(ret, " by rule %s", v->rule_name);
    wr_fmt(ret, ", policy number %llu\n", (unsigned long long)p->number);
    for (size_t i = 0; i < v->steps_n && i < list->n; i++)
        say_step(ret, &list->rules[i], &v->steps[i]);
}

/* ---- verdicts in JSON ---- */

static void put_values(struct buf *b, const struct policy_step *s)
{
    const struct policy_test *t = s->test;
    jw_name(b, "wanted");
    if (t->op == POLICY_SAME && s->own) {
        put_claim(b, s->own);
    } else if (t->n == 1 && !policy_op_lists(t->op)) {
        put_value(b, &t->values[0]);
    } else {
        jw_array(b);
        for (size_t i = 0; i < t->n; i++)
            put_value(b, &t->values[i]);
        jw_array_end(b);
    }
}

/* The values in force; the empty array: none. */
static void put_ref(struct buf *b, const struct policy_ref *r)
{
    size_t n;
    const struct policy_value *v = policy_ref_values(r, &n);
    jw_name(b, "values");
    jw_array(b);
    for (size_t i = 0; i < n; i++)
        put_value(b, &v[i]);
    jw_array_end(b);
}

static void put_step(struct buf *b, const struct policy_rule *r, const struct policy_step *s)
{
    bool failed = s->outcome == POLICY_TEST_FAILED;
    jw_object(b);
    if (failed)
        jw_member_str(b, "claim", s->test->claim);
    jw_member_text(b, "effect", effect_name(r));
    if (failed && s->found) {
        jw_name(b, "found");
        put_claim(b, s->found);
    }
    jw_member_str(b, "name", r->name);
    if (failed)
        jw_member_text(b, "op", policy_op_name(s->test->op));
    jw_member_text(b, "outcome", outcome_name(s->outcome));
    if (failed && s->test->op == POLICY_REF)
        put_ref(b, s->ref);
    if (failed)
        put_values(b, s);
    jw_object_end(b);
}

void policy_explain_json(const struct policy *p, const struct policy_verdict *v, struct buf *ret)
{
    const struct policy_list *list = list_of(p, v);
    SR_OWN(buf) b = { 0 };
    jw_object(&b);
    jw_member_bool(&b, "allowed", v->err == SR_OK);
    jw_member_text(&b, "list", v->list);
    jw_member_u64(&b, "number", p->number);
    jw_member_text(&b, "reason", sr_reason_text(v->reason));
    if (v->rule < v->steps_n)
        jw_member_text(&b, "rule", v->rule_name);
    jw_name(&b, "rules");
    jw_array(&b);
    for (size_t i = 0; i < v->steps_n && i < list->n; i++)
        put_step(&b, &list->rules[i], &v->steps[i]);
    jw_array_end(&b);
    jw_object_end(&b);
    if (!buf_ok(&b))
        ret->bad = true;
    wr_span(ret, buf_span(&b));
}

enum sr_err policy_draft(struct span text, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) document = { 0 };
    SR_OWN(policy_hold) checked = { 0 };
    SR_TRY(json_canonical(text, &document, why));
    SR_TRY(policy_parse(buf_span(&document), &checked.p, why));
    wr_span(ret, buf_span(&document));
    return buf_ok(ret) ? SR_OK : sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
}
