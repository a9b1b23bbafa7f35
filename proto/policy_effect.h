#pragma once
/* policy_effect.h - what one policy says and another does not, and what that means for claims that are known.
 * For operators, before they sign; members decide by policy_join() and policy_release() alone.
 * specs/governance.md, "Effect". Pure. */
#include "proto/policy.h"

enum policy_change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CHANGED };

/* One difference: of a rule or tenant by its name, else of a whole member of the document. Order in a list is
 * none. */
struct policy_change {
    enum policy_change_kind kind;
    struct span member; /* "join", "tenants", "min_epoch" */
    struct span name;   /* of the rule or tenant; empty: of the member itself */
    struct span before; /* canonical JSON, empty when it was not there */
    struct span after;  /* and empty when it is gone */
    bool waits;         /* lets machines join that could not, and so waits for the delay in force */
};
typedef void policy_change_fn(void *ctx, const struct policy_change *c);
/* In the order of the documents' members: before's lists first, then what is new in them. All spans end with
 * the call. Whatever a policy can say is compared, so a member that this text does not know of is shown too.
 * SR_ENOMEM. */
enum sr_err policy_changes(const struct policy *before, const struct policy *after, policy_change_fn *visit,
                           void *ctx);

/* What a release rule that these claims meet gives, or takes away: pattern by pattern, usage by usage. */
struct policy_gift {
    bool denied; /* by a deny rule, whatever others give */
    struct span tenant, keys;
    enum policy_usage usage;
};
typedef void policy_gift_fn(void *ctx, const struct policy_gift *g);
/* What claims get under `here` and not under `there`, each once. */
struct policy_asker {
    const struct claims *peer, *self; /* self: of the member that judges, for "same"; may be NULL */
};
void policy_gifts_beyond(const struct policy *here, const struct policy *there,
                         const struct policy_asker *who, policy_gift_fn *visit, void *ctx);
