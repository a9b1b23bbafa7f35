#pragma once
/* people.h - who uses a network: operators who sign policies, a tenant's administrator, workloads that fetch,
 * an auditor who reads logs. Each call runs on a fiber of its own, through client/ as the programs do. */
#include "tests/sim/sim.h"

enum { PATHS = 3 };

void people_new(void); /* draws keys; policy number 1 and the genesis file in the working folder */
/* A policy that follows the newest, of the terms that the world has now. Only signed, not told to anybody. */
void operator_signs(void);
/* Tells the machine all policies that it has not. */
void operator_tells(struct host *m);
void tenant_puts(struct host *m, unsigned path, bool tombstone);
/* Sends once more what it made earlier, if it has made that many: an answer got lost. */
void tenant_repeats(struct host *m, unsigned which);
void workload_fetches(struct host *m, unsigned path, bool derived);
/* The same for a derived key, and waits: true when it got it. */
bool workload_gets(struct host *m);
/* One that learnt the network once and goes along with rotations. path: NULL for a derived key. */
void workload_follows(struct host *m, const char *path);
void workload_probes(struct host *m);                    /* wants a release on a master that is not in use */
size_t workload_knows(void);                             /* the newest epoch */
bool workload_goes_on(struct host *m, const char *path); /* the same, and waits: true when it got it */
const char *tenant_path(unsigned i);
/* The next master: drawn at m and approved; handed in too, soon or late; one that was approved earlier. */
void operator_draws(struct host *m, uint64_t b);
void operator_rotates(struct host *m, uint64_t b);
void operator_submits(struct host *m, uint64_t b);
void auditor_reads(struct host *m);
