#pragma once
/* api.h - the tables of routes, one a protocol part, and what their handlers share. specs/openapi.yaml lists
 * every route with its bodies and reasons. A handler reads, asks, logs, and only then does and replies. */
#include "node/appraise.h"
#include "node/node.h"
#include "node/permit.h"

extern const struct protocol protocol_status;
extern const struct protocol protocol_join;
extern const struct protocol protocol_enrol;
extern const struct protocol protocol_release;
extern const struct protocol protocol_policy;
extern const struct protocol protocol_secrets;
extern const struct protocol protocol_sync;
extern const struct protocol protocol_log;
extern const struct protocol protocol_witness;
extern const struct protocol protocol_admin;
extern const struct protocol protocol_upgrade;
extern const struct protocol protocol_kbs;
extern const struct protocol protocol_epoch;

/* What a handler stands on: the member's core, one set of epochs, one policy, one set of collateral. SR_EBUSY
 * while this node is no member, or while permit_check() stops the act. */
struct stand {
    struct core *core;
    struct epochs_hold epochs;
    struct policy_hold policy;
    struct collateral_hold collateral;
    struct policy_waits waits; /* ACT_GRANT: what of the policy does not count yet, for joiners alone */
    struct policy_moment now;
    bool named; /* the request names its epoch: only members have a use for that */
};
void stand_drop(struct stand *s);
struct core_look stand_look(const struct stand *s);        /* borrows */
struct policy_wait_view stand_view(const struct stand *s); /* borrows */
enum sr_err stand_take(struct node *n, enum act act, struct stand *ret, struct sr_why *why);
/* The same question once more, by the policy in force now: just before what can't be taken back. */
enum sr_err stand_still(struct node *n, const struct stand *s, enum act act, struct sr_why *why);
/* The same on the set of epochs that "epoch=N" in the query names: the active one, which it is without, or
 * the pending one, for enrolment and join of those who pull it. SR_ESTALE, R_EPOCH: another. */
enum sr_err stand_take_epoch(struct node *n, enum act act, const struct request *q, struct stand *ret,
                             struct sr_why *why);
/* The set of the same newest epoch as it is now: the same, or none once that is over. {NULL}. */
struct epochs_hold stand_again(const struct stand *s);
bool stand_pending(const struct stand *s);                           /* not the active one */
bool api_operator(const struct core *c, const struct sign_pub *key); /* of the genesis record */

struct appraiser api_appraiser(const struct stand *s); /* borrows */
/* appraise(), and what the evidence would have needed is fetched for the next time. */
enum sr_err api_appraise(struct node *n, const struct stand *s, struct span type, struct span evidence,
                         const struct sha512 *rd, struct appraisal *ret, struct sr_why *why);
struct binding api_binding(const struct request *q);

/* Who may call ACCESS_SIGNED routes is decided here, after the body: a key that is a member's or a tenant's
 * administrator's, a signature that verifies, of this network, not seen before. What that key may do is the
 * handler's question. */
enum sr_err api_admit(struct node *n, enum access access, const struct request *q, struct sr_why *why);
/* The key that signed a request which api_admit() let in. */
enum sr_err api_caller(const struct request *q, struct sign_pub *ret, struct sr_why *why);

/* Refused before any evidence had verified: counted, never a leaf of its own. Returns e. */
enum sr_err api_unproven(struct node *n, struct core *c, enum sr_err e, const struct sr_why *why);
/* Refused although the evidence verified: a leaf, once a challenge. What comes again is counted: or whoever
 * saw one such message, or has one machine, fills the disk with it as fast as it can send. Returns e. */
struct api_refusal {
    const char *step; /* "join", "release" */
    const struct nonce *nonce;
    const struct sha512 *transcript;
    const struct claims *claims;
    uint64_t policy_number;
};
enum sr_err api_proven(struct node *n, struct core *c, const struct api_refusal *r, enum sr_err e,
                       const struct sr_why *why);

/* A leaf of its own in this member's log, durable on return. */
enum sr_err api_log(struct core *c, const struct leaf *l, struct journal_receipt *ret);

/* One value of the query "a=1&b=2", borrowed; empty when it is not there. */
struct span api_query(const struct request *q, const char *name);
/* A decimal number; SR_EFORMAT, R_MALFORMED. Absent: fallback. */
enum sr_err api_query_u64(const struct request *q, const char *name, uint64_t fallback, uint64_t *ret,
                          struct sr_why *why);
