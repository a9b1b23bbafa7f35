#pragma once
/* lease_actor.h - the one thread that asks the other members whether we are still one of them, often enough
 * for the lease not to lapse. Those that answered last time are asked first, each call has a short time of
 * its own, and a round ends with the quorum: slow members hold nobody up who has enough others. */
#include "crypto/err.h"

struct core;
struct lease_actor;
struct node;

/* Borrows both; c outlives the thread. SR_ENOMEM; SR_EIO: no thread. */
enum sr_err lease_actor_start(struct node *n, struct core *c, struct lease_actor **ret);
/* After node_stop(): waits for the thread. NULL is fine. */
void lease_actor_stop(struct lease_actor *a);
