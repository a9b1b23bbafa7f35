#include "proto/policy_effect.h"

#include "proto/json.h"
#include "proto/policy_body.h"

#include <string.h>

/* ---- documents ---- */

/* What compares two documents on the way. */
struct walk {
    const struct policy *before, *after;
    policy_change_fn *visit;
    void *ctx;
    bool no_memory;
};

static bool is_link(struct span member)
{
    return span_eq(member, SPAN_STR("number")) || span_eq(member, SPAN_STR("previous")) ||
           span_eq(member, SPAN_STR("version"));
}

static const struct json *member_of(const struct policy *p, struct span name)
{
    const struct json *v = json_first(json_root(&p->json));
    while (v && !span_eq(json_name(v), name))
        v = json_next(v);
    return v;
}

static struct span name_of(const struct json *element)
{
    return json_str(json_get(element, "name"));
}

static bool has_names(const struct json *list)
{
    return json_type(list) == JSON_ARRAY && name_of(json_first(list)).n > 0;
}

static const struct json *named(const struct json *list, struct span name)
{
    const struct json *v = json_first(list);
    while (v && !span_eq(name_of(v), name))
        v = json_next(v);
    return v;
}

static bool denies(const struct json *rule)
{
    return span_eq(json_str(json_get(rule, "effect")), SPAN_STR("deny"));
}

/* An allow rule that is new or says something else, a deny rule that goes or says something else. */
static bool opens(const struct json *before, const struct json *after)
{
    return (after && !denies(after)) || (before && denies(before));
}

static bool lets_in(struct span member)
{
    static const char *const names[] = { "vendor_ak_roots", "ak_cert_max_age", "join_delay" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_eq(member, span_of(names[i])))
            return true;
    return false;
}

static bool waits(const struct walk *w, const struct policy_change *c, const struct json *before,
                  const struct json *after)
{
    if (policy_join_delay(w->before) == 0)
        return false;
    if (span_eq(c->member, SPAN_STR("hardware"))) /* no list is every machine */
        return member_of(w->before, c->member) && (after || !member_of(w->after, c->member));
    if (span_eq(c->member, SPAN_STR("expelled")))
        return before && json_get(before, "hardware");
    if (c->name.n)
        return span_eq(c->member, SPAN_STR("join")) && opens(before, after);
    return lets_in(c->member) && !policy_admits_alike(w->before, w->after);
}

static void compare(struct walk *w, struct policy_change c, const struct json *before,
                    const struct json *after)
{
    SR_OWN(buf) x = { 0 };
    SR_OWN(buf) y = { 0 };
    if (before)
        jw_value(&x, before);
    if (after)
        jw_value(&y, after);
    w->no_memory |= !buf_ok(&x) || !buf_ok(&y);
    if (before && after && span_eq(buf_span(&x), buf_span(&y)))
        return;
    c.kind = !before ? CHANGE_ADDED : !after ? CHANGE_REMOVED : CHANGE_CHANGED;
    c.before = buf_span(&x);
    c.after = buf_span(&y);
    c.waits = waits(w, &c, before, after);
    w->visit(w->ctx, &c);
}

static void compare_lists(struct walk *w, struct span member, const struct json *before,
                          const struct json *after)
{
    for (const struct json *v = json_first(before); v; v = json_next(v))
        compare(w, (struct policy_change){ .member = member, .name = name_of(v) }, v,
                named(after, name_of(v)));
    for (const struct json *v = json_first(after); v; v = json_next(v))
        if (!named(before, name_of(v)))
            compare(w, (struct policy_change){ .member = member, .name = name_of(v) }, NULL, v);
}

static void compare_member(struct walk *w, struct span member)
{
    const struct json *before = member_of(w->before, member), *after = member_of(w->after, member);
    if (is_link(member))
        return;
    if (has_names(before) || has_names(after))
        compare_lists(w, member, before, after);
    else
        compare(w, (struct policy_change){ .member = member }, before, after);
}

enum sr_err policy_changes(const struct policy *before, const struct policy *after, policy_change_fn *visit,
                           void *ctx)
{
    struct walk w = { before, after, visit, ctx, false };
    for (const struct json *v = json_first(json_root(&before->json)); v; v = json_next(v))
        compare_member(&w, json_name(v));
    for (const struct json *v = json_first(json_root(&after->json)); v; v = json_next(v))
        if (!member_of(before, json_name(v)))
            compare_member(&w, json_name(v));
    return w.no_memory ? SR_ENOMEM : SR_OK;
}

/* ---- claims ---- */

static bool rule_gives(const struct policy_rule *r, const struct policy_gift *g)
{
    if ((r->effect == POLICY_DENY) != g->denied || !span_eq(r->tenant, g->tenant) ||
        !(r->usages & (unsigned)g->usage))
        return false;
    for (size_t i = 0; i < r->keys_n; i++)
        if (span_eq(r->keys[i], g->keys))
            return true;
    return false;
}

struct asked {
    const struct policy *there;
    const struct policy_asker *who;
    bool met[POLICY_RULES_MAX]; /* of there's release rules */
    policy_gift_fn *visit;
    void *ctx;
};

static bool given_there(const struct asked *a, const struct policy_gift *g)
{
    for (size_t i = 0; i < a->there->release.n; i++)
        if (a->met[i] && rule_gives(&a->there->release.rules[i], g))
            return true;
    return false;
}

/* By a rule before this one, so that each is told once. */
static bool told(const struct policy *here, const struct policy_rule *at, const struct asked *a,
                 const struct policy_gift *g)
{
    for (const struct policy_rule *r = here->release.rules; r < at; r++)
        if (policy_rule_met(r, a->who->peer, a->who->self) && rule_gives(r, g))
            return true;
    return false;
}

static void tell_rule(const struct policy *here, const struct policy_rule *r, const struct asked *a)
{
    for (size_t k = 0; k < r->keys_n; k++)
        for (unsigned bit = 1; bit <= r->usages; bit <<= 1) {
            const struct policy_gift g = { r->effect == POLICY_DENY, r->tenant, r->keys[k],
                                           (enum policy_usage)bit };
            if ((r->usages & bit) && !given_there(a, &g) && !told(here, r, a, &g))
                a->visit(a->ctx, &g);
        }
}

void policy_gifts_beyond(const struct policy *here, const struct policy *there,
                         const struct policy_asker *who, policy_gift_fn *visit, void *ctx)
{
    struct asked a = { .there = there, .who = who, .visit = visit, .ctx = ctx };
    for (size_t i = 0; i < there->release.n; i++)
        a.met[i] = policy_rule_met(&there->release.rules[i], who->peer, who->self);
    for (size_t i = 0; i < here->release.n; i++)
        if (policy_rule_met(&here->release.rules[i], who->peer, who->self))
            tell_rule(here, &here->release.rules[i], &a);
}
