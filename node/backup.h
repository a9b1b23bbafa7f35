#pragma once
/* backup.h - this member's keystore into one file while it serves, and the self-certifying rows of such a
 * file into a member. Any thread may call; one at a time. specs/backup.md. */
#include "node/config.h"
#include "node/core.h"
#include "proto/backup.h"

struct backup_made {
    char path[CONFIG_TEXT + 64]; /* in state-dir/backup: the caller's to move away */
    struct sha256 file;          /* SHA-256 of it */
    uint64_t bytes, rows;
    struct checkpoint head; /* of the log in it */
    uint64_t index;         /* of the leaf that says so */
};
/* One point in time; the leaf is in the log before this returns. What an earlier call left is removed.
 * SR_EBUSY, R_BUSY: another is at it. SR_EIO. */
enum sr_err backup_make(struct node *n, struct core *c, struct backup_made *ret, struct sr_why *why);

/* How many were new here. */
struct backup_taken {
    uint64_t members, policies, packages;
};
/* From a backup of any member of this network, of this one too: member certificates, policies and newest
 * packages, each by the checks of synchronisation; nothing else of it is used. Errors of backup_read();
 * SR_EPROOF: R_WRONG_NETWORK, R_EPOCH (its masters are newer than ours), R_STORE_TAMPERED. */
enum sr_err backup_take(struct node *n, struct core *c, const char *path, struct backup_taken *ret,
                        struct sr_why *why);
