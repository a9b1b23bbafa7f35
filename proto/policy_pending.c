/* policy_pending.c - which words of the policy in force do not count yet. What counts is decided joiner by
 * joiner, in policy_delay.c; this says it in the words that operators wrote. */
#include "proto/policy_body.h"
#include "proto/policy_delay.h"

static bool same_value(const struct policy_value *a, const struct policy_value *b)
{
    return a->kind == b->kind && a->num == b->num && span_eq(a->text, b->text);
}

static bool same_test(const struct policy_test *a, const struct policy_test *b)
{
    if (a->op != b->op || a->n != b->n || !span_eq(a->claim, b->claim))
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!same_value(&a->values[i], &b->values[i]))
            return false;
    return true;
}

/* Word for word, but that "effect":"allow" need not stand there. */
static bool same_rule(const struct policy_rule *a, const struct policy_rule *b)
{
    if (a->effect != b->effect || a->tests_n != b->tests_n || !span_eq(a->name, b->name) ||
        !span_eq(a->type, b->type))
        return false;
    for (size_t i = 0; i < a->tests_n; i++)
        if (!same_test(&a->tests[i], &b->tests[i]))
            return false;
    return true;
}

static bool stands_in(const struct policy_list *list, const struct policy_rule *r)
{
    for (size_t i = 0; i < list->n; i++)
        if (same_rule(&list->rules[i], r))
            return true;
    return false;
}

static bool same_list(const struct policy_list *a, const struct policy_list *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (!same_rule(&a->rules[i], &b->rules[i]))
            return false;
    return a->n == b->n;
}

bool policy_has_root(const struct policy *p, const struct sha256 *root)
{
    for (size_t i = 0; i < p->roots_n; i++)
        if (sha256_eq(&p->roots[i], root))
            return true;
    return false;
}

static bool adds_roots(const struct policy *before, const struct policy *next)
{
    for (size_t i = 0; i < next->roots_n; i++)
        if (!policy_has_root(before, &next->roots[i]))
            return true;
    return false;
}

static bool machine_listed(const struct policy *p, const struct policy_machine *m)
{
    for (size_t i = 0; i < p->hardware_n; i++)
        if (span_eq(p->hardware[i].id, m->id))
            return true;
    return false;
}

/* No list is every machine. */
static bool adds_machines(const struct policy *before, const struct policy *next)
{
    if (!before->hardware || !next->hardware)
        return before->hardware != NULL;
    for (size_t i = 0; i < next->hardware_n; i++)
        if (!machine_listed(before, &next->hardware[i]))
            return true;
    return false;
}

static bool still_expelled(const struct policy *p, const struct policy_expelled *e)
{
    for (size_t i = 0; i < p->expelled_n; i++)
        if (span_eq(p->expelled[i].hardware, e->hardware))
            return true;
    return false;
}

static bool takes_back(const struct policy *before, const struct policy *next)
{
    for (size_t i = 0; i < before->expelled_n; i++)
        if (before->expelled[i].hardware.n && !still_expelled(next, &before->expelled[i]))
            return true;
    return false;
}

bool policy_admits_alike(const struct policy *before, const struct policy *next)
{
    return same_list(&before->join, &next->join) && !adds_roots(before, next) &&
           !adds_machines(before, next) && !takes_back(before, next) &&
           policy_ak_cert_max_age(next) <= policy_ak_cert_max_age(before) &&
           policy_join_delay(next) >= policy_join_delay(before);
}

const char *policy_pending_name(enum policy_pending_kind kind)
{
    static const char *const names[] = {
        [PENDING_ALLOW] = "allow-rule",
        [PENDING_DENY] = "deny-rule",
        [PENDING_ROOT] = "vendor-root",
        [PENDING_ALL] = "everything",
    };
    return names[kind];
}

struct pending_out {
    struct policy_pending *v;
    size_t n, max;
};

/* Once each, with the latest time. */
static void put(struct pending_out *o, enum policy_pending_kind kind, struct span name, uint64_t until)
{
    size_t i = 0;
    while (i < o->n && !(o->v[i].kind == kind && span_eq(o->v[i].name, name)))
        i++;
    if (i == o->max)
        return;
    if (i == o->n)
        o->v[o->n++] = (struct policy_pending){ kind, name, until };
    else if (until > o->v[i].until)
        o->v[i].until = until;
}

/* Rules of one effect that stand in `here` and not in `there`. */
static void put_rules(struct pending_out *o, const struct policy *here, const struct policy *there,
                      enum policy_pending_kind kind, uint64_t until)
{
    enum policy_effect effect = kind == PENDING_DENY ? POLICY_DENY : POLICY_ALLOW;
    for (size_t i = 0; i < here->join.n; i++) {
        const struct policy_rule *r = &here->join.rules[i];
        if (r->effect == effect && !stands_in(&there->join, r))
            put(o, kind, r->name, until);
    }
}

static void put_before(struct pending_out *o, const struct policy *p, const struct policy_wait *w)
{
    put_rules(o, p, w->before, PENDING_ALLOW, w->due.unix_s);
    put_rules(o, w->before, p, PENDING_DENY, w->due.unix_s);
    if (adds_roots(w->before, p))
        put(o, PENDING_ROOT, (struct span){ 0 }, w->due.unix_s);
}

size_t policy_pending(const struct policy *p, const struct policy_wait_view *view, struct policy_pending *ret,
                      size_t max)
{
    struct pending_out o = { ret, 0, max };
    for (size_t i = 0; i < view->w->n; i++) {
        const struct policy_wait *w = &view->w->v[i];
        if (policy_wait_over(w, view->now))
            continue;
        if (!w->before)
            put(&o, PENDING_ALL, (struct span){ 0 }, w->due.unix_s);
        else
            put_before(&o, p, w);
    }
    return o.n;
}
