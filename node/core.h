#pragma once
/* core.h - what only a member has, all of it or none: a node's routes find either a whole core or nothing, so
 * that a provisional node can't serve by any path. Opened once, closed after the last request. */
#include "node/ak_holder.h"
#include "node/home.h"
#include "node/journal.h"
#include "node/members.h"
#include "node/policy_holder.h"

#include <stdatomic.h>

struct cosigners;
struct destruction;
struct counter;
struct lease;
struct node;
struct recoverable;
struct rotation;
struct secrets;

struct core {
    struct home home;
    struct member_cert cert; /* as it was at the start: a rotation brings another, HOME_MEMBER_CERT */
    struct buf bundle;       /* genesis bundle, for those who verify; may be empty */
    struct journal *journal;
    struct policy_holder *policy;
    struct members *members;
    struct secrets *secrets;
    struct ak_holder *ak;
    struct cosigners *cosigners; /* NULL in laboratories that have no use for them */
    uint64_t start;              /* index of this run's start leaf */
    atomic_uint forks;           /* members whose log had two histories */
    atomic_bool frozen;          /* freeze.h */
    struct counter *counter;     /* NULL: the TPM keeps none for this member */
    atomic_bool closing;
    atomic_bool backing_up; /* one backup or import at a time */
    struct lease *lease;
    struct rotation *rotation;
    struct recoverable *recoverable;
    struct destruction *destruction;
};

/* What is needed to become a member: the home, and what is new since then. Empty spans: stored already. */
struct core_birth {
    struct span cert;   /* member certificate */
    struct span policy; /* signed text to start from */
    struct span leaf;   /* first leaf of this member's log: genesis or member-self */
    struct span bundle; /* genesis bundle */
};
/* Takes the home, also on failure. birth: NULL opens what is on disk. */
enum sr_err core_open(struct node *n, struct home *take, const struct core_birth *birth, struct core **ret,
                      struct sr_why *why);
/* Writes the stop leaf and closes everything. NULL is fine. */
void core_close(struct core *c, const uint8_t *boot); /* boot: 16 bytes; NULL writes no leaf */

/* One consistent look at epochs and policy, which the caller holds. */
struct core_look {
    const struct epochs *epochs;
    const struct policy *policy;
};
struct granter core_granter(const struct node *n, const struct core *c, const struct core_look *at);
struct releaser core_releaser(const struct node *n, const struct core *c, const struct core_look *at);
struct enroller core_enroller(const struct node *n, const struct core *c, const struct policy *p);
/* The leaf of an AK certificate, on disk before the certificate leaves. */
enum sr_err core_log_enrolment(struct core *c, const struct keyring *k, const struct ak_cert *cert);
/* Our own AK certificate of the look's newest epoch, made anew when it is past half its life. Appends nothing
 * where the platform needs none. */
enum sr_err core_ak_cert(struct node *n, struct core *c, const struct core_look *at, struct buf *ret,
                         struct sr_why *why);
