/* policy_warn.c - what a valid policy says, and what in it is seldom meant. */
#include "crypto/text.h"
#include "proto/evidence_parts.h"
#include "proto/policy_body.h"
#include "proto/policy_explain.h"
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

static const char *binding_name(const struct policy *p)
{
    return p->binding == POLICY_BINDING_REQUIRED ? "required" : "optional";
}

/* ---- of the policy as a whole ---- */

static bool leaves_nobody(const size_t *left)
{
    return left && *left == 0;
}
static const char nobody[] = "expels every member that the node knows: the network ends with it";

/* Witnesses that are members say after a start what they have seen; those outside alone need not. */
static bool forgets(const struct policy *p)
{
    return p->witnessed && p->witnesses.restart == 0 && p->witnesses.outside_n == 0;
}
static const char forgotten[] =
    "asks no member after a start what it has seen (witnesses.restart is 0), and names no witness outside";

struct key_leases {
    size_t n; /* release rules and tenants that have one */
    uint64_t shortest;
};

static void count_lease(struct key_leases *l, uint64_t lease)
{
    l->n += lease != 0;
    if (lease && (!l->shortest || lease < l->shortest))
        l->shortest = lease;
}

static struct key_leases key_leases(const struct policy *p)
{
    struct key_leases l = { 0 };
    for (size_t i = 0; i < p->release.n; i++)
        count_lease(&l, p->release.rules[i].lease);
    for (size_t i = 0; i < p->tenants_n; i++)
        count_lease(&l, p->tenants[i].lease);
    return l;
}

static size_t rollback_rules(const struct policy *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->join.n; i++)
        n += asks_rollback(&p->join.rules[i]);
    return n;
}

static void say_leases(const struct policy *p, struct buf *b)
{
    struct key_leases l = key_leases(p);
    if (p->member_lease)
        wr_fmt(b, "a member serves %llu s without the word of ", (unsigned long long)p->member_lease);
    if (p->member_lease && p->lease_quorum)
        wr_fmt(b, "%llu others\n", (unsigned long long)p->lease_quorum);
    else if (p->member_lease)
        wr_text(b, "half of the others\n");
    if (l.n)
        wr_fmt(b, "%zu release rules and tenants give keys for a while, the shortest %llu s\n", l.n,
               (unsigned long long)l.shortest);
}

size_t policy_check_text(const struct policy *p, const size_t *left, struct buf *ret)
{
    char hash[65];
    hex_text(SPAN(p->hash.b), hash);
    wr_fmt(ret, "policy number %llu, hash %s\n", (unsigned long long)p->number, hash);
    wr_fmt(ret, "least epoch %llu, channel binding %s, AK certificates up to %llu s\n",
           (unsigned long long)p->min_epoch, binding_name(p), (unsigned long long)p->ak_cert_max_age);
    if (p->destroy_before > 1)
        wr_fmt(ret,
               "masters of epochs before %llu are destroyed, and with them derived keys of these versions\n",
               (unsigned long long)p->destroy_before);
    wr_fmt(ret, "%zu join rules, %zu release rules, %zu tenants, %zu vendor AK roots\n", p->join.n,
           p->release.n, p->tenants_n, p->roots_n);
    if (p->issuers_n > 0)
        wr_fmt(ret, "%zu token issuers, whose word counts as evidence of types of their own\n", p->issuers_n);
    if (p->join_delay)
        wr_fmt(ret, "what the next policy newly lets join waits %llu s\n", (unsigned long long)p->join_delay);
    wr_fmt(ret, "joins %s, %zu expelled\n", p->join_frozen ? "frozen" : "go on", p->expelled_n);
    if (p->hardware)
        wr_fmt(ret, "%zu machines listed, no other joins\n", p->hardware_n);
    if (rollback_rules(p))
        wr_fmt(ret, "%zu join rules ask for a level of rollback protection\n", rollback_rules(p));
    say_leases(p, ret);
    if (leaves_nobody(left))
        wr_fmt(ret, "warning: %s\n", nobody);
    if (forgets(p))
        wr_fmt(ret, "warning: %s\n", forgotten);
    return warn_all(p, say_warning, ret) + leaves_nobody(left) + forgets(p);
}

static void put_whole(struct buf *b, const char *text)
{
    jw_object(b);
    jw_member_text(b, "text", text);
    jw_object_end(b);
}

size_t policy_check_json(const struct policy *p, const size_t *left, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct key_leases leases = key_leases(p);
    jw_object(&b);
    jw_member_text(&b, "channel_binding", binding_name(p));
    if (p->destroy_before > 1)
        jw_member_u64(&b, "destroy_before", p->destroy_before);
    jw_member_u64(&b, "expelled", p->expelled_n);
    jw_member_bool(&b, "frozen", p->join_frozen);
    if (p->hardware)
        jw_member_u64(&b, "hardware", p->hardware_n);
    jw_member_hex(&b, "hash", SPAN(p->hash.b));
    jw_member_u64(&b, "join_delay", p->join_delay);
    jw_member_u64(&b, "join_rules", p->join.n);
    if (p->lease_quorum)
        jw_member_u64(&b, "lease_quorum", p->lease_quorum);
    if (leases.n)
        jw_member_u64(&b, "leases", leases.n);
    if (p->member_lease)
        jw_member_u64(&b, "member_lease", p->member_lease);
    jw_member_u64(&b, "min_epoch", p->min_epoch);
    jw_member_u64(&b, "number", p->number);
    jw_member_hex(&b, "previous", SPAN(p->previous.b));
    jw_member_u64(&b, "release_rules", p->release.n);
    if (rollback_rules(p))
        jw_member_u64(&b, "rollback_rules", rollback_rules(p));
    if (leases.n)
        jw_member_u64(&b, "shortest_lease", leases.shortest);
    jw_member_u64(&b, "tenants", p->tenants_n);
    if (p->issuers_n > 0)
        jw_member_u64(&b, "token_issuers", p->issuers_n);
    jw_name(&b, "warnings");
    jw_array(&b);
    if (leaves_nobody(left))
        put_whole(&b, nobody);
    if (forgets(p))
        put_whole(&b, forgotten);
    size_t n = warn_all(p, put_warning, &b) + leaves_nobody(left) + forgets(p);
    jw_array_end(&b);
    jw_object_end(&b);
    if (!buf_ok(&b))
        ret->bad = true;
    wr_span(ret, buf_span(&b));
    return n;
}
