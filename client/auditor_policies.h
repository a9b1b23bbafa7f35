#pragma once
/* auditor_policies.h - the policies of a network as somebody outside collects them: each one signed by the
 * operators of the genesis record, or the first by its pinned hash, and one line back from the newest. */
#include "client/remote.h"
#include "proto/genesis.h"
#include "proto/policy.h"

/* Owns a reference to each. Any order. */
struct auditor_policies {
    struct policy **v;
    size_t n;
};
void auditor_policies_drop(struct auditor_policies *p);
/* Adds those that the node has and we have not. SR_EPROOF: a policy that is none of this network's, or that
 * the one after it does not name: R_POLICY_SIGNATURES, R_POLICY_CHAIN. A node that has no earlier ones ends
 * the line there, without an error. */
enum sr_err auditor_policies_fetch(struct auditor_policies *p, struct remote *r, const struct genesis *g,
                                   struct sr_why *why);
