/* What in a rule of a valid policy is seldom meant. */
#include "proto/policy_warn.h"

#include "proto/evidence_parts.h"
#include "proto/policy_body.h"
#include "proto/policy_issuers.h"

#include <string.h>

/* A claim that names what runs or where it runs: a rule without any lets in whoever has the type. */
static const char *const code_claims[] = { "code", "measurement" };

/* Of evidence in several parts, a claim of that name of any of them. */
static bool is_claim(const struct evidence_parts *parts, struct span name, const char *claim)
{
    for (size_t i = 0; i < parts->n; i++) {
        size_t n = strlen(parts->v[i].prefix);
        struct span prefix = { name.p, name.n < n ? name.n : n };
        struct span rest = { name.p + prefix.n, name.n - prefix.n };
        if (span_eq(prefix, span_of(parts->v[i].prefix)) && span_eq(rest, span_of(claim)))
            return true;
    }
    return false;
}

static bool tests_claim(const struct policy_rule *r, const char *claim)
{
    struct evidence_parts parts = evidence_parts(r->type);
    for (size_t i = 0; i < r->tests_n; i++)
        if (is_claim(&parts, r->tests[i].claim, claim))
            return true;
    return false;
}

static bool has_part(const struct policy_rule *r, const char *type)
{
    struct evidence_parts parts = evidence_parts(r->type);
    for (size_t i = 0; i < parts.n; i++)
        if (parts.v[i].type && strcmp(parts.v[i].type, type) == 0)
            return true;
    return span_eq(r->type, span_of(type));
}

static bool names_code(const struct policy_rule *r)
{
    for (size_t i = 0; i < sizeof code_claims / sizeof *code_claims; i++)
        if (tests_claim(r, code_claims[i]))
            return true;
    return false;
}

static bool loose_code(const struct policy *p, const struct policy_rule *r)
{
    (void)p;
    return r->effect == POLICY_ALLOW && !names_code(r);
}

static bool loose_boot(const struct policy *p, const struct policy_rule *r)
{
    (void)p;
    return r->effect == POLICY_ALLOW && has_part(r, "tpm") && !tests_claim(r, "boot");
}

static bool is_tee(const struct policy_rule *r)
{
    return has_part(r, "snp") || has_part(r, "tdx") || has_part(r, "sgx");
}

/* What a third party's token is said to be about. */
static bool is_word_on_tee(const struct policy *p, const struct policy_rule *r)
{
    static const char *const tees[] = { "snp", "tdx", "sgx" };
    const struct policy_issuer *i = policy_issuer(p, r->type);
    for (size_t t = 0; i && t < sizeof tees / sizeof *tees; t++)
        if (span_eq(i->evidence, span_of(tees[t])))
            return true;
    return false;
}

static bool loose_debug(const struct policy *p, const struct policy_rule *r)
{
    return r->effect == POLICY_ALLOW && (is_tee(r) || is_word_on_tee(p, r)) && !tests_claim(r, "debug");
}

/* MRTD is the firmware's; kernel and command line are in the next two registers. */
static bool firmware_alone(const struct policy *p, const struct policy_rule *r)
{
    (void)p;
    return r->effect == POLICY_ALLOW && has_part(r, "tdx") &&
           !(tests_claim(r, "rtmr1") && tests_claim(r, "rtmr2"));
}

static bool proves_nothing(const struct policy *p, const struct policy_rule *r)
{
    (void)p;
    return r->effect == POLICY_ALLOW && span_eq(r->type, SPAN_STR("insecure"));
}

static bool every_key(const struct policy *p, const struct policy_rule *r)
{
    (void)p;
    for (size_t i = 0; i < r->keys_n; i++)
        if (r->effect == POLICY_ALLOW && span_eq(r->keys[i], SPAN_STR("**")))
            return true;
    return false;
}

static bool third_party(const struct policy *p, const struct policy_rule *r)
{
    return r->effect == POLICY_ALLOW && policy_issuer(p, r->type);
}

static bool has_ref(const struct policy *p, const struct policy_rule *r)
{
    (void)p;
    for (size_t i = 0; i < r->tests_n; i++)
        if (r->tests[i].op == POLICY_REF)
            return true;
    return false;
}

static bool asks_rollback(const struct policy_rule *r)
{
    for (size_t i = 0; i < r->tests_n; i++)
        if (span_eq(r->tests[i].claim, SPAN_STR("rollback")))
            return true;
    return false;
}

/* Members alone say so. */
static bool vain_rollback(const struct policy *p, const struct policy_rule *r)
{
    (void)p;
    return r->tenant.n && asks_rollback(r);
}

static bool token_of_nobody(const struct policy *p, const struct policy_rule *r)
{
    return policy_is_token(r->type) && !policy_issuer(p, r->type);
}

static bool no_room(const struct policy *p, const struct policy_rule *r)
{
    const struct policy_tenant *t = r->tenant.n ? policy_tenant(p, r->tenant) : NULL;
    return t && (r->usages & POLICY_SECRET) && (t->max_secrets == 0 || t->max_bytes == 0);
}

/* Of tenant and rules the shortest counts; a denial gives nothing that could end. */
static bool idle_lease(const struct policy *p, const struct policy_rule *r)
{
    const struct policy_tenant *t = r->tenant.n ? policy_tenant(p, r->tenant) : NULL;
    return r->lease && (r->effect == POLICY_DENY || (t && t->lease && t->lease < r->lease));
}

static const struct warning {
    const char *text;
    bool (*of)(const struct policy *, const struct policy_rule *);
} warnings[] = {
    { "does not compare code or measurement: any program of that type matches", loose_code },
    { "does not compare boot: a host's root can measure what it likes", loose_boot },
    { "does not compare debug: whoever runs such a machine can read it", loose_debug },
    { "does not compare rtmr1 and rtmr2: MRTD says which firmware ran, not which kernel", firmware_alone },
    { "is for insecure evidence, which proves nothing", proves_nothing },
    { "gives every key of the tenant", every_key },
    { "believes a third party: whoever has its signing key decides who matches", third_party },
    { "compares with what the tenant's administrators set: they decide who matches", has_ref },
    { "compares rollback, which members say of themselves and workloads do not: nothing matches",
      vain_rollback },
    { "is for tokens of an issuer that token_issuers does not name: nothing matches", token_of_nobody },
    { "names stored secrets of a tenant that may store none", no_room },
    { "has a lease that never counts: it denies, or the tenant's is shorter", idle_lease },
};

typedef void warn_fn(struct buf *, const char *list, const struct policy_rule *, const char *text);

static size_t warn_list(const struct policy *p, const struct policy_list *list, const char *name,
                        warn_fn *say, struct buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        for (size_t w = 0; w < sizeof warnings / sizeof *warnings; w++) {
            if (!warnings[w].of(p, &list->rules[i]))
                continue;
            say(b, name, &list->rules[i], warnings[w].text);
            n++;
        }
    }
    return n;
}

static size_t warn_all(const struct policy *p, warn_fn *say, struct buf *b)
{
    return warn_list(p, &p->join, "join", say, b) + warn_list(p, &p->release, "release", say, b);
}

static void say_warning(struct buf *b, const char *list, const struct policy_rule *r, const char *text)
{
    wr_fmt(b, "warning: %s rule ", list);
    wr_span(b, r->name);
    wr_fmt(b, " %s\n", text);
}

static void put_warning(struct buf *b, const char *list, const struct policy_rule *r, const char *text)
{
    jw_object(b);
    jw_member_text(b, "list", list);
    jw_member_str(b, "rule", r->name);
    jw_member_text(b, "text", text);
    jw_object_end(b);
}

size_t policy_warn_text(const struct policy *p, struct buf *ret)
{
    return warn_all(p, say_warning, ret);
}

size_t policy_warn_json(const struct policy *p, struct buf *ret)
{
    return warn_all(p, put_warning, ret);
}

size_t policy_rollback_rules(const struct policy *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->join.n; i++)
        n += asks_rollback(&p->join.rules[i]);
    return n;
}
