#pragma once
/* policy_delay.h - what a policy newly lets in has to wait. The policy in force says for how long
 * (join_delay); the wait begins when a member takes the successor. Until it is over, a joiner must be
 * admitted by the one before as well, so that additions of any form wait and what takes away counts at once.
 * specs/policy.md, "Delay". Pure: the caller has the clocks.
 */
#include "proto/policy.h"

enum {
    POLICY_WAITS_MAX = 64,          /* at one time */
    POLICY_DELAY_MOST = 30 * 86400, /* seconds that join_delay can be */
};

/* Two clocks: the host sets the one, and the other starts anew with the machine. */
struct policy_moment {
    uint64_t unix_s, boot_ms;
};

struct policy_wait {
    struct policy *before;    /* must admit a joiner too; NULL: nobody is admitted */
    uint64_t delay;           /* in force until then, seconds */
    uint64_t number;          /* of the policy that waits */
    struct policy_moment due; /* over when both clocks have come to it */
};

struct policy_waits {
    struct policy_wait v[POLICY_WAITS_MAX];
    size_t n;
};
void policy_waits_drop(struct policy_waits *w);
/* *ret gets references of its own. */
void policy_waits_copy(const struct policy_waits *w, struct policy_waits *ret);

/* On both clocks. */
bool policy_wait_over(const struct policy_wait *w, struct policy_moment now);

/* What a policy that is taken now has to wait, in seconds: the join_delay in force. A lower one is not in
 * force before its own wait is over. 0: nothing waits. */
uint64_t policy_delay(const struct policy *in_force, const struct policy_waits *w, struct policy_moment now);

/* `next` takes the place of `before`. Waits that are over go. */
void policy_waits_take(struct policy_waits *w, struct policy *before, const struct policy *next,
                       struct policy_moment now);
/* A policy from before this member's time: when its successors came it can't know, so to this member all of
 * them came when it did. seconds: the longest join_delay among those before. */
void policy_waits_past(struct policy_waits *w, struct policy *before, uint64_t seconds,
                       struct policy_moment born);

/* policy_join(), and by every policy that still counts. SR_EDENIED with R_POLICY_DELAY: the policy in force
 * admits the peer, one before it does not, and its time is not over. w may be NULL: nothing waits. */
struct policy_wait_view {
    const struct policy_waits *w;
    struct policy_moment now;
};
enum sr_err policy_join_waiting(const struct policy *p, const struct policy_wait_view *view,
                                const struct claims *peer, const struct claims *self,
                                struct policy_verdict *ret, struct sr_why *why);

/* What stands in a policy beside its rules and lets machines in: AK certificates by which roots, how old.
 * Only what every policy that still counts would take. */
struct policy_aks {
    struct sha256 roots[POLICY_ROOTS_MAX];
    size_t roots_n;
    uint64_t max_age; /* seconds */
};
struct policy_aks policy_aks(const struct policy *p, const struct policy_wait_view *view);

/* What of the policy in force does not count yet, for status and explanations. */
enum policy_pending_kind {
    PENDING_ALLOW, /* an allow rule for joins that is new, or not what it was */
    PENDING_DENY,  /* a deny rule that went, or is not what it was: it still denies */
    PENDING_ROOT,  /* roots of vendors; name is empty */
    PENDING_ALL,   /* too many policies wait at one time: nobody new is let in */
};
struct policy_pending {
    enum policy_pending_kind kind;
    struct span name; /* the rule's; borrowed from the policies */
    uint64_t until;   /* unix seconds */
};
/* At most max of them: how many there are. */
size_t policy_pending(const struct policy *p, const struct policy_wait_view *view, struct policy_pending *ret,
                      size_t max);
const char *policy_pending_name(enum policy_pending_kind kind);
