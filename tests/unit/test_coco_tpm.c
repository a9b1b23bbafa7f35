/* TPM evidence of guests of Confidential Containers: quotes by a software key, as JSON and as our verifier
 * has them, one thing changed in each. */
#include "crypto/text.h"
#include "proto/evidence/coco_tpm_verifier.h"
#include "proto/json_foreign.h"
#include "proto/kbs_tee.h"
#include "tests/evidence_maker.h"
#include "tests/t.h"

#include <openssl/x509.h>

static const struct sha512 rd = { { 0xd1, 0xd2, 0xd3 } };
static const uint8_t all[3] = { 0xff, 0xff, 0xff };

/* What a machine says. */
struct said {
    struct maker m;
    struct sha256 pcr[COCO_TPM_PCRS], nonce;
    EVP_PKEY *named; /* in place of the AK in ak_public */
    const struct sha256 *shown;
};

static void said_new(struct said *s)
{
    *s = (struct said){ 0 };
    maker_new(&s->m);
    s->m.selection[0] = (struct tpm_selection){ TPM_ALG_SHA256, SPAN(all) };
    for (size_t i = 0; i < COCO_TPM_PCRS; i++)
        s->pcr[i].b[0] = (uint8_t)(i + 1);
    memcpy(s->nonce.b, rd.b, sizeof s->nonce.b);
}

static void said_drop(struct said *s)
{
    maker_drop(&s->m);
    EVP_PKEY_free(s->named);
}

static void spki_of(EVP_PKEY *k, struct buf *ret)
{
    uint8_t *der = NULL;
    int n = i2d_PUBKEY(k, &der);
    maker_need(n > 0, "SubjectPublicKeyInfo");
    wr_span(ret, (struct span){ der, (size_t)n });
    OPENSSL_free(der);
}

static void attest(const struct said *s, struct buf *ret)
{
    struct sha256 digest = sha256(SPAN(s->pcr));
    maker_attest(&s->m, &s->nonce, ret);
    memcpy(ret->p + ret->n - sizeof digest.b, digest.b, sizeof digest.b);
}

static void member64(struct buf *b, const char *name, struct span bytes)
{
    wr_fmt(b, "\"%s\":\"", name);
    wr_base64(b, bytes);
    wr_u8(b, '"');
}

/* As the attester writes it, and the one member more. */
static void json_of(struct said *s, bool vouched, struct buf *ret)
{
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) sig = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) spki = { 0 };
    attest(s, &a);
    maker_sign(&s->m, buf_span(&a), &sig);
    maker_cert(&s->m, &cert);
    spki_of(s->named ? s->named : s->m.key, &spki);
    wr_text(ret, "{\"tpm_quote\":{");
    member64(ret, "signature", buf_span(&sig));
    wr_u8(ret, ',');
    member64(ret, "message", buf_span(&a));
    wr_text(ret, ",\"pcrs\":[");
    for (size_t i = 0; i < COCO_TPM_PCRS; i++) {
        wr_text(ret, i ? ",\"" : "\"");
        wr_hex(ret, SPAN((s->shown ? s->shown : s->pcr)[i].b));
        wr_u8(ret, '"');
    }
    wr_text(ret, "]},");
    member64(ret, "ak_public", buf_span(&spki));
    if (vouched) {
        wr_u8(ret, ',');
        member64(ret, "ak_cert", buf_span(&cert));
    }
    wr_u8(ret, '}');
}

static struct claims claims; /* large */

static enum sr_err verify(const struct said *s, struct span evidence, struct sr_why *why)
{
    struct ak_trust trust = maker_trust(&s->m);
    struct verify_in in = { .evidence = evidence, .rd = rd, .now = MAKER_NOW, .ak = &trust };
    claims = (struct claims){ 0 };
    return evidence_verify(SPAN_STR("coco-tpm"), &in, &claims, why);
}

static enum sr_err judged(struct said *s, struct buf *evidence, struct sr_why *why)
{
    SR_OWN(buf) json = { 0 };
    json_of(s, true, &json);
    maker_need(json_foreign_check(buf_span(&json), NULL) == SR_OK, "JSON");
    SR_TRY(kbs_tee_convert(&kbs_tee_tpm, buf_span(&json), evidence, why));
    return verify(s, buf_span(evidence), why);
}

static void old_nonce(struct said *s)
{
    s->nonce.b[31] ^= 1;
}
static void signed_by_another(struct said *s)
{
    s->m.other_key = EVP_EC_gen("P-256");
}
static void names_another(struct said *s)
{
    s->named = EVP_EC_gen("P-256");
}
static void our_pcrs(struct said *s)
{
    s->m.selection[0].bitmap = SPAN(tpm_selection_bitmap);
}
static void sha1_bank(struct said *s)
{
    s->m.selection[0].hash = TPM_ALG_SHA1;
}
static void two_banks(struct said *s)
{
    s->m.nselection = 2;
}
static void other_network(struct said *s)
{
    s->m.cert.network.b[0] ^= 1;
}
static void other_epoch(struct said *s)
{
    s->m.cert.epoch--;
}
static void expired(struct said *s)
{
    s->m.cert.not_after = MAKER_NOW - 1;
}
static void unrestricted(struct said *s)
{
    s->m.attributes &= ~(uint32_t)TPM_RESTRICTED;
}
static void other_hierarchy(struct said *s)
{
    s->m.hierarchy = 0x40000001;
}
static void no_quote(struct said *s)
{
    s->m.type = 0x8017;
}
static void other_magic(struct said *s)
{
    s->m.magic ^= 1;
}
static void wrong_pcr(struct said *s)
{
    static struct sha256 shown[COCO_TPM_PCRS];
    memcpy(shown, s->pcr, sizeof shown);
    shown[8].b[3] ^= 1;
    s->shown = shown;
}
static void nothing(struct said *s)
{
    (void)s;
}

static const struct row {
    const char *name;
    void (*change)(struct said *);
    enum sr_reason want;
} rows[] = {
    { "honest", nothing, R_NONE },
    { "old nonce", old_nonce, R_REPORT_DATA },
    { "signed by another key", signed_by_another, R_QUOTE_SIGNATURE },
    { "another key is named", names_another, R_AK_CERT },
    { "our PCRs only", our_pcrs, R_QUOTE_SELECTION },
    { "SHA-1 bank", sha1_bank, R_QUOTE_SELECTION },
    { "two banks", two_banks, R_QUOTE_SELECTION },
    { "other PCR values", wrong_pcr, R_QUOTE_DIGEST },
    { "another network", other_network, R_AK_CERT_NETWORK },
    { "another epoch", other_epoch, R_AK_CERT_EPOCH },
    { "expired", expired, R_AK_CERT_EXPIRED },
    { "unrestricted key", unrestricted, R_AK_ATTRIBUTES },
    { "another hierarchy", other_hierarchy, R_QUOTE_SIGNATURE },
    { "no quote", no_quote, R_QUOTE_FORMAT },
    { "another magic", other_magic, R_QUOTE_FORMAT },
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(said) s;
        SR_OWN(buf) evidence = { 0 };
        struct sr_why why = { 0 };
        said_new(&s);
        rows[i].change(&s);
        enum sr_err e = judged(&s, &evidence, &why);
        T_ROW((e == SR_OK) == (rows[i].want == R_NONE) && why.reason == rows[i].want, rows[i].name);
    }
}

static void test_claims_and_damage(void)
{
    SR_OWN(said) s;
    SR_OWN(buf) evidence = { 0 };
    struct sr_why why = { 0 };
    size_t accepted = 0;
    said_new(&s);
    T(judged(&s, &evidence, &why) == SR_OK);
    const struct claim *c = claims_find(&claims, SPAN_STR("pcr.23"));
    T(c && strncmp(c->text, "18", 2) == 0 && claims_find(&claims, SPAN_STR("ak")) &&
      claims_find(&claims, SPAN_STR("ek")));
    c = claims_find(&claims, SPAN_STR("type"));
    T(c && strcmp(c->text, "coco-tpm") == 0 && !claims_find(&claims, SPAN_STR("code")));
    for (size_t cut = 0; cut < evidence.n; cut++)
        accepted += verify(&s, (struct span){ evidence.p, cut }, NULL) == SR_OK;
    T(accepted == 0);
    for (size_t bit = 0; bit < evidence.n * 8; bit++) {
        evidence.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += verify(&s, buf_span(&evidence), NULL) == SR_OK;
        evidence.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(accepted == 0);
    struct verify_in in = { .evidence = buf_span(&evidence), .rd = rd, .now = MAKER_NOW };
    T(evidence_verify(SPAN_STR("coco-tpm"), &in, &claims, NULL) == SR_EPROOF); /* nobody's word counts */
    T(evidence_verify(SPAN_STR("tpm"), &in, &claims, NULL) != SR_OK);          /* another type */
}

/* Of the unmodified attester: a key that nobody vouches for. */
static void test_unvouched(void)
{
    SR_OWN(said) s;
    SR_OWN(buf) json = { 0 };
    SR_OWN(buf) evidence = { 0 };
    struct sr_why why = { 0 };
    said_new(&s);
    json_of(&s, false, &json);
    T(kbs_tee_convert(&kbs_tee_tpm, buf_span(&json), &evidence, &why) == SR_EPROOF &&
      why.reason == R_AK_CERT);
    static const char *const bad[] = {
        "{}", "[]", "{\"tpm_quote\":{},\"ak_public\":\"AA==\"}",
        "{\"tpm_quote\":{\"signature\":\"\",\"message\":\"\",\"pcrs\":[]},\"ak_public\":\"\"}"
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_ROW(kbs_tee_convert(&kbs_tee_tpm, span_of(bad[i]), &evidence, NULL) == SR_EFORMAT, bad[i]);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 2;
    test_rows();
    test_claims_and_damage();
    test_unvouched();
    return t_end();
}
