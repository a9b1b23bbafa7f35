#pragma once
/* checks.h - a verifier as a list of checks, in the order in which they are made. All are mandatory: the
 * first one that fails ends the verification. The trail shows an operator what was checked. */
#include "crypto/err.h"

#include <stddef.h>

/* One check. state is the verifier's own, filled by the checks before. The name is stable, a-z 0-9 -, and
 * specs/evidence-*.md explains it. */
struct check_row {
    const char *name;
    enum sr_err (*run)(void *state, struct sr_why *why);
};

enum check_outcome { CHECK_PASSED, CHECK_FAILED, CHECK_NOT_REACHED, CHECK_WAIVED, CHECK_NOT_ASKED };
const char *check_outcome_text(enum check_outcome o); /* "passed", "failed", "not-reached"... */

enum { CHECKS_MAX = 64 };
struct check_trail {
    struct check_note {
        const char *name;
        enum check_outcome outcome;
        enum sr_reason reason; /* R_NONE unless it failed or was waived */
    } c[CHECKS_MAX];
    size_t n;
};
/* Adds what came of one check; a trail of NULL is fine. */
void check_note(struct check_trail *t, const char *name, enum check_outcome o, enum sr_reason reason);

/* Runs the rows, the last of which has no name. Returns the first refusal. trail may be NULL. */
enum sr_err checks_run(const struct check_row *rows, void *state, struct check_trail *trail,
                       struct sr_why *why);
