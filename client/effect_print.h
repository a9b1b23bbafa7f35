#pragma once
/* effect_print.h - what a proposal changes, in words and as canonical JSON (specs/governance.md, "Effect").
 */
#include "client/effect_input.h"
#include "proto/policy_effect.h"

/* in may be empty: then only what the documents say. SR_ENOMEM. */
enum sr_err effect_text(const struct policy *before, const struct policy *after,
                        const struct effect_input *in, struct buf *ret);
enum sr_err effect_json(const struct policy *before, const struct policy *after,
                        const struct effect_input *in, struct buf *ret);
