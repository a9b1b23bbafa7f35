/* What leaves say, held against policies, against what the auditor knows, and against other logs. */
#include "proto/audit_parts.h"

#include <string.h>

enum { POLICIES_MAX = 1 << 16, MEASUREMENTS_MAX = 1 << 16 };

/* ---- policies ---- */

static const struct policy *published(const struct audit *a, uint64_t number)
{
    for (size_t i = 0; i < a->o.policies_n; i++)
        if (policy_number(a->o.policies[i]) == number)
            return a->o.policies[i];
    return NULL;
}

static bool is_first(const struct leaf *l)
{
    return l->type == LEAF_GENESIS || l->type == LEAF_RECOVERY || l->type == LEAF_RESTORED ||
           l->type == LEAF_MEMBER_SELF;
}

static enum sr_err same_everywhere(struct audit *a, const struct audit_log *log, uint64_t index,
                                   const struct leaf *l)
{
    const struct policy *p = published(a, l->policy_number);
    const struct sha256 *hash = p ? policy_hash(p) : NULL;
    for (size_t i = 0; i < a->policies_n && !hash; i++)
        if (a->policies[i].number == l->policy_number)
            hash = &a->policies[i].hash;
    if (hash && !sha256_eq(hash, &l->policy_hash))
        audit_say(a, AUDIT_POLICY_FORK, &log->id, index, "policy %llu is another one than elsewhere",
                  (unsigned long long)l->policy_number);
    if (hash)
        return SR_OK;
    void *all = a->policies;
    SR_TRY(audit_room(&all, a->policies_n, sizeof *a->policies, POLICIES_MAX));
    a->policies = all;
    a->policies[a->policies_n++] = (struct audit_policy){ l->policy_number, l->policy_hash };
    return SR_OK;
}

enum sr_err audit_policy_leaf(struct audit *a, struct audit_log *log, uint64_t index, const struct leaf *l)
{
    const unsigned long long now = log->policy_number, said = l->policy_number;
    bool takes = is_first(l) || l->type == LEAF_POLICY;
    if (!takes && said > now)
        audit_say(a, AUDIT_POLICY_AHEAD, &log->id, index, "goes by policy %llu, which this log never took",
                  said);
    if (l->type == LEAF_POLICY && said != now + 1)
        audit_say(a, AUDIT_POLICY_ORDER, &log->id, index, "policy %llu after %llu", said, now);
    if (takes && said > now)
        log->policy_number = said;
    return takes && l->type != LEAF_MEMBER_SELF ? same_everywhere(a, log, index, l) : SR_OK;
}

/* ---- measurements ---- */

static bool is_known(const struct audit *a, const struct sha256 *m)
{
    for (size_t i = 0; i < a->o.known_n; i++)
        if (sha256_eq(&a->o.known[i], m))
            return true;
    return a->o.known_n == 0;
}

static enum sr_err count(struct audit *a, const struct audit_log *log, uint64_t index, const struct leaf *l)
{
    struct audit_measurement *at = NULL;
    for (size_t i = 0; i < a->measurements_n && !at; i++)
        if (sha256_eq(&a->measurements[i].value, &l->measurement))
            at = &a->measurements[i];
    if (!at) {
        void *all = a->measurements;
        SR_TRY(audit_room(&all, a->measurements_n, sizeof *a->measurements, MEASUREMENTS_MAX));
        a->measurements = all;
        at = &a->measurements[a->measurements_n++];
        *at = (struct audit_measurement){ .value = l->measurement,
                                          .first_time = l->time,
                                          .policy_number = l->policy_number };
    }
    at->members += l->type != LEAF_RELEASE;
    at->workloads += l->type == LEAF_RELEASE;
    if (l->type != LEAF_RELEASE && !is_known(a, &l->measurement))
        audit_say(a, AUDIT_UNKNOWN, &log->id, index, "a measurement that was not named as known (%s)",
                  leaf_type_text(l->type));
    return SR_OK;
}

enum sr_err audit_measured(struct audit *a, size_t log, uint64_t index, const struct leaf *l)
{
    static const struct sha256 none;
    const struct audit_log *at = &a->logs[log];
    bool own = is_first(l) || l->type == LEAF_START;
    if (own && !sha256_eq(&l->measurement, &none))
        a->own[log] = l->measurement;
    if ((!is_first(l) && l->type != LEAF_JOIN_GRANTED && l->type != LEAF_RELEASE) ||
        sha256_eq(&l->measurement, &none))
        return SR_OK;
    const struct policy *p = l->type == LEAF_JOIN_GRANTED ? published(a, l->policy_number) : NULL;
    if (p && policy_lists_measurement(p, &l->measurement, &a->own[log]) == POLICY_UNLISTED)
        audit_say(a, AUDIT_UNLISTED, &at->id, index, "no rule of policy %llu names the measurement",
                  (unsigned long long)l->policy_number);
    return count(a, at, index, l);
}
