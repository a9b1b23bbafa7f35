#include "proto/evidence/tpm_ak.h"
#include "proto/ak_cert.h"
#include "proto/evidence/tpm_check.h"
#include "proto/evidence/tpm_evidence.h"

void tpm_ak_drop(struct tpm_ak *a)
{
    pubkey_drop(&a->key);
}

static enum sr_err our_ak(struct span bytes, const struct verify_in *in, struct tpm_ak *ret,
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

static enum sr_err vendor_ak(struct span bytes, const struct verify_in *in, struct tpm_ak *ret,
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

enum sr_err tpm_ak_trust(uint8_t cert_kind, struct span cert, const struct verify_in *in, struct tpm_ak *ret,
                         struct claims *claims, struct sr_why *why)
{
    if (!in->ak)
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "nobody's word on attestation keys counts");
    if (cert_kind == TPM_CERT_OURS)
        return our_ak(cert, in, ret, claims, why);
    return vendor_ak(cert, in, ret, claims, why);
}
