#pragma once
/* recovery.h - how a network comes back when every member is gone: a fresh node of measured code asks the
 * holders whom the genesis record names, gets shares sealed to its one session, and becomes the first member
 * again. specs/recovery.md, "Ceremony". */
#include "node/node.h"

/* In place of genesis_run(). Waits, for as long as it takes, until t holders' messages lie in recover-shares.
 * On SR_OK the recovery leaf is the first entry of this member's log. SR_EBUSY: the node was stopped. */
enum sr_err recovery_run(struct node *n, const char *address, struct home *home, struct core **ret,
                         struct sr_why *why);
/* Started again with the same options, the member that the ceremony made goes on. SR_ESTALE, R_STATE_EXISTS.
 */
enum sr_err recovery_was_this(struct node *n, const struct home *home, struct sr_why *why);
