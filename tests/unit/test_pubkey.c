/* Other people's keys and signatures: rows from tests/vectors-src/pubkey.py; AES-CFB from NIST SP 800-38A. */
#include "crypto/cfb.h"
#include "crypto/hash.h"
#include "crypto/pubkey.h"
#include "tests/hex.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define MSG   SPAN_STR("signed by someone else")
#define OTHER SPAN_STR("signed by someone elsf")

#define RSA_ROW(...)
#define MODULUS(...)
#define EC(...) { __VA_ARGS__ },
static const struct ec_row {
    enum curve curve;
    enum hash_alg hash;
    const char *x, *y, *r, *s;
} ec_rows[] = {
#include "tests/unit/rows_pubkey.inc"
};
#undef EC
#undef RSA_ROW
#define EC(...)
#define RSA_ROW(...) { __VA_ARGS__ },
static const struct rsa_row {
    enum rsa_scheme scheme;
    enum hash_alg hash;
    const char *sig;
} rsa_rows[] = {
#include "tests/unit/rows_pubkey.inc"
};
#undef RSA_ROW
#undef MODULUS
#define RSA_ROW(...)
#define MODULUS(n) n
static const char modulus[] =
#include "tests/unit/rows_pubkey.inc"
    ;

static void ecdsa_of_others_verifies_and_no_flip_does(const struct ec_row *row)
{
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) c = { 0 };
    SR_OWN(buf) d = { 0 };
    SR_OWN(pubkey) k = { 0 };
    struct span r = unhex(&c, row->r), s = unhex(&d, row->s);
    T(pubkey_from_ec(row->curve, unhex(&a, row->x), unhex(&b, row->y), &k) == SR_OK);
    T(pubkey_verify_ecdsa(&k, row->hash, MSG, r, s) == SR_OK);
    T(pubkey_verify_ecdsa(&k, row->hash, OTHER, r, s) == SR_EPROOF);
    T(pubkey_verify_ecdsa(&k, (row->hash + 1) % HASH_ALG_COUNT, MSG, r, s) == SR_EPROOF);
    T(pubkey_verify_ecdsa(&k, HASH_ALG_COUNT, MSG, r, s) == SR_EPROOF);
    T(pubkey_verify_ecdsa(&k, row->hash, MSG, s, r) == SR_EPROOF);
    T(pubkey_verify_ecdsa(&k, row->hash, MSG, (struct span){ 0 }, s) == SR_EPROOF);
    T(pubkey_verify_ecdsa(&k, row->hash, MSG, r, (struct span){ 0 }) == SR_EPROOF);
    T(pubkey_verify_rsa(&k, RSA_SCHEME_PKCS1, row->hash, MSG, r) == SR_EPROOF);
    for (size_t i = 0; i < r.n * 8; i += 3) {
        c.p[i / 8] ^= (uint8_t)(1 << i % 8);
        T(pubkey_verify_ecdsa(&k, row->hash, MSG, r, s) == SR_EPROOF);
        c.p[i / 8] ^= (uint8_t)(1 << i % 8);
        d.p[i / 8] ^= (uint8_t)(1 << i % 8);
        T(pubkey_verify_ecdsa(&k, row->hash, MSG, r, s) == SR_EPROOF);
        d.p[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    SR_OWN(buf) long_r = { 0 };
    wr_u8(&long_r, 0);
    wr_span(&long_r, r);
    T(pubkey_verify_ecdsa(&k, row->hash, MSG, buf_span(&long_r), s) == SR_EPROOF);
}

static void rsa_of_others_verifies_and_no_flip_does(const struct rsa_row *row)
{
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(pubkey) k = { 0 };
    struct span sig = unhex(&b, row->sig);
    T(pubkey_from_rsa(unhex(&a, modulus), 65537, &k) == SR_OK);
    T(pubkey_verify_rsa(&k, row->scheme, row->hash, MSG, sig) == SR_OK);
    T(pubkey_verify_rsa(&k, row->scheme, row->hash, OTHER, sig) == SR_EPROOF);
    T(pubkey_verify_rsa(&k, (row->scheme + 1) % RSA_SCHEME_COUNT, row->hash, MSG, sig) == SR_EPROOF);
    T(pubkey_verify_rsa(&k, RSA_SCHEME_COUNT, row->hash, MSG, sig) == SR_EPROOF);
    T(pubkey_verify_rsa(&k, row->scheme, (row->hash + 1) % HASH_ALG_COUNT, MSG, sig) == SR_EPROOF);
    T(pubkey_verify_rsa(&k, row->scheme, HASH_ALG_COUNT, MSG, sig) == SR_EPROOF);
    T(pubkey_verify_rsa(&k, row->scheme, row->hash, MSG, (struct span){ sig.p, 255 }) == SR_EPROOF);
    T(pubkey_verify_ecdsa(&k, row->hash, MSG, sig, sig) == SR_EPROOF);
    for (size_t i = 0; i < sig.n * 8; i += 7) {
        b.p[i / 8] ^= (uint8_t)(1 << i % 8);
        T(pubkey_verify_rsa(&k, row->scheme, row->hash, MSG, sig) == SR_EPROOF);
        b.p[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void weak_rsa_keys_are_refused(void)
{
    uint8_t n[RSA_BITS_MAX / 8 + 1], roca[256];
    SR_OWN(buf) good = { 0 };
    SR_OWN(pubkey) k = { 0 };
    memset(n, 0xff, sizeof n);
    static const uint32_t exponents[] = { 0, 1, 3, 65535, 65536, 65538 };
    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
        good.n = 0;
        T(pubkey_from_rsa(unhex(&good, modulus), exponents[i], &k) == SR_EPROOF);
    }
    T(pubkey_from_rsa((struct span){ n, 255 }, 65537, &k) == SR_EPROOF);
    T(pubkey_from_rsa(SPAN(n), 65537, &k) == SR_EPROOF);
    T(pubkey_from_rsa((struct span){ 0 }, 65537, &k) == SR_EPROOF);
    n[255] = 0xfe;
    T(pubkey_from_rsa((struct span){ n, 256 }, 65537, &k) == SR_EPROOF); /* even */
    FILE *f = fopen("tests/vectors/certs/roca_modulus.bin", "rb");
    T(f && fread(roca, 1, sizeof roca, f) == sizeof roca);
    if (f)
        fclose(f);
    T(rsa_is_roca(SPAN(roca)) && pubkey_from_rsa(SPAN(roca), 65537, &k) == SR_EPROOF);
    roca[255] ^= 2;
    T(!rsa_is_roca(SPAN(roca)) && pubkey_from_rsa(SPAN(roca), 65537, &k) == SR_OK);
    good.n = 0;
    T(!rsa_is_roca(unhex(&good, modulus)));
}

static void points_off_the_curve_are_refused(void)
{
    uint8_t zero[49] = { 0 };
    SR_OWN(pubkey) k = { 0 };
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    struct span x = unhex(&a, ec_rows[0].x), y = unhex(&b, ec_rows[0].y);
    T(pubkey_from_ec(CURVE_P256, y, x, &k) == SR_EPROOF);
    T(pubkey_from_ec(CURVE_P384, x, y, &k) == SR_EPROOF);
    T(pubkey_from_ec(CURVE_P256, (struct span){ 0 }, (struct span){ 0 }, &k) == SR_EPROOF);
    T(pubkey_from_ec(CURVE_P256, (struct span){ zero, 32 }, (struct span){ zero, 32 }, &k) == SR_EPROOF);
    T(pubkey_from_ec(CURVE_P256, (struct span){ zero, 33 }, y, &k) == SR_EFORMAT);
    T(pubkey_from_ec(CURVE_P384, SPAN(zero), y, &k) == SR_EFORMAT);
    T(pubkey_from_ec(CURVE_COUNT, x, y, &k) == SR_EFORMAT);
    SR_OWN(pubkey) like = { 0 };
    T(pubkey_from_ec(CURVE_P256, x, y, &like) == SR_OK);
    T(pubkey_from_ec_like(&like, y, x, &k) == SR_EPROOF);
    T(pubkey_from_ec_like(&like, (struct span){ 0 }, (struct span){ 0 }, &k) == SR_EPROOF);
    T(pubkey_from_ec_like(&like, (struct span){ zero, 32 }, (struct span){ zero, 32 }, &k) == SR_EPROOF);
    T(pubkey_from_ec_like(&like, (struct span){ zero, 33 }, y, &k) == SR_EFORMAT);
    T(pubkey_from_ec_like(&(struct pubkey){ 0 }, x, y, &k) == SR_EFORMAT);
    T(k.pkey == NULL);
    T(k.pkey == NULL && pubkey_type(&k) == PUBKEY_NONE);
    T(pubkey_from_ec_like(&like, x, y, &k) == SR_OK && pubkey_eq(&k, &like));
}

/* Opened by OpenSSL with a key made here, all parameters spelt out. */
static void oaep_opens_with_the_same_hash_and_label_alone(void)
{
    static const char label[] = "IDENTITY"; /* with its NUL, as TPM 2.0 part 1, B.4 has it */
    static const char other[] = "IDENTITX";
    static const char *const md[] = { "SHA256", "SHA384", "SHA512" };
    EVP_PKEY *key = EVP_RSA_gen(2048);
    SR_OWN(pubkey) k = { 0 };
    T(key && pubkey_from_pkey(key, &k) == SR_OK);
    for (enum hash_alg h = 0; h < HASH_ALG_COUNT; h++)
        for (int right = 0; right < 2; right++) {
            SR_OWN(buf) sealed = { 0 };
            uint8_t out[256];
            size_t n = sizeof out;
            T(pubkey_oaep_encrypt(&k, h, SPAN(label), SPAN_STR("seed"), &sealed) == SR_OK && sealed.n == 256);
            EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
            char pad[] = "oaep", name[8];
            snprintf(name, sizeof name, "%s", md[h]);
            OSSL_PARAM params[] = {
                OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, pad, 0),
                OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, name, 0),
                OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, name, 0),
                OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
                                                  (void *)(uintptr_t)(right ? label : other), sizeof label),
                OSSL_PARAM_construct_end(),
            };
            T(EVP_PKEY_decrypt_init_ex(ctx, params) == 1);
            bool opened = EVP_PKEY_decrypt(ctx, out, &n, sealed.p, sealed.n) == 1;
            T(opened == right && (!right || (n == 4 && memcmp(out, "seed", 4) == 0)));
            EVP_PKEY_CTX_free(ctx);
        }
    SR_OWN(buf) none = { 0 };
    uint8_t big[191] = { 0 };
    T(pubkey_oaep_encrypt(&k, HASH_SHA256, SPAN(label), SPAN(big), &none) ==
      SR_EFORMAT); /* 256 - 2 * 32 - 2 */
    T(pubkey_oaep_encrypt(&k, HASH_SHA256, SPAN(label), (struct span){ big, 190 }, &none) == SR_OK);
    T(pubkey_oaep_encrypt(&k, HASH_ALG_COUNT, SPAN(label), SPAN_STR("seed"), &none) == SR_EFORMAT);
    EVP_PKEY_free(key);
}

/* The other side computes it from the ephemeral point with its own private key. */
static void ecdh_agrees_with_the_other_side(void)
{
    static const struct {
        const char *group;
        enum curve curve;
        size_t n;
    } rows[] = { { "P-256", CURVE_P256, 32 }, { "P-384", CURVE_P384, 48 } };
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[i].group);
        SR_OWN(pubkey) peer = { 0 };
        SR_OWN(pubkey) eph_key = { 0 };
        SR_OWN(secret) x = { 0 };
        struct ec_point eph;
        uint8_t theirs[48];
        size_t n = sizeof theirs;
        T(key && pubkey_from_pkey(key, &peer) == SR_OK && pubkey_ecdh(&peer, &x, &eph) == SR_OK);
        T(x.n == rows[i].n && eph.n == rows[i].n);
        T(pubkey_from_ec(rows[i].curve, (struct span){ eph.x, eph.n }, (struct span){ eph.y, eph.n },
                         &eph_key) == SR_OK);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        T(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, eph_key.pkey) == 1 &&
          EVP_PKEY_derive(ctx, theirs, &n) == 1);
        T(span_eq(secret_span(&x), (struct span){ theirs, n }));
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
    }
    SR_OWN(pubkey) rsa = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(secret) x = { 0 };
    struct ec_point eph;
    T(pubkey_from_rsa(unhex(&b, modulus), 65537, &rsa) == SR_OK && pubkey_ecdh(&rsa, &x, &eph) == SR_EFORMAT);
}

static void an_empty_key_verifies_nothing(void)
{
    struct pubkey k = { 0 };
    SR_OWN(secret) x = { 0 };
    SR_OWN(buf) b = { 0 };
    struct ec_point eph;
    T(pubkey_verify_ecdsa(&k, HASH_SHA256, MSG, MSG, MSG) == SR_EPROOF);
    T(pubkey_verify_rsa(&k, RSA_SCHEME_PSS, HASH_SHA256, MSG, MSG) == SR_EPROOF);
    T(pubkey_oaep_encrypt(&k, HASH_SHA256, MSG, MSG, &b) == SR_EFORMAT);
    T(pubkey_ecdh(&k, &x, &eph) == SR_EFORMAT && !pubkey_eq(&k, &k));
}

/* NIST SP 800-38A, F.3.13 and F.3.17, CFB128. */
static void cfb_gives_the_published_bytes(void)
{
    static const char plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                                "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    static const struct {
        const char *key, *sealed;
    } rows[] = {
        { "2b7e151628aed2a6abf7158809cf4f3c",
          "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
          "26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6" },
        { "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
          "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407b"
          "df10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471" },
    };
    struct cfb_iv iv;
    for (uint8_t i = 0; i < 16; i++)
        iv.b[i] = i;
    for (size_t i = 0; i < 2; i++)
        for (size_t n = 0; n <= 64; n++) { /* the mode needs no whole blocks */
            SR_OWN(buf) k = { 0 };
            SR_OWN(buf) p = { 0 };
            SR_OWN(buf) c = { 0 };
            SR_OWN(buf) want = { 0 };
            SR_OWN(secret) back = { 0 };
            struct span key = unhex(&k, rows[i].key), text = unhex(&p, plain),
                        sealed = unhex(&want, rows[i].sealed);
            text.n = sealed.n = n;
            T(cfb_encrypt(key, &iv, text, &c) == SR_OK && span_eq(buf_span(&c), sealed));
            T(cfb_decrypt(key, &iv, sealed, &back) == SR_OK && span_eq(secret_span(&back), text));
        }
    SR_OWN(buf) c = { 0 };
    T(cfb_encrypt(SPAN_STR("123456789012345678901234"), &iv, MSG, &c) == SR_EFORMAT);
    T(cfb_encrypt((struct span){ 0 }, &iv, MSG, &c) == SR_EFORMAT);
}

int main(void)
{
    T(secret_init() == SR_OK);
    for (size_t i = 0; i < sizeof ec_rows / sizeof *ec_rows; i++)
        ecdsa_of_others_verifies_and_no_flip_does(&ec_rows[i]);
    for (size_t i = 0; i < sizeof rsa_rows / sizeof *rsa_rows; i++)
        rsa_of_others_verifies_and_no_flip_does(&rsa_rows[i]);
    weak_rsa_keys_are_refused();
    points_off_the_curve_are_refused();
    oaep_opens_with_the_same_hash_and_label_alone();
    ecdh_agrees_with_the_other_side();
    an_empty_key_verifies_nothing();
    cfb_gives_the_published_bytes();
    return t_end();
}
