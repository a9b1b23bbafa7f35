#include "crypto/cert.h"
#include "node/platform/tpm.h"
#include "proto/enrol.h"
#include "proto/makecred.h"

#include <sodium.h>
#include <string.h>

enum { NV_CHUNK = 512, NV_MAX = CERT_MAX };

static const BYTE policy_a[32] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
                                   0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
                                   0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa };
static const BYTE policy_b[32] = { 0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9, 0x39, 0x06, 0xf7, 0xa3, 0x34,
                                   0x24, 0x14, 0xef, 0xcf, 0xb3, 0xa3, 0x85, 0xd4, 0x4c, 0xd1, 0xfd,
                                   0x45, 0x90, 0x89, 0xd1, 0x9b, 0x50, 0x71, 0xc0, 0xb7, 0xa0 };
static const BYTE policy_b384[48] = {
    0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a,
    0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca,
    0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12
};

/* The endorsement keys that TPMs come with: EK Credential Profile 2.5, annex B, and 2.2.1.4 (NV indices).
 * Tried in order; the first whose certificate the TPM holds is used. unique: the low range's keys are made
 * from zeros of the key's size, the high range's from nothing. */
static const struct ek_kind {
    TPM2_HANDLE nv;
    TPMI_ALG_PUBLIC type;
    TPMI_ALG_HASH name_alg;
    TPMA_OBJECT attributes;
    struct span policy;
    UINT16 aes_bits, unique;
    TPMI_ECC_CURVE curve;
    TPMI_RSA_KEY_BITS bits;
} kinds[] = {
    { 0x01c00002, TPM2_ALG_RSA, TPM2_ALG_SHA256, 0x000300b2, SPAN(policy_a), 128, 256, 0, 2048 },
    { 0x01c0000a, TPM2_ALG_ECC, TPM2_ALG_SHA256, 0x000300b2, SPAN(policy_a), 128, 32, TPM2_ECC_NIST_P256, 0 },
    { 0x01c00012, TPM2_ALG_RSA, TPM2_ALG_SHA256, 0x000300f2, SPAN(policy_b), 128, 0, 0, 2048 },
    { 0x01c00014, TPM2_ALG_ECC, TPM2_ALG_SHA256, 0x000300f2, SPAN(policy_b), 128, 0, TPM2_ECC_NIST_P256, 0 },
    { 0x01c00016, TPM2_ALG_ECC, TPM2_ALG_SHA384, 0x000300f2, SPAN(policy_b384), 256, 0, TPM2_ECC_NIST_P384,
      0 },
    { 0x01c0001c, TPM2_ALG_RSA, TPM2_ALG_SHA384, 0x000300f2, SPAN(policy_b384), 256, 0, 0, 3072 },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static TPM2B_PUBLIC ek_template(const struct ek_kind *k)
{
    const TPMT_SYM_DEF_OBJECT aes = { .algorithm = TPM2_ALG_AES,
                                      .keyBits.aes = k->aes_bits,
                                      .mode.aes = TPM2_ALG_CFB };
    TPM2B_PUBLIC p = { .publicArea = { .type = k->type,
                                       .nameAlg = k->name_alg,
                                       .objectAttributes = k->attributes,
                                       .authPolicy = { .size = (UINT16)k->policy.n } } };
    TPMT_PUBLIC *a = &p.publicArea;
    memcpy(a->authPolicy.buffer, k->policy.p, k->policy.n);
    if (k->type == TPM2_ALG_RSA) {
        a->parameters.rsaDetail.symmetric = aes;
        a->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
        a->parameters.rsaDetail.keyBits = k->bits;
        a->unique.rsa.size = k->unique;
    } else {
        a->parameters.eccDetail.symmetric = aes;
        a->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
        a->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
        a->parameters.eccDetail.curveID = k->curve;
        a->unique.ecc.x.size = a->unique.ecc.y.size = k->unique;
    }
    return p;
}

static enum sr_err nv_size(struct tpm *t, ESYS_TR nv, UINT16 *ret, struct sr_why *why)
{
    TPM2B_NV_PUBLIC *pub = NULL;
    SR_TRY(tpm_rc(Esys_NV_ReadPublic(t->esys, nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL),
                  "TPM2_NV_ReadPublic", why));
    *ret = pub->nvPublic.dataSize;
    Esys_Free(pub);
    return *ret <= NV_MAX ? SR_OK : sr_fail(why, SR_ETOOBIG, R_EK_CHAIN, "EK certificate of %u bytes", *ret);
}

static enum sr_err nv_read(struct tpm *t, ESYS_TR nv, struct buf *ret, struct sr_why *why)
{
    UINT16 size;
    SR_TRY(nv_size(t, nv, &size, why));
    for (UINT16 at = 0; at < size;) {
        TPM2B_MAX_NV_BUFFER *part = NULL;
        UINT16 n = (UINT16)(size - at < NV_CHUNK ? size - at : NV_CHUNK);
        SR_TRY(
            tpm_rc(Esys_NV_Read(t->esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, n, at, &part),
                   "TPM2_NV_Read", why));
        wr_span(ret, (struct span){ part->buffer, part->size });
        at = (UINT16)(at + n);
        Esys_Free(part);
    }
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* The first certificate there is, without its padding. */
static enum sr_err find_ek(struct tpm *t, const struct ek_kind **ret, struct buf *ret_cert,
                           struct sr_why *why)
{
    for (size_t i = 0; i < KINDS; i++) {
        ESYS_TR nv;
        struct span der;
        SR_OWN(buf) area = { 0 };
        TSS2_RC rc =
            Esys_TR_FromTPMPublic(t->esys, kinds[i].nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &nv);
        if (tpm_refused(rc)) /* no such index */
            continue;
        SR_TRY(tpm_rc(rc, "TPM2_NV_ReadPublic", why));
        enum sr_err e = nv_read(t, nv, &area, why);
        Esys_TR_Close(t->esys, &nv);
        SR_TRY(e);
        if (cert_trim(buf_span(&area), &der) != SR_OK)
            return sr_fail(why, SR_EFORMAT, R_EK_CHAIN, "no certificate in NV index %x", kinds[i].nv);
        wr_span(ret_cert, der);
        *ret = &kinds[i];
        return buf_ok(ret_cert) ? SR_OK : SR_ENOMEM;
    }
    return sr_fail(why, SR_ENOENT, R_EK_CHAIN, "the TPM holds no EK certificate of a kind we know");
}

static enum sr_err make_ek(struct tpm *t, const struct ek_kind *kind, struct tpm_object *ret,
                           TPM2B_PUBLIC **ret_public, struct sr_why *why)
{
    TPM2B_PUBLIC template = ek_template(kind);
    return tpm_make_primary(t, ESYS_TR_RH_ENDORSEMENT, &template, ret, ret_public, why);
}

/* The public half alone; the key does not stay loaded. */
static enum sr_err public_of(struct tpm *t, const struct ek_kind *kind, struct buf *ret, struct sr_why *why)
{
    SR_OWN(tpm_object) key = { 0 };
    TPM2B_PUBLIC *pub = NULL;
    if (kind)
        SR_TRY(make_ek(t, kind, &key, &pub, why));
    else
        SR_TRY(tpm_make_ak(t, &key, &pub, why));
    enum sr_err e = tpm_public_bytes(pub, ret);
    Esys_Free(pub);
    return e;
}

enum sr_err tpm_ak_bytes(struct tpm *t, struct buf *ret, struct sr_why *why)
{
    return public_of(t, NULL, ret, why);
}

enum sr_err tpm_enrol_request(struct tpm *t, const struct sha256 *network, const struct enrol_nonce *nonce,
                              struct buf *ret, struct sr_why *why)
{
    const struct ek_kind *kind;
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) ek = { 0 };
    SR_OWN(buf) ak = { 0 };
    SR_TRY(find_ek(t, &kind, &cert, why));
    SR_TRY(public_of(t, kind, &ek, why));
    SR_TRY(public_of(t, NULL, &ak, why));
    struct enrol_request e1 = { .network = *network,
                                .nonce = *nonce,
                                .chain = { buf_span(&cert) },
                                .n = 1,
                                .ek = buf_span(&ek),
                                .ak = buf_span(&ak) };
    return enrol_request_write(&e1, ret);
}

/* What using the EK asks for: its own authorization, which is empty, or its policy, PolicySecret of the
 * endorsement hierarchy. Either way the secret crosses the bus encrypted. */
static enum sr_err ek_session(struct tpm *t, const struct ek_kind *kind, struct tpm_object *ret,
                              struct sr_why *why)
{
    SR_OWN(tpm_object) session = { 0 };
    bool by_policy = (kind->attributes & TPMA_OBJECT_USERWITHAUTH) == 0;
    SR_TRY(tpm_session(t, by_policy ? TPM2_SE_POLICY : TPM2_SE_HMAC, &session, why));
    if (by_policy)
        SR_TRY(tpm_rc(Esys_PolicySecret(t->esys, ESYS_TR_RH_ENDORSEMENT, session.h, ESYS_TR_PASSWORD,
                                        ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL),
                      "TPM2_PolicySecret", why));
    *ret = SR_TAKE(session);
    return SR_OK;
}

/* A seed for another EK is no valid OAEP; libtpms answers that with a plain failure. */
static enum sr_err activate_rc(TSS2_RC rc, struct sr_why *why)
{
    if (tpm_refused(rc) || rc == TPM2_RC_FAILURE)
        return sr_fail(why, SR_EPROOF, R_ACTIVATION,
                       "TPM2_ActivateCredential refused (0x%x): not for these keys", rc);
    return tpm_rc(rc, "TPM2_ActivateCredential", why);
}

static enum sr_err take_key(TPM2B_DIGEST *d, struct key *ret, struct sr_why *why)
{
    bool good = d->size == sizeof ret->b;
    if (good)
        memcpy(ret->b, d->buffer, sizeof ret->b);
    sodium_memzero(d, sizeof *d);
    Esys_Free(d);
    return good ? SR_OK : sr_fail(why, SR_EPROOF, R_ACTIVATION, "a credential that is no key");
}

enum sr_err tpm_activate(struct tpm *t, struct span blob, struct span seed, struct key *ret,
                         struct sr_why *why)
{
    SR_OWN(tpm_object) session = { 0 };
    SR_OWN(tpm_object) ak = { 0 };
    SR_OWN(tpm_object) ek = { 0 };
    SR_OWN(buf) cert = { 0 };
    const struct ek_kind *kind;
    TPM2B_ID_OBJECT id = { .size = (UINT16)blob.n };
    TPM2B_ENCRYPTED_SECRET secret = { .size = (UINT16)seed.n };
    TPM2B_DIGEST *out = NULL;
    if (blob.n == 0 || seed.n == 0 || blob.n > sizeof id.credential || seed.n > sizeof secret.secret)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "a credential of no possible size");
    memcpy(id.credential, blob.p, blob.n);
    memcpy(secret.secret, seed.p, seed.n);
    SR_TRY(find_ek(t, &kind, &cert, why));
    SR_TRY(ek_session(t, kind, &session, why));
    SR_TRY(tpm_make_ak(t, &ak, NULL, why));
    SR_TRY(make_ek(t, kind, &ek, NULL, why));
    SR_TRY(activate_rc(Esys_ActivateCredential(t->esys, ak.h, ek.h, ESYS_TR_PASSWORD, session.h, ESYS_TR_NONE,
                                               &id, &secret, &out),
                       why));
    return take_key(out, ret, why);
}
