#pragma once
/* sim.h - one simulated world: machines, people, a network, disks; the seed decides all of it. There is one
 * world a process (each seed has a process of its own), because what the linker replaces has no context. */
#include "node/life.h"
#include "proto/policy.h"
#include "tests/sim/fiber.h"
#include "tests/sim/oracle.h"
#include "tests/sim/terms.h"

enum { HOSTS_MAX = 6, POLICIES_MAX = 64, OPERATORS = 3, OPERATORS_K = 2, TEXT_MAX = 96 };
/* Who else has a place in the network. */
enum { OPERATOR = HOSTS_MAX, TENANT, WORKLOAD, AUDITOR, PLACES };

enum code { CODE_GOOD, CODE_ODD, CODES }; /* ODD joins only where the policy in force says so */

/* A machine, its disk and the process on it. */
struct host {
    int id;
    enum code code;
    char address[TEXT_MAX], dir[TEXT_MAX];
    bool up, stopping, lost; /* lost: its disk was emptied, so that it joins */
    size_t lost_at;          /* leaves that there had ever been, when it last had no masters any more */
    unsigned boots;
    struct node *node; /* of the process that runs */
    struct http *http;
    int64_t wall_ms; /* how wrong its clock is */
    bool was_ahead;  /* what it cosigned then it says again until that time comes */
    uint64_t suspended_ms;
    struct disk *disk;
    bool tainted;   /* by a disk rolled back or emptied: what it forgot is no fault */
    bool restoring; /* its disk is being filled from a backup */
    bool refuses;   /* a start must fail: too few operators accept it */
    bool rolled;    /* back: with witnesses in policy it may be told to serve no more */
};

/* What the network does, while it is not healed. */
struct weather {
    unsigned drop, twice, late; /* permille; late: by minutes */
    uint64_t least_us, most_us;
    bool cut[PLACES][PLACES];
};

/* A signed policy as the operators keep it. */
struct kept_policy {
    struct buf text;
    struct sha256 hash;
    bool admits[CODES];
    struct terms terms;
    bool takes[CODES]; /* the same, were joins not frozen */
};

struct world {
    uint64_t seed;
    unsigned steps;
    struct rng script, net, disk, people, crypto[PLACES + 1];
    size_t n;
    struct host m[HOSTS_MAX];
    struct weather weather;
    struct sign_key operator[OPERATORS], admin;
    struct sign_pub operator_pub[OPERATORS], admin_pub;
    struct kept_policy policy[POLICIES_MAX + 1]; /* by number, from 1 */
    uint64_t policies;
    struct terms terms; /* of the next one */
    bool binding_required;
    bool quiet;             /* all is healed: operators see to it that everybody has what it needs */
    unsigned need, restart; /* witnesses in every policy; 0: in none */
    unsigned quorum;        /* epoch_quorum in every policy; 0: in none */
    bool careful;           /* operators approve one draw an epoch */
    bool goes_on;           /* operators rotate once more in the end */
    bool split;             /* two masters of one epoch are in use, which nobody promised to prevent */
    char cid[CONFIG_TEXT];
    struct oracle oracle;
    const bool *skip; /* events that are left out; NULL: none */
};
struct world *world(void);

/* The digests that machines of a code claim. */
struct sha256 code_digest(enum code c);
struct sha256 hardware_digest(int id); /* what tells a machine from others in evidence */
struct host *host_of(int id);          /* NULL: a person, or nobody */
struct host *host_at(const char *address);
void host_start(struct host *m);
void host_stop(struct host *m);  /* as SIGTERM; returns at once */
void host_crash(struct host *m); /* its process is no more. Does not return on its own fibers */
bool host_is_member(const struct host *m);

/* The world of a seed, in the working folder, which is empty. */
void world_new(uint64_t seed, unsigned steps);
/* The script's fiber: from genesis to the last look. */
void story(void);
const char *event_name(unsigned step); /* of the script of this world */

/* One line in the trace, which is hashed and, if asked for, printed. */
void trace(int place, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void trace_print(bool yes);
void trace_hash(uint8_t ret[static 32]);
/* Ends the run. */
_Noreturn void violated(const char *invariant, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
