#include "node/platform/tpm.h"
#include "node/platform/tpm_tcti.h"

#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>

enum sr_err tpm_rc(TSS2_RC rc, const char *what, struct sr_why *why)
{
    if (rc == TSS2_RC_SUCCESS)
        return SR_OK;
    return sr_fail(why, SR_EIO, R_TPM, "%s: %s (0x%x)", what, Tss2_RC_Decode(rc), rc);
}

/* Layer 0 is the TPM itself; format-1 codes and the policy errors of format 0 judge what it was given. */
bool tpm_refused(TSS2_RC rc)
{
    if (rc & TSS2_RC_LAYER_MASK)
        return false;
    return (rc & TPM2_RC_FMT1) != 0 || rc == TPM2_RC_PCR_CHANGED || rc == TPM2_RC_POLICY ||
           rc == TPM2_RC_AUTH_UNAVAILABLE || rc == TPM2_RC_AUTH_TYPE;
}

/* Part 2, 7.2; the stack's own macros shift a signed 0x80 out of range. */
#define TRANSIENT_FIRST 0x80000000u
#define SESSION_FIRST   0x02000000u

static void flush_range(struct tpm *t, TPM2_HANDLE first)
{
    TPMI_YES_NO more;
    TPMS_CAPABILITY_DATA *cap = NULL;
    if (Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, first,
                           TPM2_MAX_CAP_HANDLES, &more, &cap) != TSS2_RC_SUCCESS)
        return;
    for (UINT32 i = 0; i < cap->data.handles.count; i++) {
        ESYS_TR h;
        if (Esys_TR_FromTPMPublic(t->esys, cap->data.handles.handle[i], ESYS_TR_NONE, ESYS_TR_NONE,
                                  ESYS_TR_NONE, &h) == TSS2_RC_SUCCESS)
            Esys_FlushContext(t->esys, h);
    }
    Esys_Free(cap);
}

enum sr_err tpm_open(const char *tcti, unsigned deadline_ms, struct tpm *ret, struct sr_why *why)
{
    SR_OWN(tpm) t = { 0 };
    SR_TRY(tpm_tcti_open(tcti, deadline_ms, &t.tcti, why));
    SR_TRY(tpm_rc(Esys_Initialize(&t.esys, t.tcti, NULL), "TPM software stack", why));
    SR_TRY(tpm_rc(Esys_SelfTest(t.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_NO), "TPM self-test",
                  why));
    if (!tpm_tcti_managed(t.tcti)) {
        flush_range(&t, TRANSIENT_FIRST);
        flush_range(&t, SESSION_FIRST);
    }
    *ret = SR_TAKE(t);
    return SR_OK;
}

void tpm_drop(struct tpm *t)
{
    if (t->esys)
        Esys_Finalize(&t->esys);
    tpm_tcti_free(t->tcti);
    *t = (struct tpm){ 0 };
}

bool tpm_lost(const struct tpm *t)
{
    return !t->tcti || tpm_tcti_lost(t->tcti);
}

void tpm_object_drop(struct tpm_object *o)
{
    if (o->t)
        Esys_FlushContext(o->t->esys, o->h);
    o->t = NULL;
}

enum sr_err tpm_make_primary(struct tpm *t, ESYS_TR hierarchy, const TPM2B_PUBLIC *in, struct tpm_object *ret,
                             TPM2B_PUBLIC **ret_public, struct sr_why *why)
{
    const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
    const TPM2B_DATA outside = { 0 };
    const TPML_PCR_SELECTION none = { 0 };
    ESYS_TR h;
    SR_TRY(tpm_rc(Esys_CreatePrimary(t->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                     &sensitive, in, &outside, &none, &h, ret_public, NULL, NULL, NULL),
                  "TPM2_CreatePrimary", why));
    *ret = (struct tpm_object){ t, h };
    return SR_OK;
}

/* ECC P-256, ECDSA with SHA-256, restricted: signs only what the TPM made. */
static const TPM2B_PUBLIC ak_template = {
    .publicArea = { .type = TPM2_ALG_ECC,
                    .nameAlg = TPM2_ALG_SHA256,
                    .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                        TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                                        TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT,
                    .parameters.eccDetail = { .symmetric = { .algorithm = TPM2_ALG_NULL },
                                              .scheme = { .scheme = TPM2_ALG_ECDSA,
                                                          .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
                                              .curveID = TPM2_ECC_NIST_P256,
                                              .kdf = { .scheme = TPM2_ALG_NULL } } }
};

/* TCG TPM v2.0 Provisioning Guidance, 7.5.1: the storage root key, on P-256. */
static const TPM2B_PUBLIC srk_template = {
    .publicArea = { .type = TPM2_ALG_ECC,
                    .nameAlg = TPM2_ALG_SHA256,
                    .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                        TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                                        TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
                    .parameters.eccDetail = { .symmetric = { .algorithm = TPM2_ALG_AES,
                                                             .keyBits.aes = 128,
                                                             .mode.aes = TPM2_ALG_CFB },
                                              .scheme = { .scheme = TPM2_ALG_NULL },
                                              .curveID = TPM2_ECC_NIST_P256,
                                              .kdf = { .scheme = TPM2_ALG_NULL } } }
};

enum sr_err tpm_make_ak(struct tpm *t, struct tpm_object *ret, TPM2B_PUBLIC **ret_public, struct sr_why *why)
{
    return tpm_make_primary(t, ESYS_TR_RH_ENDORSEMENT, &ak_template, ret, ret_public, why);
}

enum sr_err tpm_make_srk(struct tpm *t, struct tpm_object *ret, struct sr_why *why)
{
    return tpm_make_primary(t, ESYS_TR_RH_OWNER, &srk_template, ret, NULL, why);
}

enum sr_err tpm_session(struct tpm *t, TPM2_SE type, struct tpm_object *ret, struct sr_why *why)
{
    const TPMT_SYM_DEF aes = { .algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB };
    SR_OWN(tpm_object) srk = { 0 };
    ESYS_TR h;
    SR_TRY(tpm_make_srk(t, &srk, why));
    SR_TRY(tpm_rc(Esys_StartAuthSession(t->esys, srk.h, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                        ESYS_TR_NONE, NULL, type, &aes, TPM2_ALG_SHA256, &h),
                  "TPM2_StartAuthSession", why));
    SR_OWN(tpm_object) session = { t, h };
    const TPMA_SESSION flags = TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT;
    SR_TRY(tpm_rc(Esys_TRSess_SetAttributes(t->esys, h, flags, 0xff), "session", why));
    *ret = SR_TAKE(session);
    return SR_OK;
}

enum sr_err tpm_public_bytes(const TPM2B_PUBLIC *p, struct buf *ret)
{
    uint8_t bytes[sizeof(TPMT_PUBLIC)];
    size_t n = 0;
    if (Tss2_MU_TPMT_PUBLIC_Marshal(&p->publicArea, bytes, sizeof bytes, &n) != TSS2_RC_SUCCESS)
        return SR_EBUG;
    wr_span(ret, (struct span){ bytes, n });
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
