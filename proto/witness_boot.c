#include "proto/witness.h"

#include <string.h>

static void statement(const char *origin, const struct witness_boot *boot, struct span request,
                      struct buf *ret)
{
    struct sha256 h = sha256(request);
    wr_lp(ret, span_of(origin));
    wr_u64be(ret, boot->start);
    wr_span(ret, SPAN(boot->id));
    wr_span(ret, SPAN(h.b));
}

enum sr_err witness_boot_sign(const char *origin, struct witness_boot *boot, struct span request,
                              const struct sign_key *key)
{
    SR_OWN(buf) b = { 0 };
    statement(origin, boot, request, &b);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    boot->sig = sign_label(key, L_WITNESS_BOOT, buf_span(&b));
    return SR_OK;
}

enum sr_err witness_boot_check(const char *origin, const struct witness_boot *boot, struct span request,
                               const struct sign_pub *pub, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    statement(origin, boot, request, &b);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    if (sign_check(pub, L_WITNESS_BOOT, buf_span(&b), &boot->sig) != SR_OK)
        return sr_fail(why, SR_EDENIED, R_SIGNATURE,
                       "witness: not the log's member that says which boot it is");
    return SR_OK;
}

enum sr_err witness_judge_boot(const struct witness_state *have, const struct witness_boot *boot,
                               const struct checkpoint *c, struct sr_why *why)
{
    if (!boot->known)
        return SR_OK;
    if (boot->start >= c->size)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "witness: a start after the checkpoint");
    if (boot->start < have->start && memcmp(boot->id, have->boot, sizeof have->boot) != 0)
        return sr_fail(why, SR_EDENIED, R_SUPERSEDED, "witness: a later start of this member is known");
    return SR_OK;
}
