#pragma once
/* joiner_parts.h - the steps of taking masters from another member: to become a member (joiner.c), and, as
 * the member that one is, to get a later epoch's (epoch_pull.c). For those two alone. */
#include "node/appraise.h"
#include "node/node.h"
#include "node/peer.h"

/* One attempt. Large and secret: on the heap, wiped. */
struct attempt {
    struct node *n;
    struct joiner who;
    struct peer_link peer;
    const char *at;      /* what is appended to the paths: "", or "?epoch=N" for a pending epoch */
    const char *members; /* where the granter's certificate of the epoch is listed */
    struct join_keys keys;
    struct buf cert, m1, m2, m4, m6, bundle, members_list;
    struct join_wait wait;
    struct join_granted granted;
    struct policy_signed policy;
    struct appraisal granter;
    struct master_bundle masters;
    struct join_hold hold;
};
/* For the network in the configuration, through the node at `base`. address: ours, borrowed. keys: drawn, but
 * for the member key, which the caller may set. */
enum sr_err attempt_new(struct node *n, const char *base, const char *address, struct attempt **ret,
                        struct sr_why *why);
void attempt_free(struct attempt *a);

/* Enrolment, M1 to M4, and everything that must be true of the granter; then the masters are in a->masters.
 */
enum sr_err attempt_grant(struct attempt *a, struct sr_why *why);
/* M5 and M6, with its leaf found in the granter's log. Only once the masters are on disk. ret borrows a. */
enum sr_err attempt_confirm(struct attempt *a, struct join_member *ret, struct sr_why *why);
