#pragma once
/* cosigners.h - who cosigns this member's log: the other members, and outside witnesses that policy names.
 * Newest checkpoints go out to all of them, each only the newest; what must not leave unwitnessed waits here.
 * Each member is asked once after our start what it has seen of our log: a log that is behind that, or
 * another, is a restored backup or a copy, and this member serves no more. specs/log.md section 7,
 * "Rollback". Any thread may call. */
#include "node/journal.h"
#include "proto/policy.h"

struct core;
struct cosigners;
struct node;

/* Borrows both. The threads come with cosigners_start(). */
enum sr_err cosigners_new(struct node *n, struct core *c, struct cosigners **ret);
enum sr_err cosigners_start(struct cosigners *w); /* SR_EIO: no thread */
void cosigners_stop(struct cosigners *w);         /* ends threads and waits; NULL is fine */
void cosigners_free(struct cosigners *w);         /* after the last caller; NULL is fine */

/* How many cosignatures are enough: of a network that has not got so many witnesses yet, those that it has
 * (COSIGNED_KNOWN), or it could never grow. */
enum cosigned { COSIGNED_ALL, COSIGNED_KNOWN };
/* Waits until a checkpoint over the receipt's leaf has the cosignatures that the policy in force names, and
 * appends it; with no witnesses in policy the receipt's own, at once. SR_EBUSY: R_UNWITNESSED, not in time;
 * R_BUSY, too many wait; errors of cosigners_live(). */
enum sr_err cosigners_wait(struct core *c, const struct journal_receipt *r, enum cosigned need,
                           struct buf *ret_note, struct sr_why *why);

/* SR_EBUSY: R_ROLLED_BACK, R_SUPERSEDED or R_LOG_FORK, for good: other members have seen more than our log,
 * or another. NULL: SR_OK. */
enum sr_err cosigners_live(struct cosigners *w, struct sr_why *why);
/* SR_EBUSY, R_UNWITNESSED: not enough members have said since our start what they have seen. COSIGNED_ALL:
 * as many as p names; COSIGNED_KNOWN: no more than there are. */
enum sr_err cosigners_asked(const struct core *c, const struct policy *p, enum cosigned need,
                            struct sr_why *why);

/* The newest checkpoint with enough cosignatures. SR_ENOENT: none since our start. */
enum sr_err cosigners_newest(struct cosigners *w, struct buf *ret);

/* For status and metrics. */
struct cosigners_view {
    enum sr_reason ended;  /* R_NONE: live */
    uint64_t size;         /* covered by enough cosignatures; 0: nothing yet */
    unsigned cosigned;     /* how many */
    size_t answers, known; /* members that said what they have seen; other members there are */
};
struct cosigners_view cosigners_look(struct cosigners *w);
/* Outside witnesses of p that the configuration gives no address for. */
size_t cosigners_nowhere(const struct cosigners *w, const struct policy *p);
