#include "proto/evidence/checks.h"

const char *check_outcome_text(enum check_outcome o)
{
    static const char *const texts[] = {
        [CHECK_PASSED] = "passed", [CHECK_FAILED] = "failed",       [CHECK_NOT_REACHED] = "not-reached",
        [CHECK_WAIVED] = "waived", [CHECK_NOT_ASKED] = "not-asked",
    };
    return texts[o];
}

void check_note(struct check_trail *t, const char *name, enum check_outcome o, enum sr_reason reason)
{
    if (t && t->n < CHECKS_MAX)
        t->c[t->n++] = (struct check_note){ name, o, reason };
}

enum sr_err checks_run(const struct check_row *rows, void *state, struct check_trail *trail,
                       struct sr_why *why)
{
    struct sr_why first = { 0 };
    enum sr_err verdict = SR_OK;
    for (const struct check_row *r = rows; r->name; r++) {
        if (verdict != SR_OK) {
            check_note(trail, r->name, CHECK_NOT_REACHED, R_NONE);
            continue;
        }
        verdict = r->run(state, &first);
        check_note(trail, r->name, verdict == SR_OK ? CHECK_PASSED : CHECK_FAILED,
                   verdict == SR_OK ? R_NONE : first.reason);
    }
    if (verdict != SR_OK && why)
        *why = first;
    return verdict;
}
