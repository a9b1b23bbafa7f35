/* Sessions as bytes; and the recorded transcript of the sample TEE, replayed with its own randomness (the
 * vectors are not part of the tree: SEALRING_VECTORS). */
#include "proto/evidence.h"
#include "proto/json_foreign.h"
#include "proto/kbs_session.h"
#include "tests/hex.h"
#include "tests/jose_keys.h"

#include <stdlib.h>

enum { NOW = 1700000000 };

static void fill_claims(struct claims *c)
{
    static const uint8_t bytes[48] = { 0xab, 0xcd };
    *c = (struct claims){ 0 };
    claims_put_text(c, "type", SPAN_STR("sample"));
    claims_put_hex(c, "measurement", SPAN(bytes));
    claims_put_text(c, "odd", SPAN_STR("abc"));
    claims_put_text(c, "upper", SPAN_STR("AB"));
    claims_put_text(c, "empty", (struct span){ 0 });
    claims_put_uint(c, "big", UINT64_MAX);
    claims_put_bool(c, "debug", true);
}

static struct kbs_session session(const char *key)
{
    struct kbs_session s = {
        .version = KBS_0_2_0, .tee = kbs_tee_named("sample"), .nonce = { 7 }, .expires = NOW
    };
    s.attested = key != NULL;
    T(!key || jwk_read(span_of(key), &s.key, NULL) == SR_OK);
    return s;
}

static bool same_claims(const struct claims *a, const struct claims *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->c[i].name, b->c[i].name) != 0 || a->c[i].kind != b->c[i].kind ||
            a->c[i].num != b->c[i].num || strcmp(a->c[i].text, b->c[i].text) != 0)
            return false;
    return true;
}

static void test_session(const char *key)
{
    static struct claims claims, back;
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) again = { 0 };
    struct kbs_session s = session(key), got = { 0 };
    size_t accepted = 0, other = 0;
    fill_claims(&claims);
    T(kbs_session_encode(&s, &claims, &b) == SR_OK);
    T(kbs_session_decode(buf_span(&b), NOW, &got, &back, NULL) == SR_OK);
    T(got.version == s.version && got.tee == s.tee && got.expires == NOW && got.attested == s.attested);
    T(memcmp(got.nonce, s.nonce, sizeof s.nonce) == 0 && memcmp(&got.key, &s.key, sizeof s.key) == 0);
    T(key ? same_claims(&claims, &back) : back.n == 0);
    T(kbs_session_encode(&got, &back, &again) == SR_OK && span_eq(buf_span(&b), buf_span(&again)));
    struct sr_why why = { 0 };
    T(kbs_session_decode(buf_span(&b), NOW + 1, &got, &back, &why) == SR_EAUTH &&
      why.reason == R_KBS_SESSION);
    for (size_t cut = 0; cut < b.n; cut++)
        accepted += kbs_session_decode((struct span){ b.p, cut }, NOW, &got, &back, NULL) == SR_OK;
    T(accepted == 0);
    wr_u8(&b, 0);
    T(kbs_session_decode(buf_span(&b), NOW, &got, &back, NULL) == SR_EAUTH);
    b.n--;
    for (size_t bit = 0; bit < b.n * 8; bit++) { /* what still decodes encodes to just these bytes */
        SR_OWN(buf) out = { 0 };
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (kbs_session_decode(buf_span(&b), 0, &got, &back, NULL) == SR_OK)
            other += kbs_session_encode(&got, &back, &out) != SR_OK || !span_eq(buf_span(&out), buf_span(&b));
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(other == 0);
}

/* ---- the transcript ---- */

static bool slurp(const char *name, struct buf *ret)
{
    char path[512];
    static uint8_t bytes[64 << 10];
    const char *folder = getenv("SEALRING_VECTORS");
    snprintf(path, sizeof path, "%s/kbs/selfmade/%s", folder ? folder : "../shared/vectors", name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    /* an array of exchanges: as a member of an object, as our reader has it */
    wr_text(ret, "{\"all\":");
    wr_span(ret, (struct span){ bytes, fread(bytes, 1, sizeof bytes, f) });
    wr_u8(ret, '}');
    fclose(f);
    return json_foreign_check(buf_span(ret), NULL) == SR_OK;
}

static struct span member(struct span object, const char *name)
{
    struct span v = { 0 };
    T_ROW(jf_members(object, &(struct jf_member){ name, &v }, 1) && v.n, name);
    return v;
}

static struct span text_of(struct span v)
{
    struct span s = { 0 };
    T(jf_plain(v, &s));
    return s;
}

struct recorded {
    uint8_t nonce[KBS_NONCE_SIZE];
    enum kbs_version version;
    const struct kbs_tee *tee;
    struct jwk key;
};

static void replay_auth(struct span request, struct span challenge, struct recorded *r)
{
    SR_OWN(buf) nonce = { 0 };
    SR_OWN(buf) got = { 0 };
    struct kbs_request q = { 0 };
    T(kbs_request_read(request, &q, NULL) == SR_OK && q.tee->type);
    T(base64_read(text_of(member(challenge, "nonce")), &nonce) == SR_OK && nonce.n == sizeof r->nonce);
    memcpy(r->nonce, nonce.p, sizeof r->nonce);
    r->version = q.version;
    r->tee = q.tee;
    kbs_challenge_write(r->nonce, &got);
    T(span_eq(member(buf_span(&got), "nonce"), member(challenge, "nonce")));
    T(span_eq(member(buf_span(&got), "extra-params"), member(challenge, "extra-params")));
}

static void replay_attest(struct span body, struct recorded *r)
{
    static struct claims claims;
    SR_OWN(kbs_attestation) a = { 0 };
    SR_OWN(buf) evidence = { 0 };
    SR_OWN(buf) nonce = { 0 };
    struct kbs_digests d;
    size_t good = 0;
    kbs_nonce_text(r->nonce, &nonce);
    T(kbs_attestation_read(r->version, body, &a, NULL) == SR_OK && kbs_devices_check(&a, NULL) == SR_OK);
    T(!a.nonce_sent || span_eq(buf_span(&a.nonce), buf_span(&nonce)));
    T(kbs_tee_convert(r->tee, a.evidence, &evidence, NULL) == SR_OK);
    T(kbs_digests(r->version, buf_span(&nonce), &a, &d) == SR_OK);
    for (size_t i = 0; i < d.n; i++) {
        struct verify_in in = { .evidence = buf_span(&evidence), .rd = d.rd[i], .now = NOW };
        claims = (struct claims){ 0 };
        good += evidence_verify(span_of(r->tee->type), &in, &claims, NULL) == SR_OK;
    }
    T(good == 1);
    nonce.p[0] ^= 1; /* and over no other nonce */
    T(kbs_digests(r->version, buf_span(&nonce), &a, &d) == SR_OK);
    for (size_t i = 0; i < d.n; i++) {
        struct verify_in in = { .evidence = buf_span(&evidence), .rd = d.rd[i], .now = NOW };
        T(evidence_verify(span_of(r->tee->type), &in, &claims, NULL) == SR_EPROOF);
    }
    r->key = a.key;
}

/* The reply with what was drawn for it, which another file has. */
static void replay_reply(struct span want, const struct recorded *r)
{
    SR_OWN(buf) drawn = { 0 };
    SR_OWN(buf) d = { 0 };
    SR_OWN(buf) got = { 0 };
    SR_OWN(jwe_random) random = { 0 };
    uint8_t plain[64];
    T(slurp("jwe_ecdh_es_a256kw_p256.json", &drawn));
    struct span all = member(buf_span(&drawn), "all"), hex = text_of(member(all, "plaintext_hex"));
    T(base64url_read(text_of(member(all, "ephemeral_d")), &d) == SR_OK && d.n == 32);
    memcpy(random.eph, d.p, d.n);
    T(hex_read(text_of(member(all, "cek_hex")), random.cek, sizeof random.cek) == SR_OK);
    T(hex_read(text_of(member(all, "iv_hex")), random.iv, sizeof random.iv) == SR_OK);
    T(hex.n / 2 <= sizeof plain && hex_read(hex, plain, hex.n / 2) == SR_OK);
    T(jwe_seal(&r->key, kbs_reply_form(r->version), (struct span){ plain, hex.n / 2 }, &random, &got) ==
      SR_OK);
    static const char *const names[] = { "protected", "encrypted_key", "iv", "ciphertext", "tag" };
    for (size_t i = 0; i < 5; i++)
        T_ROW(span_eq(member(buf_span(&got), names[i]), member(want, names[i])), names[i]);
}

static bool replay(void)
{
    SR_OWN(buf) text = { 0 };
    struct recorded r = { 0 };
    struct span one[3];
    if (!slurp("transcript_sample_0.4.0.json", &text))
        return false;
    struct jf_walk w = { .rest = member(buf_span(&text), "all") };
    T(jf_next(&w, &one[0]) && jf_next(&w, &one[1]) && jf_next(&w, &one[2]));
    replay_auth(member(member(one[0], "request"), "body"), member(member(one[0], "response"), "body"), &r);
    replay_attest(member(member(one[1], "request"), "body"), &r);
    replay_reply(member(member(one[2], "response"), "body"), &r);
    return true;
}

static bool replay_old(void)
{
    SR_OWN(buf) text = { 0 };
    struct recorded r = { 0 };
    struct span one;
    int seen = 0;
    if (!slurp("transcript_sample_legacy_auth.json", &text))
        return false;
    struct span nonce =
        SPAN_STR("{\"nonce\":\"zJlyDpokGJscnca+s4xod1k8iQq8fiqSPT1Ag/xztAM=\",\"extra-params\":\"\"}");
    for (struct jf_walk w = { .rest = member(buf_span(&text), "all") }; jf_next(&w, &one); seen++) {
        replay_auth(member(one, "auth"), nonce, &r);
        replay_attest(member(one, "attest"), &r);
    }
    T(seen == 3);
    return true;
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 2;
    test_session(NULL);
    test_session(JWK_EC);
    test_session(JWK_EC521);
    test_session(JWK_OLD);
    if (!replay() || !replay_old())
        printf("skipped: no recorded transcript (SEALRING_VECTORS)\n");
    return t_end();
}
