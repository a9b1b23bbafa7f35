#pragma once
/* approvals.h - several operators' signatures under one text, gathered offline: on policies, on the public
 * halves of an epoch, on statements of a loss. At most one of each key, ascending by key. In JSON, as files
 * are passed round: [{"key":hex,"sig":hex},...]. */
#include "crypto/sign.h"

struct json;

enum { APPROVALS_MAX = 16 };

/* One operator's signature. */
struct approval {
    struct sign_pub key;
    struct sig sig;
};
struct approvals {
    struct approval v[APPROVALS_MAX]; /* ascending by key */
    size_t n;
};

/* Who may approve: the genesis record's operators, k of them. Borrowed. */
struct approvers {
    const struct sign_pub *key;
    size_t n, k;
};

/* What is approved, and how a refusal of it is called. Borrowed. */
struct approved {
    enum label label;
    struct span text; /* what is signed, behind the label */
    enum sr_reason reason;
    const char *what; /* "policy": the first word of a refusal */
};

/* The elements of that array of at most APPROVALS_MAX; no signature is looked at. SR_EFORMAT: reason, or
 * JSON's. */
enum sr_err approvals_read(const struct json *array, const struct approved *of, struct approvals *ret,
                           struct sr_why *why);
/* The array, as the value of the member whose name was written last. */
void approvals_write(const struct approvals *a, struct buf *ret);

/* Puts one more in its place. SR_EFORMAT, reason: that key has signed already; SR_ETOOBIG, reason: full. */
enum sr_err approvals_add(struct approvals *a, const struct approval *one, const struct approved *of,
                          struct sr_why *why);
/* The signature of that key, put in its place. Errors as approvals_add(). */
enum sr_err approvals_sign(struct approvals *a, const struct approved *of, const struct sign_key *key,
                           const struct sign_pub *pub, struct sr_why *why);

/* Are there as many as it takes? Never where k is none of 1 to n. */
bool approvals_enough(const struct approvals *a, const struct approvers *by);
/* Every one by another of these, ascending, and right: one that is not spoils the rest. How many there are is
 * not asked. SR_EPROOF, reason. */
enum sr_err approvals_check(const struct approvals *a, const struct approvers *by, const struct approved *of,
                            struct sr_why *why);
