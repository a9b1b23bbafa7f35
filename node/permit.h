#pragma once
/* permit.h - may this member do that now? A table of conditions, each with the acts that it stops; a
 * handler names its act when it takes its stand (api.h) and cannot go on without an answer. What is added
 * to the table holds for every route at once. specs/node.md, "Permits". */
#include "crypto/err.h"

struct core;
struct core_look;
struct node;

enum act {
    ACT_GRANT,   /* take others into the network: M1 to M6 */
    ACT_ENROL,   /* vouch for a machine's TPM: E1 to E4 */
    ACT_RELEASE, /* give keys, or a token for keys, to workloads */
    ACT_STORE,   /* take what tenants and members hand over */
    ACT_TALK,    /* tell members and administrators what they may know */
    ACT_WITNESS, /* cosign other members' checkpoints */
    ACT_PULL,    /* hand the pending master to members: M1 to M6 on it */
    ACT_CATCHUP, /* hand the masters in use to a member that is behind: the same on these */
    ACT_ROTATE,  /* draw the next master, make its link */
    ACT_ASK,     /* have the signature of a request looked at; what it asks for is an act of its own */
};

/* SR_OK, or the first condition that stops the act: SR_EBUSY, its reason says which. All arguments borrowed;
 * at: the epochs and the policy that the act would go by. */
enum sr_err permit_check(struct node *n, const struct core *c, const struct core_look *at, enum act act,
                         struct sr_why *why);
