#include "proto/evidence/tpm_check.h"

enum sr_err tpm_ak_check(const struct tpm_public *ak, struct sr_why *why)
{
    const uint32_t must =
        TPM_FIXED_TPM | TPM_FIXED_PARENT | TPM_SENSITIVE_DATA_ORIGIN | TPM_RESTRICTED | TPM_SIGN;
    enum hash_alg alg;
    if ((ak->attributes & must) != must || (ak->attributes & TPM_DECRYPT))
        return sr_fail(why, SR_EPROOF, R_AK_ATTRIBUTES, "AK attributes %08x", (unsigned)ak->attributes);
    if (ak->scheme == TPM_ALG_NULL || tpm_hash_alg(ak->scheme_hash, &alg) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_AK_ATTRIBUTES, "AK scheme %04x, hash %04x", ak->scheme,
                       ak->scheme_hash);
    if ((ak->type == TPM_ALG_ECC) != (ak->scheme == TPM_ALG_ECDSA))
        return sr_fail(why, SR_EPROOF, R_AK_ATTRIBUTES, "AK scheme %04x does not fit its type", ak->scheme);
    return SR_OK;
}

enum sr_err tpm_quote_precheck(const struct tpm_quote_in *in, struct tpm_attest *ret,
                               struct tpm_signature *ret_sig, struct sr_why *why)
{
    struct tpm_attest a;
    struct tpm_signature s;
    SR_TRY(tpm_attest_read(in->attest, &a, why));
    SR_TRY(tpm_signature_read(in->signature, &s, why));
    if (!span_eq(a.extra, SPAN(in->nonce.b)))
        return sr_fail(why, SR_EPROOF, R_REPORT_DATA, "the quote is over another nonce");
    *ret = a;
    *ret_sig = s;
    return SR_OK;
}

static bool scheme_fits(const struct tpm_quote_in *in, const struct tpm_signature *s)
{
    enum hash_alg alg;
    if (!in->scheme)
        return true;
    return in->scheme == s->alg && tpm_hash_alg(in->scheme_hash, &alg) == SR_OK && alg == s->hash;
}

static enum sr_err check_selection(const struct tpm_attest *a, struct sr_why *why)
{
    if (a->nselection != 1)
        return sr_fail(why, SR_EPROOF, R_QUOTE_SELECTION, "%zu PCR selections", a->nselection);
    if (a->selection[0].hash != TPM_ALG_SHA256)
        return sr_fail(why, SR_EPROOF, R_QUOTE_SELECTION, "PCR bank %04x", a->selection[0].hash);
    if (!span_eq(a->selection[0].bitmap, SPAN(tpm_selection_bitmap)))
        return sr_fail(why, SR_EPROOF, R_QUOTE_SELECTION, "other PCRs are quoted");
    return SR_OK;
}

/* The digest is made with the hash of the signing scheme, not of the PCR bank. */
static enum sr_err check_digest(const struct tpm_attest *a, enum hash_alg hash, const struct tpm_pcrs *pcrs,
                                struct sr_why *why)
{
    struct tpm_digest d;
    SR_TRY(tpm_hash(hash, SPAN(pcrs->v), &d));
    if (!span_eq(a->pcr_digest, tpm_digest_span(&d)))
        return sr_fail(why, SR_EPROOF, R_QUOTE_DIGEST, "the PCR values are not those quoted");
    return SR_OK;
}

enum sr_err tpm_quote_verify(const struct tpm_quote_in *in, const struct pubkey *key, struct tpm_attest *ret,
                             struct sr_why *why)
{
    struct tpm_attest a;
    struct tpm_signature s;
    SR_TRY(tpm_quote_precheck(in, &a, &s, why));
    if (!scheme_fits(in, &s))
        return sr_fail(why, SR_EPROOF, R_QUOTE_SIGNATURE, "signed by another scheme than the key's");
    SR_TRY(tpm_signature_verify(&s, key, in->attest, why));
    SR_TRY(check_selection(&a, why));
    SR_TRY(check_digest(&a, s.hash, in->pcrs, why));
    *ret = a;
    return SR_OK;
}
