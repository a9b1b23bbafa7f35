/* Enrolment E1..E4 without a TPM: this test knows the enroller's key and so the secret that only the TPM
 * would learn; e2e/platform.sh does the same with real ones. */
#include "tests/t.h"

#include "tests/enrol_maker.h"

static void answer(struct bench *b)
{
    struct key secret = secret_of(b);
    T(enrol_challenge(&b->by, &rnd, buf_span(&b->e1), &b->e2, NULL) == SR_OK);
    T(enrol_answer(buf_span(&b->e1), buf_span(&b->e2), &secret, &b->e3) == SR_OK);
}

static enum sr_err certify(const struct bench *b, struct span e3, struct buf *ret, struct sr_why *why)
{
    struct ak_cert c;
    return enrol_certify_network(&b->by, e3, 3, &b->m.ca, &b->m.ca_pub, ret, &c, why);
}

static void a_machine_gets_its_certificate(void)
{
    struct bench b;
    struct ak_cert c;
    SR_OWN(buf) e4 = { 0 };
    bench_new(&b, "ek_rsa.der", 0x000300b2, 0x00050472);
    struct ak_trust trust = maker_trust(&b.m);
    answer(&b);
    T(certify(&b, buf_span(&b.e3), &e4, NULL) == SR_OK);
    T(ak_cert_read(buf_span(&e4), &c, NULL) == SR_OK);
    T(ak_cert_verify(&c, &trust, AT, NULL) == SR_OK);
    T(ak_cert_verify(&c, &trust, AT + AK_CERT_LIFETIME, NULL) == SR_OK);
    T(ak_cert_verify(&c, &trust, AT + AK_CERT_LIFETIME + 1, NULL) == SR_EPROOF);
    trust.max_age = 60;
    T(ak_cert_verify(&c, &trust, AT + 60, NULL) == SR_OK);
    T(ak_cert_verify(&c, &trust, AT + 61, NULL) == SR_EPROOF);
    T(span_eq(c.ak, buf_span(&b.ak)));
    T(sha256_eq(&c.root, &b.pin));
    bench_drop(&b);
}

static const struct row {
    const char *leaf;
    uint32_t ek, ak;
    enum sr_reason reason;
} rows[] = {
    { "ek_rsa.der", 0x000300b2, 0x00040472, R_AK_ATTRIBUTES },
    { "ek_rsa.der", 0x000300b2, 0x00070472, R_AK_ATTRIBUTES },
    { "ek_rsa.der", 0x000300f2, 0x00050472, R_EK_TEMPLATE },
    { "ek_rsa.der", 0x000700b2, 0x00050472, R_EK_TEMPLATE },
    { "ek_rsa.der", 0x000200b2, 0x00050472, R_EK_TEMPLATE },
    { "ek_ec.der", 0x000300b2, 0x00050472, R_EK_KEY },
    { "ek_expired.der", 0x000300b2, 0x00050472, R_CERT_TIME },
};

static void what_E1_is_refused_for(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        struct sr_why why = { 0 };
        bench_new(&b, rows[i].leaf, rows[i].ek, rows[i].ak);
        T_ROW(enrol_challenge(&b.by, &rnd, buf_span(&b.e1), &b.e2, &why) != SR_OK, rows[i].leaf);
        T_ROW(why.reason == rows[i].reason, sr_reason_text(why.reason));
        T_ROW(b.e2.n == 0, rows[i].leaf);
        bench_drop(&b);
    }
}

static void the_enrollers_own_view_decides(void)
{
    struct bench b;
    struct sr_why why = { 0 };
    bench_new(&b, "ek_rsa.der", 0x000300b2, 0x00050472);
    struct enroller by = b.by;
    by.network.b[0]++;
    T(enrol_challenge(&by, &rnd, buf_span(&b.e1), &b.e2, &why) == SR_EDENIED &&
      why.reason == R_WRONG_NETWORK);
    by = b.by;
    by.nroots = 0;
    T(enrol_challenge(&by, &rnd, buf_span(&b.e1), &b.e2, &why) == SR_EPROOF && why.reason == R_CERT_ANCHOR);
    bench_drop(&b);
}

static void an_answer_is_for_one_challenge_of_ours_and_soon(void)
{
    struct bench b;
    struct sr_why why = { 0 };
    SR_OWN(buf) e4 = { 0 };
    SR_OWN(buf) wrong = { 0 };
    const struct key other = { { 1 } };
    bench_new(&b, "ek_rsa.der", 0x000300b2, 0x00050472);
    answer(&b);
    b.by.now = AT + ENROL_AGE_MAX;
    T(certify(&b, buf_span(&b.e3), &e4, &why) == SR_OK);
    b.by.now = AT + ENROL_AGE_MAX + 1;
    T(certify(&b, buf_span(&b.e3), &e4, &why) == SR_EPROOF && why.reason == R_NONCE_EXPIRED);
    b.by.now = AT - 1;
    T(certify(&b, buf_span(&b.e3), &e4, &why) == SR_EPROOF && why.reason == R_NONCE_EXPIRED);
    b.by.now = AT;
    b.by.key = &other;
    T(certify(&b, buf_span(&b.e3), &e4, &why) == SR_EPROOF && why.reason == R_NONCE_FORGED);
    b.by.key = &enrol_key;
    T(enrol_answer(buf_span(&b.e1), buf_span(&b.e2), &other, &wrong) == SR_OK);
    T(certify(&b, buf_span(&wrong), &e4, &why) == SR_EPROOF && why.reason == R_ACTIVATION);
    bench_drop(&b);
}

static void every_bit_of_the_answer_counts(void)
{
    struct bench b;
    SR_OWN(buf) e4 = { 0 };
    size_t accepted = 0;
    bench_new(&b, "ek_rsa.der", 0x000300b2, 0x00050472);
    answer(&b);
    for (size_t n = 0; n < b.e3.n; n++)
        accepted += certify(&b, (struct span){ b.e3.p, n }, &e4, NULL) == SR_OK;
    for (size_t bit = 0; bit < b.e3.n * 8; bit++) {
        b.e3.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        accepted += certify(&b, buf_span(&b.e3), &e4, NULL) == SR_OK;
        b.e3.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    T(accepted == 0);
    T(certify(&b, buf_span(&b.e3), &e4, NULL) == SR_OK);
    bench_drop(&b);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    a_machine_gets_its_certificate();
    what_E1_is_refused_for();
    the_enrollers_own_view_decides();
    an_answer_is_for_one_challenge_of_ours_and_soon();
    every_bit_of_the_answer_counts();
    return t_end();
}
