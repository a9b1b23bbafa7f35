#pragma once
/* auditor.h - follows all logs of a network from outside, round by round: who is a member, every leaf since
 * the last round, every policy, and what does not fit (proto/audit.h). It keeps what it needs to notice that
 * a log was cut or written anew. For `sealring log audit` and `sealring log watch`. */
#include "client/member_log.h"
#include "proto/audit.h"

/* How the reading of a member's log went. */
enum auditor_state {
    AUDITOR_FINE,
    AUDITOR_AWAY,   /* it does not answer, or not for this log: nothing is known */
    AUDITOR_BROKEN, /* what it answered does not verify, or is not what it showed before */
};

struct auditor_options {
    const struct remote_options *remote; /* any member: names the others */
    const char *state;                   /* folder for checkpoints between calls; NULL: none is kept */
    const struct sha256 *known;          /* measurements that are expected; see audit_options */
    size_t known_n;
    /* Each leaf once its log verified, each finding, each log that went from one state to another. ctx is
     * theirs. */
    void (*on_leaf)(void *ctx, const struct member_id *log, uint64_t index, const struct leaf *l);
    void (*on_finding)(void *ctx, const struct audit_finding *f);
    void (*on_state)(void *ctx, const struct member_id *log, enum auditor_state s, const struct sr_why *why);
    void *ctx;
};

struct auditor;
/* Borrows the options. Nothing is asked yet. */
enum sr_err auditor_new(const struct auditor_options *o, struct auditor **ret, struct sr_why *why);
void auditor_free(struct auditor *a); /* NULL is fine */

/* What a round saw: logs in all, and those that are not fine. */
struct auditor_round {
    size_t members, away, broken;
};
/* Asks the first node for epochs, members and policies, then every member for its log. Fails when the first
 * node does not answer or is not of this network; what single members do is told by on_state. */
enum sr_err auditor_go(struct auditor *a, struct auditor_round *ret, struct sr_why *why);
const struct audit *auditor_audit(const struct auditor *a);
