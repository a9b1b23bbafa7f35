#pragma once
/* references.h - the reference values of a tenant that are in force at this member: the newest packages under
 * the names that policy lets the tenant set. specs/policy.md, "Reference values". */
#include "node/core.h"
#include "proto/policy_refs.h"

/* Adds what is there to ret, which is empty; what is missing, deleted or no list of values is left out. An
 * error is the store's. */
enum sr_err references_take(struct core *c, const struct policy *p, struct span tenant,
                            struct policy_refs *ret, struct sr_why *why);
/* The path of the package. name is one that the policy has. */
void references_path(struct span name, char ret[static GLOB_PATH_MAX + 1]);
