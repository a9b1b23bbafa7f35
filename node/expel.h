#pragma once
/* expel.h - what a member does when the policy expels it: from the moment it holds that policy no act is
 * permitted (permit.h); then it writes its last words, forgets the masters on disk and ends. A start over
 * such a folder serves nothing but that. specs/membership.md, "Expulsion". */
#include "crypto/bytes.h"
#include "crypto/err.h"

struct core;
struct node;
struct policy;
struct store;

/* Does it expel us, by our key or by the machine that our evidence speaks of? */
bool expel_means_us(const struct node *n, const struct core *c, const struct policy *p);
/* The same of the policy in force. */
bool expel_is_due(const struct node *n, const struct core *c);
/* Leaf, mark, and the sealed masters gone, in one commit; without the leaf if the log takes none. After it
 * the process has to end: what is in memory goes with it. */
enum sr_err expel_self(struct node *n, struct core *c, struct sr_why *why);
/* Was the member of this folder expelled? */
bool expel_was(struct store *s);
