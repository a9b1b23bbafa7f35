/* policy_govern.c - what a policy says of the members themselves: who is no longer one, and what stands
 * still. specs/membership.md. All of it is optional, and absent means what it meant before there was such a
 * member. */
#include "proto/policy_body.h"

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "policy: %s", what);
}

enum sr_err policy_frozen_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        if (!span_eq(json_str(v), SPAN_STR("join")) || p->join_frozen)
            return bad(why, "frozen: unknown or repeated");
        p->join_frozen = true;
    }
    return SR_OK;
}

bool policy_join_frozen(const struct policy *p)
{
    return p->join_frozen;
}
