#pragma once
/* vouch.h - how members tell each other that one of them is still a member and goes by the newest policy they
 * know: a question of the one, a signed word of the other. specs/membership.md, "Leases of members". Pure. */
#include "crypto/err.h"
#include "crypto/sign.h"

enum { VOUCH_REQUEST_SIZE = 97, VOUCH_ANSWER_SIZE = 114 };

/* What the asker says of itself. It goes as a signed request, so that nobody else asks in its name. */
struct vouch_request {
    uint8_t nonce[32]; /* fresh */
    uint64_t number;   /* of the policy it goes by */
    struct sha256 hash;
    uint64_t epoch;   /* its newest */
    uint8_t boot[16]; /* of its run */
};
void vouch_request_write(const struct vouch_request *q, struct buf *ret);
/* SR_EFORMAT, R_MALFORMED. */
enum sr_err vouch_request_read(struct span s, struct vouch_request *ret, struct sr_why *why);

enum vouch_verdict {
    VOUCH_NONE,
    VOUCH_YES,
    VOUCH_BEHIND, /* the voucher holds a later policy */
    VOUCH_FORK,   /* another policy of the same number: one of the two was not meant */
    VOUCH_EPOCH,  /* masters of an epoch that the voucher's policy retired */
    VOUCH_VERDICTS
};
struct vouch_answer {
    enum vouch_verdict verdict;
    uint64_t number; /* of the voucher's policy */
    struct sha256 hash;
    uint64_t epoch; /* the voucher's newest */
};
/* What the voucher, by its own policy, says to that. An asker that is ahead gets a yes: nobody here knows a
 * newer one. Whether the asker is a member was decided before. */
enum vouch_verdict vouch_judge(const struct vouch_request *q, const struct vouch_answer *own,
                               uint64_t min_epoch);

/* What the word is about: one question of one member, in one network. */
struct vouch_about {
    const struct sha256 *cid;
    const struct sign_pub *asker;
    struct span request; /* the bytes */
};
void vouch_answer_write(const struct vouch_answer *a, const struct vouch_about *about,
                        const struct sign_key *voucher, struct buf *ret);
/* SR_EFORMAT, R_MALFORMED; SR_EPROOF, R_VOUCH: not the voucher's word about that. */
enum sr_err vouch_answer_check(struct span s, const struct vouch_about *about, const struct sign_pub *voucher,
                               struct vouch_answer *ret, struct sr_why *why);
