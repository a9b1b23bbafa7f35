#pragma once
/* rotation.h - this member's part in going from one master to the next: what it drew or pulled, who else has
 * it, and the switch. Each step is on disk, with its leaf, before anybody can rely on it. Any thread may
 * call. specs/epochs.md. */
#include "node/epochs.h"
#include "proto/muster.h"

struct core;
struct node;
struct rotation;

/* Goes on with what is on disk. n and c are borrowed. A pending master that cannot be read back is left out:
 * others have it, or operators ask for another. */
enum sr_err rotation_open(struct node *n, struct core *c, struct rotation **ret, struct sr_why *why);
void rotation_close(struct rotation *r); /* NULL is fine */

/* The epochs with the pending one on top, once this member holds it: for those who pull it, and for nothing
 * else. {NULL}: there is none. */
struct epochs_hold rotation_pending(struct rotation *r);

/* Our member certificate of the active epoch. Appends. */
enum sr_err rotation_cert(struct rotation *r, struct buf *ret);

/* ---- at the member that draws ---- */

/* Draws the next master, unless one that waits for operators is there: its epoch file. SR_ESTALE,
 * R_EPOCH_FORK: a linked one is pending. */
enum sr_err rotation_draw(struct rotation *r, struct buf *ret_file, struct sr_why *why);
/* Forgets the one that waits: the next draw is another. SR_ESTALE, R_EPOCH_FORK: it has its link. */
enum sr_err rotation_undraw(struct rotation *r, struct sr_why *why);
/* The epoch file with k approvals of what was drawn here: makes the link, and holds it as the first.
 * SR_ENOENT, R_EPOCH_DRAW: it is not what waits here. SR_EPROOF, R_EPOCH_CHAIN: too few or wrong. */
enum sr_err rotation_link(struct rotation *r, struct span file, struct sr_why *why);

/* ---- between members ---- */

/* u64 active epoch || LP(its muster, or nothing) || LP(the pending one's, or nothing). */
enum sr_err rotation_write(struct rotation *r, struct buf *ret);
/* Certificates of the pending epoch, as members list each other. SR_ENOENT. */
enum sr_err rotation_members(struct rotation *r, struct buf *ret, struct sr_why *why);
enum rotation_verdict {
    ROTATION_NOTHING, /* known already, or of an epoch that is over */
    ROTATION_JOINED,  /* somebody in it was new; with a quorum the epoch is active now */
    ROTATION_PULL,    /* this member has not that master */
};
/* SR_EPROOF: R_EPOCH_CHAIN, R_EPOCH_MUSTER; R_EPOCH_FORK another master than ours, without a quorum. */
enum sr_err rotation_take(struct rotation *r, struct span muster, enum rotation_verdict *ret,
                          struct sr_why *why);

/* Counts anew: the policy in force may be another one, which expels who counted, or asks for fewer. An error
 * goes to the log; the next round counts again. */
void rotation_review(struct rotation *r);

/* ---- at the member that pulls ---- */

/* What another member sealed to us, checked against chain and commitments: now on disk, so M5 may say so.
 * next: taken. One epoch more than the active: pending; further: for rotation_jump() alone. */
enum sr_err rotation_keep(struct rotation *r, struct epochs *next, struct sr_why *why);
/* M6 came for the pending master: held, with our certificate of that epoch. muster: where it is from, for the
 * link and what is sealed for recovery. SR_EPROOF, R_EPOCH_FORK: we signed another link. */
enum sr_err rotation_hold(struct rotation *r, struct span cert, struct span muster, struct sr_why *why);
/* M6 came from a member that is at that epoch: so are we. */
enum sr_err rotation_jump(struct rotation *r, struct span cert, struct sr_why *why);

/* ---- at every member ---- */

/* Takes the oldest master out: out of memory and of all that is sealed here, under a fresh key of the
 * platform, in one transaction with its leaf. Whether it may go is not asked here: node/destruction.h.
 * SR_ESTALE, R_EPOCH: it is not the oldest, or the newest. */
enum sr_err rotation_destroy(struct rotation *r, uint64_t epoch, struct sr_why *why);

/* ---- for status ---- */

enum rotation_state { ROTATION_IDLE, ROTATION_DRAWN, ROTATION_PENDING };
struct rotation_view {
    enum rotation_state state;
    uint64_t epoch;    /* that is drawn or pending */
    size_t held, need; /* members that hold it and count; how many make it active */
};
/* A look at it, as of the end of the last step. */
struct rotation_view rotation_view(struct rotation *r);
