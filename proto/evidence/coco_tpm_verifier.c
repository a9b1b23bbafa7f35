#include "proto/evidence/coco_tpm_verifier.h"

#include "crypto/cert.h"
#include "proto/evidence/tpm_ak.h"
#include "proto/evidence/tpm_check.h"

#include <stdio.h>

enum { VERSION = 1 };

static const uint8_t all_pcrs[TPM_BITMAP] = { 0xff, 0xff, 0xff };

enum sr_err coco_tpm_read(struct span bytes, struct coco_tpm *ret, struct sr_why *why)
{
    struct reader r = rd_init(bytes);
    struct coco_tpm e = { 0 };
    if (bytes.n > COCO_TPM_MAX || rd_u8(&r) != VERSION)
        r.bad = true;
    e.cert_kind = rd_u8(&r);
    e.cert = rd_lp(&r, TPM_CHAIN_MAX);
    e.spki = rd_lp(&r, COCO_TPM_SPKI_MAX);
    e.attest = rd_lp(&r, TPM_ATTEST_MAX);
    e.signature = rd_lp(&r, TPM_SIGNATURE_MAX);
    rd_copy(&r, e.pcr, sizeof e.pcr);
    if (!rd_end(&r) || (e.cert_kind != TPM_CERT_OURS && e.cert_kind != TPM_CERT_X509))
        return sr_fail(why, SR_EFORMAT, R_EVIDENCE_FORMAT, "malformed TPM evidence of a guest");
    *ret = e;
    return SR_OK;
}

enum sr_err coco_tpm_write(const struct coco_tpm *e, struct buf *ret)
{
    wr_u8(ret, VERSION);
    wr_u8(ret, e->cert_kind);
    wr_lp(ret, e->cert);
    wr_lp(ret, e->spki);
    wr_lp(ret, e->attest);
    wr_lp(ret, e->signature);
    wr_span(ret, SPAN(e->pcr));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* Format and nonce: before any public-key operation. */
static enum sr_err precheck(const struct coco_tpm *e, const struct verify_in *in, struct tpm_attest *ret,
                            struct tpm_signature *ret_sig, struct sr_why *why)
{
    SR_TRY(tpm_attest_read(e->attest, ret, why));
    SR_TRY(tpm_signature_read(e->signature, ret_sig, why));
    if (!span_eq(ret->extra, (struct span){ in->rd.b, sizeof(struct sha256) }))
        return sr_fail(why, SR_EPROOF, R_REPORT_DATA, "the quote is over another nonce");
    return SR_OK;
}

/* The key that the guest names must be the one that the certificate vouches for. */
static enum sr_err same_key(const struct coco_tpm *e, const struct tpm_ak *ak, struct sr_why *why)
{
    SR_OWN(pubkey) named = { 0 };
    if (cert_spki_read(e->spki, &named) != SR_OK || !pubkey_eq(&named, &ak->key))
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "the certificate is of another key than the guest's");
    return SR_OK;
}

static enum sr_err check_signature(const struct coco_tpm *e, const struct tpm_ak *ak,
                                   const struct tpm_attest *a, const struct tpm_signature *s,
                                   struct sr_why *why)
{
    enum hash_alg alg;
    if (ak->endorsed && !span_eq(a->signer, tpm_name_span(&ak->signer)))
        return sr_fail(why, SR_EPROOF, R_QUOTE_SIGNATURE,
                       "quoted by another key, or hierarchy, than the AK's");
    if (ak->scheme &&
        (ak->scheme != s->alg || tpm_hash_alg(ak->scheme_hash, &alg) != SR_OK || alg != s->hash))
        return sr_fail(why, SR_EPROOF, R_QUOTE_SIGNATURE, "signed by another scheme than the key's");
    return tpm_signature_verify(s, &ak->key, e->attest, why);
}

static enum sr_err check_pcrs(const struct coco_tpm *e, const struct tpm_attest *a, enum hash_alg hash,
                              struct sr_why *why)
{
    struct tpm_digest d;
    if (a->nselection != 1 || a->selection[0].hash != TPM_ALG_SHA256 ||
        !span_eq(a->selection[0].bitmap, SPAN(all_pcrs)))
        return sr_fail(why, SR_EPROOF, R_QUOTE_SELECTION,
                       "not all PCRs of the SHA-256 bank, and those alone");
    SR_TRY(tpm_hash(hash, SPAN(e->pcr), &d));
    if (!span_eq(a->pcr_digest, tpm_digest_span(&d)))
        return sr_fail(why, SR_EPROOF, R_QUOTE_DIGEST, "the PCR values are not those quoted");
    return SR_OK;
}

static void put_claims(const struct coco_tpm *e, const struct tpm_attest *a, struct claims *c)
{
    struct sha256 all = sha256(SPAN(e->pcr));
    claims_put_text(c, "type", SPAN_STR("coco-tpm"));
    claims_put_hex(c, "measurement", SPAN(all.b));
    for (unsigned i = 0; i < COCO_TPM_PCRS; i++) {
        char name[CLAIM_NAME_SIZE];
        snprintf(name, sizeof name, "pcr.%u", i);
        claims_put_hex(c, name, SPAN(e->pcr[i].b));
    }
    claims_put_uint(c, "reset_count", a->reset_count);
    claims_put_uint(c, "firmware", a->firmware);
    claims_put_bool(c, "debug", false);
}

static enum sr_err verify(const struct verify_in *in, struct claims *ret, struct sr_why *why)
{
    SR_OWN(tpm_ak) ak = { 0 };
    struct coco_tpm e;
    struct tpm_attest a;
    struct tpm_signature s;
    SR_TRY(coco_tpm_read(in->evidence, &e, why));
    SR_TRY(precheck(&e, in, &a, &s, why));
    SR_TRY(tpm_ak_trust(e.cert_kind, e.cert, in, &ak, ret, why));
    SR_TRY(same_key(&e, &ak, why));
    SR_TRY(check_signature(&e, &ak, &a, &s, why));
    SR_TRY(check_pcrs(&e, &a, s.hash, why));
    put_claims(&e, &a, ret);
    return SR_OK;
}

const struct verifier verifier_coco_tpm = { .name = "coco-tpm", .max = COCO_TPM_MAX, .verify = verify };
