#pragma once
/* loss.h - operators accept that a member goes on from an older state: what lay between is lost, and the
 * member's log says so. Gathered offline like signatures on a policy. specs/backup.md, "Accepting a loss".
 *
 *     {"loss":{"cid","counter","member","reason","root","size","time","until","version"},
 *      "signatures":[{"key","sig"}]}, canonical */
#include "proto/epoch.h"
#include "proto/json.h"
#include "proto/member.h"

enum {
    LOSS_MAX = 8 << 10, /* bytes of a statement */
    LOSS_REASON_MAX = 200,
    LOSS_DAYS_MAX = 30, /* from time to until */
};

struct loss {
    struct sha256 cid;
    struct member_id member;
    uint64_t size;        /* leaves of its log in the state that it may go on from */
    struct sha256 root;   /* over them */
    uint64_t counter;     /* the TPM's, which the state does not have; 0: none is named */
    uint64_t time, until; /* unix seconds; it counts no longer than until */
    char reason[LOSS_REASON_MAX + 1];
};
struct loss_signed {
    struct loss loss;
    struct buf document; /* the canonical text of `loss`: what is signed */
    struct approvals sigs;
};
void loss_signed_drop(struct loss_signed *s);

/* A statement without signatures. SR_EFORMAT, R_LOSS: more than LOSS_DAYS_MAX, no leaf, a reason that is
 * empty or no plain text. */
enum sr_err loss_make(const struct loss *l, struct loss_signed *ret, struct sr_why *why);
/* Signatures are not looked at. SR_EFORMAT, R_LOSS or JSON's. */
enum sr_err loss_parse(struct span text, struct loss_signed *ret, struct sr_why *why);
void loss_write(const struct loss_signed *s, struct buf *ret);
/* Adds an operator's signature. SR_EFORMAT, R_LOSS: that key has signed already; SR_ETOOBIG: full. */
enum sr_err loss_sign(struct loss_signed *s, const struct sign_key *key, const struct sign_pub *pub,
                      struct sr_why *why);

/* What a statement must be about to count. */
struct loss_case {
    struct sha256 cid;
    struct member_id member;
    uint64_t size; /* the log as it is now */
    struct sha256 root;
    uint64_t
        counter;  /* what the TPM says; 0: nobody asked it, and a statement that names one does not count */
    uint64_t now; /* unix seconds */
};
/* At least k signatures, every one by another of the operators and right, and about exactly this case.
 * SR_EPROOF, R_LOSS. */
enum sr_err loss_check(const struct loss_signed *s, const struct loss_case *c, const struct approvers *by,
                       struct sr_why *why);
