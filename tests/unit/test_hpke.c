/* HPKE against RFC 9180, appendix A.2.1 (base) and A.2.3 (auth), sequence number 0. */
#include "crypto/hpke.h"
#include "tests/hex.h"

static const struct vector {
    const char *name, *sk_eph, *sk_to, *pk_to, *sk_from, *enc, *key, *nonce, *exporter, *sealed, *exports[3];
} vectors[] = {
    { "A.2.1 base",
      "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
      "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
      "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
      NULL,
      "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
      "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91",
      "5c4d98150661b848853b547f",
      "a3b010d4994890e2c6968a36f64470d3c824c8f5029942feb11e7a74b2921922",
      "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
      { "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e",
        "8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69",
        "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53" } },
    { "A.2.3 auth",
      "c94619e1af28971c8fa7957192b7e62a71ca2dcdde0a7cc4a8a9e741d600ab13",
      "3ca22a6d1cda1bb9480949ec5329d3bf0b080ca4c45879c95eddb55c70b80b82",
      "1a478716d63cb2e16786ee93004486dc151e988b34b475043d3e0175bdb01c44",
      "2def0cb58ffcf83d1062dd085c8aceca7f4c0c3fd05912d847b61f3e54121f05",
      "f7674cc8cd7baa5872d1f33dbaffe3314239f6197ddf5ded1746760bfc847e0e",
      "b071fd1136680600eb447a845a967d35e9db20749cdf9ce098bcc4deef4b1356",
      "d20577dff16d7cea2c4bf780",
      "be2d93b82071318cdb88510037cf504344151f2f9b9da8ab48974d40a2251dd7",
      "ab1a13c9d4f01a87ec3440dbd756e2677bd2ecf9df0ce7ed73869b98e00c09be111cb9fdf077347aeb88e61bdf",
      { "070cffafd89b67b7f0eeb800235303a223e6ff9d1e774dce8eac585c8688c872",
        "2852e728568d40ddb0edde284d36a4359c56558bb2fb8837cd3d92e46a3a14a8",
        "1df39dc5dd60edcbf5f9ae804e15ada66e885b28ed7929116f768369a3f950ee" } },
};
#define INFO  SPAN_STR("Ode on a Grecian Urn")
#define AAD   SPAN_STR("Count-0")
#define PLAIN SPAN_STR("Beauty is truth, truth beauty")

struct pair {
    struct kem_key to, from, eph;
    struct kem_pub to_pub, from_pub, enc;
    bool auth;
};

static struct pair pair_of(const struct vector *v)
{
    struct pair p = { .auth = v->sk_from };
    unhex_n(p.to.b, 32, v->sk_to);
    unhex_n(p.eph.b, 32, v->sk_eph);
    unhex_n(p.enc.b, 32, v->enc);
    if (p.auth)
        unhex_n(p.from.b, 32, v->sk_from);
    kem_pub_of(&p.to, &p.to_pub);
    kem_pub_of(&p.from, &p.from_pub);
    return p;
}

static enum sr_err send_as(const struct pair *p, struct kem_pub *enc, struct hpke *ret)
{
    return hpke_setup_send(&p->to_pub, INFO, p->auth ? &p->from : NULL, &p->eph, enc, ret);
}

static enum sr_err recv_as(const struct pair *p, struct hpke *ret)
{
    struct hpke by;
    const struct kem_pub *from = p->auth ? &p->from_pub : NULL;
    enum sr_err e = hpke_setup_recv(&p->enc, &p->to, INFO, from, ret);
    T(hpke_setup_recv_by(&p->enc, &p->to, &p->to_pub, INFO, from, &by) == e);
    T(e != SR_OK || memcmp(&by, ret, sizeof by) == 0);
    T(hpke_setup_recv_by(&p->enc, &p->to, &p->enc, INFO, from, &by) == e);
    T(e != SR_OK || memcmp(&by.key, &ret->key, sizeof by.key) != 0); /* of another public half */
    return e;
}

static void the_sender_makes_the_published_bytes(const struct vector *v)
{
    struct pair p = pair_of(v);
    struct kem_pub enc;
    SR_OWN(hpke) h = { 0 };
    SR_OWN(buf) sealed = { 0 };
    T_ROW(is_hex(SPAN(p.to_pub.b), v->pk_to), v->name);
    T_ROW(send_as(&p, &enc, &h) == SR_OK, v->name);
    T_ROW(is_hex(SPAN(enc.b), v->enc), v->name);
    T_ROW(is_hex(key_span(&h.key), v->key), v->name);
    T_ROW(is_hex(SPAN(h.nonce), v->nonce), v->name);
    T_ROW(is_hex(key_span(&h.exporter), v->exporter), v->name);
    T_ROW(hpke_seal(&h, AAD, PLAIN, &sealed) == SR_OK, v->name);
    T_ROW(is_hex(buf_span(&sealed), v->sealed), v->name);
}

static void the_receiver_opens_and_exports_the_published_bytes(const struct vector *v)
{
    struct pair p = pair_of(v);
    SR_OWN(hpke) h = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(secret) plain = { 0 };
    const struct span contexts[] = { { 0 }, SPAN_STR("\0"), SPAN_STR("TestContext") };
    T_ROW(recv_as(&p, &h) == SR_OK, v->name);
    T_ROW(hpke_open(&h, AAD, unhex(&b, v->sealed), &plain) == SR_OK, v->name);
    T_ROW(span_eq(secret_span(&plain), PLAIN), v->name);
    for (size_t i = 0; i < 3; i++) {
        uint8_t out[32];
        T_ROW(hpke_export(&h, contexts[i], out, sizeof out) == SR_OK, v->name);
        T_ROW(is_hex(SPAN(out), v->exports[i]), v->name);
    }
}

static enum sr_err try_open(const struct pair *p, struct span aad, struct span sealed)
{
    SR_OWN(hpke) h = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_TRY(recv_as(p, &h));
    return hpke_open(&h, aad, sealed, &plain);
}

static void no_flipped_bit_opens(const struct vector *v)
{
    struct pair p = pair_of(v);
    SR_OWN(buf) b = { 0 };
    struct span s = unhex(&b, v->sealed);
    T_ROW(try_open(&p, AAD, s) == SR_OK, v->name);
    for (size_t i = 0; i < s.n * 8; i++) {
        b.p[i / 8] ^= (uint8_t)(1 << i % 8);
        T_ROW(try_open(&p, AAD, s) == SR_EPROOF, v->name);
        b.p[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < s.n; n++)
        T_ROW(try_open(&p, AAD, (struct span){ s.p, n }) == SR_EPROOF, v->name);
    T_ROW(try_open(&p, SPAN_STR("Count-1"), s) == SR_EPROOF, v->name);
    for (size_t i = 0; i < 255; i++) { /* RFC 7748: bit 255 of a coordinate is ignored, but enc is hashed */
        struct pair q = p;
        q.enc.b[i / 8] ^= (uint8_t)(1 << i % 8);
        T_ROW(try_open(&q, AAD, s) == SR_EPROOF, v->name);
    }
    struct pair top = p;
    top.enc.b[31] ^= 0x80;
    T_ROW(try_open(&top, AAD, s) == SR_EPROOF, v->name);
}

static void modes_and_senders_do_not_mix(void)
{
    struct pair base = pair_of(&vectors[0]), auth = pair_of(&vectors[1]);
    SR_OWN(buf) b = { 0 };
    struct span in_base = unhex(&b, vectors[0].sealed);
    SR_OWN(buf) c = { 0 };
    struct span in_auth = unhex(&c, vectors[1].sealed);
    base.auth = true;
    T(try_open(&base, AAD, in_base) == SR_EPROOF);
    auth.auth = false;
    T(try_open(&auth, AAD, in_auth) == SR_EPROOF);
    auth.auth = true;
    T(try_open(&auth, AAD, in_auth) == SR_OK);
    auth.from_pub = base.to_pub;
    T(try_open(&auth, AAD, in_auth) == SR_EPROOF);
}

static void a_context_carries_one_message(void)
{
    struct pair p = pair_of(&vectors[1]);
    struct kem_pub enc;
    SR_OWN(hpke) send = { 0 };
    SR_OWN(hpke) recv = { 0 };
    SR_OWN(buf) sealed = { 0 };
    SR_OWN(secret) plain = { 0 };
    T(send_as(&p, &enc, &send) == SR_OK && recv_as(&p, &recv) == SR_OK);
    T(hpke_open(&send, AAD, SPAN_STR("0123456789abcdef0"), &plain) == SR_EBUG);
    T(hpke_seal(&recv, AAD, PLAIN, &sealed) == SR_EBUG);
    T(hpke_seal(&send, AAD, PLAIN, &sealed) == SR_OK);
    T(hpke_seal(&send, AAD, PLAIN, &sealed) == SR_EBUG);
    T(hpke_open(&recv, AAD, buf_span(&sealed), &plain) == SR_OK);
    T(hpke_open(&recv, AAD, buf_span(&sealed), &plain) == SR_EBUG);
    T(sodium_is_zero(send.key.b, 32) && sodium_is_zero(recv.key.b, 32));
}

static void an_empty_context_does_nothing(void)
{
    SR_OWN(hpke) h = { 0 };
    SR_OWN(buf) sealed = { 0 };
    SR_OWN(secret) plain = { 0 };
    uint8_t out[32];
    T(hpke_seal(&h, AAD, PLAIN, &sealed) == SR_EBUG);
    T(hpke_open(&h, AAD, SPAN_STR("0123456789abcdef0"), &plain) == SR_EBUG);
    T(hpke_export(&h, AAD, out, sizeof out) == SR_EBUG);
}

static void an_empty_message_and_no_aad_work(void)
{
    struct pair p = pair_of(&vectors[0]);
    struct kem_pub enc;
    SR_OWN(hpke) h = { 0 };
    SR_OWN(buf) sealed = { 0 };
    const struct span none = { 0 };
    T(send_as(&p, &enc, &h) == SR_OK && hpke_seal(&h, none, none, &sealed) == SR_OK);
    T(sealed.n == HPKE_TAG && try_open(&p, none, buf_span(&sealed)) == SR_OK);
    T(try_open(&p, AAD, buf_span(&sealed)) == SR_EPROOF);
}

/* RFC 7748, 6.1 and 7: every point whose order divides 8, in canonical and other spellings. */
static void small_order_points_are_refused(void)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
    };
    struct pair p = pair_of(&vectors[1]);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        struct kem_pub low, enc;
        struct hpke h = { 0 };
        unhex_n(low.b, 32, points[i]);
        T_ROW(hpke_setup_send(&low, INFO, NULL, &p.eph, &enc, &h) == SR_EPROOF, points[i]);
        T_ROW(hpke_setup_recv(&low, &p.to, INFO, NULL, &h) == SR_EPROOF, points[i]);
        T_ROW(hpke_setup_recv(&p.enc, &p.to, INFO, &low, &h) == SR_EPROOF, points[i]);
        T_ROW(h.role == HPKE_EMPTY, points[i]);
    }
}

int main(void)
{
    T(secret_init() == SR_OK);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        the_sender_makes_the_published_bytes(&vectors[i]);
        the_receiver_opens_and_exports_the_published_bytes(&vectors[i]);
        no_flipped_bit_opens(&vectors[i]);
    }
    modes_and_senders_do_not_mix();
    a_context_carries_one_message();
    an_empty_context_does_nothing();
    an_empty_message_and_no_aad_work();
    small_order_points_are_refused();
    return t_end();
}
