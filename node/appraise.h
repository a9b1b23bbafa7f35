#pragma once
/* appraise.h - from evidence to claims: whose word counts in this network under this policy, then the
 * verifier. What comes out is the verified object that the handshakes take. */
#include "proto/claims.h"
#include "proto/policy.h"
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
 * vendors' roots. */
struct appraiser {
    struct sha256 cid;
    const struct epoch_pubs *newest;
    const struct policy *policy;
    time_t now; /* unix seconds */
};
enum sr_err appraise(const struct appraiser *by, struct span type, struct span evidence,
                     const struct sha512 *rd, struct appraisal *ret, struct sr_why *why);

/* What the log says of appraised evidence: salted hardware and AK, measurement. */
void appraise_leaf(const struct keyring *k, const struct claims *c, struct leaf *leaf);
