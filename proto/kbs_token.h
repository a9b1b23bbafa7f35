#pragma once
/* kbs_token.h - tokens of third parties about guests of Confidential Containers (EAR of Trustee, Intel Trust
 * Authority and the like): what is left of one when nothing counts that the policy did not name. Pure: the
 * policy and the time come in. specs/kbs.md, "Tokens of third parties". */
#include "proto/claims.h"
#include "proto/policy_issuers.h"

enum { KBS_TOKEN_SKEW = 60 }; /* seconds that an issuer's clock may be ahead of ours */

/* Large: on the heap. */
struct kbs_token {
    struct jwk key;       /* the guest's, that replies go to */
    struct claims claims; /* type "token.NAME", evidence, and those that the policy takes */
    uint64_t made;        /* unix seconds: its iat */
    uint64_t expires;     /* the same, inclusive: by its own word, or by its age */
    struct sha256 id;     /* of what is signed: names the token */
};

/* SR_EAUTH. R_TOKEN: no issuer named iss, not signed by a key pinned for it under that algorithm, for another
 * audience, no times, from the future, no evidence or no key of a guest where the policy looks for it, a
 * value that is no claim, or several issuers that could mean it; R_TOKEN_EXPIRED: over, or too old. Nothing
 * in its header has a say, but kid, which picks among the pinned keys. */
enum sr_err kbs_token_read(struct span token, const struct policy *p, uint64_t now, struct kbs_token *ret,
                           struct sr_why *why);
