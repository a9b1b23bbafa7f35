/* Ed25519: RFC 8032, 7.1, and the keys and signatures that libsodium must not take. */
#include "crypto/sign.h"
#include "tests/hex.h"

static const struct row {
    const char *seed, *pub, *msg, *sig;
} rows[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
      "f0595bbe"
      "24655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
      "aeb4302a"
      "eeb00d291612bb0c00" },
    { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15"
      "e9716ed2"
      "8dc027beceea1ec40a" },
};

static void signatures_are_the_published_ones(const struct row *r)
{
    SR_OWN(sign_key) k = { 0 };
    SR_OWN(buf) b = { 0 };
    struct sign_pub pub;
    struct key seed;
    unhex_n(seed.b, 32, r->seed);
    sign_from_seed(&seed, &k, &pub);
    struct span msg = unhex(&b, r->msg);
    struct sig s = sign_raw(&k, msg);
    T_ROW(is_hex(SPAN(pub.b), r->pub) && is_hex(SPAN(s.b), r->sig), r->seed);
    T_ROW(sign_check_raw(&pub, msg, &s) == SR_OK, r->seed);
    for (size_t i = 0; i < sizeof s.b * 8; i++) {
        s.b[i / 8] ^= (uint8_t)(1 << i % 8);
        T_ROW(sign_check_raw(&pub, msg, &s) == SR_EPROOF, r->seed);
        s.b[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void a_signature_is_for_one_label_one_message_and_one_key(void)
{
    SR_OWN(sign_key) k = { 0 };
    SR_OWN(sign_key) k2 = { 0 };
    struct sign_pub pub, pub2;
    sign_random(&k, &pub);
    sign_random(&k2, &pub2);
    struct sig s = sign_label(&k, L_POLICY_SIG, SPAN_STR("m"));
    T(sign_check(&pub, L_POLICY_SIG, SPAN_STR("m"), &s) == SR_OK);
    T(sign_check(&pub, L_PACKAGE_SIG, SPAN_STR("m"), &s) == SR_EPROOF);
    T(sign_check(&pub, L_POLICY_SIG, SPAN_STR("n"), &s) == SR_EPROOF);
    T(sign_check(&pub2, L_POLICY_SIG, SPAN_STR("m"), &s) == SR_EPROOF);
    T(sign_check_raw(&pub, SPAN_STR("m"), &s) == SR_EPROOF);
}

static void a_labelled_signature_covers_the_prefixed_label(void)
{
    SR_OWN(sign_key) k = { 0 };
    SR_OWN(buf) b = { 0 };
    struct sign_pub pub;
    struct key seed = { { 1 } };
    struct label_text t = label_text(L_POLICY_SIG);
    sign_from_seed(&seed, &k, &pub);
    wr_lp(&b, (struct span){ (const uint8_t *)t.b, t.n });
    wr_text(&b, "m");
    struct sig s = sign_label(&k, L_POLICY_SIG, SPAN_STR("m"));
    T(sign_check_raw(&pub, buf_span(&b), &s) == SR_OK);
}

/* With A and R of small order the equation holds for S = 0 and many messages. libsodium refuses such keys,
 * keys with a y over the field's size, and S that is not reduced (RFC 8032, 5.1.7). */
static void keys_of_small_order_and_odd_spelling_sign_nothing(void)
{
    static const char *const keys[] = {
        "0100000000000000000000000000000000000000000000000000000000000000", /* the neutral point */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
        "0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", /* order 8 */
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 1: 1 written otherwise */
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p: 0 written otherwise */
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t r = 0; r < sizeof keys / sizeof *keys; r++) {
            struct sign_pub pub;
            struct sig s = { { 0 } };
            unhex_n(pub.b, 32, keys[i]);
            unhex_n(s.b, 32, keys[r]);
            for (uint8_t m = 0; m < 16; m++)
                T_ROW(sign_check_raw(&pub, (struct span){ &m, 1 }, &s) == SR_EPROOF, keys[i]);
        }
}

static void s_plus_the_group_order_is_refused(void)
{
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                       0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
    SR_OWN(sign_key) k = { 0 };
    struct sign_pub pub;
    struct key seed = { { 1 } };
    unsigned carry = 0;
    sign_from_seed(&seed, &k, &pub);
    struct sig s = sign_raw(&k, SPAN_STR("m"));
    T(sign_check_raw(&pub, SPAN_STR("m"), &s) == SR_OK);
    for (size_t i = 0; i < 32; i++) {
        carry += s.b[32 + i] + order[i];
        s.b[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    T(carry == 0 && sign_check_raw(&pub, SPAN_STR("m"), &s) == SR_EPROOF);
}

int main(void)
{
    T(secret_init() == SR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        signatures_are_the_published_ones(&rows[i]);
    a_signature_is_for_one_label_one_message_and_one_key();
    a_labelled_signature_covers_the_prefixed_label();
    keys_of_small_order_and_odd_spelling_sign_nothing();
    s_plus_the_group_order_is_refused();
    return t_end();
}
