#include "proto/evidence/insecure_sample.h"

#include "proto/json_foreign.h"
#include "proto/kbs_tee.h"

enum { SVN_MAX = 32, DIGEST_MAX = 64 };

/* {"svn": text, "report_data": base64 of the digest}. */
static enum sr_err convert(struct span json, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) data = { 0 };
    struct span svn = { 0 }, rd = { 0 };
    const struct jf_member m[] = { { "svn", &svn }, { "report_data", &rd } };
    if (!jf_members(json, m, 2) || !jf_plain(svn, &svn) || svn.n == 0 || svn.n > SVN_MAX ||
        !jf_base64(rd, DIGEST_MAX, &data))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "sample evidence: svn or report_data");
    wr_u8(ret, (uint8_t)svn.n);
    wr_span(ret, svn);
    wr_span(ret, buf_span(&data));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

extern const struct kbs_tee kbs_tee_sample;
const struct kbs_tee kbs_tee_sample = { .name = "sample", .type = "sample", .convert = convert };

/* The digest alone, or with the zeros behind it that other kinds of evidence have. */
static bool is_about(struct span data, const struct sha512 *rd)
{
    struct sha512 whole = { 0 };
    for (size_t i = 0; i < data.n && i < sizeof whole.b; i++)
        whole.b[i] = data.p[i];
    return data.n >= 32 && data.n <= sizeof whole.b && span_eq(SPAN(whole.b), SPAN(rd->b));
}

static enum sr_err verify(const struct verify_in *in, struct claims *ret, struct sr_why *why)
{
    struct reader r = rd_init(in->evidence);
    struct span svn = rd_span(&r, rd_u8(&r));
    struct span data = rd_span(&r, rd_left(&r));
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_EVIDENCE_FORMAT, "malformed sample evidence");
    if (!is_about(data, &in->rd))
        return sr_fail(why, SR_EPROOF, R_REPORT_DATA, "sample evidence over other report data");
    claims_put_text(ret, "type", SPAN_STR("sample"));
    claims_put_bool(ret, "debug", true);
    claims_put_text(ret, "svn", svn);
    claims_put_hex(ret, "report_data", data);
    return SR_OK;
}

const struct verifier verifier_sample = { .name = "sample",
                                          .max = 1 + SVN_MAX + DIGEST_MAX,
                                          .verify = verify };
