#pragma once
/* policy_proposal.h - a policy on its way from operator to operator: the signed form with fewer signatures
 * than it needs. specs/governance.md. Pure: no clock, no files. */
#include "proto/genesis.h"
#include "proto/policy.h"

/* What a proposal is held against: a network and the policy that is in force there. Borrows. */
struct policy_ground {
    const struct sha256 *cid;
    const struct key_set *operators; /* of the genesis record: k of them decide */
    const struct policy *now;
};

enum policy_signer {
    SIGNER_NONE,     /* an operator that has not signed */
    SIGNER_GOOD,     /* one that has */
    SIGNER_WRONG,    /* one whose signature is over another network, number or document */
    SIGNER_STRANGER, /* no operator of this network */
};

/* How far a proposal has come. */
struct policy_progress {
    enum policy_signer operators[GENESIS_KEYS_MAX]; /* in the order of the record */
    enum policy_signer sigs[APPROVALS_MAX];         /* of each signature, in order */
    size_t good, missing;                           /* signatures that count; how many more it takes */
    bool spoilt;                                    /* one does not count: the whole would be refused */
    enum sr_reason
        follows;   /* R_NONE: it is the next one; else why it is not: R_POLICY_OLD, _FORK, _GAP, _CHAIN */
    bool in_force; /* R_POLICY_OLD because it is the policy in force itself */
};
struct policy_progress policy_progress(const struct policy_signed *s, const struct policy_ground *g);

/* May this operator sign? The signer is one, has not signed, nobody's signature spoils the rest, and it is
 * the next policy. Number 1 is pinned, not signed. SR_EDENIED or SR_EPROOF with R_POLICY_SIGNATURES, or
 * what policy_follows() gives. */
enum sr_err policy_may_sign(const struct policy_signed *s, const struct policy_ground *g,
                            const struct sign_pub *signer, struct sr_why *why);

/* Appends the canonical document that follows the one in force: a draft in any layout, in which number and
 * previous may stand or be missing, and are set. Errors as policy_parse() and policy_follows() give. */
enum sr_err policy_propose(struct span draft, const struct policy *now, struct buf *ret, struct sr_why *why);
