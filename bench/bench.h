#pragma once
/* bench.h - processor time, and what a benchmark says: the median of its rounds with the lowest and highest.
 */
#include "crypto/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_ROUNDS = 7 };

static inline void must(enum sr_err e, const char *what)
{
    if (e == SR_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, sr_strerror(e));
    exit(1);
}

static inline double clock_seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline int bench_by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static inline double bench_middle(double v[static BENCH_ROUNDS]) /* sorts */
{
    qsort(v, BENCH_ROUNDS, sizeof *v, bench_by_value);
    return v[BENCH_ROUNDS / 2];
}

/* A share of the floor that should be at least the goal. Sorts. */
static inline void bench_share(const char *what, double share[static BENCH_ROUNDS], double goal)
{
    double median = bench_middle(share);
    printf("%s: %.0f %% (%.0f to %.0f), goal at least %.0f %%: %s\n", what, median * 100, share[0] * 100,
           share[BENCH_ROUNDS - 1] * 100, goal * 100, median >= goal ? "met" : "missed");
}
