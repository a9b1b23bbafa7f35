#pragma once
/* oracle_members.h - what must hold of what operators decide about members: whom a policy expels, leases,
 * freezes and delays. Part of the oracle (oracle.h). */
#include "tests/sim/oracle.h"

struct terms;

/* The number of a policy that this machine goes by for certain: it said so, or took it long enough ago. */
uint64_t oracle_holds(const struct host *m);
const struct terms *oracle_terms(uint64_t policy); /* of that number */

/* ---- expulsion ---- */
/* The mark lies on its disk: its member is no more. */
bool oracle_is_ended(const struct host *m);
/* That, or a policy that it has, or is still to come to, expels it. */
bool oracle_is_out(const struct host *m);
/* Its log says that its machine's root froze it. */
bool oracle_is_frozen(const struct host *m);
void oracle_members_written(const struct host *m, struct span key);
/* Its disk is an earlier one, or empty. */
void oracle_members_back(struct host *m);
void oracle_members_boot(const struct host *m);
/* A machine answered 200; asked: as the request came in. */
void oracle_members_answered(const struct host *m, const struct packet *p, const struct oracle_asked *asked,
                             struct span body);
/* Masters, or a member's certificate, leave for the machine that sent p, under that policy. key: the
 * joiner's. */
struct granted {
    const struct host *by;
    const struct packet *p;
    const struct oracle_asked *asked;
    uint64_t policy;
    const uint8_t *key; /* 32 bytes */
};
void oracle_granted(const struct granted *g);   /* M4 */
void oracle_pulled(const struct granted *g);    /* M4 or M6, to a member that has not these masters yet */
void oracle_confirmed(const struct granted *g); /* M6 */
bool oracle_expelled_gone(bool say); /* all that the newest policy expels know it; a row of oracle_end.c */

/* ---- leases ---- */
/* It serves under that policy, at that time (us): enough others had its word lately. */
void oracle_served(const struct host *m, uint64_t policy, uint64_t at);
void oracle_vouched(const struct host *m, const struct packet *p, const struct oracle_asked *asked,
                    struct span body);
/* A workload was told that it may hold a key so long; leaf: that of the release. */
void oracle_held(const struct host *m, struct span leaf, uint64_t lease_s);

/* ---- delay ---- */
void oracle_in_time(const struct granted *g);
/* All is healed, and nobody may let that machine in yet. */
bool oracle_may_wait(const struct host *m);
/* All is healed: may others let that machine in by now? */
bool oracle_may_join(const struct host *m);
