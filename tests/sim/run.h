#pragma once
/* run.h - one seed, in a process of its own. */
#include <stdbool.h>
#include <stdint.h>

struct run_result {
    bool failed;
    char invariant[32], text[400]; /* of the violation */
    uint8_t hash[32];              /* of the trace */
    uint64_t virtual_ms, turns, releases, grants, members, puts, policies;
};
struct run_options {
    uint64_t seed;
    unsigned steps;
    bool print;       /* the trace */
    const bool *skip; /* events that are left out, one a step; NULL: none */
};
struct run_result run_seed(const struct run_options *o);
/* In that process: it is over. NULL: nothing was violated. */
_Noreturn void run_ended(const char *invariant, const char *text);
