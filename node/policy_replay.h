#pragma once
/* policy_replay.h - what still waits, found again from what is on disk: which policy this member took when. A
 * restart neither ends a wait nor makes it longer. specs/policy.md, "Delay". */
#include "proto/policy_delay.h"

struct keystore;

/* Of a number: the policy, its signatures, and the second in which this member took it. SR_ENOENT. */
enum sr_err policy_row_read(struct keystore *ks, uint64_t number, struct policy_signed *ret,
                            uint64_t *ret_taken, struct sr_why *why);

/* The policies in the keystore: all from oldest to newest are there; those before base came later, from other
 * members. */
struct policy_past {
    struct keystore *ks;
    uint64_t oldest, base, newest;
};
enum sr_err policy_replay(const struct policy_past *p, struct policy_moment now, struct policy_waits *ret,
                          struct sr_why *why);
