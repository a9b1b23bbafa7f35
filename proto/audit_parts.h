#pragma once
/* audit_parts.h - what an audit has seen. For audit*.c alone. */
#include "proto/audit.h"

/* A leaf about somebody's membership: in its own log (member-self), or in its granter's (member). */
struct audit_join {
    struct member_id log, granter; /* granter: member-self only */
    struct sign_pub key;
    struct sha512 transcript;
    uint64_t index;
    bool self, said; /* said: a finding was made of it */
};

/* What a number was, as the first log that took it says. */
struct audit_policy {
    uint64_t number;
    struct sha256 hash;
};

struct audit {
    struct audit_options o;
    struct audit_log *logs;
    struct sha256 *own; /* [i]: the newest measurement of the member whose log i is */
    size_t logs_n;
    struct audit_join *joins;
    size_t joins_n;
    struct audit_measurement *measurements;
    size_t measurements_n;
    struct audit_policy *policies;
    size_t policies_n;
    size_t findings, unread;
    bool begun; /* a genesis or recovery leaf was seen */
    struct member_id beginning;
};

/* Room for one more thing of that size behind n of them; the array may move. SR_ETOOBIG past max. */
enum sr_err audit_room(void **array, size_t n, size_t size, size_t max);
void audit_say(struct audit *a, enum audit_code code, const struct member_id *log, uint64_t index,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* What one leaf says of policies and measurements, beside the sums. */
enum sr_err audit_policy_leaf(struct audit *a, struct audit_log *log, uint64_t index, const struct leaf *l);
enum sr_err audit_measured(struct audit *a, size_t log, uint64_t index, const struct leaf *l);
enum sr_err audit_joined(struct audit *a, const struct audit_log *log, uint64_t index, const struct leaf *l);
