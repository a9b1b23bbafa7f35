#pragma once
/* policy_warn.h - what in the rules of a valid policy is seldom meant. */
#include "proto/policy.h"

/* A line "warning: LIST rule NAME ..." each. Appends; returns how many. */
size_t policy_warn_text(const struct policy *p, struct buf *ret);
/* The same as elements of an array that the caller began: {"list","rule","text"}. */
size_t policy_warn_json(const struct policy *p, struct buf *ret);
/* Join rules that ask for a level of rollback protection. */
size_t policy_rollback_rules(const struct policy *p);
