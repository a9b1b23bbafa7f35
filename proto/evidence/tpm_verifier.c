#include "proto/evidence/tpm_verifier.h"
#include "proto/ak_cert.h"
#include "proto/evidence/tpm_check.h"
#include "proto/evidence/tpm_claims.h"
#include "proto/evidence/tpm_evidence.h"

/* What is known of the attestation key once it is trusted. */
struct ak {
    struct pubkey key;
    uint16_t scheme, scheme_hash; /* 0: a vendor's key, whose template is the vendor's business */
    bool endorsed;                /* signer must be its name under the endorsement hierarchy */
    struct tpm_name signer;
};

static void ak_drop(struct ak *a)
{
    pubkey_drop(&a->key);
}

static enum sr_err our_ak(struct span bytes, const struct verify_in *in, struct ak *ret,
                          struct claims *claims, struct sr_why *why)
{
    struct ak_cert cert;
    struct tpm_public pub;
    struct tpm_name name;
    SR_TRY(ak_cert_read(bytes, &cert, why));
    SR_TRY(ak_cert_verify(&cert, in->ak, in->now, why));
    SR_TRY(tpm_public_read(cert.ak, R_AK_ATTRIBUTES, &pub, why));
    SR_TRY(tpm_ak_check(&pub, why));
    SR_TRY(tpm_public_name(&pub, &name));
    SR_TRY(tpm_endorsed_name(&pub, &ret->signer));
    if (tpm_public_key(&pub, &ret->key) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_AK_ATTRIBUTES, "the AK is no key");
    ret->endorsed = true;
    ret->scheme = pub.scheme;
    ret->scheme_hash = pub.scheme_hash;
    claims_put_hex(claims, "ak", (struct span){ name.b + 2, name.n - 2 });
    claims_put_hex(claims, "ek", SPAN(cert.ek.b));
    claims_put_hex(claims, "root", SPAN(cert.root.b));
    return SR_OK;
}

static enum sr_err read_chain(struct span bytes, struct certs *ret, struct sr_why *why)
{
    struct reader r = rd_init(bytes);
    size_t n = rd_u8(&r);
    if (n == 0 || n > CERTS_MAX)
        r.bad = true;
    for (; !r.bad && ret->n < n; ret->n++) {
        struct span der = rd_lp(&r, CERT_MAX);
        if (!r.bad)
            SR_TRY(cert_read(der, &ret->c[ret->n], why));
    }
    return rd_end(&r) ? SR_OK : sr_fail(why, SR_EFORMAT, R_EVIDENCE_FORMAT, "malformed chain");
}

static enum sr_err vendor_ak(struct span bytes, const struct verify_in *in, struct ak *ret,
                             struct claims *claims, struct sr_why *why)
{
    SR_OWN(certs) chain = { 0 };
    struct sha256 root, spki;
    if (!in->ak->vendor_n || in->ak->genesis_k)
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "vendors' AK certificates do not count here");
    SR_TRY(read_chain(bytes, &chain, why));
    SR_TRY(cert_chain_verify(&chain.c[0], chain.c + 1, chain.n - 1, in->ak->vendor_roots, in->ak->vendor_n,
                             in->now, CERT_AK, why, &root));
    SR_TRY(cert_pubkey(&chain.c[0], &ret->key, why));
    SR_TRY(cert_spki_hash(&chain.c[0], &spki));
    claims_put_hex(claims, "ak", SPAN(spki.b));
    claims_put_hex(claims, "root", SPAN(root.b));
    return SR_OK;
}

static enum sr_err trusted_ak(const struct tpm_evidence *e, const struct verify_in *in, struct ak *ret,
                              struct claims *claims, struct sr_why *why)
{
    if (e->cert_kind == TPM_CERT_OURS)
        return our_ak(e->cert, in, ret, claims, why);
    return vendor_ak(e->cert, in, ret, claims, why);
}

static void put_quote_claims(const struct tpm_attest *a, struct claims *claims)
{
    claims_put_uint(claims, "reset_count", a->reset_count);
    claims_put_uint(claims, "firmware", a->firmware);
    claims_put_bool(claims, "debug", false);
}

static enum sr_err verify(const struct verify_in *in, struct claims *ret, struct sr_why *why)
{
    SR_OWN(ak) ak = { 0 };
    struct tpm_evidence e;
    struct tpm_attest attest;
    struct tpm_signature sig;
    struct event_log log;
    struct claims claims = { 0 };
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
    *ret = claims;
    return SR_OK;
}

const struct verifier verifier_tpm = { .name = "tpm", .max = TPM_EVIDENCE_MAX, .verify = verify };
