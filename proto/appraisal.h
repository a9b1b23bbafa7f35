#pragma once
/* appraisal.h - what is asked of claims by default, apart from any network's policy: the baseline that nobody
 * should go below, and a strict set for production. specs/appraisal.md gives the reason for each row. */
#include "proto/claims.h"
#include "proto/evidence/checks.h"

enum appraisal_set { APPRAISAL_BASELINE, APPRAISAL_STRICT };

enum { WAIVERS_MAX = 16 };
/* Checks that an operator chose to go without, by name. Only for looking at evidence: no node has any. */
struct waivers {
    const char *name[WAIVERS_MAX];
    size_t n;
};

/* Every row of the set that is for the type of these claims, into trail too. The strict set has all of the
 * baseline. SR_EPROOF with the reason of the first row that does not hold and is not waived: R_DEBUG,
 * R_MIGRATABLE, R_SEPT_VE, R_SERVICE_TD, R_TCB_STATUS; strict also R_VMPL, R_ALIAS_CHECK, R_PRODUCT. A claim
 * that is missing does not hold. */
enum sr_err appraisal_check(enum appraisal_set set, const struct claims *c, const struct waivers *w,
                            struct check_trail *trail, struct sr_why *why);
/* Is there a row of that name? For refusing a waiver that waives nothing. */
bool appraisal_names(const char *check);
