/* KBS messages: what each version's clients send and hash; SNP evidence put together again; init-data.
 * Vectors of others are not part of the tree (SEALRING_VECTORS). */
#include "proto/evidence/collateral.h"
#include "proto/evidence/vendor_roots.h"
#include "proto/json_foreign.h"
#include "proto/kbs.h"
#include "tests/hex.h"
#include "tests/jose_keys.h"

#include <stdlib.h>

#define NONCE "zJlyDpokGJscnca+s4xod1k8iQq8fiqSPT1Ag/xztAM="

static const struct request_row {
    const char *text;
    enum sr_reason want;
    enum kbs_version version;
} requests[] = {
    { "{\"version\":\"0.1.0\",\"tee\":\"snp\",\"extra-params\":\"\"}", R_NONE, KBS_0_1_0 },
    { "{\"version\":\"0.1.1\",\"tee\":\"snp\",\"extra-params\":{}}", R_NONE, KBS_0_1_1 },
    { "{\"version\":\"0.2.0\",\"tee\":\"tdx\",\"extra-params\":null}", R_NONE, KBS_0_2_0 },
    { "{\"version\":\"0.3.0\",\"tee\":\"sgx\",\"extra-params\":[1.5]}", R_NONE, KBS_0_3_0 },
    { "{\"version\":\"0.4.0\",\"tee\":\"azsnpvtpm\",\"extra-params\":{\"supported-hash-algorithms\":[\"sm3\"]"
      "}}",
      R_NONE, KBS_0_4_0 },
    { "{\"version\":\"0.4.0+build.7\",\"tee\":\"tdx\",\"extra-params\":0,\"more\":1}", R_NONE, KBS_0_4_0 },
    { "{\"version\":\"0.4.1\",\"tee\":\"tdx\",\"extra-params\":0}", R_KBS_VERSION, 0 },
    { "{\"version\":\"0.4.0-rc1\",\"tee\":\"tdx\",\"extra-params\":0}", R_KBS_VERSION, 0 },
    { "{\"version\":\"0.4\",\"tee\":\"tdx\",\"extra-params\":0}", R_KBS_VERSION, 0 },
    { "{\"version\":\"00.4.0\",\"tee\":\"tdx\",\"extra-params\":0}", R_KBS_VERSION, 0 },
    { "{\"version\":\"\",\"tee\":\"tdx\",\"extra-params\":0}", R_KBS_VERSION, 0 },
    { "{\"version\":\"0.4.0\",\"tee\":\"enclave\",\"extra-params\":0}", R_TEE_REFUSED, 0 },
    { "{\"version\":\"0.4.0\",\"tee\":\"SNP\",\"extra-params\":0}", R_TEE_REFUSED, 0 },
    { "{\"version\":\"0.4.0\",\"tee\":\"tdx\"}", R_KBS_FORMAT, 0 },
    { "{\"version\":\"0.4.0\",\"extra-params\":0}", R_KBS_FORMAT, 0 },
    { "{\"tee\":\"tdx\",\"extra-params\":0}", R_KBS_FORMAT, 0 },
    { "{\"version\":4,\"tee\":\"tdx\",\"extra-params\":0}", R_KBS_FORMAT, 0 },
    { "{\"version\":\"0.4.0\",\"version\":\"0.4.0\",\"tee\":\"tdx\",\"extra-params\":0}", R_JSON_MEMBER, 0 },
    { "[]", R_JSON_SYNTAX, 0 },
};

static void test_requests(void)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct kbs_request q = { 0 };
        struct sr_why why = { 0 };
        enum sr_err e = kbs_request_read(span_of(requests[i].text), &q, &why);
        T_ROW((e == SR_OK) == (requests[i].want == R_NONE) && why.reason == requests[i].want,
              requests[i].text);
        T_ROW(e != SR_OK || (q.version == requests[i].version && q.tee), requests[i].text);
    }
    size_t n = strlen(requests[0].text), accepted = 0;
    for (size_t cut = 0; cut < n; cut++)
        accepted += kbs_request_read((struct span){ (const uint8_t *)requests[0].text, cut },
                                     &(struct kbs_request){ 0 }, NULL) == SR_OK;
    T(accepted == 0);
    SR_OWN(buf) b = { 0 };
    kbs_challenge_write((const uint8_t[KBS_NONCE_SIZE]){ 0 }, &b);
    T(span_eq(
        buf_span(&b),
        SPAN_STR("{\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"extra-params\":\"\"}")));
}

/* ---- attest ---- */

#define RUNTIME  "\"runtime-data\":{\"nonce\":\"" NONCE "\",\"tee-pubkey\":" JWK_EC "}"
#define EVIDENCE "\"tee-evidence\":{\"primary_evidence\":{\"quote\":\"AAAA\"},\"additional_evidence\":\"\"}"
static const struct attest_row {
    enum kbs_version version;
    const char *text;
    enum sr_reason want;
} attests[] = {
    { KBS_0_1_0, "{\"tee-pubkey\":" JWK_OLD ",\"tee-evidence\":\"{\\\"quote\\\":\\\"AAAA\\\"}\"}", R_NONE },
    { KBS_0_1_0, "{\"tee-pubkey\":" JWK_OLD ",\"tee-evidence\":{\"quote\":\"AAAA\"}}", R_KBS_FORMAT },
    { KBS_0_1_0, "{\"tee-pubkey\":" JWK_OLD ",\"tee-evidence\":\"7\"}", R_JSON_SYNTAX },
    { KBS_0_1_1, "{\"tee-pubkey\":" JWK_OLD ",\"tee-evidence\":{\"quote\":\"AAAA\"}}", R_NONE },
    { KBS_0_1_1, "{\"tee-pubkey\":" JWK_OLD ",\"tee-evidence\":\"{}\"}", R_KBS_FORMAT },
    { KBS_0_2_0, "{\"tee-pubkey\":" JWK_EC ",\"tee-evidence\":{\"quote\":\"AAAA\"}}", R_NONE },
    { KBS_0_2_0, "{\"tee-pubkey\":" JWK_OLD ",\"tee-evidence\":{\"quote\":\"AAAA\"}}", R_JWK },
    { KBS_0_2_0, "{\"tee-evidence\":{\"quote\":\"AAAA\"}}", R_KBS_FORMAT },
    { KBS_0_3_0, "{\"tee-pubkey\":" JWK_EC521 "," EVIDENCE "}", R_NONE },
    { KBS_0_3_0, "{" RUNTIME "," EVIDENCE "}", R_NONE },
    { KBS_0_4_0, "{\"init-data\":null," RUNTIME "," EVIDENCE "}", R_NONE },
    { KBS_0_4_0, "{" RUNTIME "," EVIDENCE "}", R_NONE },
    { KBS_0_4_0,
      "{\"init-data\":{\"format\":\"toml\",\"body\":\"algorithm = \\\"sha256\\\"\"}," RUNTIME "," EVIDENCE
      "}",
      R_NONE },
    { KBS_0_4_0, "{\"init-data\":{\"format\":\"json\",\"body\":\"{}\"}," RUNTIME "," EVIDENCE "}",
      R_KBS_FORMAT },
    { KBS_0_4_0, "{\"init-data\":\"x\"," RUNTIME "," EVIDENCE "}", R_KBS_FORMAT },
    { KBS_0_4_0, "{\"tee-pubkey\":" JWK_EC "," EVIDENCE "}",
      R_KBS_FORMAT }, /* a flat body: no nonce is hashed */
    { KBS_0_4_0, "{" RUNTIME "}", R_KBS_FORMAT },
    { KBS_0_4_0, "{" RUNTIME ",\"tee-evidence\":{\"primary_evidence\":{}}}", R_KBS_FORMAT },
    { KBS_0_4_0, "{" RUNTIME ",\"tee-evidence\":{\"primary_evidence\":{},\"additional_evidence\":{}}}",
      R_KBS_FORMAT },
    { KBS_0_4_0, "{" RUNTIME ",\"tee-evidence\":{\"primary_evidence\":null,\"additional_evidence\":\"\"}}",
      R_KBS_FORMAT },
    { KBS_0_4_0, "{\"runtime-data\":{\"nonce\":\"" NONCE "\",\"tee-pubkey\":" JWK_OLD "}," EVIDENCE "}",
      R_JWK },
    { KBS_0_4_0, "{\"runtime-data\":{\"tee-pubkey\":" JWK_EC "}," EVIDENCE "}", R_KBS_FORMAT },
};

static void test_attestations(void)
{
    for (size_t i = 0; i < sizeof attests / sizeof *attests; i++) {
        SR_OWN(kbs_attestation) a = { 0 };
        struct sr_why why = { 0 };
        enum sr_err e = kbs_attestation_read(attests[i].version, span_of(attests[i].text), &a, &why);
        T_ROW((e == SR_OK) == (attests[i].want == R_NONE) && why.reason == attests[i].want, attests[i].text);
        size_t n = strlen(attests[i].text), accepted = 0;
        for (size_t cut = 0; cut < n; cut++) {
            SR_OWN(kbs_attestation) b = { 0 };
            accepted += kbs_attestation_read(attests[i].version,
                                             (struct span){ (const uint8_t *)attests[i].text, cut }, &b,
                                             NULL) == SR_OK;
        }
        T_ROW(accepted == 0, attests[i].text);
    }
}

/* Every bit of a body either spoils it, or changes the digest, or is in what the digest leaves out: the
 * evidence. */
static void test_bits(void)
{
    static const char good[] =
        "{" RUNTIME ",\"tee-evidence\":{\"primary_evidence\":{},\"additional_evidence\":\"\"}}";
    SR_OWN(kbs_attestation) a = { 0 };
    struct kbs_digests want, got;
    char text[sizeof good];
    size_t same = 0;
    T(kbs_attestation_read(KBS_0_4_0, span_of(good), &a, NULL) == SR_OK);
    T(kbs_digests(KBS_0_4_0, buf_span(&a.nonce), &a, &want) == SR_OK && want.n == 1);
    for (size_t bit = 0; bit < (sizeof good - 1) * 8; bit++) {
        SR_OWN(kbs_attestation) b = { 0 };
        memcpy(text, good, sizeof good);
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        same += kbs_attestation_read(KBS_0_4_0, (struct span){ (const uint8_t *)text, sizeof good - 1 }, &b,
                                     NULL) == SR_OK &&
                kbs_digests(KBS_0_4_0, buf_span(&b.nonce), &b, &got) == SR_OK &&
                memcmp(&got.rd[0], &want.rd[0], sizeof got.rd[0]) == 0;
    }
    T(same == 0);
}

static void test_devices(void)
{
    static const struct {
        const char *additional;
        enum sr_reason want;
    } rows[] = { { "", R_NONE },
                 { "{}", R_NONE },
                 { "{\"nvidia\":{}}", R_COMPOSITE },
                 { "{\"sampledevice\":{\"svn\":\"2\"}}", R_COMPOSITE },
                 { "[]", R_JSON_SYNTAX },
                 { "x", R_JSON_SYNTAX } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(kbs_attestation) a = { 0 };
        struct sr_why why = { 0 };
        wr_text(&a.additional, rows[i].additional);
        T_ROW((kbs_devices_check(&a, &why) == SR_OK) == (rows[i].want == R_NONE) &&
                  why.reason == rows[i].want,
              rows[i].additional);
    }
}

/* ---- kinds of TEE ---- */

static void test_tees(void)
{
    const struct kbs_tee *t = NULL;
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    T(kbs_tee_find(SPAN_STR("snp"), &t, NULL) == SR_OK && t == &kbs_tee_snp && kbs_tee_named("snp") == t);
    T(kbs_tee_find(SPAN_STR("tdx"), &t, NULL) == SR_OK &&
      kbs_tee_convert(t, SPAN_STR("{\"quote\":\"AAEC\"}"), &b, NULL) == SR_OK);
    T(span_eq(buf_span(&b), SPAN("\0\1\2")) == false && b.n == 3);
    T(kbs_tee_convert(t, SPAN_STR("{\"quote\":\"AAE\"}"), &b, &why) == SR_EFORMAT &&
      why.reason == R_KBS_FORMAT);
    T(kbs_tee_convert(t, SPAN_STR("{}"), &b, NULL) == SR_EFORMAT &&
      kbs_tee_convert(t, SPAN_STR("[]"), &b, NULL) == SR_EFORMAT);
    static const char *const refused[] = {
        "az-snp-vtpm", "aztdxvtpm", "az-tdx-vtpm", "nvidia", "nvidia-dpu",
        "nvidiadpu",   "sev",       "cca",         "se",     "sample" /* in production */,
        "sampledevice"
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        why = (struct sr_why){ 0 };
        T_ROW(kbs_tee_find(span_of(refused[i]), &t, NULL) == SR_OK && !t->type, refused[i]);
        T_ROW(kbs_tee_convert(t, SPAN_STR("{}"), &b, &why) == SR_EPROOF && why.reason == R_TEE_REFUSED &&
                  why.text[0],
              refused[i]);
    }
}

static void test_init_data(void)
{
    static const struct {
        const char *text;
        size_t n;
    } rows[] = {
        { "version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\n", 32 },
        { "algorithm=\"sha384\"\r\n", 48 },
        { "algorithm = 'sha512'", 64 },
        { "", 0 },
        { "[data]\nalgorithm = \"sha256\"\n", 0 },
        { "algorithm = \"sha256\"\nalgorithm = \"sha512\"\n", 0 },
        { "algorithm = \"sm3\"\n", 0 },
        { "algorithm = sha256\n", 0 },
        { "algorithm = \"\n", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kbs_init_digest d;
        struct sr_why why = { 0 };
        enum sr_err e = kbs_init_digest(span_of(rows[i].text), &d, &why);
        T_ROW(rows[i].n ? e == SR_OK && d.n == rows[i].n : e == SR_EFORMAT && why.reason == R_INIT_DATA,
              rows[i].text);
    }
    struct kbs_init_digest d;
    char hex[129];
    T(kbs_init_digest(span_of(rows[1].text), &d, NULL) == SR_OK);       /* 48 bytes */
    hex_text(SPAN(d.b), hex);                                           /* with 16 zeros behind it */
    T(kbs_init_matches(&d, (struct span){ (const uint8_t *)hex, 64 })); /* cut to 32 */
    T(kbs_init_matches(&d, (struct span){ (const uint8_t *)hex, 96 }) && kbs_init_matches(&d, span_of(hex)));
    T(!kbs_init_matches(&d, (struct span){ (const uint8_t *)hex, 62 }) &&
      !kbs_init_matches(&d, (struct span){ 0 }));
    hex[127] = '1';
    T(!kbs_init_matches(&d, span_of(hex)));
    hex[0] = hex[0] == '0' ? '1' : '0';
    T(!kbs_init_matches(&d, (struct span){ (const uint8_t *)hex, 64 }));
}

static void test_admin(void)
{
    SR_OWN(buf) b = { 0 };
    T(kbs_policy_read(SPAN_STR("{\"policy_id\":\"x\",\"policy\":\"aGk\"}"), &b, NULL) == SR_OK &&
      span_eq(buf_span(&b), SPAN_STR("hi")));
    T(kbs_policy_read(SPAN_STR("{\"policy\":\"aGk=\"}"), &b, NULL) == SR_EFORMAT);
    T(kbs_policy_read(SPAN_STR("{}"), &b, NULL) == SR_EFORMAT);
    T(kbs_builtin_find(SPAN_STR("package policy\ndefault allow = true\n")) == KBS_NOT_BUILTIN);
    static const char *const good[] = { "a", "A9_-", "key.pem", "_x", "-", "a..b" };
    static const char *const bad[] = { "", ".", "..", ".a", "a/b", "a%", "a b", "\xc3\xa9" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        T_ROW(kbs_segment_ok(span_of(good[i])), good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_ROW(!kbs_segment_ok(span_of(bad[i])), bad[i]);
}

/* ---- recorded vectors ---- */

static bool slurp(const char *name, struct buf *ret)
{
    char path[512];
    static uint8_t bytes[128 << 10];
    const char *folder = getenv("SEALRING_VECTORS");
    snprintf(path, sizeof path, "%s/kbs/%s", folder ? folder : "../shared/vectors", name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    wr_span(ret, (struct span){ bytes, fread(bytes, 1, sizeof bytes, f) });
    fclose(f);
    return true;
}

/* The digest among those that the version takes. */
static void check_digest(enum kbs_version v, struct span nonce, struct kbs_attestation *a, struct span sha384,
                         const char *row)
{
    struct kbs_digests d;
    bool found = false;
    T_ROW(kbs_digests(v, nonce, a, &d) == SR_OK, row);
    for (size_t i = 0; i < d.n; i++) {
        char hex[97];
        hex_text((struct span){ d.rd[i].b, 48 }, hex);
        found = found || span_eq(sha384, span_of(hex));
    }
    T_ROW(found, row);
}

/* Old clients: both orders of members. */
static void check_legacy(struct span text)
{
    struct span legacy = { 0 }, one;
    int seen = 0;
    T(jf_members(text, &(struct jf_member){ "legacy", &legacy }, 1));
    for (struct jf_walk w = { .rest = legacy }; jf_next(&w, &one); seen++) {
        SR_OWN(kbs_attestation) a = { 0 };
        struct span nonce = { 0 }, key = { 0 }, sorted = { 0 }, declared = { 0 };
        const struct jf_member m[] = { { "nonce", &nonce },
                                       { "tee-pubkey", &key },
                                       { "sorted_sha384", &sorted },
                                       { "insertion_order_sha384", &declared } };
        T(jf_members(one, m, 4) && jf_plain(nonce, &nonce) && jwk_read(key, &a.key, NULL) == SR_OK);
        T(jf_plain(sorted, &sorted) && jf_plain(declared, &declared));
        check_digest(KBS_0_1_1, nonce, &a, sorted, "sorted");
        check_digest(KBS_0_1_1, nonce, &a, declared, "declared");
    }
    T(seen == 2);
}

static bool check_runtime(void)
{
    SR_OWN(buf) text = { 0 };
    struct span cases = { 0 }, one;
    int seen = 0;
    if (!slurp("selfmade/runtime_data.json", &text))
        return false;
    T(json_foreign_check(buf_span(&text), NULL) == SR_OK &&
      jf_members(buf_span(&text), &(struct jf_member){ "cases", &cases }, 1));
    for (struct jf_walk w = { .rest = cases }; jf_next(&w, &one); seen++) {
        SR_OWN(kbs_attestation) a = { 0 };
        struct span protocol = { 0 }, nonce = { 0 }, key = { 0 }, extra = { 0 }, digest = { 0 },
                    sha384 = { 0 };
        const struct jf_member m[] = { { "protocol", &protocol },
                                       { "nonce", &nonce },
                                       { "tee-pubkey", &key },
                                       { "additional_evidence", &extra },
                                       { "digest", &digest } };
        T(jf_members(one, m, 5) && jf_plain(protocol, &protocol) && jf_plain(nonce, &nonce) &&
          jwk_read(key, &a.key, NULL) == SR_OK);
        T(jf_members(digest, &(struct jf_member){ "sha384", &sha384 }, 1) && jf_plain(sha384, &sha384));
        T(jf_is_null(extra) || jf_string(extra, &a.additional));
        bool old = protocol.n < 5 || !span_eq(protocol, SPAN_STR("0.4.0"));
        check_digest(old ? KBS_0_2_0 : KBS_0_4_0, nonce, &a, sha384, "runtime data");
    }
    T(seen == 4);
    check_legacy(buf_span(&text));
    return true;
}

/* A real guest's evidence, all the way: against the report data that was asked of it, under AMD's own root.
 */
static bool check_captured(const struct buf *evidence)
{
    static struct claims claims;
    SR_OWN(buf) pem = { 0 };
    struct collateral *set = NULL;
    struct sr_why why = { 0 };
    struct verify_in in = { .evidence = buf_span(evidence),
                            .now = 1764000000,
                            .roots = vendor_roots(SPAN_STR("snp")) };
    if (!slurp("roots/genoa_ask_ark_asvk.pem", &pem))
        return false;
    struct span file = buf_span(&pem);
    T(collateral_make(&file, 1, &in.roots, &set, NULL) == SR_OK);
    in.collateral = set;
    memcpy(in.rd.b, evidence->p + 0x50, sizeof in.rd.b);
    T_ROW(evidence_verify(SPAN_STR("snp"), &in, &claims, &why) == SR_OK, why.text);
    for (size_t i = 0; i < 0x2a0; i += 7) { /* a field that is put together wrongly is no longer signed */
        evidence->p[i] ^= 1;
        T(evidence_verify(SPAN_STR("snp"), &in, &claims, NULL) != SR_OK);
        evidence->p[i] ^= 1;
    }
    collateral_free(set);
    return true;
}

static bool check_snp(void)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) want = { 0 };
    SR_OWN(buf) got = { 0 };
    struct sr_why why = { 0 };
    if (!slurp("snp/kbs-evidence-snp-v3-genoa.json", &text) ||
        !slurp("snp/kbs-evidence-snp-v3-genoa.rebuilt-report.bin", &want))
        return false;
    T(json_foreign_check(buf_span(&text), NULL) == SR_OK);
    T_ROW(kbs_tee_convert(&kbs_tee_snp, buf_span(&text), &got, &why) == SR_OK, why.text);
    T(got.n > want.n && span_eq((struct span){ got.p, want.n }, buf_span(&want)));
    return check_captured(&got);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 2;
    test_requests();
    test_attestations();
    test_bits();
    test_devices();
    test_tees();
    test_init_data();
    test_admin();
    if (!check_runtime() || !check_snp())
        printf("skipped: no recorded vectors (SEALRING_VECTORS)\n");
    return t_end();
}
