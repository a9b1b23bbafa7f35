#pragma once
/* oracle_log.h - what a rule about logs looks at. */
#include "tests/sim/sim.h"

/* One new leaf, in its place. */
struct seen {
    struct host *m;
    struct known_log *log;
    uint64_t index;
    const struct leaf *l;
};
bool oracle_began(const struct sign_pub *key); /* a log of that key was ever durable: it is a member's */
