#pragma once
/* audit.h - what the logs of a network say together: fed with every leaf of every log that verifies, it knows
 * who joined through whom, which measurements appeared under which policy, and what does not fit. Pure:
 * fetching and verifying are the caller's (log.h). specs/log.md section 6, step 5, and section 8. */
#include "proto/leaf.h"
#include "proto/member.h"
#include "proto/policy.h"

enum {
    AUDIT_LOGS_MAX = 1024,     /* as many as a network has members */
    AUDIT_JOINS_MAX = 1 << 18, /* leaves about joins, of all logs together */
    AUDIT_KNOWN_MAX = 256,     /* measurements that an auditor names */
    AUDIT_TEXT_MAX = 200,      /* bytes of a finding's text, with its NUL */
    AUDIT_TYPES = 64,          /* types of leaves that are counted one by one */
};

/* What does not fit. The names are stable; specs/log.md section 8 says what each of them means. */
#define AUDIT_FINDINGS(X)                                                                                    \
    X(AUDIT_JOIN_UNLOGGED, "join-unlogged")                                                                  \
    X(AUDIT_MEMBER_UNGRANTED, "member-ungranted")                                                            \
    X(AUDIT_TWO_BEGINNINGS, "two-beginnings")                                                                \
    X(AUDIT_POLICY_AHEAD, "policy-ahead")                                                                    \
    X(AUDIT_POLICY_ORDER, "policy-order")                                                                    \
    X(AUDIT_POLICY_FORK, "policy-fork")                                                                      \
    X(AUDIT_UNLISTED, "measurement-unlisted")                                                                \
    X(AUDIT_UNKNOWN, "measurement-unknown")                                                                  \
    X(AUDIT_TIME_BACK, "time-back")
#define X(name, text) name,
enum audit_code { AUDIT_FINDINGS(X) AUDIT_CODES };
#undef X
const char *audit_code_text(enum audit_code c);

struct audit_finding {
    enum audit_code code;
    struct member_id log; /* where it stands */
    uint64_t index;
    char text[AUDIT_TEXT_MAX];
};

/* A measurement that some log names, under the policy that it appeared under first. */
struct audit_measurement {
    struct sha256 value;
    uint64_t first_time, policy_number, members, workloads; /* how often it joined, how often it got keys */
};

/* One log's sums. */
struct audit_log {
    struct member_id id;
    struct sign_pub key;
    uint64_t leaves, policy_number, last_time;
    uint64_t by_type[AUDIT_TYPES];
};

struct audit;
struct audit_options {
    /* Published policies, any order, borrowed: what a log says of a policy is held against them. */
    struct policy *const *policies;
    size_t policies_n;
    /* Measurements that the auditor expects; n = 0: none is named and none is missed. At most
     * AUDIT_KNOWN_MAX, borrowed. */
    const struct sha256 *known;
    size_t known_n;
    /* Sees each finding once, as soon as it is clear. */
    void (*on_finding)(void *ctx, const struct audit_finding *f);
    void *ctx;
};
/* SR_ETOOBIG: too many known measurements. Free it with audit_free. */
enum sr_err audit_new(const struct audit_options *o, struct audit **ret);
void audit_free(struct audit *a); /* NULL is fine */

/* More policies than at the start; borrowed like those. */
void audit_policies(struct audit *a, struct policy *const *policies, size_t n);
/* A log that is read; the same key twice is one. ret: for audit_leaf. SR_ETOOBIG. */
enum sr_err audit_add_log(struct audit *a, const struct sign_pub *key, size_t *ret);
/* Its next leaf: without gaps, from the first. SR_EBUG: not the next one. SR_ETOOBIG. */
enum sr_err audit_leaf(struct audit *a, size_t log, uint64_t index, const struct leaf *l);
/* What only all logs together can say; may be asked again after more leaves, and says each thing once. */
void audit_judge(struct audit *a);

size_t audit_findings(const struct audit *a); /* so far */
/* Joins whose granter's log is none of those added: not a finding, and not checked. */
size_t audit_unread(const struct audit *a);
const struct audit_log *audit_logs(const struct audit *a, size_t *ret_n);
const struct audit_measurement *audit_measurements(const struct audit *a, size_t *ret_n);
