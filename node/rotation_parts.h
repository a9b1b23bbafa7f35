#pragma once
/* rotation_parts.h - what is inside struct rotation, and the steps that its files share. For rotation*.c
 * alone. */
#include "node/core.h"
#include "node/node.h"
#include "node/rotation.h"

#include <pthread.h>

/* The next epoch on this disk. */
struct next {
    struct keyring *drawn; /* before the link */
    struct epochs *set;    /* after it */
    struct home_sealed sealed;
    struct buf draw, link, recovery, cert; /* empty: not yet, or not ours */
};
void next_drop(struct next *n);
/* As in KC_EPOCH_NEXT. */
enum sr_err next_encode(const struct next *n, struct buf *ret);
/* Bytes alone: neither drawn nor set. SR_EFORMAT, R_STORE_TAMPERED. */
enum sr_err next_decode(struct span s, struct next *ret, struct sr_why *why);

struct rotation {
    struct node *node;
    struct core *core;
    pthread_mutex_t apply; /* one step at a time is checked and written; guards next */
    struct next next;
    pthread_mutex_t swap;   /* guards all below, for a look */
    struct epochs *pending; /* next.set, once it is held */
    struct muster muster;   /* of pending */
    struct buf active; /* the muster that made the active epoch so; empty: it was pulled as active, or is 1 */
    struct buf cert;   /* our own, of the active epoch */
    struct rotation_view view;
};

/* Under apply, all below. */

/* What a muster of the next epoch must follow on: borrows from now and the core. */
struct muster_of rotation_of(const struct rotation *r, const struct epochs *now,
                             const struct approvers *approvers);
/* Writes KC_EPOCH_NEXT with what txn has besides, and the leaf; without a leaf, alone. */
enum sr_err rotation_store(struct rotation *r, struct keystore_txn *txn, const struct leaf *leaf);
/* Signs that we hold next.set, after its leaf; m is where others are known from. Takes m. */
enum sr_err rotation_say_held(struct rotation *r, struct muster *m, struct sr_why *why);
/* Nothing is pending any more; next stays. */
void rotation_forget(struct rotation *r);
/* Who counts: members that the policy in force does not expel. held: those in m; need: how many of them make
 * it active, by policy, or more than half of those known and those in m. */
struct rotation_tally {
    size_t held, need;
};
struct rotation_tally rotation_count(struct rotation *r, const struct muster *m);
/* Goes over to next.set when the muster has a quorum. */
enum sr_err rotation_settle(struct rotation *r, struct sr_why *why);
/* Goes over to next.set. muster: what proves it, or empty. */
enum sr_err rotation_switch(struct rotation *r, struct span muster, struct sr_why *why);
/* Brings the view up to date: at the end of every step. */
void rotation_show(struct rotation *r);
/* The pending epochs: those of `now` and the muster's. Takes the keyring. */
enum sr_err rotation_set(const struct epochs *now, const struct muster *m, struct keyring *keyring,
                         struct epochs **ret, struct sr_why *why);
void rotation_log(struct rotation *r, const char *msg, uint64_t epoch);

#define SETTING_MUSTER "epoch-muster" /* of the active epoch */
#define SETTING_HELD   "epoch-held"   /* u64 epoch || SHA-256(link): the last that we signed for */
