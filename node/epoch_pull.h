#pragma once
/* epoch_pull.h - each round with a peer: who has the next master, getting it, and catching up with members
 * that are at a later epoch. In the life thread. specs/epochs.md, "Behind". */
#include "node/core.h"
#include "node/peer.h"

/* Asks the peer how far it is, takes what proves itself, tells it what we know, and pulls masters where they
 * are due. SR_OK whatever became of a pull: it is tried again in the next round. */
enum sr_err epoch_pull_round(struct node *n, struct core *c, struct peer_link *p, const char *address,
                             struct sr_why *why);
