#include "proto/kbs_tee.h"

#include "proto/evidence.h"
#include "proto/json_foreign.h"

#include <string.h>

enum { QUOTE_MAX = 64 << 10 };

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "evidence: %s", what);
}

/* {"quote": base64, ...}: of TDX and SGX. The event log of TDX counts for nothing that the quote does not
 * say. */
static enum sr_err quote(struct span json, struct buf *ret, struct sr_why *why)
{
    struct span q = { 0 };
    const struct jf_member m[] = { { "quote", &q } };
    if (!jf_members(json, m, 1) || !jf_base64(q, QUOTE_MAX, ret))
        return bad(why, "no quote");
    return SR_OK;
}

const struct kbs_tee kbs_tee_tdx = {
    .name = "tdx", .type = "tdx", .convert = quote, .init_claim = "mrconfigid"
};
const struct kbs_tee kbs_tee_sgx = {
    .name = "sgx", .type = "sgx", .convert = quote, .init_claim = "configid"
};

/* Rows that every program refuses, each for its reason. */
static const struct kbs_tee refused[] = {
    { .name = "az-snp-vtpm",
      .alias = "azsnpvtpm",
      .refused = "Azure's vTPM in front of SNP: no verifier yet" },
    { .name = "az-tdx-vtpm",
      .alias = "aztdxvtpm",
      .refused = "Azure's vTPM in front of TDX: no verifier yet" },
    { .name = "nvidia", .refused = "GPUs: no verifier yet" },
    { .name = "nvidia-dpu", .alias = "nvidiadpu", .refused = "DPUs: no verifier yet" },
    { .name = "cca", .refused = "Arm CCA: no verifier yet" },
    { .name = "csv", .refused = "Hygon CSV: no verifier yet" },
    { .name = "hygondcu", .refused = "Hygon DCU: no verifier yet" },
    { .name = "se", .refused = "IBM Secure Execution: no verifier yet" },
    { .name = "sev", .refused = "SEV without SNP attests a launch, not a running guest" },
    { .name = "sample", .refused = "sample evidence proves nothing" },
    { .name = "sampledevice", .refused = "sample evidence proves nothing" },
};

static bool named(const struct kbs_tee *t, struct span name)
{
    return span_eq(name, span_of(t->name)) || (t->alias && span_eq(name, span_of(t->alias)));
}

enum sr_err kbs_tee_find(struct span name, const struct kbs_tee **ret, struct sr_why *why)
{
    for (size_t i = 0; kbs_tee_rows[i]; i++)
        if (named(kbs_tee_rows[i], name)) {
            *ret = kbs_tee_rows[i];
            return SR_OK;
        }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (named(&refused[i], name)) {
            *ret = &refused[i];
            return SR_OK;
        }
    return sr_fail(why, SR_EPROOF, R_TEE_REFUSED, "a kind of TEE that we have never heard of");
}

const struct kbs_tee *kbs_tee_named(const char *name)
{
    const struct kbs_tee *t = NULL;
    return kbs_tee_find(span_of(name), &t, NULL) == SR_OK ? t : NULL;
}

enum sr_err kbs_tee_convert(const struct kbs_tee *t, struct span json, struct buf *ret, struct sr_why *why)
{
    if (!t->type)
        return sr_fail(why, SR_EPROOF, R_TEE_REFUSED, "%s", t->refused);
    return t->convert(json, ret, why);
}
