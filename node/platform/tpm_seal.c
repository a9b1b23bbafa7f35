#include "node/platform/tpm.h"

#include <sodium.h>
#include <string.h>
#include <tss2/tss2_mu.h>

enum { VERSION = 1, PART_MAX = 512 };

/* TPM2_PolicyPCR from an empty policy session (part 3, 23.7): H(0 || command || selection || H(values)). */
enum sr_err tpm_policy_digest(const struct tpm_pcrs *pcrs, struct sha256 *ret)
{
    static const struct sha256 zero;
    SR_OWN(buf) b = { 0 };
    struct sha256 values = sha256(SPAN(pcrs->v));
    wr_span(&b, SPAN(zero.b));
    wr_u32be(&b, TPM2_CC_PolicyPCR);
    wr_u32be(&b, 1);
    wr_u16be(&b, TPM2_ALG_SHA256);
    wr_u8(&b, TPM_BITMAP);
    wr_span(&b, SPAN(tpm_selection_bitmap));
    wr_span(&b, SPAN(values.b));
    if (!buf_ok(&b))
        return SR_ENOMEM;
    *ret = sha256(buf_span(&b));
    return SR_OK;
}

static enum sr_err write_blob(const TPM2B_PRIVATE *priv, const TPM2B_PUBLIC *pub, struct buf *ret)
{
    SR_OWN(buf) public = { 0 };
    SR_TRY(tpm_public_bytes(pub, &public));
    wr_u8(ret, VERSION);
    wr_lp(ret, (struct span){ priv->buffer, priv->size });
    wr_lp(ret, buf_span(&public));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* No userWithAuth: the policy is the only way in. */
static TPM2B_PUBLIC sealed_template(const struct sha256 *policy)
{
    TPM2B_PUBLIC p = { .publicArea = { .type = TPM2_ALG_KEYEDHASH,
                                       .nameAlg = TPM2_ALG_SHA256,
                                       .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                                           TPMA_OBJECT_NODA | TPMA_OBJECT_ADMINWITHPOLICY,
                                       .authPolicy = { .size = sizeof policy->b },
                                       .parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL } };
    memcpy(p.publicArea.authPolicy.buffer, policy->b, sizeof policy->b);
    return p;
}

enum sr_err tpm_seal(struct tpm *t, const struct key *k, struct buf *ret, struct sr_why *why)
{
    struct tpm_pcrs pcrs;
    struct sha256 policy;
    SR_TRY(tpm_pcrs_read(t, &pcrs, why));
    SR_TRY(tpm_policy_digest(&pcrs, &policy));
    return tpm_seal_under(t, &policy, k, ret, why);
}

enum sr_err tpm_seal_under(struct tpm *t, const struct sha256 *policy, const struct key *k, struct buf *ret,
                           struct sr_why *why)
{
    SR_OWN(tpm_object) session = { 0 };
    SR_OWN(tpm_object) srk = { 0 };
    const TPM2B_DATA outside = { 0 };
    const TPML_PCR_SELECTION none = { 0 };
    TPM2B_PRIVATE *priv = NULL;
    TPM2B_PUBLIC *pub = NULL;
    SR_TRY(tpm_session(t, TPM2_SE_HMAC, &session, why));
    SR_TRY(tpm_make_srk(t, &srk, why));
    TPM2B_PUBLIC template = sealed_template(policy);
    TPM2B_SENSITIVE_CREATE sensitive = { .sensitive.data.size = sizeof k->b };
    memcpy(sensitive.sensitive.data.buffer, k->b, sizeof k->b);
    TSS2_RC rc = Esys_Create(t->esys, srk.h, session.h, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &template,
                             &outside, &none, &priv, &pub, NULL, NULL, NULL);
    sodium_memzero(&sensitive, sizeof sensitive);
    enum sr_err e = tpm_rc(rc, "TPM2_Create", why);
    if (e == SR_OK)
        e = write_blob(priv, pub, ret);
    Esys_Free(priv);
    Esys_Free(pub);
    return e;
}

static enum sr_err read_blob(struct span blob, TPM2B_PRIVATE *priv, TPM2B_PUBLIC *pub, struct sr_why *why)
{
    struct reader r = rd_init(blob);
    uint8_t version = rd_u8(&r);
    struct span private = rd_lp(&r, PART_MAX);
    struct span public = rd_lp(&r, PART_MAX);
    size_t used = 0;
    *priv = (TPM2B_PRIVATE){ 0 };
    *pub = (TPM2B_PUBLIC){ 0 };
    if (!rd_end(&r) || version != VERSION || private.n == 0 || private.n > sizeof priv->buffer ||
        Tss2_MU_TPMT_PUBLIC_Unmarshal(public.p, public.n, &used, &pub->publicArea) != TSS2_RC_SUCCESS ||
        used != public.n)
        return sr_fail(why, SR_EPROOF, R_UNSEAL, "no sealed blob of ours");
    priv->size = (UINT16) private.n;
    memcpy(priv->buffer, private.p, private.n);
    return SR_OK;
}

/* A refusal by the TPM is an answer; anything else is trouble. */
static enum sr_err unseal_rc(TSS2_RC rc, const char *what, struct sr_why *why)
{
    if (tpm_refused(rc))
        return sr_fail(why, SR_EPROOF, R_UNSEAL,
                       "%s refused (0x%x): sealed by another machine, or while other code was measured", what,
                       rc);
    return tpm_rc(rc, what, why);
}

static enum sr_err load(struct tpm *t, struct span blob, struct tpm_object *ret, struct sr_why *why)
{
    SR_OWN(tpm_object) srk = { 0 };
    TPM2B_PRIVATE priv;
    TPM2B_PUBLIC pub;
    ESYS_TR h;
    SR_TRY(read_blob(blob, &priv, &pub, why));
    SR_TRY(tpm_make_srk(t, &srk, why));
    SR_TRY(unseal_rc(Esys_Load(t->esys, srk.h, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &priv, &pub, &h),
                     "TPM2_Load", why));
    *ret = (struct tpm_object){ t, h };
    return SR_OK;
}

enum sr_err tpm_unseal(struct tpm *t, struct span blob, struct key *ret, struct sr_why *why)
{
    SR_OWN(tpm_object) object = { 0 };
    SR_OWN(tpm_object) session = { 0 };
    TPML_PCR_SELECTION selection;
    TPM2B_SENSITIVE_DATA *data = NULL;
    const TPM2B_DIGEST now = { 0 };
    SR_TRY(load(t, blob, &object, why));
    SR_TRY(tpm_session(t, TPM2_SE_POLICY, &session, why));
    tpm_selection(&selection);
    SR_TRY(unseal_rc(
        Esys_PolicyPCR(t->esys, session.h, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &now, &selection),
        "TPM2_PolicyPCR", why));
    SR_TRY(unseal_rc(Esys_Unseal(t->esys, object.h, session.h, ESYS_TR_NONE, ESYS_TR_NONE, &data),
                     "TPM2_Unseal", why));
    bool good = data->size == sizeof ret->b;
    if (good)
        memcpy(ret->b, data->buffer, sizeof ret->b);
    sodium_memzero(data, sizeof *data);
    Esys_Free(data);
    return good ? SR_OK : sr_fail(why, SR_EPROOF, R_UNSEAL, "no key was sealed in it");
}
