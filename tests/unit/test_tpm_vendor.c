/* Evidence whose attestation key a vendor certified (kind 2): a make-believe vendor's root, intermediate and
 * AK certificate, all made here by OpenSSL, around quotes of evidence_maker.h. What the cloud's own look like
 * is in test_tpm_vectors.c. */
#include "tests/t.h"

#include "tests/evidence_maker.h"

#include <openssl/x509v3.h>

static const struct sha512 rd = { { 0x5a } };

/* One certificate to be, and who signs it. */
struct issue {
    const char *subject, *issuer;
    EVP_PKEY *key, *by;
    const char *constraints, *usage, *eku;
    long from, until; /* seconds from MAKER_NOW */
};

static void extend(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;
    maker_need(!value || (e && X509_add_ext(x, e, -1) == 1), "extension");
    X509_EXTENSION_free(e);
}

static void issue(const struct issue *i, struct buf *ret)
{
    X509 *x = X509_new();
    uint8_t *der = NULL;
    maker_need(X509_set_version(x, 2) == 1 &&
                   ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + i->from % 7) == 1,
               "certificate");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)i->subject, -1,
                               -1, 0);
    X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", MBSTRING_ASC, (const uint8_t *)i->issuer, -1,
                               -1, 0);
    ASN1_TIME_set(X509_getm_notBefore(x), MAKER_NOW + i->from);
    ASN1_TIME_set(X509_getm_notAfter(x), MAKER_NOW + i->until);
    X509_set_pubkey(x, i->key);
    extend(x, NID_basic_constraints, i->constraints);
    extend(x, NID_key_usage, i->usage);
    extend(x, NID_ext_key_usage, i->eku);
    maker_need(X509_sign(x, i->by, EVP_sha256()) > 0, "X509_sign");
    int n = i2d_X509(x, &der);
    maker_need(n > 0, "i2d_X509");
    wr_span(ret, (struct span){ der, (size_t)n });
    OPENSSL_free(der);
    X509_free(x);
}

/* The vendor, a machine, and what of them goes into the evidence. */
enum { ROOT, INTER, LEAF, CERTS };
struct vendor {
    struct maker m;
    EVP_PKEY *root, *inter, *ak; /* ak: NULL is m.key */
    struct issue leaf, middle;
    struct buf der[CERTS];
    uint8_t order[CERTS_MAX + 1]; /* which certificates go into the chain */
    size_t n;
    struct sha256 pin;
    struct ak_trust trust;
};

static void vendor_new(struct vendor *v)
{
    *v = (struct vendor){ .root = EVP_EC_gen("P-256"), .inter = EVP_EC_gen("P-256"), .n = CERTS };
    maker_new(&v->m);
    const uint8_t order[CERTS] = { LEAF, INTER, ROOT };
    memcpy(v->order, order, sizeof order);
    v->middle = (struct issue){ .subject = "vendor AK CA",
                                .issuer = "vendor root",
                                .key = v->inter,
                                .by = v->root,
                                .constraints = "critical,CA:TRUE,pathlen:0",
                                .usage = "critical,keyCertSign,cRLSign",
                                .from = -500,
                                .until = 500 };
    v->leaf = (struct issue){ .subject = "machine 1",
                              .issuer = "vendor AK CA",
                              .key = v->m.key,
                              .by = v->inter,
                              .constraints = "critical,CA:FALSE",
                              .usage = "critical,digitalSignature",
                              .from = -100,
                              .until = 100 };
}

/* Certificates as the fields now say, and a network whose policy names the root. */
static void vendor_issue(struct vendor *v)
{
    const struct issue root = { .subject = "vendor root",
                                .issuer = "vendor root",
                                .key = v->root,
                                .by = v->root,
                                .constraints = "critical,CA:TRUE",
                                .usage = "critical,keyCertSign,cRLSign",
                                .from = -1000,
                                .until = 1000 };
    SR_OWN(cert) c = { 0 };
    issue(&root, &v->der[ROOT]);
    issue(&v->middle, &v->der[INTER]);
    issue(&v->leaf, &v->der[LEAF]);
    maker_need(cert_read(buf_span(&v->der[ROOT]), &c, NULL) == SR_OK && cert_spki_hash(&c, &v->pin) == SR_OK,
               "pin");
    v->trust = maker_trust(&v->m);
    v->trust.vendor_roots = &v->pin;
    v->trust.vendor_n = 1;
}

static void vendor_drop(struct vendor *v)
{
    for (size_t i = 0; i < CERTS; i++)
        buf_drop(&v->der[i]);
    EVP_PKEY_free(v->root);
    EVP_PKEY_free(v->inter);
    EVP_PKEY_free(v->ak);
    maker_drop(&v->m);
}

/* TPMT_SIGNATURE by an RSA key: RSASSA (0x0014) or RSAPSS (0x0016), SHA-256. */
static void sign_rsa(EVP_PKEY *key, uint16_t scheme, struct span attest, struct buf *ret)
{
    uint8_t sig[512];
    size_t n = sizeof sig;
    EVP_PKEY_CTX *p = NULL;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    maker_need(EVP_DigestSignInit(c, &p, EVP_sha256(), NULL, key) == 1, "signature");
    if (scheme == TPM_ALG_RSAPSS)
        maker_need(EVP_PKEY_CTX_set_rsa_padding(p, 6 /* RSA_PKCS1_PSS_PADDING */) == 1, "PSS");
    maker_need(EVP_DigestSign(c, sig, &n, attest.p, attest.n) == 1, "signature");
    EVP_MD_CTX_free(c);
    wr_u16be(ret, scheme);
    wr_u16be(ret, TPM_ALG_SHA256);
    maker_2b(ret, (struct span){ sig, n });
}

static void vendor_evidence(struct vendor *v, uint16_t scheme, struct buf *ret)
{
    SR_OWN(buf) chain = { 0 };
    SR_OWN(buf) attest = { 0 };
    SR_OWN(buf) sig = { 0 };
    SR_OWN(buf) log = { 0 };
    struct sha256 nonce = evidence_nonce32(SPAN_STR("tpm"), &rd);
    struct maker *m = &v->m;
    maker_need(event_log_replay(&m->log, m->log.n, &m->log.start, &m->pcrs.v[TPM_SELECTED - 1]) == SR_OK &&
                   event_log_write(&m->log, &log) == SR_OK,
               "event log");
    wr_u8(&chain, (uint8_t)v->n);
    for (size_t i = 0; i < v->n; i++)
        wr_lp(&chain, buf_span(&v->der[v->order[i]]));
    maker_attest(m, &nonce, &attest);
    if (v->ak)
        sign_rsa(v->ak, scheme, buf_span(&attest), &sig);
    else
        maker_sign(m, buf_span(&attest), &sig);
    const struct tpm_evidence e = { TPM_CERT_X509,  buf_span(&chain), buf_span(&attest),
                                    buf_span(&sig), m->pcrs,          buf_span(&log) };
    maker_need(tpm_evidence_write(&e, ret) == SR_OK, "evidence");
}

static enum sr_reason verdict(struct vendor *v, uint16_t scheme, struct claims *ret)
{
    SR_OWN(buf) evidence = { 0 };
    struct sr_why why = { 0 };
    vendor_evidence(v, scheme, &evidence);
    struct verify_in in = { .evidence = buf_span(&evidence), .rd = rd, .now = MAKER_NOW, .ak = &v->trust };
    enum sr_err e = evidence_verify(SPAN_STR("tpm"), &in, ret, &why);
    return e == SR_OK ? R_NONE : why.reason;
}

static bool claims_hex(const struct claims *c, const char *name, const struct sha256 *want)
{
    char hex[65];
    const struct claim *got = claims_find(c, span_of(name));
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", want->b[i]);
    return got && strcmp(got->text, hex) == 0;
}

static void a_key_that_a_pinned_vendor_certified_makes_evidence(void)
{
    static const uint16_t schemes[] = { TPM_ALG_ECDSA, TPM_ALG_RSASSA, TPM_ALG_RSAPSS };
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct vendor v;
        struct claims c = { 0 };
        struct sha256 spki = { { 0 } };
        SR_OWN(cert) leaf = { 0 };
        vendor_new(&v);
        if (schemes[i] != TPM_ALG_ECDSA)
            v.leaf.key = v.ak = EVP_RSA_gen(2048);
        vendor_issue(&v);
        T(verdict(&v, schemes[i], &c) == R_NONE);
        T(cert_read(buf_span(&v.der[LEAF]), &leaf, NULL) == SR_OK && cert_spki_hash(&leaf, &spki) == SR_OK);
        T(claims_hex(&c, "ak", &spki) && claims_hex(&c, "root", &v.pin));
        T(claims_hex(&c, "code", &v.m.log.e[0].digest));
        T(claims_find(&c, SPAN_STR("ek")) == NULL); /* nobody said which machine it is */
        vendor_drop(&v);
    }
}

static void no_vendor_word(struct vendor *v)
{
    v->trust.vendor_n = 0;
}
static void genesis_only(struct vendor *v)
{
    v->trust.genesis_k = 1;
}
static void other_root(struct vendor *v)
{
    v->pin.b[0] ^= 1;
}
static void expired(struct vendor *v)
{
    v->leaf.until = -1;
}
static void not_yet(struct vendor *v)
{
    v->leaf.from = 1;
}
static void middle_expired(struct vendor *v)
{
    v->middle.until = -1;
}
static void is_ca(struct vendor *v)
{
    v->leaf.constraints = "critical,CA:TRUE", v->leaf.usage = "critical,keyCertSign,digitalSignature";
}
static void encrypts(struct vendor *v)
{
    v->leaf.usage = "critical,keyAgreement";
}
static void no_usage(struct vendor *v)
{
    v->leaf.usage = NULL;
}
static void middle_no_ca(struct vendor *v)
{
    v->middle.constraints = "critical,CA:FALSE";
}
static void middle_no_sign(struct vendor *v)
{
    v->middle.usage = "critical,digitalSignature";
}
static void other_signer(struct vendor *v)
{
    v->leaf.by = v->root;
}
static void other_key(struct vendor *v)
{
    v->m.other_key = EVP_EC_gen("P-256");
}
static void no_middle(struct vendor *v)
{
    v->n = 2, v->order[1] = ROOT;
}
static void no_root(struct vendor *v)
{
    v->n = 2;
}
static void root_alone(struct vendor *v)
{
    v->n = 1, v->order[0] = ROOT;
}
static void no_certificate(struct vendor *v)
{
    v->n = 0;
}
static void ak_behind(struct vendor *v)
{
    v->order[0] = INTER, v->order[1] = LEAF;
}
static void too_many(struct vendor *v)
{
    v->n = CERTS_MAX + 1;
    for (size_t i = CERTS; i < v->n; i++)
        v->order[i] = ROOT;
}
static void other_selection(struct vendor *v)
{
    v->m.nselection = 2;
}
static void other_type(struct vendor *v)
{
    v->m.type = 0x8017;
}

static const struct row {
    const char *what;
    void (*before)(struct vendor *v); /* certificates are issued */
    void (*after)(struct vendor *v);
    enum sr_reason reason;
} rows[] = {
    { "policy names no vendor", NULL, no_vendor_word, R_AK_CERT },
    { "genesis evidence", NULL, genesis_only, R_AK_CERT },
    { "another root is pinned", NULL, other_root, R_CERT_ANCHOR },
    { "expired", expired, NULL, R_CERT_TIME },
    { "not yet valid", not_yet, NULL, R_CERT_TIME },
    { "the intermediate expired", middle_expired, NULL, R_CERT_TIME },
    { "a CA is no AK", is_ca, NULL, R_CERT_CA },
    { "a key that does not sign", encrypts, NULL, R_CERT_PURPOSE },
    { "no key usage", no_usage, NULL, R_CERT_PURPOSE },
    { "the intermediate is no CA", middle_no_ca, NULL, R_CERT_CA },
    { "the intermediate may not sign", middle_no_sign, NULL, R_CERT_CA },
    { "signed by another than it says", other_signer, NULL, R_CERT_SIGNATURE },
    { "quoted by another key", other_key, NULL, R_QUOTE_SIGNATURE },
    { "the intermediate is missing", NULL, no_middle, R_CERT_CHAIN },
    { "the root is missing", NULL, no_root, R_CERT_ANCHOR },
    { "the root alone", NULL, root_alone, R_CERT_ANCHOR },
    { "nothing", NULL, no_certificate, R_EVIDENCE_FORMAT },
    { "more than a chain has", NULL, too_many, R_EVIDENCE_FORMAT },
    { "the intermediate in the AK's place", NULL, ak_behind, R_CERT_CA },
    { "two selections", NULL, other_selection, R_QUOTE_SELECTION },
    { "no quote", NULL, other_type, R_QUOTE_FORMAT },
};

static void what_kind_2_is_refused_for(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vendor v;
        struct claims c = { .n = 77 };
        vendor_new(&v);
        if (rows[i].before)
            rows[i].before(&v);
        vendor_issue(&v);
        if (rows[i].after)
            rows[i].after(&v);
        enum sr_reason got = verdict(&v, TPM_ALG_ECDSA, &c);
        T_ROW(got == rows[i].reason && c.n == 77, rows[i].what);
        if (got != rows[i].reason)
            printf("  it was %s\n", sr_reason_text(got));
        vendor_drop(&v);
    }
}

static bool same_claims(const struct claims *a, const struct claims *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = strcmp(a->c[i].name, b->c[i].name) == 0 && a->c[i].kind == b->c[i].kind &&
               a->c[i].num == b->c[i].num && strcmp(a->c[i].text, b->c[i].text) == 0;
    return same;
}

/* Of the pinned certificate the key is what counts; whoever shows it may give it another issuer's name, and
 * then nobody vouches for its dates. Nothing in the claims changes by that. */
static void every_length_and_byte_counts(void)
{
    struct vendor v;
    struct claims honest = { 0 }, c = { 0 };
    size_t shorter = 0, outside = 0, other = 0;
    SR_OWN(buf) e = { 0 };
    vendor_new(&v);
    vendor_issue(&v);
    vendor_evidence(&v, TPM_ALG_ECDSA, &e);
    struct verify_in in = { .evidence = buf_span(&e), .rd = rd, .now = MAKER_NOW, .ak = &v.trust };
    T(evidence_verify(SPAN_STR("tpm"), &in, &honest, NULL) == SR_OK);
    for (size_t n = 0; n < e.n; n++) {
        in.evidence.n = n;
        shorter += evidence_verify(SPAN_STR("tpm"), &in, &c, NULL) == SR_OK;
    }
    in.evidence.n = e.n;
    const uint8_t *root = memmem(e.p, e.n, v.der[ROOT].p, v.der[ROOT].n);
    maker_need(root != NULL, "root in the evidence");
    for (uint8_t *p = e.p; p < e.p + e.n; p++) {
        uint8_t bit = (uint8_t)(1u << (p - e.p) % 8);
        *p ^= bit;
        bool good = evidence_verify(SPAN_STR("tpm"), &in, &c, NULL) == SR_OK;
        outside += good && !(p >= root && p < root + v.der[ROOT].n);
        other += good && !same_claims(&c, &honest);
        *p ^= bit;
    }
    T(shorter == 0 && outside == 0 && other == 0);
    T(evidence_verify(SPAN_STR("tpm"), &in, &c, NULL) == SR_OK && same_claims(&c, &honest));
    vendor_drop(&v);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    a_key_that_a_pinned_vendor_certified_makes_evidence();
    what_kind_2_is_refused_for();
    every_length_and_byte_counts();
    return t_end();
}
