#pragma once
/* policy_issuers.h - whose tokens about guests count besides the network's own: third parties that operators
 * named in the policy, each with its pinned keys, and with an evidence type of its own, so that no rule for
 * evidence that was verified here ever matches somebody's word. specs/policy.md, "Token issuers". */
#include "proto/jose.h"
#include "proto/policy.h"

#define POLICY_TOKEN_PREFIX "token." /* of the types of evidence that are tokens */

enum {
    POLICY_ISSUERS_MAX = 16,
    POLICY_ISSUER_KEYS_MAX = 8,
    POLICY_ISSUER_CLAIMS_MAX = 32,
    POLICY_ISSUER_NAME_MAX = 26, /* bytes: the type, with its prefix, is one of a rule */
    POLICY_POINTER_MAX = 256,    /* bytes */
    POLICY_KID_MAX = 127
};

struct policy_issuer_key {
    enum jws_alg alg;
    struct span kid;  /* empty: tokens of any kid, or none */
    struct span spki; /* DER, of a key that fits alg */
};

/* A claim of ours, and where in a token its value stands. */
struct policy_issuer_claim {
    struct span claim, at;
};

/* Everything borrows from the policy. */
struct policy_issuer {
    struct span name, type;  /* type: "token." and the name */
    struct span iss, aud;    /* aud empty: tokens that are for nobody in particular */
    struct span evidence;    /* the type that its claims are said to be of; a statement of the operators' */
    struct span evidence_at; /* what a token of that type has, and others have not */
    struct span tee_key;     /* where the guest's key stands */
    uint64_t max_age;        /* seconds from iat */
    const struct policy_issuer_key *keys;
    size_t keys_n;
    const struct policy_issuer_claim *claims;
    size_t claims_n;
};

/* All of them, in the order of the document. */
const struct policy_issuer *policy_issuers(const struct policy *p, size_t *ret_n);
/* By its type. NULL: none. */
const struct policy_issuer *policy_issuer(const struct policy *p, struct span type);
bool policy_is_token(struct span type); /* begins with the prefix */
