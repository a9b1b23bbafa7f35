#pragma once
/* destruction.h - masters that the policy in force has destroyed: what here still refers to them, and when
 * nothing does, their end. One round of it at a time, from the thread that keeps in touch; any thread may
 * look. specs/epochs.md, "Destruction". */
#include "crypto/err.h"
#include "proto/epoch.h"

struct core;
struct destruction;
struct node;

/* Nothing is counted yet. */
enum sr_err destruction_new(struct destruction **ret);
void destruction_free(struct destruction *d); /* NULL is fine */

/* Counts what refers to older epochs, and destroys the masters of those that policy names, oldest first, as
 * far as nothing does; then sees to it that the store's files have none of what was sealed before. */
enum sr_err destruction_round(struct node *n, struct core *c, struct sr_why *why);

/* As of the end of the last round. */
struct destruction_view {
    uint64_t before;               /* masters of earlier epochs are to go; 1: none is */
    bool waits;                    /* one of them is still here */
    size_t rows;                   /* of the keystore, under another epoch than the newest */
    uint32_t packages[EPOCHS_MAX]; /* secrets sealed to epoch i + 1 */
};
void destruction_look(struct core *c, struct destruction_view *ret);
