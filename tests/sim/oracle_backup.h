#pragma once
/* oracle_backup.h - backups that left a machine, and logs that begin anew by the operators' word. */
#include "tests/sim/net.h"
#include "tests/sim/oracle_log.h"

struct kept_backup {
    int host;
    char path[TEXT_MAX];
    uint64_t size; /* leaves in it */
};
/* One that this machine made, mostly the newest; NULL: it made none. b: any number. */
const struct kept_backup *oracle_backup_of(const struct host *m, uint64_t b);
/* A machine answered 200 to its root. */
void oracle_backup_left(struct host *m, const struct packet *p, struct span body);

/* What operators signed, and lies beside the state that it is about. */
struct accepted {
    size_t signers;
    struct sha256 statement;
    struct member_id member; /* whose log ends */
    uint64_t size;
};
void oracle_accepted(const struct host *m, const struct accepted *a);
/* Its log begins anew with this leaf; anything but what operators accepted ends the run. */
void oracle_restored(const struct host *m, const struct leaf *l);
void oracle_backup_back(const struct host *m); /* its disk was put back: the word may lie there again */
