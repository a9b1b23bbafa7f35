#include "proto/appraisal.h"
#include "proto/evidence_parts.h"

#include <string.h>

enum { VALUES_MAX = 2 };

/* One comparison: the claim is one of the values. Texts, except true, false and 0, which are what they look
 * like. */
struct appraisal_row {
    enum appraisal_set set;
    const char *type;
    const char *check, *claim;
    const char *values[VALUES_MAX];
    enum sr_reason reason;
};
static const struct appraisal_row rows[] = {
    { APPRAISAL_BASELINE, "snp", "debug", "debug", { "false" }, R_DEBUG },
    { APPRAISAL_BASELINE, "snp", "migrate-ma", "migrate_ma", { "false" }, R_MIGRATABLE },
    { APPRAISAL_BASELINE, "tdx", "debug", "debug", { "false" }, R_DEBUG },
    { APPRAISAL_BASELINE, "tdx", "migratable", "migratable", { "false" }, R_MIGRATABLE },
    { APPRAISAL_BASELINE, "tdx", "sept-ve-disable", "sept_ve_disable", { "true" }, R_SEPT_VE },
    { APPRAISAL_BASELINE, "tdx", "service-td", "service_td", { "false" }, R_SERVICE_TD },
    { APPRAISAL_BASELINE,
      "tdx",
      "tcb-status",
      "tcb.status",
      { "UpToDate", "SWHardeningNeeded" },
      R_TCB_STATUS },
    { APPRAISAL_BASELINE, "sgx", "debug", "debug", { "false" }, R_DEBUG },
    { APPRAISAL_BASELINE,
      "sgx",
      "tcb-status",
      "tcb.status",
      { "UpToDate", "SWHardeningNeeded" },
      R_TCB_STATUS },
    { APPRAISAL_STRICT, "snp", "vmpl-0", "vmpl", { "0" }, R_VMPL },
    { APPRAISAL_STRICT, "snp", "alias-check", "platform.alias_check", { "true" }, R_ALIAS_CHECK },
    { APPRAISAL_STRICT, "snp", "no-milan", "product", { "genoa", "turin" }, R_PRODUCT },
    { APPRAISAL_STRICT, "tdx", "up-to-date", "tcb.status", { "UpToDate" }, R_TCB_STATUS },
    { APPRAISAL_STRICT, "sgx", "up-to-date", "tcb.status", { "UpToDate" }, R_TCB_STATUS },
};
enum { ROWS = sizeof rows / sizeof *rows };

static bool is_value(const struct claim *c, const char *value)
{
    switch (c->kind) {
    case CLAIM_TEXT: return strcmp(c->text, value) == 0;
    case CLAIM_BOOL: return strcmp(c->num ? "true" : "false", value) == 0;
    case CLAIM_UINT: return c->num == 0 && strcmp(value, "0") == 0;
    }
    return false;
}

/* One part of the evidence, and who looks at it. */
struct looked_at {
    const struct claims *claims;
    const struct evidence_part *part;
    const struct waivers *waivers;
};

static bool holds(const struct appraisal_row *r, const struct looked_at *at)
{
    const struct claim *c = evidence_claim(at->claims, at->part, r->claim);
    for (size_t i = 0; c && i < VALUES_MAX && r->values[i]; i++)
        if (is_value(c, r->values[i]))
            return true;
    return false;
}

static bool is_waived(const struct waivers *w, const char *check)
{
    for (size_t i = 0; w && i < w->n; i++)
        if (strcmp(w->name[i], check) == 0)
            return true;
    return false;
}

bool appraisal_names(const char *check)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].check, check) == 0)
            return true;
    return false;
}

static enum check_outcome outcome_of(const struct appraisal_row *r, const struct looked_at *at)
{
    if (holds(r, at))
        return CHECK_PASSED;
    return is_waived(at->waivers, r->check) ? CHECK_WAIVED : CHECK_FAILED;
}

/* The rows of that part's type. Goes on after a refusal, so that the trail has them all. */
static enum sr_err check_part(enum appraisal_set set, const struct looked_at *at, struct check_trail *trail,
                              struct sr_why *why)
{
    enum sr_err verdict = SR_OK;
    for (size_t i = 0; i < ROWS; i++) {
        const struct appraisal_row *r = &rows[i];
        if (r->set > set || strcmp(r->type, at->part->type) != 0)
            continue;
        enum check_outcome o = outcome_of(r, at);
        check_note(trail, r->check, o, o == CHECK_PASSED ? R_NONE : r->reason);
        if (o == CHECK_FAILED && verdict == SR_OK)
            verdict = sr_fail(why, SR_EPROOF, r->reason, "%s: the claim %s%s is not what is asked for",
                              r->check, at->part->prefix, r->claim);
    }
    return verdict;
}

enum sr_err appraisal_check(enum appraisal_set set, const struct claims *c, const struct waivers *w,
                            struct check_trail *trail, struct sr_why *why)
{
    enum sr_err verdict = SR_OK;
    const struct claim *type = claims_find(c, SPAN_STR("type"));
    if (!type || type->kind != CLAIM_TEXT)
        return sr_fail(why, SR_EPROOF, R_EVIDENCE_TYPE, "claims without a type");
    struct evidence_parts all = evidence_parts(span_of(type->text));
    for (size_t i = 0; i < all.n; i++) {
        struct looked_at at = { c, &all.v[i], w };
        if (!all.v[i].type)
            return sr_fail(why, SR_EPROOF, R_EVIDENCE_TYPE, "claims of an unknown type");
        enum sr_err e = check_part(set, &at, trail, verdict == SR_OK ? why : NULL);
        verdict = verdict == SR_OK ? e : verdict;
    }
    return verdict;
}
