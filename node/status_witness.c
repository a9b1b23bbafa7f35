#include "node/status_witness.h"

#include "node/core.h"
#include "node/cosigners.h"
#include "node/metrics.h"
#include "proto/json.h"

#include <stdio.h>

void status_witnesses(struct core *c, struct buf *ret)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    const struct policy_witnesses *pw = now.p ? policy_witnesses(now.p) : NULL;
    struct cosigners_view v = cosigners_look(c->cosigners);
    jw_object(ret);
    jw_member_u64(ret, "answers", v.answers);
    jw_member_u64(ret, "cosigned", v.cosigned);
    jw_member_u64(ret, "need", pw ? pw->need : 0);
    jw_member_u64(ret, "size", v.size);
    jw_member_text(ret, "verdict", sr_reason_text(v.ended));
    jw_object_end(ret);
}

void status_witness_warnings(struct core *c, struct buf *ret)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    struct cosigners_view v = cosigners_look(c->cosigners);
    char text[160];
    if (v.ended != R_NONE) {
        snprintf(text, sizeof text, "%s: other members have seen another log of this one; it serves no more",
                 sr_reason_text(v.ended));
        jw_text(ret, text);
    } else if (now.p && policy_witnesses(now.p) && v.cosigned < policy_witnesses(now.p)->need)
        jw_text(ret, "unwitnessed: fewer witnesses than policy asks for; nothing is released");
    if (now.p && cosigners_nowhere(c->cosigners, now.p) > 0)
        jw_text(ret, "policy names an outside witness whose address is not configured: witness = NAME URL");
    if (c->forks > 0)
        jw_text(ret, "fork: a member signed two histories of its log; this one does not cosign it any more");
}

void status_witness_gauges(struct core *c, struct buf *ret)
{
    struct cosigners_view v = cosigners_look(c->cosigners);
    metrics_gauge(ret, "sealring_witnessed_size", "Leaves of this member's log that witnesses have cosigned.",
                  v.size);
    metrics_gauge(ret, "sealring_log_ended", "1 when others have seen another log of this member.",
                  v.ended != R_NONE);
    metrics_gauge(ret, "sealring_members_forked", "Members seen to sign two histories of their log.",
                  c->forks);
}
