#pragma once
/* joiner.h - becoming a member through another one: enrolment, M1 to M6, and what must be true before each
 * step. specs/join.md; specs/node.md has what happens when the process dies in between. */
#include "node/node.h"

/* One attempt through the node at `base`. have: masters and member key of an earlier attempt that ended
 * before its M6, empty otherwise; taken when the core is made, kept otherwise. address: ours, for the
 * certificate. */
enum sr_err joiner_try(struct node *n, const char *base, const char *address, struct home *have,
                       struct core **ret, struct sr_why *why);
