#pragma once
/* evidence_print.h - the verdict on evidence, as text or JSON: specs/appraisal.md, "Output". */
#include "client/cli.h"
#include "proto/claims.h"
#include "proto/evidence/checks.h"

struct evidence_verdict {
    enum sr_err err; /* SR_OK: accepted */
    struct sr_why why;
    const char *appraisal; /* "baseline", "strict", or the policy's file */
    struct check_trail trail;
    struct claims claims; /* empty when the evidence itself did not verify */
};
/* The verdict as text or JSON, and the exit status that says it. */
enum cli_exit evidence_print(const struct cli *c, struct evidence_verdict *v);
