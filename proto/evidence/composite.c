#include "proto/evidence/composite.h"
#include "proto/evidence/dcap_verifier.h"
#include "proto/evidence/snp_verifier.h"
#include "proto/evidence_parts.h"

enum { COMPOSITE_MAX = 60 << 10 }; /* bytes: room for the rest of a message around it */

/* What the report says; the quote has a hash of it. */
static enum sr_err report_data(const struct verifier *v, const struct verifier *report, struct span evidence,
                               struct sha512 *ret, struct sr_why *why)
{
    struct evidence_parts all;
    SR_TRY(evidence_split(span_of(v->name), evidence, &all, why));
    return report->report_data(all.v[0].evidence, ret, why);
}

static enum sr_err snp_report_data(struct span evidence, struct sha512 *ret, struct sr_why *why)
{
    return report_data(&verifier_snp_tpm, &verifier_snp, evidence, ret, why);
}

static enum sr_err tdx_report_data(struct span evidence, struct sha512 *ret, struct sr_why *why)
{
    return report_data(&verifier_tdx_tpm, &verifier_tdx, evidence, ret, why);
}

const struct verifier verifier_snp_tpm = {
    .name = "snp-tpm", .max = COMPOSITE_MAX, .report_data = snp_report_data, .parts = { "snp", "tpm" }
};
const struct verifier verifier_tdx_tpm = {
    .name = "tdx-tpm", .max = COMPOSITE_MAX, .report_data = tdx_report_data, .parts = { "tdx", "tpm" }
};
