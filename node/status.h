#pragma once
/* status.h - the node's own account of itself, as JSON and as gauges. */
#include "crypto/bytes.h"

struct node;

/* One canonical JSON object: version, mode, state, cid, member id, members with addresses, epoch, policy
 * number, log head, how this node is measured and sealed, rollback protection level, warnings. Never a
 * secret. */
void status_write(struct node *n, struct buf *ret);
void status_gauges(struct node *n, struct buf *ret);
