#pragma once
/* disk.h - the disk of a machine, behind the store's interface in sqlite's place: what a transaction wrote is
 * durable when it is applied, which takes time before and after; a crash falls before or after. Faults are
 * switched on from outside. Earlier states can be brought back. */
#include "store/store.h"

#include <stdbool.h>

struct disk;

enum disk_fault {
    DISK_GOOD,
    DISK_FULL,         /* nothing is done */
    DISK_UNKNOWN,      /* one transaction fails half way: done or not, and the store is finished */
    DISK_CRASH_BEFORE, /* power fails as the next transaction is to be written */
    DISK_CRASH_AFTER,  /* ... has just been */
};

struct disk *disk_new(int host);
void disk_set(struct disk *d, enum disk_fault f, uint64_t delay_us); /* delay of each transaction, at most */
size_t disk_states(const struct disk *d);                            /* kept by disk_keep() */
void disk_keep(struct disk *d);
/* The machine must be down. */
void disk_back(struct disk *d, size_t state);
void disk_empty(struct disk *d);
/* Bytes of a row as they lie there; empty: none. */
struct span disk_row(const struct disk *d, struct span key);
