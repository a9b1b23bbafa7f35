/* What anyone may know of this node. Nothing here proves anything: evidence does. */
#include "node/api.h"
#include "node/clock.h"
#include "node/status.h"

/* A member whose log takes nothing more does nothing more: it is no use to anybody. */
static enum node_state health(struct node *n)
{
    struct core *c = NULL;
    enum node_state s = node_state(n);
    return s == NODE_MEMBER && node_core(n, &c, NULL) == SR_OK && !journal_healthy(c->journal) ? NODE_FAILED
                                                                                               : s;
}

static enum sr_err healthz(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)q;
    (void)why;
    enum node_state s = health(n);
    jw_object(&b);
    jw_member_text(&b, "state", node_state_text(s));
    jw_object_end(&b);
    return reply_json(r, s == NODE_MEMBER ? 200 : 503, &b);
}

static enum sr_err metrics(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    if (q->peer.source == SOURCE_PUBLIC)
        return sr_fail(why, SR_EDENIED, R_FORBIDDEN, "metrics are for the machine and its own network");
    metrics_text(&n->metrics, &b);
    status_gauges(n, &b);
    return reply_bytes(r, 200, TYPE_TEXT, &b);
}

static enum sr_err status(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)q;
    (void)why;
    status_write(n, &b);
    return reply_json(r, 200, &b);
}

static enum sr_err genesis(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    (void)q;
    SR_TRY(node_core(n, &c, why));
    if (!c->bundle.n)
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "this member has no copy of the genesis bundle");
    wr_span(&b, buf_span(&c->bundle));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

/* Genesis record and chain of epochs: LP(record) || LP(chain), all that a client needs for the network's
 * keys. */
static enum sr_err epochs(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    (void)q;
    SR_TRY(node_core(n, &c, why));
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    wr_lp(&b, buf_span(&c->home.record));
    wr_lp(&b, buf_span(&now.e->chain));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static const struct route routes[] = {
    { GET, "/healthz", ACCESS_ANYONE, 0, NULL, healthz },
    { GET, "/metrics", ACCESS_ANYONE, 0, NULL, metrics },
    { GET, "/sealring/v1/status", ACCESS_ANYONE, 0, NULL, status },
    { GET, "/sealring/v1/genesis", ACCESS_ANYONE, 0, NULL, genesis },
    { GET, "/sealring/v1/epochs", ACCESS_ANYONE, 0, NULL, epochs },
};
const struct protocol protocol_status = {
    .name = "status", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
