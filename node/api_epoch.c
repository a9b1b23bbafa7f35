/* Rotation: draw and link for operators, musters for everybody. specs/epochs.md. */
#include "node/api.h"
#include "node/recoverable.h"
#include "node/rotation.h"
#include "node/sync.h"

static enum sr_err operator_only(const struct stand *s, const struct request *q, struct sr_why *why)
{
    struct sign_pub key;
    SR_TRY(api_caller(q, &key, why));
    return api_operator(s->core, &key) ? SR_OK
                                       : sr_fail(why, SR_EDENIED, R_FORBIDDEN, "the key is no operator's");
}

static enum sr_err draw(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) file = { 0 };
    uint64_t again = 0;
    SR_TRY(stand_take(n, ACT_ROTATE, &s, why));
    SR_TRY(operator_only(&s, q, why));
    SR_TRY(api_query_u64(q, "again", 0, &again, why));
    if (again)
        SR_TRY(rotation_undraw(s.core->rotation, why));
    SR_TRY(rotation_draw(s.core->rotation, &file, why));
    return reply_json(r, 200, &file);
}

static enum sr_err say(struct core *c, struct reply *r)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    struct rotation_view v = rotation_view(c->rotation);
    jw_object(&b);
    jw_member_u64(&b, "active", now.e->n);
    if (v.state == ROTATION_PENDING) {
        jw_member_u64(&b, "held", v.held);
        jw_member_u64(&b, "need", v.need);
        jw_member_u64(&b, "pending", v.epoch);
    }
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

static enum sr_err link(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_TRY(stand_take(n, ACT_ROTATE, &s, why));
    enum sr_err e = rotation_link(s.core->rotation, q->body, why);
    if (e != SR_OK)
        return api_unproven(n, s.core, e, why);
    sync_wake(n);
    return say(s.core, r);
}

/* Masters change hands while policy stops all else, so these ask for the core alone. */
static enum sr_err get(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    (void)q;
    SR_TRY(node_core(n, &c, why));
    SR_TRY(rotation_write(c->rotation, &b));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static enum sr_err put(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    struct core *c = NULL;
    enum rotation_verdict verdict;
    SR_TRY(node_core(n, &c, why));
    enum sr_err e = rotation_take(c->rotation, q->body, &verdict, why);
    if (e != SR_OK)
        return api_unproven(n, c, e, why);
    if (verdict != ROTATION_NOTHING)
        sync_wake(n);
    return say(c, r);
}

static enum sr_err members(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    (void)q;
    SR_TRY(node_core(n, &c, why));
    SR_TRY(rotation_members(c->rotation, &b, why));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static enum sr_err recovery(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    (void)q;
    SR_TRY(node_core(n, &c, why));
    SR_TRY(recoverable_file(n, c, &b, why));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static const struct route routes[] = {
    { POST, "/sealring/v1/epoch/draw", ACCESS_SIGNED, 0, NULL, draw },
    { POST, "/sealring/v1/epoch/link", ACCESS_ANYONE, ROTATION_LINK_MAX, TYPE_JSON, link },
    { GET, "/sealring/v1/epoch", ACCESS_ANYONE, 0, NULL, get },
    { POST, "/sealring/v1/epoch", ACCESS_ANYONE, MUSTER_MAX, TYPE_BYTES, put },
    { GET, "/sealring/v1/epoch/members", ACCESS_ANYONE, 0, NULL, members },
    { GET, "/sealring/v1/recovery", ACCESS_ANYONE, 0, NULL, recovery },
};
const struct protocol protocol_epoch = {
    .name = "epoch", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
