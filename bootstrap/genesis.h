#pragma once
/* genesis.h - what happens once in a network's life: the master is drawn, committed to, sealed; the record
 * and the evidence over it are written down; this node becomes the first member. specs/genesis.md, "Genesis".
 */
#include "node/node.h"

/* home: empty, or what a genesis left that was cut short after the masters were sealed; taken. On SR_OK the
 * bundle is on disk for the operators, who compare and publish it. SR_EFORMAT, SR_EPROOF: genesis.json, the
 * first policy or the AK certificate are not what they should be; nothing was drawn then. */
enum sr_err genesis_run(struct node *n, const char *address, struct home *home, struct core **ret,
                        struct sr_why *why);

/* A bootstrap node that starts again: SR_OK when genesis.json is what the masters in state-dir came from, and
 * it goes on as the member it is. SR_ESTALE, R_STATE_EXISTS: another genesis; nothing is drawn over what
 * exists. */
enum sr_err genesis_was_this(struct node *n, const struct home *home, struct sr_why *why);
