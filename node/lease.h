#pragma once
/* lease.h - how long this member may go on without hearing from the others. Each word that another member
 * gave (proto/vouch.h) counts from when we ASKED for it, on a clock that nobody sets; the lease ends when
 * fewer than a quorum of them are young enough. Only where the policy has member_lease. Any thread may call.
 * specs/membership.md, "Leases of members". */
#include "crypto/err.h"
#include "crypto/sign.h"

struct core;
struct lease;
struct policy;

/* Empty: nobody has vouched yet. One a member; SR_ENOMEM. */
enum sr_err lease_new(struct lease **ret);
void lease_free(struct lease *l); /* NULL is fine */

/* Another member vouched for us; asked_ms: CLOCK_BOOTTIME, just before the question left. A full table drops
 * the oldest. */
void lease_take(struct lease *l, const struct sign_pub *voucher, uint64_t asked_ms);

struct lease_state {
    bool asked;      /* the policy has a lease at all */
    size_t needed;   /* others that must vouch; 0: a network of one */
    size_t have;     /* that ever did, and are members */
    uint64_t end_ms; /* CLOCK_BOOTTIME; 0: not enough ever did; UINT64_MAX: it has no end */
};
/* As things stand now under that policy: members that count, without us. */
struct lease_state lease_look(const struct core *c, const struct policy *p);
bool lease_holds(const struct lease_state *s); /* now */
