#pragma once
/* upgrade.h - is this member, started as announced, one that the policy in force takes for a member? And if
 * it is, its masters are sealed ahead to that start. The host says what is announced; it gets nothing that it
 * would not get by starting so and joining. specs/upgrade.md. */
#include "node/api.h"

/* policy_join() of what our evidence would say after that start: our own evidence of now, verified as a
 * joiner's, with what the announcement changes. ret is filled when the verdict is (SR_OK, SR_EDENIED). Errors
 * of policy_join(), of appraisal, and R_CONFIG where nothing is known ahead. */
enum sr_err upgrade_judge(struct node *n, const struct stand *s, const struct announcement *a,
                          struct policy_verdict *ret, struct claims *ret_claims, struct sr_why *why);
/* Judges, logs, seals. */
enum sr_err upgrade_reseal(struct node *n, const struct stand *s, const struct announcement *a,
                           struct sr_why *why);
