#pragma once
/* arena.h - locked memory for short secrets, mapped once for the process: sodium_malloc() makes eight system
 * calls a secret, and a release needs a dozen. For crypto/secret.c alone; any thread may call.
 *
 * Slots of a few sizes lie in regions with an inaccessible page before and behind each; the region is locked
 * as far as RLIMIT_MEMLOCK allows and left out of core dumps. What lies at the end of its slot, so that one
 * byte too far hits the next slot's mark, or the inaccessible page. Found when a slot is given back or taken,
 * and answered with abort(): a mark that has changed, a slot given back twice, a write to a slot that was
 * given back. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before everything else; again is fine. false: no memory, and arena_take() gives none. */
bool arena_open(void);

/* n bytes of zeros, at any alignment. NULL: longer than the largest slot (2032 bytes), or all are taken; the
 * caller has sodium_malloc(). */
uint8_t *arena_take(size_t n);
/* Wipes. false: p is not the arena's. */
bool arena_give(uint8_t *p);
