#pragma once
/* ground.h - what operators decide on: their network's genesis record and the policy in force, from files or
 * from a node. Neither is believed: the record must hash to the pinned cid, and the policy must be signed by
 * k operators, or be the pinned first one. A node can still hand out an older policy than it should. */
#include "client/remote.h"
#include "proto/policy_proposal.h"

struct ground_options {
    struct remote_options from;  /* cid is always needed; node for what comes from no file */
    const char *bundle, *policy; /* NULL: from the node */
};
#define GROUND_ROWS(o)                                                                                       \
    { "cid", OPTION_TEXT, &(o).from.cid, "CID", "the network, pinned", "SEALRING_CID", true },               \
        { "bundle", OPTION_TEXT, &(o).bundle, "FILE", "the network's genesis bundle", NULL, false },         \
        { "current", OPTION_TEXT, &(o).policy, "FILE", "the policy in force, as policy show prints it",      \
          NULL,      false },                                                                                \
        { "node",          OPTION_TEXT, &(o).from.node, "URL", "a member, for what no file is given for",    \
          "SEALRING_NODE", false },                                                                          \
        { "ca",          OPTION_TEXT, &(o).from.ca, "FILE", "check the node's TLS certificate too",          \
          "SEALRING_CA", false },                                                                            \
    {                                                                                                        \
        "timeout", OPTION_UINT, &(o).from.timeout_s, "SECONDS", "for each call (30)", NULL, false            \
    }

struct ground {
    struct sha256 cid;
    struct genesis genesis;
    struct policy_signed now;
};
void ground_drop(struct ground *g);

/* SR_EFORMAT with R_CONFIG: neither a file nor a node for one of the two. */
enum sr_err ground_get(const struct ground_options *o, struct ground *ret, struct sr_why *why);
struct policy_ground ground_of(const struct ground *g); /* borrows */
