/* What an administrator of the machine asks before and for an upgrade, over the Unix socket alone. */
#include "node/upgrade.h"
#include "proto/policy_explain.h"

#include <stdlib.h>

struct question {
    struct announcement what;
    struct policy_verdict verdict;
    struct claims claims;
};
struct question_hold {
    struct question *q;
};
static void question_hold_drop(struct question_hold *h)
{
    free(h->q);
    h->q = NULL;
}

/* The verdict with its reasons: to the administrator of this very machine. */
static enum sr_err foresee(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(question_hold) h = { calloc(1, sizeof *h.q) };
    if (!h.q)
        return SR_ENOMEM;
    SR_TRY(stand_take(n, ACT_TALK, &s, why));
    SR_TRY(announcement_read(q->body, &h.q->what, why));
    enum sr_err e = upgrade_judge(n, &s, &h.q->what, &h.q->verdict, &h.q->claims, why);
    if (e != SR_OK && e != SR_EDENIED)
        return e;
    policy_explain_json(s.policy.p, &h.q->verdict, &b);
    return reply_json(r, 200, &b);
}

static enum sr_err reseal(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) b = { 0 };
    struct announcement what;
    SR_TRY(stand_take(n, ACT_GRANT, &s, why)); /* it is one: to the machine that this one will be */
    SR_TRY(announcement_read(q->body, &what, why));
    SR_TRY(upgrade_reseal(n, &s, &what, why));
    struct logline l = log_start(&n->log, LOG_INFO, "sealed-ahead");
    log_num(&l, "uid", q->peer.uid);
    log_hex(&l, "code", SPAN(what.file[0].b));
    log_end(&l);
    jw_object(&b);
    jw_member_text(&b, "done", "reseal");
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

static const struct route routes[] = {
    { POST, "/sealring/v1/admin/foresee", ACCESS_LOCAL, ANNOUNCEMENT_MAX, TYPE_JSON, foresee },
    { POST, "/sealring/v1/admin/reseal", ACCESS_LOCAL, ANNOUNCEMENT_MAX, TYPE_JSON, reseal },
};
const struct protocol protocol_upgrade = {
    .name = "upgrade", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
