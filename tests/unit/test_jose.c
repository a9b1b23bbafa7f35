/* Keys, replies and tokens of JOSE: what is read, what is refused, and vectors of another implementation,
 * which are not part of the tree (SEALRING_VECTORS). */
#include "proto/jose.h"
#include "proto/json_foreign.h"
#include "tests/hex.h"
#include "tests/jose_keys.h"

#include <stdlib.h>

static struct jwk read_key(const char *text)
{
    struct jwk k = { 0 };
    struct sr_why why = { 0 };
    T_ROW(jwk_read(span_of(text), &k, &why) == SR_OK, why.text);
    return k;
}

static const struct row {
    const char *text;
    enum sr_err want;
} keys[] = {
    { JWK_EC, SR_OK },
    { JWK_EC521, SR_OK },
    { JWK_OAEP, SR_OK },
    { JWK_OLD, SR_OK },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES+A256KW\",\"x\":\"" JWK_EC_X "\",\"y\":\"" JWK_EC_Y
      "\",\"use\":\"enc\",\"n\":\"\"}",
      SR_OK },
    { "{}", SR_EFORMAT },
    { "[]", SR_EFORMAT },
    { "{\"kty\":\"EC\",\"crv\":\"P-384\",\"alg\":\"ECDH-ES+A256KW\",\"x\":\"" JWK_EC_X "\",\"y\":\"" JWK_EC_Y
      "\"}",
      SR_EFORMAT },
    { "{\"kty\":\"EC\",\"crv\":\"P-521\",\"alg\":\"ECDH-ES+A256KW\",\"x\":\"" JWK_EC_X "\",\"y\":\"" JWK_EC_Y
      "\"}",
      SR_EFORMAT },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES\",\"x\":\"" JWK_EC_X "\",\"y\":\"" JWK_EC_Y "\"}",
      SR_EFORMAT },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"RSA-OAEP-256\",\"x\":\"" JWK_EC_X "\",\"y\":\"" JWK_EC_Y
      "\"}",
      SR_EFORMAT },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" JWK_EC_X "\",\"y\":\"" JWK_EC_Y "\"}", SR_EFORMAT },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"none\",\"x\":\"" JWK_EC_X "\",\"y\":\"" JWK_EC_Y "\"}",
      SR_EFORMAT },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES+A256KW\",\"x\":\"" JWK_EC_X "=\",\"y\":\"" JWK_EC_Y
      "\"}",
      SR_EFORMAT }, /* padding */
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES+A256KW\",\"x\":\"" JWK_EC_Y "\",\"y\":\"" JWK_EC_X
      "\"}",
      SR_EPROOF }, /* no point of the curve */
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES+A256KW\",\"x\":"
      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
      "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
      SR_EPROOF },
    /* x = 0 has a point; the prime is no other way to write that 0. */
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES+A256KW\",\"x\":"
      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
      "\"y\":\"ZkhceA4vg9ckM71dhKBrtlQcKvMdrocXKL-FahdPk_Q\"}",
      SR_OK },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES+A256KW\",\"x\":"
      "\"_____wAAAAEAAAAAAAAAAAAAAAD_______________8\","
      "\"y\":\"ZkhceA4vg9ckM71dhKBrtlQcKvMdrocXKL-FahdPk_Q\"}",
      SR_EPROOF },
    { "{\"kty\":\"EC\",\"crv\":\"P-521\",\"alg\":\"ECDH-ES+A256KW\",\"x\":"
      "\"Af______________________________________________________________________________________\","
      "\"y\":\"AS3xNgFZSog-8tk15Eu5C_TWYZt05Sr3VS-XdpARwHGetDnPqyqI1A_lmivtH0NVcWmi0KLM0oDGB7krv1H_4LB4\"}",
      SR_EPROOF },
    { "{\"kty\":\"RSA\",\"alg\":\"RSA-OAEP-256\",\"n\":\"" JWK_RSA_N "\",\"e\":\"Aw\"}", SR_EFORMAT },
    { "{\"kty\":\"RSA\",\"alg\":\"RSA-OAEP\",\"n\":\"" JWK_RSA_N "\",\"e\":\"AQAB\"}", SR_EFORMAT },
    { "{\"kty\":\"RSA\",\"alg\":\"RSA-OAEP-256\",\"n\":\"" JWK_EC_X "\",\"e\":\"AQAB\"}", SR_EFORMAT },
    { "{\"kty\":\"AKP\",\"alg\":\"ML-KEM-768+A192KW\",\"pub\":\"AAAA\"}", SR_EFORMAT },
    { "{\"kty\":\"oct\",\"k\":\"AAAA\",\"alg\":\"A256KW\"}", SR_EFORMAT },
};

static void test_keys(void)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct jwk k = { 0 };
        struct sr_why why = { 0 };
        enum sr_err e = jwk_read(span_of(keys[i].text), &k, &why);
        T_ROW(e == keys[i].want, keys[i].text);
        T_ROW(e == SR_OK || (why.reason == R_JWK && k.kind == JWK_NONE), keys[i].text);
    }
    for (size_t i = 0; i < 4; i++) { /* written again, it is what it was */
        SR_OWN(buf) b = { 0 };
        struct jwk k = read_key(keys[i].text);
        jwk_write(&k, JWK_SORTED, &b);
        T_ROW(span_eq(buf_span(&b), span_of(keys[i].text)), keys[i].text);
    }
    SR_OWN(buf) b = { 0 };
    struct jwk k = read_key(JWK_EC);
    jwk_write(&k, JWK_DECLARED, &b);
    T(span_eq(buf_span(&b),
              SPAN_STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES+A256KW\",\"x\":\"" JWK_EC_X
                       "\",\"y\":\"" JWK_EC_Y "\"}")));
}

/* No shorter text and no other bit is the same key. */
static void test_changed_keys(void)
{
    static const char *const texts[] = { JWK_EC, JWK_EC521, JWK_OAEP };
    for (size_t t = 0; t < 3; t++) {
        struct jwk good = read_key(texts[t]), k;
        size_t n = strlen(texts[t]), same = 0;
        char changed[1024];
        for (size_t cut = 0; cut < n; cut++)
            same += json_foreign_check((struct span){ (const uint8_t *)texts[t], cut }, NULL) == SR_OK;
        for (size_t bit = 0; bit < n * 8; bit++) {
            memcpy(changed, texts[t], n + 1);
            changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
            k = (struct jwk){ 0 };
            same += json_foreign_check((struct span){ (const uint8_t *)changed, n }, NULL) == SR_OK &&
                    jwk_read((struct span){ (const uint8_t *)changed, n }, &k, NULL) == SR_OK &&
                    memcmp(&k, &good, sizeof k) == 0;
        }
        T_ROW(same == 0, texts[t]);
    }
}

static bool has(const struct buf *b, const char *text)
{
    return b->n && memmem(b->p, b->n, text, strlen(text)) != NULL;
}

static void test_replies(void)
{
    static const char *const texts[] = { JWK_EC, JWK_EC521, JWK_OAEP, JWK_OLD };
    for (size_t i = 0; i < 4; i++) {
        SR_OWN(buf) one = { 0 };
        SR_OWN(buf) other = { 0 };
        SR_OWN(buf) empty = { 0 };
        SR_OWN(jwe_random) r = { 0 };
        struct jwk k = read_key(texts[i]);
        jwe_random_draw(&k, &r);
        T(jwe_seal(&k, JWE_FLATTENED, SPAN_STR("secret"), &r, &one) == SR_OK);
        T(jwe_seal(&k, JWE_FLATTENED, (struct span){ 0 }, &r, &empty) == SR_OK);
        jwe_random_draw(&k, &r);
        T(jwe_seal(&k, JWE_FLATTENED, SPAN_STR("secret"), &r, &other) == SR_OK);
        T(!span_eq(buf_span(&one), buf_span(&other)));
        T(json_foreign_check(buf_span(&one), NULL) == SR_OK && has(&one, "\"tag\":\"") &&
          !has(&one, "\"aad\""));
        T(has(&empty, "\"ciphertext\":\"\""));
    }
    SR_OWN(buf) b = { 0 };
    SR_OWN(jwe_random) r = { .cek = { 1 } };
    struct jwk k = read_key(JWK_EC), none = { 0 };
    T(jwe_seal(&k, JWE_FLATTENED, SPAN_STR("x"), &r, &b) != SR_OK); /* an ephemeral scalar of 0 */
    memset(r.eph, 0xff, sizeof r.eph);
    T(jwe_seal(&k, JWE_FLATTENED, SPAN_STR("x"), &r, &b) != SR_OK); /* or over the order */
    T(jwe_seal(&none, JWE_FLATTENED, SPAN_STR("x"), &r, &b) != SR_OK);
}

static const uint8_t scalar[32] = { 1, 2, 3, 4, 5 };
#define PAYLOAD "{\"exp\":1}"

static void test_tokens(void)
{
    SR_OWN(jws_key) key = { 0 };
    SR_OWN(jws_key) other = { 0 };
    SR_OWN(buf) token = { 0 };
    SR_OWN(jws) j = { 0 };
    uint8_t second[32] = { 9 };
    T(jws_key_make(SPAN(scalar), &key) == SR_OK && jws_key_make(SPAN(second), &other) == SR_OK);
    T(jws_sign_es256(&key, "k1", SPAN_STR(PAYLOAD), &token) == SR_OK);
    T(jws_read(buf_span(&token), JWS_ES256, &j, NULL) == SR_OK);
    T(strcmp(j.kid, "k1") == 0 && span_eq(buf_span(&j.payload), SPAN_STR(PAYLOAD)));
    T(jws_verify_es256(&j, &key, NULL) == SR_OK);
    T(jws_verify_es256(&j, &other, NULL) == SR_EAUTH);
    T(jws_verify_eddsa(&j, &(struct sign_pub){ { 0 } }, NULL) == SR_EAUTH);
    size_t accepted = 0;
    for (size_t bit = 0; bit < token.n * 8; bit++) {
        SR_OWN(jws) bad = { 0 };
        token.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += jws_read(buf_span(&token), JWS_ES256, &bad, NULL) == SR_OK &&
                    jws_verify_es256(&bad, &key, NULL) == SR_OK;
        token.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < token.n; cut++) {
        SR_OWN(jws) bad = { 0 };
        accepted += jws_read((struct span){ token.p, cut }, JWS_ES256, &bad, NULL) == SR_OK;
    }
    T(accepted == 0);
    T(jws_verify_es256(&j, &(struct jws_key){ 0 }, NULL) == SR_EAUTH);
    T(jws_key_make((struct span){ scalar, 31 }, &other) == SR_EFORMAT);
    T(jws_key_make(SPAN(((uint8_t[32]){ 0 })), &other) == SR_EFORMAT);
}

/* header, then {} and 64 zero bytes of signature */
static void check_header(const char *header, enum jws_alg alg, enum sr_err want)
{
    SR_OWN(buf) t = { 0 };
    SR_OWN(jws) j = { 0 };
    uint8_t zeros[64] = { 0 };
    wr_base64url(&t, span_of(header));
    wr_text(&t, ".e30.");
    wr_base64url(&t, SPAN(zeros));
    T_ROW(jws_read(buf_span(&t), alg, &j, NULL) == want, header);
}

static void test_headers(void)
{
    check_header("{\"alg\":\"ES256\"}", JWS_ES256, SR_OK);
    check_header("{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}", JWS_EDDSA, SR_OK);
    check_header("{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"}}", JWS_ES256,
                 SR_OK); /* read, and worth nothing */
    check_header("{\"alg\":\"none\"}", JWS_ES256, SR_EAUTH);
    check_header("{\"alg\":\"None\"}", JWS_ES256, SR_EAUTH);
    check_header("{\"alg\":\"HS256\"}", JWS_ES256, SR_EAUTH);
    check_header("{\"alg\":\"EdDSA\"}", JWS_ES256, SR_EAUTH);
    check_header("{\"alg\":\"ES256\",\"alg\":\"none\"}", JWS_ES256, SR_EAUTH);
    check_header("{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", JWS_ES256, SR_EAUTH);
    check_header("{\"alg\":\"ES256\",\"kid\":7}", JWS_ES256, SR_EAUTH);
    check_header("{}", JWS_ES256, SR_EAUTH);
    check_header("[]", JWS_ES256, SR_EAUTH);
    SR_OWN(jws) j = { 0 };
    T(jws_read(SPAN_STR("e30.e30."), JWS_ES256, &j, NULL) == SR_EAUTH);
    T(jws_read(SPAN_STR("a.b.c.d"), JWS_ES256, &j, NULL) == SR_EAUTH);
    T(jws_read((struct span){ 0 }, JWS_ES256, &j, NULL) == SR_EAUTH);
}

/* ---- recorded vectors ---- */

static bool slurp(const char *name, struct buf *ret)
{
    char path[512];
    static uint8_t bytes[64 << 10];
    const char *folder = getenv("SEALRING_VECTORS");
    snprintf(path, sizeof path, "%s/kbs/selfmade/%s", folder ? folder : "../shared/vectors", name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    wr_span(ret, (struct span){ bytes, fread(bytes, 1, sizeof bytes, f) });
    fclose(f);
    return json_foreign_check(buf_span(ret), NULL) == SR_OK;
}

static void hex_of(struct span v, void *out, size_t n)
{
    T(jf_plain(v, &v) && hex_read(v, out, n) == SR_OK);
}

/* A reply with all that was drawn for it: the same bytes come out. */
static bool check_vector(const char *name)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) got = { 0 };
    SR_OWN(buf) d = { 0 };
    SR_OWN(buf) plain = { 0 };
    SR_OWN(jwe_random) r = { 0 };
    struct span jwk = { 0 }, eph = { 0 }, cek = { 0 }, iv = { 0 }, hex = { 0 }, want = { 0 };
    const struct jf_member m[] = {
        { "recipient_jwk", &jwk }, { "ephemeral_d", &eph },   { "cek_hex", &cek },
        { "iv_hex", &iv },         { "plaintext_hex", &hex }, { "response", &want }
    };
    struct jwk k;
    if (!slurp(name, &text))
        return false;
    T(jf_members(buf_span(&text), m, 6) && jf_plain(eph, &eph) && base64url_read(eph, &d) == SR_OK);
    T(jwk_read(jwk, &k, NULL) == SR_OK && d.n == jwk_size(k.kind) && d.n <= sizeof r.eph);
    memcpy(r.eph, d.p, d.n);
    hex_of(cek, r.cek, sizeof r.cek);
    hex_of(iv, r.iv, sizeof r.iv);
    size_t n = (hex.n - 2) / 2;
    hex_of(hex, wr_room(&plain, n), n);
    T(jwe_seal(&k, JWE_FLATTENED, buf_span(&plain), &r, &got) == SR_OK);
    static const char *const names[] = { "protected", "encrypted_key", "iv", "ciphertext", "tag" };
    for (size_t i = 0; i < 5; i++) {
        struct span a = { 0 }, b = { 0 };
        T(jf_members(buf_span(&got), &(struct jf_member){ names[i], &a }, 1));
        T(jf_members(want, &(struct jf_member){ names[i], &b }, 1));
        T_ROW(a.n && span_eq(a, b), names[i]);
    }
    return true;
}

static bool check_tokens(void)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(jws) j = { 0 };
    SR_OWN(buf) der = { 0 };
    struct span token = { 0 }, pem = { 0 };
    const struct jf_member m[] = { { "admin_eddsa_jwt", &token }, { "admin_pub_pem", &pem } };
    struct sign_pub pub;
    if (!slurp("tokens.json", &text))
        return false;
    T(jf_members(buf_span(&text), m, 2) && jf_plain(token, &token));
    T(jws_read(token, JWS_EDDSA, &j, NULL) == SR_OK);
    const char *body = strstr((const char *)pem.p, "\\n") + 2;
    T(base64_read((struct span){ (const uint8_t *)body, 60 }, &der) == SR_OK && der.n == 44);
    memcpy(pub.b, der.p + 12, 32);
    T(jws_verify_eddsa(&j, &pub, NULL) == SR_OK);
    pub.b[0] ^= 1;
    T(jws_verify_eddsa(&j, &pub, NULL) == SR_EAUTH);
    return true;
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 2;
    test_keys();
    test_changed_keys();
    test_replies();
    test_tokens();
    test_headers();
    if (!check_vector("jwe_ecdh_es_a256kw_p256.json") || !check_vector("jwe_ecdh_es_a256kw_p521.json") ||
        !check_tokens())
        printf("skipped: no recorded vectors (SEALRING_VECTORS)\n");
    return t_end();
}
