#include "node/status_collateral.h"

#include "node/clock.h"
#include "node/collateral/report.h"
#include "node/node.h"
#include "proto/json.h"

static struct coll_summary summary_of(const struct collateral_hold *held)
{
    const struct pins roots = collateral_held_roots(held);
    return coll_summary(collateral_held(held), &roots, (time_t)clock_unix());
}

static void write_fetching(const struct collateral_fetching *f, struct buf *ret)
{
    jw_object(ret);
    jw_member_u64(ret, "dropped", f->dropped);
    jw_member_u64(ret, "failed", f->failed);
    jw_member_u64(ret, "fetched", f->fetched);
    jw_member_u64(ret, "last", f->last);
    if (f->last_failed) {
        jw_member_text(ret, "last_error", sr_reason_text(f->why.reason));
        jw_member_u64(ret, "last_failed", f->last_failed);
    }
    jw_member_u64(ret, "waiting", f->waiting);
    jw_object_end(ret);
}

void status_collateral(struct node *n, struct buf *ret)
{
    SR_OWN(collateral_hold) held = collateral_holder_get(n->collateral);
    const struct pins roots = collateral_held_roots(&held);
    struct coll_summary s = summary_of(&held);
    jw_object(ret);
    if (s.ends)
        jw_member_u64(ret, "ends", (uint64_t)s.ends);
    if (n->fetcher) {
        struct collateral_fetching f = collateral_actor_state(n->fetcher);
        jw_name(ret, "fetching");
        write_fetching(&f, ret);
    }
    jw_member_u64(ret, "held", s.items);
    jw_name(ret, "items");
    coll_report_json(collateral_held(&held), &roots, (time_t)clock_unix(), REPORT_WITHOUT_CHIPS, ret);
    jw_member_u64(ret, "not_good", s.refused);
    jw_object_end(ret);
}

bool status_collateral_ends(struct node *n)
{
    SR_OWN(collateral_hold) held = collateral_holder_get(n->collateral);
    return summary_of(&held).refused > 0;
}

void status_collateral_gauges(struct node *n, struct buf *ret)
{
    SR_OWN(collateral_hold) held = collateral_holder_get(n->collateral);
    struct coll_summary s = summary_of(&held);
    metrics_gauge(ret, "sealring_collateral_held", "Certificates, lists and documents of vendors.", s.items);
    metrics_gauge(ret, "sealring_collateral_not_good", "Those of them that do not count now.", s.refused);
    metrics_gauge(ret, "sealring_collateral_ends_seconds",
                  "When the next of them ends, unix seconds; 0: never.", (uint64_t)s.ends);
    if (!n->fetcher)
        return;
    struct collateral_fetching f = collateral_actor_state(n->fetcher);
    metrics_gauge(ret, "sealring_collateral_fetched", "Answers taken since the start.", f.fetched);
    metrics_gauge(ret, "sealring_collateral_fetch_failures", "Fetches in vain since the start.", f.failed);
    metrics_gauge(ret, "sealring_collateral_fetched_last_seconds", "Last good fetch, unix seconds; 0: none.",
                  f.last);
}
