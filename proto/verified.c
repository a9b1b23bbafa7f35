#include "proto/verified.h"

bool evidence_type_ok(struct span type)
{
    if (type.n < 1 || type.n > EVIDENCE_TYPE_MAX || type.p[0] < 'a' || type.p[0] > 'z')
        return false;
    for (size_t i = 0; i < type.n; i++) {
        uint8_t c = type.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

struct span binding_span(const struct binding *b)
{
    static const uint8_t none[1]; /* no exporter value is one byte long */
    return b->bound ? SPAN(b->exporter) : SPAN(none);
}

enum sr_err binding_pick(const struct binding *have, uint8_t kind, bool required, struct binding *ret,
                         struct sr_why *why)
{
    if (kind > 1)
        return sr_fail(why, SR_EAUTH, R_CHANNEL_BINDING, "unknown kind of channel binding");
    if (kind == 1 && !have->bound)
        return sr_fail(why, SR_EAUTH, R_CHANNEL_BINDING, "bound to a TLS connection that does not end here");
    if (kind == 0 && required)
        return sr_fail(why, SR_EAUTH, R_CHANNEL_BINDING, "policy requires channel binding");
    *ret = kind == 1 ? *have : (struct binding){ 0 };
    return SR_OK;
}
