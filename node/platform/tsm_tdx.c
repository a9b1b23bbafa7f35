#include "node/platform/tsm_parts.h"
#include "node/platform/tsm_platform.h"
#include "proto/evidence/dcap.h"

/* Quote generators pad with zeros, some to 8000 bytes: they stay here. */
static enum sr_err wire(const struct tsm_report *r, struct buf *ret, struct sr_why *why)
{
    struct dcap_quote q;
    if (dcap_quote_read(buf_span(&r->out), &q, why) != SR_OK || q.tee != INTEL_TDX)
        return sr_fail(why, SR_EIO, R_TSM, "outblob is no TDX quote of a version that is verified");
    wr_span(ret, (struct span){ r->out.p, q.size });
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err claims(struct span evidence, struct claims *ret, struct sr_why *why)
{
    struct dcap_quote q;
    SR_TRY(dcap_quote_read(evidence, &q, why));
    dcap_quote_claims(&q, ret);
    return SR_OK;
}

static const struct tsm_kind tdx = { .name = "tdx", .provider = "tdx_guest", .wire = wire, .claims = claims };

static enum sr_err open_tdx(const struct platform_options *o, struct platform_state **ret, struct sr_why *why)
{
    return tsm_open(&tdx, o, ret, why);
}

static enum sr_err found(const struct platform_options *o, struct sr_why *why)
{
    return tsm_found(&tdx, o, why);
}

/* TDX has no key of the hardware's to seal under. */
const struct platform_row platform_tdx = { .name = "tdx",
                                           .trouble = R_TSM,
                                           .found = found,
                                           .open = open_tdx,
                                           .close = tsm_close,
                                           .quote = tsm_quote,
                                           .probe = tsm_probe,
                                           .self_claims = tsm_self_claims };
