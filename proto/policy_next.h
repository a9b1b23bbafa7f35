#pragma once
/* policy_next.h - the draft that follows a policy, with one of its members changed and all others as they
 * are. Operators sign it as any other. Pure. */
#include "proto/policy.h"

enum policy_how {
    POLICY_SET,    /* the member becomes the value; without a value it is left out */
    POLICY_APPEND, /* the value is one more element of the member, an array that need not be there yet */
};
struct policy_edit {
    const char *member; /* of the document */
    struct span value;  /* canonical JSON */
    enum policy_how how;
};
/* Appends the canonical document: number + 1, previous is the hash of `now`, the edit. SR_EFORMAT, and what
 * policy_parse() says: the result would be no policy. */
enum sr_err policy_next(const struct policy *now, const struct policy_edit *edit, struct buf *ret,
                        struct sr_why *why);
