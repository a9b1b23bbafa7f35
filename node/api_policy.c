/* The signed policy: read by anyone, replaced by whoever brings k operators' signatures. */
#include "node/api.h"
#include "node/sync.h"

/* The one that follows after a number, or, when there is none yet, which number is in force: what members ask
 * each other all the time is no error. */
static enum sr_err next(struct core *c, uint64_t after, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    if (policy_number(now.p) > after) {
        SR_TRY(policy_holder_text(c->policy, after + 1, &b, why));
    } else {
        jw_object(&b);
        jw_member_u64(&b, "number", policy_number(now.p));
        jw_object_end(&b);
    }
    return reply_json(r, 200, &b);
}

static enum sr_err get(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct core *c = NULL;
    uint64_t number = 0, after = 0;
    SR_TRY(node_core(n, &c, why));
    SR_TRY(api_query_u64(q, "number", 0, &number, why));
    SR_TRY(api_query_u64(q, "after", 0, &after, why));
    if (after > 0)
        return next(c, after, r, why);
    SR_TRY(policy_holder_text(c->policy, number, &text, why));
    return reply_json(r, 200, &text);
}

static enum sr_err say(struct node *n, const struct core *c, struct reply *r)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    jw_object(&b);
    jw_member_hex(&b, "hash", SPAN(policy_hash(now.p)->b));
    jw_member_u64(&b, "number", policy_number(now.p));
    jw_object_end(&b);
    struct logline l = log_start(&n->log, LOG_INFO, "policy-applied");
    log_num(&l, "number", policy_number(now.p));
    log_hex(&l, "hash", SPAN(policy_hash(now.p)->b));
    log_end(&l);
    return reply_json(r, 200, &b);
}

/* The next one. Or the one before our oldest, from whoever kept it: a member that joined late needs those
 * before its time, and may have nobody left to ask. */
static enum sr_err take(struct core *c, struct span text, struct sr_why *why)
{
    struct sr_why past = { 0 };
    enum sr_err e = policy_holder_apply(c->policy, text, why);
    if (e == SR_ESTALE && why->reason == R_POLICY_OLD &&
        policy_holder_before(c->policy, text, &past) == SR_OK)
        return SR_OK;
    return e;
}

static enum sr_err put(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    struct core *c = NULL;
    SR_TRY(node_core(n, &c, why));
    enum sr_err e = take(c, q->body, why);
    if (e != SR_OK)
        return api_unproven(n, c, e, why);
    metrics_add(&n->metrics, M_POLICIES, 1);
    sync_wake(n);
    return say(n, c, r);
}

static const struct route routes[] = {
    { GET, "/sealring/v1/policy", ACCESS_ANYONE, 0, NULL, get },
    { POST, "/sealring/v1/policy", ACCESS_ANYONE, POLICY_SIGNED_MAX, TYPE_JSON, put },
};
const struct protocol protocol_policy = {
    .name = "policy", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
