#pragma once
/* oracle_epoch.h - rotations of the master, from what lies on the disks and what leaves. */
#include "tests/sim/net.h"
#include "tests/sim/oracle_log.h"

/* ---- from the disks ---- */
void oracle_epoch_leaf(const struct seen *s); /* a rule about logs */
void oracle_epoch_written(struct host *m, struct span key, struct span value);
void oracle_epoch_back(struct host *m); /* its disk has been rolled back or emptied */
/* It goes on from a backup, under this key, and its word under the one before is kept with the state. */
void oracle_epoch_renamed(const struct host *m, const struct sha256 *key);
void oracle_epoch_boot(struct host *m);
/* The newest epoch that the chain on its disk names; 0: it has none. */
uint64_t oracle_epoch_of(const struct host *m);
uint64_t oracle_epoch_in_use(const struct host *m); /* that it said it goes by, since its start */
uint64_t oracle_epoch_most(void);                   /* of all machines */
bool oracle_epoch_said(const struct sign_pub *key, const struct sha256 *link); /* that it has its master */

bool oracle_epoch_pulled(void); /* a member may be given a master while nobody joins */

/* ---- from the network ---- */
enum { LISTED_MAX = 64 };
/* Members that a machine says it knows, since its start, and the epochs of their certificates. */
struct listed {
    struct sign_pub key[LISTED_MAX];
    uint64_t epoch[LISTED_MAX];
    size_t n;
};
const struct listed *oracle_epoch_listed(const struct host *m);
void oracle_epoch_left(struct host *m, const struct packet *p, const struct oracle_asked *asked,
                       struct span body);
/* ---- at the end ---- */
/* Policy denies its code, and it is at another epoch than the others: neither can follow the other. */
bool oracle_epoch_apart(const struct host *m);
bool oracle_epoch_converged(bool say);
/* Nothing that was, or is lost, keeps the members from one more rotation. */
bool oracle_epoch_may_rotate(void);
