/* policy_rules.c - the rules of a policy, read from its document. specs/policy.md, "Rules". */
#include "proto/glob.h"
#include "proto/policy_body.h"

#include <string.h>

enum { CLAIM_NAME_MAX = 31 };

enum { KIND_TEXT = 1, KIND_UINT = 2, KIND_BOOL = 4, KIND_ANY = 7 };

/* Which values an operator takes: how many, and of which kinds. */
static const struct op_row {
    const char *name;
    size_t least, most;
    unsigned kinds;
} ops[] = {
    [POLICY_EQ] = { "eq", 1, 1, KIND_ANY },
    [POLICY_IN] = { "in", 1, POLICY_VALUES_MAX, KIND_ANY },
    [POLICY_MIN] = { "min", 1, 1, KIND_UINT },
    [POLICY_MAX_OP] = { "max", 1, 1, KIND_UINT },
    [POLICY_PREFIX] = { "prefix", 1, 1, KIND_TEXT },
    [POLICY_SAME] = { "same", 0, 0, 0 },
    [POLICY_SUBSET] = { "subset", 0, POLICY_VALUES_MAX, KIND_TEXT },
    [POLICY_NONE_OF] = { "none-of", 1, POLICY_VALUES_MAX, KIND_TEXT },
    [POLICY_REF] = { "ref", 1, 1, KIND_TEXT },
};
enum { OPS_N = sizeof ops / sizeof *ops };

static const struct usage_row {
    const char *name;
    enum policy_usage usage;
} usages[] = {
    { "secret", POLICY_SECRET }, { "raw", POLICY_RAW },   { "ed25519", POLICY_ED25519 },
    { "x25519", POLICY_X25519 }, { "p256", POLICY_P256 }, { "secp256k1", POLICY_SECP256K1 },
};
enum { USAGES_N = sizeof usages / sizeof *usages };

const char *policy_op_name(enum policy_op op)
{
    return (unsigned)op < OPS_N ? ops[op].name : "?";
}

bool policy_op_lists(enum policy_op op)
{
    return (unsigned)op < OPS_N && ops[op].most > 1;
}

static bool takes_sets(enum policy_op op)
{
    return op == POLICY_SUBSET || op == POLICY_NONE_OF;
}

unsigned policy_usage_find(struct span name)
{
    for (size_t i = 0; i < USAGES_N; i++)
        if (span_eq(name, span_of(usages[i].name)))
            return usages[i].usage;
    return 0;
}

const char *policy_usage_name(enum policy_usage one)
{
    for (size_t i = 0; i < USAGES_N; i++)
        if (usages[i].usage == one)
            return usages[i].name;
    return "?";
}

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "%s", what);
}

static enum sr_err no_memory(struct sr_why *why)
{
    return sr_fail(why, SR_ENOMEM, R_INTERNAL, "no memory");
}

bool policy_word_ok(struct span s, size_t max)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
            return false;
    }
    return s.n > 0 && s.n <= max;
}

static bool claim_ok(struct span s)
{
    return policy_word_ok(s, CLAIM_NAME_MAX) && s.p[0] >= 'a' && s.p[0] <= 'z';
}

static bool text_ok(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] > 0x7e)
            return false;
    return s.n > 0 && s.n <= POLICY_TEXT_MAX;
}

/* ---- comparisons ---- */

static bool has_comma(struct span s)
{
    return s.n > 0 && memchr(s.p, ',', s.n) != NULL;
}

static unsigned kind_bit(enum json_type t)
{
    switch (t) {
    case JSON_STR: return KIND_TEXT;
    case JSON_U64: return KIND_UINT;
    case JSON_BOOL: return KIND_BOOL;
    default: return 0;
    }
}

static enum sr_err value_read(const struct json *v, unsigned kinds, struct policy_value *ret,
                              struct sr_why *why)
{
    struct policy_value value = { .kind = json_type(v), .text = json_str(v) };
    if (!(kind_bit(value.kind) & kinds))
        return bad(why, "where: a value of a kind that the operator does not take");
    if (value.kind == JSON_STR && !text_ok(value.text))
        return bad(why, "where: a text that is empty, too long or not printable ASCII");
    value.num = value.kind == JSON_BOOL ? json_bool(v) : json_u64(v);
    *ret = value;
    return SR_OK;
}

enum sr_err policy_value_read(const struct json *v, struct policy_value *ret, struct sr_why *why)
{
    return value_read(v, KIND_ANY, ret, why);
}

static enum sr_err values_read(struct policy *p, const struct json *first, size_t n, struct policy_test *t,
                               struct sr_why *why)
{
    struct policy_value *values = policy_alloc(p, n, sizeof *values);
    const struct json *v = first;
    if (!values)
        return no_memory(why);
    for (size_t i = 0; i < n; i++, v = json_next(v)) {
        SR_TRY(value_read(v, ops[t->op].kinds, &values[i], why));
        if (values[i].kind != values[0].kind)
            return bad(why, "where: values of different kinds");
        if (takes_sets(t->op) && has_comma(values[i].text))
            return bad(why, "where: a comma, which no element of a set has");
    }
    t->values = values;
    t->n = n;
    return SR_OK;
}

static enum sr_err op_read(struct span name, enum policy_op *ret, struct sr_why *why)
{
    for (size_t i = 0; i < OPS_N; i++) {
        if (span_eq(name, span_of(ops[i].name))) {
            *ret = (enum policy_op)i;
            return SR_OK;
        }
    }
    return bad(why, "where: unknown operator");
}

static enum sr_err test_read(struct policy *p, const struct json *v, struct policy_test *t,
                             struct sr_why *why)
{
    struct span op = { 0 };
    const struct json *value = NULL;
    const struct json_field fields[] = {
        { "claim", JSON_TEXT, &t->claim, CLAIM_NAME_MAX, false },
        { "op", JSON_TEXT, &op, 16, false },
        { "value", JSON_ANY, &value, 0, true },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    if (!claim_ok(t->claim))
        return bad(why, "where: not a claim's name");
    SR_TRY(op_read(op, &t->op, why));
    bool list = policy_op_lists(t->op);
    if (list && json_type(value) != JSON_ARRAY)
        return bad(why, "where: an operator that takes an array, without one");
    size_t n = list ? json_count(value) : value != NULL;
    if (n < ops[t->op].least || n > ops[t->op].most)
        return bad(why, "where: too few or too many values");
    return values_read(p, list ? json_first(value) : value, n, t, why);
}

static enum sr_err tests_read(struct policy *p, const struct json *array, struct policy_rule *r,
                              struct sr_why *why)
{
    r->tests = policy_alloc(p, json_count(array), sizeof *r->tests);
    if (!r->tests)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v))
        SR_TRY(test_read(p, v, &r->tests[r->tests_n++], why));
    return r->tests_n > 0 ? SR_OK : bad(why, "where: empty, so that anything would match");
}

/* ---- what only release rules have ---- */

static enum sr_err keys_read(struct policy *p, const struct json *array, struct policy_rule *r,
                             struct sr_why *why)
{
    r->keys = policy_alloc(p, json_count(array), sizeof *r->keys);
    if (!r->keys)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        if (!glob_ok(json_str(v)))
            return bad(why, "keys: not a pattern");
        r->keys[r->keys_n++] = json_str(v);
    }
    return r->keys_n > 0 ? SR_OK : bad(why, "keys: none");
}

static enum sr_err usages_read(const struct json *array, struct policy_rule *r, struct sr_why *why)
{
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        unsigned usage = policy_usage_find(json_str(v));
        if (usage == 0 || r->usages & usage)
            return bad(why, "usages: unknown or repeated");
        r->usages |= usage;
    }
    return r->usages != 0 ? SR_OK : bad(why, "usages: none");
}

/* ---- rules ---- */

struct rule_parts {
    struct span effect;
    const struct json *where, *keys, *usages, *lease;
};

static enum sr_err effect_read(struct span s, enum policy_effect *ret, struct sr_why *why)
{
    bool deny = span_eq(s, SPAN_STR("deny"));
    if (!deny && !span_eq(s, SPAN_STR("allow")))
        return bad(why, "effect: neither \"allow\" nor \"deny\"");
    *ret = deny ? POLICY_DENY : POLICY_ALLOW;
    return SR_OK;
}

static enum sr_err common_read(struct policy *p, const struct rule_parts *parts, struct policy_rule *r,
                               struct sr_why *why)
{
    if (!policy_word_ok(r->name, POLICY_NAME_MAX))
        return bad(why, "not a rule's name");
    if (!policy_word_ok(r->type, POLICY_TYPE_MAX))
        return bad(why, "not a type's name");
    SR_TRY(effect_read(parts->effect, &r->effect, why));
    return tests_read(p, parts->where, r, why);
}

static enum sr_err join_rule_read(struct policy *p, const struct json *v, struct policy_rule *r,
                                  struct sr_why *why)
{
    struct rule_parts parts = { .effect = SPAN_STR("allow") };
    const struct json_field fields[] = {
        { "effect", JSON_TEXT, &parts.effect, 8, true },
        { "name", JSON_TEXT, &r->name, POLICY_NAME_MAX, false },
        { "type", JSON_TEXT, &r->type, POLICY_TYPE_MAX, false },
        { "where", JSON_ARRAY, &parts.where, POLICY_TESTS_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    return common_read(p, &parts, r, why);
}

static enum sr_err release_rule_read(struct policy *p, const struct json *v, struct policy_rule *r,
                                     struct sr_why *why)
{
    struct rule_parts parts = { .effect = SPAN_STR("allow") };
    const struct json_field fields[] = {
        { "effect", JSON_TEXT, &parts.effect, 8, true },
        { "keys", JSON_ARRAY, &parts.keys, POLICY_KEYS_MAX, false },
        { "lease", JSON_ANY, &parts.lease, 0, true },
        { "name", JSON_TEXT, &r->name, POLICY_NAME_MAX, false },
        { "tenant", JSON_TEXT, &r->tenant, GLOB_TENANT_MAX, false },
        { "type", JSON_TEXT, &r->type, POLICY_TYPE_MAX, false },
        { "usages", JSON_ARRAY, &parts.usages, USAGES_N, false },
        { "where", JSON_ARRAY, &parts.where, POLICY_TESTS_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    SR_TRY(keys_read(p, parts.keys, r, why));
    SR_TRY(usages_read(parts.usages, r, why));
    SR_TRY(policy_key_lease_read(parts.lease, &r->lease, why));
    return common_read(p, &parts, r, why);
}

static enum sr_err name_is_new(const struct policy_list *list, struct span name, struct sr_why *why)
{
    for (size_t i = 0; i < list->n; i++)
        if (span_eq(list->rules[i].name, name))
            return bad(why, "the same name twice");
    return SR_OK;
}

enum sr_err policy_rules_read(struct policy *p, const struct json *array, const char *list,
                              struct policy_list *ret, struct sr_why *why)
{
    bool join = ret == &p->join;
    ret->rules = policy_alloc(p, json_count(array), sizeof *ret->rules);
    if (!ret->rules)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v), ret->n++) {
        struct policy_rule *r = &ret->rules[ret->n];
        struct sr_why inner = { 0 };
        enum sr_err e = join ? join_rule_read(p, v, r, &inner) : release_rule_read(p, v, r, &inner);
        if (e == SR_OK)
            e = name_is_new(ret, r->name, &inner);
        if (e != SR_OK)
            return sr_fail(why, e, inner.reason, "%s[%zu]: %s", list, ret->n, inner.text);
    }
    return SR_OK;
}
