#pragma once
/* joiner_end.h - the last checks of a join: that our membership really stands in the granter's log, and the
 * first leaf of our own. For joiner*.c alone. */
#include "node/node.h"
#include "node/peer.h"

#define MEMBERS_PATH "/sealring/v1/members"

/* members: the path under which the granter's certificate is listed, MEMBERS_PATH or that of a pending epoch,
 * which may be in use by now. SR_EPROOF: R_LOG_PROOF the leaf is not
 * the one about us, or not in the tree of the checkpoint; R_MEMBER_CERT nobody the network certified has the
 * granter's id. */
enum sr_err joiner_check_leaf(struct peer_link *peer, const char *members, const struct join_hold *hold,
                              const struct join_member *m, struct sr_why *why);
/* Appends the member-self leaf. policy: the number of the one that we joined under. */
enum sr_err joiner_self_leaf(const struct node *n, const struct home *home, const struct join_hold *hold,
                             const struct join_member *m, uint64_t policy, struct buf *ret);
