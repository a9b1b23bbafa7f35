#include "node/platform/tpm.h"

#include <string.h>

enum { BYTES = TPM_BITMAP };

void tpm_selection(TPML_PCR_SELECTION *ret)
{
    *ret = (TPML_PCR_SELECTION){ .count = 1 };
    ret->pcrSelections[0].hash = TPM2_ALG_SHA256;
    ret->pcrSelections[0].sizeofSelect = BYTES;
    memcpy(ret->pcrSelections[0].pcrSelect, tpm_selection_bitmap, BYTES);
}

static void take(const TPMS_PCR_SELECTION *out, const TPML_DIGEST *values, TPMS_PCR_SELECTION *left,
                 struct tpm_pcrs *ret)
{
    UINT32 next = 0;
    for (size_t i = 0; i < TPM_SELECTED; i++) {
        unsigned pcr = tpm_selected_pcrs[i];
        BYTE bit = (BYTE)(1u << pcr % 8);
        if (!(out->pcrSelect[pcr / 8] & bit) || next >= values->count ||
            values->digests[next].size != sizeof ret->v[i].b)
            continue;
        memcpy(ret->v[i].b, values->digests[next++].buffer, sizeof ret->v[i].b);
        left->pcrSelect[pcr / 8] = (BYTE)(left->pcrSelect[pcr / 8] & ~bit);
    }
}

/* A TPM gives at most eight values at a time. */
enum sr_err tpm_pcrs_read(struct tpm *t, struct tpm_pcrs *ret, struct sr_why *why)
{
    static const BYTE none[BYTES];
    TPML_PCR_SELECTION left;
    struct tpm_pcrs pcrs = { 0 };
    tpm_selection(&left);
    for (int round = 0; memcmp(left.pcrSelections[0].pcrSelect, none, BYTES) != 0; round++) {
        TPML_PCR_SELECTION *out = NULL;
        TPML_DIGEST *values = NULL;
        UINT32 counter;
        if (round == TPM_SELECTED)
            return sr_fail(why, SR_EIO, R_TPM, "the TPM has no SHA-256 bank with all PCRs");
        SR_TRY(tpm_rc(
            Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &left, &counter, &out, &values),
            "TPM2_PCR_Read", why));
        if (out->count == 1 && out->pcrSelections[0].sizeofSelect == BYTES)
            take(&out->pcrSelections[0], values, &left.pcrSelections[0], &pcrs);
        Esys_Free(out);
        Esys_Free(values);
    }
    *ret = pcrs;
    return SR_OK;
}

enum sr_err tpm_pcr_extend(struct tpm *t, const struct sha256 *value, struct sr_why *why)
{
    TPML_DIGEST_VALUES values = { .count = 1 };
    values.digests[0].hashAlg = TPM2_ALG_SHA256;
    memcpy(values.digests[0].digest.sha256, value->b, sizeof value->b);
    return tpm_rc(Esys_PCR_Extend(t->esys, ESYS_TR_PCR0 + TPM_PCR_SEALRING, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                  ESYS_TR_NONE, &values),
                  "TPM2_PCR_Extend", why);
}
