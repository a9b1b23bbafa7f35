#pragma once
/* oracle_epoch_parts.h - what the oracle of rotations remembers. For oracle_epoch*.c alone. */
#include "tests/sim/oracle_epoch.h"

enum { SAID_MAX = 1024, LINKS = EPOCHS_MAX + 1 };

/* A link, as chains and musters carry it. */
struct known_link {
    uint64_t epoch; /* to which; 0: none */
    struct sha512 commit;
    struct sha256 hash;
};
/* Somebody's word, before it is signed: leaf epoch-held. */
struct said {
    int host;
    struct sign_pub key;
    struct known_link link;
    bool forgotten; /* its disk was put back to before that, or emptied */
};
/* One machine's. */
struct chained {
    struct known_link link[LINKS]; /* by epoch, from 2 */
    uint64_t n;                    /* newest epoch; 0: no record */
    struct known_link next;        /* its master is on the disk */
};
struct rotations {
    struct chained of[HOSTS_MAX];
    struct said said[SAID_MAX];
    size_t n_said;
    struct known_link active[LINKS]; /* the first that was, by epoch */
};
struct rotations *rotations(void);

/* How many members say that they have its master, and how many must, as that machine sees it: whom its policy
 * expels is none. */
size_t epoch_holders(const struct host *m, const struct known_link *link);
size_t epoch_need(const struct host *m, const struct known_link *link);
/* The chain on that machine's disk has this link now, and had not. */
void epoch_goes_over(const struct host *m, const struct known_link *link);
