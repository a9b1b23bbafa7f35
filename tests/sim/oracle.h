#pragma once
/* oracle.h - what must hold, watched from outside: what lies on each disk as after a crash, and what leaves
 * each machine. It never asks a node for the truth. */
#include "node/route.h"
#include "proto/leaf.h"
#include "proto/member.h"
#include "proto/merkle.h"

enum { LEAVES_MAX = 4096, MADE_MAX = 1024 };

struct host;
struct packet;

/* A leaf as it is durable. */
struct known_leaf {
    struct sha256 hash, root; /* of itself; of the tree that it ends */
    struct leaf *leaf;
    uint64_t at; /* us */
};
/* The log on one disk. */
struct known_log {
    struct known_leaf *v; /* LEAVES_MAX */
    uint64_t n;
    struct merkle_tree tree;
    struct sign_pub member; /* from its first leaf */
    uint64_t policy;        /* newest number that a leaf names; 0: none yet */
    uint64_t in_force;      /* ... that it said is in force */
    bool disturbed;         /* the disk failed a write in this boot */
    bool ended;             /* its member was expelled, as its process found */
};
/* A package that a tenant made, or a policy (path empty) that the operators signed. */
struct made {
    char path[32];
    uint64_t version;
    struct sha256 hash;
    bool acked;   /* a member said that it has it */
    bool excused; /* every disk that had it was rolled back or emptied since */
};
struct oracle {
    struct known_log *log; /* one a machine */
    struct shown_head *shown;
    size_t n_shown;
    struct left_leaf *left; /* under which something left, witnessed */
    size_t n_left;
    struct made made[MADE_MAX];
    size_t n_made;
    const struct leaf **ever; /* every leaf that was ever durable, cut off since or not */
    size_t n_ever, cap_ever;
    uint64_t releases, grants, members, puts, policies; /* that were seen: a run without any shows nothing */
};

void oracle_new(void);
/* ---- from the disks ---- */
void oracle_written(int host, struct span key, struct span value); /* durable now */
void oracle_back(struct host *m);          /* its disk has been rolled back or emptied: read it again */
void oracle_excuse(void);                  /* what no disk has any more */
void oracle_forgets(const struct host *m); /* a witness has lost its memory */
void oracle_boot(struct host *m);
void oracle_disturbed(int host); /* its disk failed a write */
void oracle_failed_start(struct host *m, enum sr_err e, const struct sr_why *why);
/* ---- from the network ---- */
struct oracle_asked {       /* as a request came in */
    uint64_t policy, holds; /* that it said is in force; that is, for certain */
    uint64_t at, wall_s;    /* us; the machine's clock */
    bool frozen;
    uint64_t epoch;
};
struct oracle_asked oracle_asked(struct host *m, const struct packet *p);
void oracle_answered(struct host *m, const struct packet *p, const struct oracle_asked *asked,
                     const struct reply *r);
/* ---- from people ---- */
void oracle_made(const char *path, uint64_t version, const struct sha256 *hash);
void oracle_acked(const struct sha256 *hash);
/* The newest version of a path that lies on that disk; 0: none. */
uint64_t oracle_newest(const struct host *m, const char *path);
bool oracle_readable(const struct host *m, const char *path); /* the newest there is a value */
/* A workload got a version of it, when the member had at least `least` as it was asked. */
struct released_value {
    const char *path;
    uint64_t least, version;
    struct span value;
};
void oracle_released(const struct host *m, const struct released_value *r);
/* ... or a derived key. */
void oracle_derived(const struct host *m, uint64_t version, struct span value);
/* ---- at the end, with all healed and quiet ---- */
bool oracle_converged(bool say); /* say: the first difference is a violation */
