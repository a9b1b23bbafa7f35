#pragma once
/* members_left.h - how many members a policy would leave, of those that a node knows. */
#include "client/remote.h"
#include "proto/policy.h"

/* Certificates that the network signed, of an epoch that counts, whose key the policy does not expel. A node
 * may know of fewer than there are. */
enum sr_err members_left(struct remote *r, const struct policy *p, size_t *ret, struct sr_why *why);
