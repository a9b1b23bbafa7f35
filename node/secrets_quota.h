#pragma once
/* secrets_quota.h - how many secrets and bytes each tenant has, kept beside the rows. Any thread may call. */
#include "proto/policy.h"

struct quota;
enum sr_err quota_new(struct quota **ret);
void quota_free(struct quota *q); /* NULL is fine */
/* A row of this size in place of one that had `before` bytes; 0: there was none. */
void quota_add(struct quota *q, struct span tenant, size_t bytes, size_t before);
bool quota_fits(struct quota *q, const struct policy_tenant *t, size_t bytes, size_t before);
