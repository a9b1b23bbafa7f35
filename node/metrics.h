#pragma once
/* metrics.h - counters of this process, and their text for Prometheus (exposition format 0.0.4). */
#include "crypto/bytes.h"

#include <stdatomic.h>

#define SR_METRICS(X)                                                                                        \
    X(M_REQUESTS, "sealring_requests_total", "Requests answered.")                                           \
    X(M_REFUSED, "sealring_requests_refused_total", "Requests answered with an error of the peer.")          \
    X(M_FAILED, "sealring_requests_failed_total", "Requests answered with an error of ours.")                \
    X(M_CHALLENGES, "sealring_challenges_total", "Challenges for join, release and enrolment.")              \
    X(M_JOINS, "sealring_joins_granted_total", "Joins granted: M4 sent.")                                    \
    X(M_MEMBERS, "sealring_members_confirmed_total", "Joins confirmed: M6 sent.")                            \
    X(M_RELEASES, "sealring_releases_total", "Releases answered with keys.")                                 \
    X(M_KEYS, "sealring_keys_released_total", "Keys inside those releases.")                                 \
    X(M_KBS_TOKENS, "sealring_kbs_tokens_total", "Guests of Confidential Containers attested.")              \
    X(M_ENROLMENTS, "sealring_enrolments_total", "AK certificates issued.")                                  \
    X(M_UNPROVEN, "sealring_unproven_refusals_total", "Refusals before any evidence had verified.")          \
    X(M_PROVEN, "sealring_proven_refusals_total", "Refusals of verified evidence, each in the log.")         \
    X(M_PUTS, "sealring_packages_stored_total", "Packages stored, own and from peers.")                      \
    X(M_CONFLICTS, "sealring_package_conflicts_total", "Two packages of one version seen.")                  \
    X(M_POLICIES, "sealring_policies_applied_total", "Policies applied.")                                    \
    X(M_SYNCS, "sealring_syncs_total", "Exchanges with a peer that went well.")                              \
    X(M_SYNC_FAILURES, "sealring_sync_failures_total", "Exchanges with a peer that failed.")                 \
    X(M_COSIGNED, "sealring_cosigned_total", "Checkpoints of other members cosigned.")                       \
    X(M_FORKS, "sealring_forks_total", "Members seen to sign two histories of their log.")                   \
    X(M_QUOTES, "sealring_quotes_total", "Quotes made by the platform.")                                     \
    X(M_TPM_BUSY, "sealring_platform_busy_total", "Jobs refused because the platform's queue was full.")

#define X(name, text, help) name,
enum metric { SR_METRICS(X) METRIC_COUNT };
#undef X

/* {0} is all zero. Any thread may add. */
struct metrics {
    atomic_uint_fast64_t v[METRIC_COUNT];
};

/* Counters, from any thread; and all of them in Prometheus' text format, to which gauges may be added. */
void metrics_add(struct metrics *m, enum metric which, uint64_t n);
uint64_t metrics_get(struct metrics *m, enum metric which);
void metrics_text(struct metrics *m, struct buf *ret);
void metrics_gauge(struct buf *ret, const char *name, const char *help, uint64_t value);
