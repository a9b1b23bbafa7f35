#pragma once
/* proposal_print.h - how far a proposal has come, in words and as canonical JSON (specs/governance.md). */
#include "proto/policy_proposal.h"

/* A line each for the policy, its signatures, the operators, and whether it is the next one. */
void proposal_text(const struct policy_signed *s, const struct policy_ground *g,
                   const struct policy_progress *p, struct buf *ret);
/* {"follows","hash","missing","needed","number","operators":[{"key","signed"}],"spoilt":[{"key","why"}]} */
void proposal_json(const struct policy_signed *s, const struct policy_ground *g,
                   const struct policy_progress *p, struct buf *ret);
