/* Structures captured from TPMs, judged by our parsers. Not part of the tree: SEALRING_VECTORS names the
 * folder (../shared/vectors unless set); without it this says so and is done. */
#include "tests/t.h"

#include "crypto/cert.h"
#include "proto/evidence/tpm_check.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>

static const char *folder;
static int ran;

static bool slurp(const char *name, struct buf *ret)
{
    char path[512];
    uint8_t bytes[8192];
    snprintf(path, sizeof path, "%s/tpm/%s", folder, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    wr_span(ret, (struct span){ bytes, fread(bytes, 1, sizeof bytes, f) });
    fclose(f);
    return true;
}

/* What each must be found to be. */
static const struct row {
    const char *attest, *signature, *ak; /* ak: TPM2B_PUBLIC, or TPMT_PUBLIC */
    enum sr_reason ak_reason, quote_reason;
} rows[] = {
    { "swtpm/quote-ecc.attest", "swtpm/quote-ecc.tpmt_signature", "swtpm/ak-ecc.tpm2b_public", R_NONE,
      R_QUOTE_SELECTION }, /* genuine, of PCRs 0-14 */
    { "swtpm/quote-rsa.attest", "swtpm/quote-rsa.tpmt_signature", "swtpm/ak-rsa.tpm2b_public", R_NONE,
      R_QUOTE_SELECTION },
    { "negative/relabel.attest", "negative/relabel.tpmt_signature", "negative/relabel.ak.tpm2b_public",
      R_NONE, R_QUOTE_SELECTION },
    { "negative/forged_unrestricted.attest", "negative/forged_unrestricted.tpmt_signature",
      "negative/forged_unrestricted.ak.tpm2b_public", R_AK_ATTRIBUTES, R_NONE },
    { "swtpm/quote-ecc.attest", "swtpm/quote-ecc.tpmt_signature", "negative/relabel.ak.tpm2b_public", R_NONE,
      R_QUOTE_SIGNATURE },
    { "negative/relabel.attest", "swtpm/quote-ecc.tpmt_signature", "negative/relabel.ak.tpm2b_public", R_NONE,
      R_QUOTE_SIGNATURE },
    { "raw/windows-gcp-sha1/quote.attest", "raw/windows-gcp-sha1/quote.tpmt_signature",
      "raw/windows-gcp-sha1/ak.tpmt_public", R_AK_ATTRIBUTES, R_QUOTE_FORMAT },
};

static struct span without_size(struct span s)
{
    bool sized = s.n > 2 && (size_t)(s.p[0] << 8 | s.p[1]) == s.n - 2;
    return sized ? (struct span){ s.p + 2, s.n - 2 } : s;
}

/* The nonce is taken from the quote: here it is the other checks that are asked. */
static enum sr_reason quote_reason(struct span attest, struct span sig, const struct tpm_public *ak)
{
    struct sr_why why = { 0 };
    struct tpm_attest a;
    struct tpm_pcrs pcrs = { 0 };
    SR_OWN(pubkey) key = { 0 };
    struct tpm_quote_in in = { .attest = attest, .signature = sig, .pcrs = &pcrs };
    if (tpm_attest_read(attest, &a, &why) != SR_OK)
        return why.reason;
    memcpy(in.nonce.b, a.extra.p, a.extra.n < 32 ? a.extra.n : 32);
    in.scheme = ak->scheme;
    in.scheme_hash = ak->scheme_hash;
    if (tpm_public_key(ak, &key) != SR_OK || tpm_quote_verify(&in, &key, &a, &why) == SR_OK)
        return R_INTERNAL;
    return why.reason;
}

static void one(const struct row *r)
{
    SR_OWN(buf) attest = { 0 };
    SR_OWN(buf) sig = { 0 };
    SR_OWN(buf) pub = { 0 };
    struct tpm_public ak;
    struct sr_why why = { 0 };
    if (!slurp(r->attest, &attest) || !slurp(r->signature, &sig) || !slurp(r->ak, &pub))
        return;
    ran++;
    T_ROW(tpm_public_read(without_size(buf_span(&pub)), R_AK_ATTRIBUTES, &ak, &why) == SR_OK, r->ak);
    T_ROW((tpm_ak_check(&ak, &why) == SR_OK) == (r->ak_reason == R_NONE), r->ak);
    T_ROW(why.reason == r->ak_reason, r->ak);
    if (r->quote_reason != R_NONE) {
        enum sr_reason got = quote_reason(buf_span(&attest), buf_span(&sig), &ak);
        T_ROW(got == r->quote_reason, r->attest);
        if (got != r->quote_reason)
            printf("  it was %s\n", sr_reason_text(got));
    }
}

/* A quote of nothing: well formed, and cut anywhere it is not. */
static void a_quote_of_nothing_is_read_as_that(void)
{

    SR_OWN(buf) empty = { 0 };
    struct tpm_attest attest;
    if (slurp("negative/emptysel.attest", &empty)) {
        ran++;
        T(tpm_attest_read(buf_span(&empty), &attest, NULL) == SR_OK);
        T(attest.nselection == 0 || attest.selection[0].bitmap.n != TPM_BITMAP ||
          memcmp(attest.selection[0].bitmap.p, tpm_selection_bitmap, TPM_BITMAP) != 0);
        for (size_t n = 0; n < empty.n; n++)
            T(tpm_attest_read((struct span){ empty.p, n }, &attest, NULL) == SR_EFORMAT);
    }
}

/* PEM or DER, one or several, behind those that are there. */
static bool read_certs(const char *name, struct certs *to)
{
    SR_OWN(buf) file = { 0 };
    struct certs more = { 0 };
    if (!slurp(name, &file))
        return false;
    bool pem = file.n > 5 && memcmp(file.p, "-----", 5) == 0;
    if ((pem ? certs_read_pem(buf_span(&file), &more, NULL) : cert_read(buf_span(&file), &more.c[0], NULL)) !=
        SR_OK)
        return false;
    more.n += !pem;
    for (size_t i = 0; i < more.n && to->n < CERTS_MAX; i++)
        to->c[to->n++] = more.c[i];
    return true;
}

/* A leaf, what is above it, and the root's pin. */
static enum sr_reason chain_reason(const struct certs *path, time_t at, enum cert_purpose purpose,
                                   uint8_t other_pin)
{
    struct sha256 pin, anchor = { 0 };
    struct sr_why why = { 0 };
    T(cert_spki_hash(&path->c[path->n - 1], &pin) == SR_OK);
    pin.b[0] ^= other_pin;
    enum sr_err e =
        cert_chain_verify(&path->c[0], path->c + 1, path->n - 1, &pin, 1, at, purpose, &why, &anchor);
    return e == SR_OK && sha256_eq(&anchor, &pin) ? R_NONE : why.reason;
}

enum { GCE_2023 = 1700000000, GCE_2026 = 1770249600, BEFORE_ANY = 1500000000 };
static const struct gce_row {
    const char *leaf, *inter, *root;
    enum sr_reason as_ak, as_ek;
} gce[] = {
    { "pca_tpm_ecc_sign_cert.pem", "gcp_ek_ak_ca_intermediate_v3.crt", "gcp_ek_ak_ca_root.crt", R_NONE,
      R_CERT_PURPOSE },
    { "pca_tpm_rsa_sign_cert.pem", "gcp_ek_ak_ca_intermediate_v3.crt", "gcp_ek_ak_ca_root.crt", R_NONE,
      R_CERT_PURPOSE },
    { "uca_tpm_ecc_sign_cert.pem", "tpm_ek_intermediate_3.crt", "tpm_ek_root_1.cer", R_NONE, R_CERT_PURPOSE },
    { "uca_tpm_rsa_sign_cert.pem", "tpm_ek_intermediate_3.crt", "tpm_ek_root_1.cer", R_NONE, R_CERT_PURPOSE },
    { "pca_tpm_ecc_enc_cert.pem", "gcp_ek_ak_ca_intermediate_v3.crt", "gcp_ek_ak_ca_root.crt", R_CERT_PURPOSE,
      R_CERT_PURPOSE }, /* no extended key usage: no EK certificate by TCG's profile */
    { "pca_tpm_rsa_enc_cert.pem", "gcp_ek_ak_ca_intermediate_v3.crt", "gcp_ek_ak_ca_root.crt", R_CERT_PURPOSE,
      R_CERT_PURPOSE },
    { "uca_tpm_ecc_enc_cert.pem", "tpm_ek_intermediate_3.crt", "tpm_ek_root_1.cer", R_CERT_PURPOSE, R_NONE },
    { "uca_tpm_rsa_enc_cert.pem", "tpm_ek_intermediate_3.crt", "tpm_ek_root_1.cer", R_CERT_PURPOSE, R_NONE },
};

static void google_certifies_keys_that_sign_as_AKs(void)
{
    for (size_t i = 0; i < sizeof gce / sizeof *gce; i++) {
        SR_OWN(certs) path = { 0 };
        char name[3][96];
        const char *const files[3] = { gce[i].leaf, gce[i].inter, gce[i].root };
        bool there = true;
        for (int k = 0; k < 3 && there; k++) {
            snprintf(name[k], sizeof name[k], "gotpmtools/%s", files[k]);
            there = read_certs(name[k], &path);
        }
        if (!there)
            continue;
        ran++;
        enum sr_reason ak = chain_reason(&path, GCE_2023, CERT_AK, 0),
                       ek = chain_reason(&path, GCE_2023, CERT_EK, 0);
        T_ROW(ak == gce[i].as_ak, gce[i].leaf);
        T_ROW(ek == gce[i].as_ek, gce[i].leaf);
        if (ak != gce[i].as_ak || ek != gce[i].as_ek)
            printf("  as AK %s, as EK %s\n", sr_reason_text(ak), sr_reason_text(ek));
        T_ROW(chain_reason(&path, GCE_2023, CERT_AK, 1) == R_CERT_ANCHOR, gce[i].leaf);
        T_ROW(chain_reason(&path, BEFORE_ANY, CERT_AK, 0) == R_CERT_TIME, gce[i].leaf);
    }
}

/* ECDSA as DER to TPMT_SIGNATURE. */
static void tpmt_of(struct span der, struct buf *ret)
{
    const uint8_t *p = der.p;
    uint8_t r[32], s[32];
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
    T(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), r, 32) == 32 &&
      BN_bn2binpad(ECDSA_SIG_get0_s(sig), s, 32) == 32);
    ECDSA_SIG_free(sig);
    wr_u16be(ret, TPM_ALG_ECDSA);
    wr_u16be(ret, TPM_ALG_SHA256);
    wr_u16be(ret, 32);
    wr_span(ret, SPAN(r));
    wr_u16be(ret, 32);
    wr_span(ret, SPAN(s));
}

/* A quote of a machine at Google under Google's certificate: all of it holds but for the selection, which is
 * that of its maker and not ours. */
static void a_quote_of_a_GCE_machine_holds_under_its_certificate(void)
{
    SR_OWN(certs) path = { 0 };
    SR_OWN(pubkey) key = { 0 };
    SR_OWN(buf) attest = { 0 };
    SR_OWN(buf) der = { 0 };
    SR_OWN(buf) sig = { 0 };
    SR_OWN(buf) nonce = { 0 };
    struct sr_why why = { 0 };
    struct tpm_attest a;
    struct tpm_pcrs pcrs = { 0 };
    if (!read_certs("raw/gcp-amd/ak_chain.pem", &path) || !slurp("raw/gcp-amd/quote.attest", &attest) ||
        !slurp("raw/gcp-amd/quote.ecdsa_der", &der) || !slurp("raw/gcp-amd/nonce.bin", &nonce) ||
        !read_certs("gcp/gcp-ekak-root.pem", &path))
        return;
    ran++;
    T(chain_reason(&path, GCE_2026, CERT_AK, 0) == R_NONE);
    T(chain_reason(&path, GCE_2026, CERT_AK, 1) == R_CERT_ANCHOR);
    T(chain_reason(&path, BEFORE_ANY, CERT_AK, 0) == R_CERT_TIME);
    T(cert_pubkey(&path.c[0], &key, NULL) == SR_OK);
    tpmt_of(buf_span(&der), &sig);
    struct tpm_quote_in in = { .attest = buf_span(&attest), .signature = buf_span(&sig), .pcrs = &pcrs };
    T(nonce.n == sizeof in.nonce.b);
    memcpy(in.nonce.b, nonce.p, sizeof in.nonce.b);
    T(tpm_quote_verify(&in, &key, &a, &why) == SR_EPROOF && why.reason == R_QUOTE_SELECTION);
    for (size_t i = 0; i < attest.n; i++) { /* every byte of it is signed */
        attest.p[i] ^= 1;
        T(tpm_quote_verify(&in, &key, &a, &why) != SR_OK && why.reason != R_QUOTE_SELECTION);
        attest.p[i] ^= 1;
    }
    in.nonce.b[31] ^= 1;
    T(tpm_quote_verify(&in, &key, &a, &why) == SR_EPROOF && why.reason == R_REPORT_DATA);
}

int main(void)
{
    folder = getenv("SEALRING_VECTORS");
    folder = folder ? folder : "../shared/vectors";
    if (secret_init() != SR_OK)
        return 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        one(&rows[i]);
    a_quote_of_nothing_is_read_as_that();
    google_certifies_keys_that_sign_as_AKs();
    a_quote_of_a_GCE_machine_holds_under_its_certificate();
    if (ran == 0)
        printf("skipped: no captured vectors in %s\n", folder);
    return t_end();
}
