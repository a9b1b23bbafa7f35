#pragma once
/* sync.h - what members pass on to each other: policies, member certificates, packages. All of it proves
 * itself, so a member takes it from any other. Pulled at the start, periodically, and when woken; pushed
 * after a put or a new policy. Runs in the life thread. specs/node.md, "Between members". */
#include "crypto/bytes.h"

struct core;
struct node;

/* One round: every other member that we know of. */
void sync_round(struct node *n, struct core *c);
/* From any thread: the next round starts now, not at the end of its pause. */
void sync_wake(struct node *n);
