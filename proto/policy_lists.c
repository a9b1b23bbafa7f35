#include "crypto/text.h"
#include "proto/policy_body.h"

#include <string.h>

/* As appraise_leaf() writes a claim into a leaf. */
static bool is_value(const struct policy_value *v, const struct sha256 *measurement)
{
    uint8_t bytes[POLICY_TEXT_MAX / 2];
    size_t n = v->kind == JSON_STR ? v->text.n / 2 : 0;
    if (n == 0 || n > sizeof bytes || hex_read(v->text, bytes, n) != SR_OK)
        return false;
    if (n == sizeof measurement->b)
        return memcmp(bytes, measurement->b, n) == 0;
    struct sha256 h = sha256((struct span){ bytes, n });
    return sha256_eq(&h, measurement);
}

static bool test_lists(const struct policy_test *t, const struct sha256 *measurement,
                       const struct sha256 *own)
{
    if (t->op == POLICY_SAME)
        return sha256_eq(measurement, own);
    if (t->op != POLICY_EQ && t->op != POLICY_IN)
        return true; /* what such a comparison leaves open is not named, and not refused either */
    for (size_t i = 0; i < t->n; i++)
        if (is_value(&t->values[i], measurement))
            return true;
    return false;
}

static enum policy_lists rule_lists(const struct policy_rule *r, const struct sha256 *measurement,
                                    const struct sha256 *own)
{
    enum policy_lists found = POLICY_SILENT;
    for (size_t i = 0; i < r->tests_n; i++) {
        if (!span_eq(r->tests[i].claim, SPAN_STR("measurement")))
            continue;
        if (!test_lists(&r->tests[i], measurement, own))
            return POLICY_UNLISTED; /* all comparisons of a rule must hold */
        found = POLICY_LISTED;
    }
    return found;
}

enum policy_lists policy_lists_measurement(const struct policy *p, const struct sha256 *measurement,
                                           const struct sha256 *own)
{
    bool silent = false;
    for (size_t i = 0; i < p->join.n; i++) {
        const struct policy_rule *r = &p->join.rules[i];
        enum policy_lists one = r->effect == POLICY_ALLOW ? rule_lists(r, measurement, own) : POLICY_UNLISTED;
        if (one == POLICY_LISTED)
            return POLICY_LISTED;
        silent |= one == POLICY_SILENT;
    }
    return silent ? POLICY_SILENT : POLICY_UNLISTED;
}
