#pragma once
/* restore.h - a member's state from a backup, before the daemon starts: the one-shot actions of `restore` and
 * `accept-loss`, and the member's first act afterwards. specs/backup.md, "Restoring". */
#include "node/config.h"
#include "node/home.h"
#include "proto/loss.h"

struct core;
struct counter;
struct node;

/* Lays the backup out as an empty state-dir's store, with the operators' statement that accepts the loss; or,
 * without a backup, puts the statement beside the state that is there. No daemon may run on that folder.
 * SR_ESTALE, R_STATE_EXISTS: there is a store. SR_EPROOF, R_ROLLED_BACK: no statement: every backup is older
 * than the log that says that it was made. SR_EPROOF, R_LOSS: the statement does not count here. Errors of
 * backup_read(). On failure nothing is changed. */
enum sr_err restore_run(const struct config *c, struct sr_why *why);

/* Operators' word that a member may go on from the state that it has: read at each start. */
struct restored {
    bool there; /* and counts */
    struct loss_signed loss;
    struct sha256 statement; /* SHA-256 of the whole text */
};
void restored_drop(struct restored *r);

/* Fills in member, size and root: where the log that lies here ends. Without a log, size is 0. */
enum sr_err restored_about(struct home *h, struct loss_case *ret, struct sr_why *why);
/* Before the log is opened: is there such a word? If it counts, the member takes a new key, so that no log
 * has two histories, and begins a new log. What was cut short is done again. c: may be NULL.
 * SR_EPROOF, R_LOSS: there is one, and it does not count. */
enum sr_err restored_begin(struct node *n, struct home *h, const struct counter *c, struct restored *ret,
                           struct sr_why *why);
/* When there was one: the first leaf of the new log, with which the word is spent. */
enum sr_err restored_end(struct node *n, struct core *c, const struct restored *r, struct sr_why *why);
