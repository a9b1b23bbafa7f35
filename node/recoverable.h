#pragma once
/* recoverable.h - what this member publishes for the day when all members are gone: the recovery file, with
 * each master that it holds sealed to the recovery key. It seals them itself, from what it compared with the
 * commitments: no host and no other member has a say in what comes back. Any thread may call.
 * specs/recovery.md, "Later epochs". */
#include "node/core.h"

/* The newest file that was written, so that not every request writes one. SR_ENOMEM. */
struct recoverable;
enum sr_err recoverable_new(struct recoverable **ret);
void recoverable_free(struct recoverable *r); /* NULL is fine */

/* Appends the file as of now; the same bytes while nothing in it changes. SR_ESTALE, R_EPOCH: the network is
 * just going over to the next epoch. Else as recovery_key_get() gives. */
enum sr_err recoverable_file(struct node *n, struct core *c, struct buf *ret, struct sr_why *why);
/* Writes it to state-dir/recovery.file where that is another by now: it is there when masters can be unsealed
 * nowhere any more. Nothing in a network without holders. Errors as recoverable_file() and file_write() give.
 */
enum sr_err recoverable_keep(struct node *n, struct core *c, struct sr_why *why);
