#include "client/members_left.h"

#include "client/workload.h"
#include "proto/member.h"

static bool counts(const struct network *n, const struct remote *r, const struct policy *p, struct span cert)
{
    struct member_cert c;
    uint64_t epoch = 0;
    if (member_cert_epoch(cert, &epoch, NULL) != SR_OK || epoch < policy_min_epoch(p) || epoch > n->n)
        return false;
    return member_cert_check(cert, &r->cid, epoch, &n->epochs[epoch - 1].member_ca, &c, NULL) == SR_OK &&
           !policy_expels_key(p, &c.key);
}

enum sr_err members_left(struct remote *r, const struct policy *p, size_t *ret, struct sr_why *why)
{
    SR_OWN(buf) list = { 0 };
    struct network n;
    size_t left = 0;
    SR_TRY(network_learn(r, &n, why));
    SR_TRY(remote_get(r, "/sealring/v1/members", &list, why));
    struct reader rd = rd_init(buf_span(&list));
    for (uint16_t i = rd_u16be(&rd); i > 0 && !rd.bad; i--)
        left += counts(&n, r, p, rd_lp(&rd, MEMBER_CERT_MAX));
    if (!rd_end(&rd))
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "the node's list of members can't be read");
    *ret = left;
    return SR_OK;
}
