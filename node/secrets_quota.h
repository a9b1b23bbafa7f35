#pragma once
/* secrets_quota.h - how many secrets and bytes each tenant has, kept beside the rows. Any thread may call. */
#include "proto/policy.h"

struct quota;
/* Nobody stores anything yet. SR_ENOMEM. */
enum sr_err quota_new(struct quota **ret);
void quota_free(struct quota *q); /* NULL is fine */
/* A row of this size in place of one that had `before` bytes; 0: there was none. */
struct quota_change {
    struct span tenant;
    size_t bytes, before;
};
void quota_add(struct quota *q, const struct quota_change *c);
/* Adds it if it fits: looked at and taken at once, so that no two puts fit into the same room. Undo it when
 * nothing was written. */
bool quota_take(struct quota *q, const struct policy_tenant *t, const struct quota_change *c);
void quota_undo(struct quota *q, const struct quota_change *c);
