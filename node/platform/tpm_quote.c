#include "node/platform/tpm.h"
#include "proto/evidence/tpm_evidence.h"

#include <string.h>
#include <tss2/tss2_mu.h>

enum { TRIES = 3 };

/* One quote, marshalled. */
struct quote {
    uint8_t signature[sizeof(TPMT_SIGNATURE)];
    size_t n;
    TPM2B_ATTEST *attest;
};

static void quote_drop(struct quote *q)
{
    Esys_Free(q->attest);
    q->attest = NULL;
}

static enum sr_err quote_once(struct tpm *t, const struct tpm_object *ak, const struct sha256 *nonce,
                              struct quote *ret, struct sr_why *why)
{
    const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
    TPM2B_DATA extra = { .size = sizeof nonce->b };
    TPML_PCR_SELECTION selection;
    TPMT_SIGNATURE *sig = NULL;
    tpm_selection(&selection);
    memcpy(extra.buffer, nonce->b, sizeof nonce->b);
    SR_TRY(tpm_rc(Esys_Quote(t->esys, ak->h, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &extra, &scheme,
                             &selection, &ret->attest, &sig),
                  "TPM2_Quote", why));
    TSS2_RC rc = Tss2_MU_TPMT_SIGNATURE_Marshal(sig, ret->signature, sizeof ret->signature, &ret->n);
    Esys_Free(sig);
    return tpm_rc(rc, "TPMT_SIGNATURE", why);
}

/* Were the values those that the quote saw? A PCR may be extended between the two commands. */
static bool same_moment(const struct quote *q, const struct tpm_pcrs *pcrs)
{
    struct tpm_attest a;
    struct sha256 d = sha256(SPAN(pcrs->v));
    struct span bytes = { q->attest->attestationData, q->attest->size };
    return tpm_attest_read(bytes, &a, NULL) == SR_OK && span_eq(a.pcr_digest, SPAN(d.b));
}

enum sr_err tpm_quote(struct tpm *t, const struct sha256 *nonce, struct span ak_cert, struct span log,
                      struct buf *ret, struct sr_why *why)
{
    SR_OWN(tpm_object) ak = { 0 };
    SR_TRY(tpm_make_ak(t, &ak, NULL, why));
    for (int i = 0; i < TRIES; i++) {
        SR_OWN(quote) q = { 0 };
        struct tpm_evidence e = { .cert_kind = TPM_CERT_OURS, .cert = ak_cert, .log = log };
        SR_TRY(tpm_pcrs_read(t, &e.pcrs, why));
        SR_TRY(quote_once(t, &ak, nonce, &q, why));
        if (!same_moment(&q, &e.pcrs))
            continue;
        e.attest = (struct span){ q.attest->attestationData, q.attest->size };
        e.signature = (struct span){ q.signature, q.n };
        return tpm_evidence_write(&e, ret);
    }
    return sr_fail(why, SR_EIO, R_TPM, "the PCRs keep changing under the quote");
}
