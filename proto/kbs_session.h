#pragma once
/* kbs_session.h - what a session with a guest of Confidential Containers is, as bytes: first in a sealed
 * cookie, after attestation in a cookie and in a signed token. Nothing of it is kept anywhere else.
 * specs/kbs.md, "Sessions". */
#include "proto/claims.h"
#include "proto/kbs.h"

enum {
    KBS_SESSION_SECONDS = 300, /* from auth; attesting does not extend it */
    KBS_SESSION_MAX = 5 << 10, /* encoded: what fits into a request head as a cookie, and in a token */
};

struct kbs_session {
    enum kbs_version version;
    const struct kbs_tee *tee;
    uint8_t nonce[KBS_NONCE_SIZE];
    uint64_t expires; /* unix seconds, inclusive */
    bool attested;
    struct jwk key; /* attested: the key that replies go to */
};

/* Appends the encoding. claims: of an attested session, else not looked at. SR_ETOOBIG over KBS_SESSION_MAX.
 */
enum sr_err kbs_session_encode(const struct kbs_session *s, const struct claims *claims, struct buf *ret);
/* ret_claims: filled for an attested session, else empty. SR_EAUTH, R_KBS_SESSION: not what the encoder
 * writes, or over at now. */
enum sr_err kbs_session_decode(struct span bytes, uint64_t now, struct kbs_session *ret,
                               struct claims *ret_claims, struct sr_why *why);
