/* TPM evidence of guests of Confidential Containers: {"tpm_quote":{"signature","message": base64, "pcrs":[24
 * x hex]}, "ak_public": base64 of a SubjectPublicKeyInfo}. Nobody vouches for that key; so one member more is
 * wanted, which an attester that has enrolled adds: "ak_cert", base64 of an AK certificate of this network's,
 * or "ak_chain", an array of base64 of DER, the AK's own certificate first. */
#include "crypto/text.h"
#include "proto/evidence/coco_tpm_verifier.h"
#include "proto/json_foreign.h"
#include "proto/kbs_tee.h"

enum { CHAIN_LENGTH_MAX = 8 };

struct parts {
    struct buf cert, spki, attest, signature;
};
static void parts_drop(struct parts *p)
{
    buf_drop(&p->cert);
    buf_drop(&p->spki);
    buf_drop(&p->attest);
    buf_drop(&p->signature);
}

static bool read_pcrs(struct span v, struct sha256 *ret)
{
    struct jf_walk w = { .rest = v };
    struct span one, text;
    size_t n = 0;
    while (jf_next(&w, &one)) {
        if (n == COCO_TPM_PCRS || !jf_plain(one, &text) || hex_read(text, ret[n].b, sizeof ret[n].b) != SR_OK)
            return false;
        n++;
    }
    return n == COCO_TPM_PCRS;
}

static bool read_quote(struct span v, struct parts *p, struct coco_tpm *e)
{
    struct span signature = { 0 }, message = { 0 }, pcrs = { 0 };
    const struct jf_member m[] = { { "signature", &signature }, { "message", &message }, { "pcrs", &pcrs } };
    return jf_members(v, m, 3) && jf_base64(signature, TPM_SIGNATURE_MAX, &p->signature) &&
           jf_base64(message, TPM_ATTEST_MAX, &p->attest) && read_pcrs(pcrs, e->pcr);
}

/* u8 n, n times LP(DER). */
static bool read_chain(struct span v, struct buf *ret)
{
    struct jf_walk w = { .rest = v };
    struct span one;
    wr_u8(ret, 0);
    while (jf_next(&w, &one)) {
        SR_OWN(buf) der = { 0 };
        if (!ret->p || ret->p[0] == CHAIN_LENGTH_MAX || !jf_base64(one, TPM_CHAIN_MAX, &der))
            return false;
        ret->p[0]++;
        wr_lp(ret, buf_span(&der));
    }
    return buf_ok(ret) && ret->p[0] > 0 && ret->n <= TPM_CHAIN_MAX;
}

static enum sr_err convert(struct span json, struct buf *ret, struct sr_why *why)
{
    SR_OWN(parts) p = { 0 };
    struct coco_tpm e = { 0 };
    struct span quote = { 0 }, spki = { 0 }, cert = { 0 }, chain = { 0 };
    const struct jf_member m[] = {
        { "tpm_quote", &quote }, { "ak_public", &spki }, { "ak_cert", &cert }, { "ak_chain", &chain }
    };
    if (!jf_members(json, m, 4) || !read_quote(quote, &p, &e) || !jf_base64(spki, COCO_TPM_SPKI_MAX, &p.spki))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "TPM evidence: quote or ak_public");
    if (jf_is_null(cert) && jf_is_null(chain))
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "TPM evidence: nobody vouches for the key");
    e.cert_kind = jf_is_null(cert) ? TPM_CERT_X509 : TPM_CERT_OURS;
    if (e.cert_kind == TPM_CERT_OURS ? !jf_base64(cert, TPM_CHAIN_MAX, &p.cert) : !read_chain(chain, &p.cert))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "TPM evidence: ak_cert or ak_chain");
    e.cert = buf_span(&p.cert);
    e.spki = buf_span(&p.spki);
    e.attest = buf_span(&p.attest);
    e.signature = buf_span(&p.signature);
    return coco_tpm_write(&e, ret);
}

const struct kbs_tee kbs_tee_tpm = { .name = "tpm", .type = "coco-tpm", .convert = convert };
