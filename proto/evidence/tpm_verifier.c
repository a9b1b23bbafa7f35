#include "proto/evidence/tpm_verifier.h"
#include "proto/evidence/tpm_ak.h"
#include "proto/evidence/tpm_check.h"
#include "proto/evidence/tpm_claims.h"
#include "proto/evidence/tpm_evidence.h"

static enum sr_err trusted_ak(const struct tpm_evidence *e, const struct verify_in *in, struct tpm_ak *ret,
                              struct claims *claims, struct sr_why *why)
{
    return tpm_ak_trust(e->cert_kind, e->cert, in, ret, claims, why);
}

static void put_quote_claims(const struct tpm_attest *a, struct claims *claims)
{
    claims_put_uint(claims, "reset_count", a->reset_count);
    claims_put_uint(claims, "firmware", a->firmware);
    claims_put_bool(claims, "debug", false);
}

static enum sr_err verify(const struct verify_in *in, struct claims *ret, struct sr_why *why)
{
    SR_OWN(tpm_ak) ak = { 0 };
    struct tpm_evidence e;
    struct tpm_attest attest;
    struct tpm_signature sig;
    struct event_log log;
    struct claims claims;
    claims_clear(&claims);
    if (!in->ak)
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "nobody's word on attestation keys counts");
    SR_TRY(tpm_evidence_read(in->evidence, &e, why));
    struct tpm_quote_in quote = { .attest = e.attest,
                                  .signature = e.signature,
                                  .nonce = evidence_nonce32(SPAN_STR("tpm"), &in->rd),
                                  .pcrs = &e.pcrs };
    SR_TRY(tpm_quote_precheck(&quote, &attest, &sig, why)); /* before any public-key operation */
    SR_TRY(event_log_read(e.log, &log, why));
    SR_TRY(trusted_ak(&e, in, &ak, &claims, why));
    if (ak.endorsed && !span_eq(attest.signer, tpm_name_span(&ak.signer)))
        return sr_fail(why, SR_EPROOF, R_QUOTE_SIGNATURE,
                       "quoted by another key, or hierarchy, than the AK's");
    quote.scheme = ak.scheme;
    quote.scheme_hash = ak.scheme_hash;
    SR_TRY(tpm_quote_verify(&quote, &ak.key, &attest, why));
    SR_TRY(tpm_claims_measured(&log, &e.pcrs, &claims, why));
    put_quote_claims(&attest, &claims);
    claims_copy(ret, &claims);
    return SR_OK;
}

const struct verifier verifier_tpm = { .name = "tpm", .max = TPM_EVIDENCE_MAX, .verify = verify };
