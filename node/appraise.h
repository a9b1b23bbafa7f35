#pragma once
/* appraise.h - from evidence to claims: whose word counts in this network under this policy, then the
 * verifier. What comes out is the verified object that the handshakes take. */
#include "proto/claims.h"
#include "proto/genesis.h"
#include "proto/policy_delay.h"
#include "proto/verified.h"

#include <time.h>

struct epoch_pubs;
struct leaf;
struct keyring;

struct appraisal {
    struct verified verified;
    struct claims claims;
};
/* Whose evidence: cid and epoch name the AK certificates that count, and no others do; the policy names
 * vendors' roots of AKs. The genesis record names the roots of each other type of evidence: a type that it
 * does not name has none, and its evidence is refused. Borrowed for the call. */
struct appraiser {
    struct sha256 cid;
    const struct genesis *genesis; /* NULL: of a network without such roots */
    const struct epoch_pubs *newest;
    const struct policy *policy;
    struct policy_wait_view view;        /* what of the policy does not count yet; {0}: all of it counts */
    const struct collateral *collateral; /* NULL: none, and refuses what needs some */
    time_t now;                          /* unix seconds */
};
enum sr_err appraise(const struct appraiser *by, struct span type, struct span evidence,
                     const struct sha512 *rd, struct appraisal *ret, struct sr_why *why);

/* What the log says of appraised evidence: salted hardware and AK, measurement. */
void appraise_leaf(const struct keyring *k, const struct claims *c, struct leaf *leaf);
