/* Packages, member certificates and signed requests: what a signature of ours carries and what it does not.
 */
#include "proto/package.h"
#include "proto/signed.h"
#include "tests/handshake.h"

struct shop {
    struct net n;
    struct sign_key admin;
    struct sign_pub admin_pub;
    struct kem_key eph;
    struct package_keys keys;
};
static void shop_open(struct shop *s)
{
    *s = (struct shop){ 0 };
    net_make(&s->n, "master");
    make_signer("admin", &s->admin, &s->admin_pub);
    fill(&s->eph, sizeof s->eph, "package eph");
    s->keys = (struct package_keys){ &s->n.keys.pub.network, &s->eph, &s->admin, &s->admin_pub };
}
static struct package draft(const struct shop *s, uint32_t version, const struct sha256 *prev)
{
    struct package p = {
        .cid = s->n.cid, .version = version, .kind = PACKAGE_VALUE, .epoch = 1, .created = 1700000000
    };
    strcpy(p.tenant, "acme");
    strcpy(p.path, "app/db");
    if (prev)
        p.prev = *prev;
    return p;
}
static struct package made(const struct shop *s, const struct package *p, struct span value, struct buf *ret)
{
    struct package back = { 0 };
    struct sr_why why = { 0 };
    T_ROW(package_make(p, value, &s->keys, ret, &why) == SR_OK, why.text);
    T_ROW(package_read(buf_span(ret), &back, &why) == SR_OK, why.text);
    return back;
}

static void a_package_opens_under_the_networks_key_alone(void)
{
    struct shop s;
    SR_OWN(buf) b = { 0 };
    SR_OWN(secret) value = { 0 };
    struct sr_why why;
    shop_open(&s);
    struct package d = draft(&s, 1, NULL);
    struct package p = made(&s, &d, SPAN_STR("hunter2"), &b);
    T(package_check(&p, &s.n.cid, 1, &s.admin_pub, 1, &why) == SR_OK);
    T(package_open(&p, &s.n.keys.network, &value, &why) == SR_OK &&
      span_eq(secret_span(&value), SPAN_STR("hunter2")));
    struct kem_key other;
    fill(&other, sizeof other, "another network's key");
    SR_OWN(secret) none = { 0 };
    T(package_open(&p, &other, &none, &why) == SR_EPROOF && why.reason == R_PACKAGE_SEAL && !none.p);
    /* the header is sealed in: the same cipher text under another name or signer does not open */
    struct package moved = p;
    strcpy(moved.path, "app/dc");
    T(package_open(&moved, &s.n.keys.network, &none, &why) == SR_EPROOF && why.reason == R_PACKAGE_SEAL);
    moved = p;
    moved.signer.b[0] ^= 1;
    T(package_open(&moved, &s.n.keys.network, &none, &why) == SR_EPROOF && why.reason == R_PACKAGE_SEAL);
    /* may it be stored */
    struct sha256 cid = s.n.cid;
    struct sign_pub stranger = s.admin_pub;
    cid.b[0] ^= 1;
    stranger.b[0] ^= 1;
    T(package_check(&p, &cid, 1, &s.admin_pub, 1, &why) == SR_EPROOF && why.reason == R_PACKAGE_NETWORK);
    T(package_check(&p, &s.n.cid, 0, &s.admin_pub, 1, &why) == SR_EPROOF && why.reason == R_EPOCH);
    T(package_check(&p, &s.n.cid, 1, &stranger, 1, &why) == SR_EDENIED && why.reason == R_PACKAGE_SIGNER);
    T(package_check(&p, &s.n.cid, 1, NULL, 0, &why) == SR_EDENIED && why.reason == R_PACKAGE_SIGNER);
    net_drop(&s.n);
}

static void no_bit_of_a_package_can_be_turned(void)
{
    struct shop s;
    SR_OWN(buf) b = { 0 };
    size_t taken = 0;
    struct sr_why why;
    shop_open(&s);
    struct package d = draft(&s, 1, NULL), back;
    (void)made(&s, &d, SPAN_STR("value"), &b);
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += package_read(buf_span(&b), &back, &why) == SR_OK ||
                 (why.reason != R_PACKAGE_SIGNATURE && why.reason != R_PACKAGE_FORMAT);
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < b.n; len++)
        taken +=
            package_read((struct span){ b.p, len }, &back, &why) == SR_OK || why.reason != R_PACKAGE_FORMAT;
    T(taken == 0);
    net_drop(&s.n);
}

static enum sr_err read_known(struct package_known *known, struct buf *b, struct sr_why *why)
{
    struct package p;
    return package_read_known(known, buf_span(b), &p, why);
}

static void a_known_package_vouches_for_no_other(void)
{
    struct shop s;
    SR_OWN(buf) b = { 0 };
    size_t taken = 0;
    struct sr_why why;
    struct package_known *known = package_known_new();
    shop_open(&s);
    struct package d = draft(&s, 1, NULL);
    struct package p = made(&s, &d, SPAN_STR("value"), &b);
    T(!package_known_has(known, &p.hash));
    T(read_known(known, &b, &why) == SR_OK && package_known_has(known, &p.hash));
    T(read_known(known, &b, &why) == SR_OK);
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += read_known(known, &b, &why) == SR_OK || read_known(known, &b, &why) == SR_OK;
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(taken == 0);
    package_known_free(known);
    net_drop(&s.n);
}

static void of_two_known_packages_in_one_place_the_later_stays(void)
{
    struct package_known *known = package_known_new();
    struct sha256 one = { { 1, 2, 3 } }, two = { { 1, 2, 4 } };
    package_known_add(known, &one);
    T(package_known_has(known, &one) && !package_known_has(known, &two));
    package_known_add(known, &two);
    T(package_known_has(known, &two) && !package_known_has(known, &one));
    package_known_free(known);
}

static void versions_link_and_conflicts_end_the_same_everywhere(void)
{
    struct shop s;
    struct sr_why why;
    SR_OWN(buf) b1 = { 0 };
    SR_OWN(buf) b2 = { 0 };
    SR_OWN(buf) b2x = { 0 };
    SR_OWN(buf) b3 = { 0 };
    SR_OWN(buf) b4 = { 0 };
    SR_OWN(secret) none = { 0 };
    shop_open(&s);
    struct package d = draft(&s, 1, NULL);
    struct package one = made(&s, &d, SPAN_STR("1"), &b1);
    d = draft(&s, 2, &one.hash);
    struct package two = made(&s, &d, SPAN_STR("2"), &b2);
    struct package twin = made(&s, &d, SPAN_STR("2x"), &b2x);
    d = draft(&s, 3, &two.hash);
    d.kind = PACKAGE_TOMBSTONE;
    struct package gone = made(&s, &d, (struct span){ 0 }, &b3);
    d = draft(&s, 4, &gone.hash);
    struct package again = made(&s, &d, SPAN_STR("4"), &b4);

    T(package_follows(NULL, &one, &why) == PACKAGE_NEXT);
    T(package_follows(NULL, &two, &why) == PACKAGE_REFUSED && why.reason == R_PACKAGE_VERSION);
    T(package_follows(&one, &two, &why) == PACKAGE_NEXT);
    T(package_follows(&one, &one, &why) == PACKAGE_SAME);
    T(package_follows(&two, &one, &why) == PACKAGE_REFUSED && why.reason == R_PACKAGE_VERSION); /* rollback */
    T(package_follows(&one, &gone, &why) == PACKAGE_REFUSED && why.reason == R_PACKAGE_VERSION); /* a gap */
    T(package_follows(&two, &gone, &why) == PACKAGE_NEXT);
    T(package_follows(&twin, &gone, &why) == PACKAGE_REFUSED &&
      why.reason == R_PACKAGE_VERSION); /* its link */
    T(package_follows(&gone, &again, &why) == PACKAGE_NEXT);
    T(package_open(&gone, &s.n.keys.network, &none, &why) == SR_ENOENT && why.reason == R_PACKAGE_DELETED);
    struct package elsewhere = two;
    strcpy(elsewhere.path, "other");
    T(package_follows(&one, &elsewhere, &why) == PACKAGE_REFUSED);

    /* whichever came first, the same one stays */
    enum package_verdict a = package_follows(&two, &twin, &why), b = package_follows(&twin, &two, &why);
    T((a == PACKAGE_REPLACES && b == PACKAGE_LOSES) || (a == PACKAGE_LOSES && b == PACKAGE_REPLACES));
    bool two_lower = span_cmp(SPAN(two.hash.b), SPAN(twin.hash.b)) < 0;
    T((b == PACKAGE_REPLACES) == two_lower);

    T(package_sync(NULL, &two, &why) == PACKAGE_NEXT);
    T(package_sync(&one, &again, &why) == PACKAGE_NEXT);
    T(package_sync(&two, &gone, &why) == PACKAGE_NEXT);
    T(package_sync(&twin, &gone, &why) == PACKAGE_REPLACES); /* and reported */
    T(package_sync(&again, &gone, &why) == PACKAGE_REFUSED && why.reason == R_PACKAGE_VERSION);
    T(package_sync(&again, &again, &why) == PACKAGE_SAME);
    net_drop(&s.n);
}

static void what_can_not_be_a_package_is_not_made(void)
{
    static uint8_t big[PACKAGE_VALUE_MAX + 1];
    struct shop s;
    struct sr_why why;
    shop_open(&s);
    for (int i = 0; i < 10; i++) {
        SR_OWN(buf) b = { 0 };
        struct package p = draft(&s, 1, NULL);
        struct span value = SPAN_STR("v");
        switch (i) {
        case 0: p.version = 0; break;
        case 1: p.version = 2; break;   /* without a link */
        case 2: p.prev.b[0] = 1; break; /* a link from the first */
        case 3: strcpy(p.path, "a//b"); break;
        case 4: strcpy(p.tenant, "Acme"); break;
        case 5: p.kind = (enum package_kind)3; break;
        case 6: value = (struct span){ 0 }; break;
        case 7: value = SPAN(big); break;
        case 8: p.kind = PACKAGE_TOMBSTONE; break; /* that holds something */
        default: p.epoch = 0;
        }
        T(package_make(&p, value, &s.keys, &b, &why) != SR_OK && why.reason == R_PACKAGE_FORMAT && b.n == 0);
    }
    SR_OWN(buf) b = { 0 };
    struct package p = draft(&s, 1, NULL);
    (void)made(&s, &p, (struct span){ big, PACKAGE_VALUE_MAX }, &b);
    T(b.n <= PACKAGE_MAX);
    net_drop(&s.n);
}

static void a_member_certificate_says_one_thing(void)
{
    struct net n;
    struct sign_key k;
    struct member_cert c = { .epoch = 1, .address = "https://a.example:7443", .issued_at = 5 }, back;
    struct sr_why why;
    SR_OWN(buf) b = { 0 };
    size_t taken = 0;
    uint64_t epoch = 0;
    net_make(&n, "master");
    c.cid = n.cid;
    make_signer("member", &k, &c.key);
    T(member_cert_make(&c, &n.keys.member_ca, &b) == SR_OK && b.n <= MEMBER_CERT_MAX);
    const struct sign_pub *ca = &n.keys.pub.member_ca;
    T(member_cert_check(buf_span(&b), &n.cid, 1, ca, &back, &why) == SR_OK &&
      memcmp(&c, &back, sizeof c) == 0);
    T(member_cert_epoch(buf_span(&b), &epoch, NULL) == SR_OK && epoch == 1);
    T(member_cert_check(buf_span(&b), &n.cid, 2, ca, &back, &why) == SR_EPROOF &&
      why.reason == R_MEMBER_CERT);
    T(member_cert_check(buf_span(&b), &n.cid, 1, &n.keys.pub.akca, &back, &why) == SR_EPROOF &&
      why.reason == R_MEMBER_CERT);
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += member_cert_check(buf_span(&b), &n.cid, 1, ca, &back, &why) == SR_OK ||
                 (why.reason != R_MEMBER_CERT && why.reason != R_MALFORMED);
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < b.n; len++)
        taken += member_cert_check((struct span){ b.p, len }, &n.cid, 1, ca, &back, &why) == SR_OK;
    T(taken == 0);
    static const char *const bad[] = { "", "a b", "a\"b", "a\nb", "a\x7f", "a\\b", "\xc3\xa4" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SR_OWN(buf) none = { 0 };
        snprintf(c.address, sizeof c.address, "%s", bad[i]);
        T_ROW(member_cert_make(&c, &n.keys.member_ca, &none) == SR_EFORMAT, bad[i]);
    }
    net_drop(&n);
}

static enum sr_reason ask(const struct signed_request *q, struct span header, struct nonce_set *m,
                          uint64_t now)
{
    struct signed_header h;
    struct sr_why why = { 0 };
    const struct signed_clock clock = { now, NOW };
    if (signed_parse(header, &h, &why) == SR_OK && signed_check(q, &h, m, &clock, &why) == SR_OK)
        return R_NONE;
    return why.reason;
}

static void a_signed_request_is_good_once_for_itself(void)
{
    struct shop s;
    uint8_t id[16], seed[16] = { 0 };
    SR_OWN(buf) h = { 0 };
    struct nonce_set *m = NULL;
    shop_open(&s);
    fill(id, sizeof id, "id");
    T(nonce_set_new(3, seed, &m) == SR_OK);
    const struct signed_request q = { s.n.cid, SPAN_STR("POST"),
                                      SPAN_STR("/sealring/v1/packages?tenant=acme"),
                                      sha256(SPAN_STR("body")) };
    enum { T0 = 1700000000 };
    T(signed_build(&q, &s.admin, &s.admin_pub, T0, id, &h) == SR_OK && h.n <= SIGNED_HEADER_MAX);
    struct span header = buf_span(&h);
    struct signed_request other = q;
    other.method = SPAN_STR("PUT");
    T(ask(&other, header, m, T0) == R_REQUEST_SIGNATURE);
    other = q;
    other.target = SPAN_STR("/sealring/v1/packages?tenant=acmf");
    T(ask(&other, header, m, T0) == R_REQUEST_SIGNATURE);
    other = q;
    other.body.b[0] ^= 1;
    T(ask(&other, header, m, T0) == R_REQUEST_SIGNATURE);
    other = q;
    other.cid.b[0] ^= 1;
    T(ask(&other, header, m, T0) == R_REQUEST_SIGNATURE);
    T(ask(&q, header, m, T0 + 121) == R_REQUEST_TIME);
    T(ask(&q, header, m, T0 - 121) == R_REQUEST_TIME);
    T(ask(&q, header, m, T0 + 120) == R_NONE); /* a refused one was not remembered */
    T(ask(&q, header, m, T0 - 120) == R_REQUEST_REPLAYED);

    size_t taken = 0;
    for (size_t bit = 0; bit < h.n * 8; bit++) {
        h.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += ask(&q, header, m, T0) == R_NONE;
        h.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < h.n; len++)
        taken += ask(&q, (struct span){ h.p, len }, m, T0) != R_UNAUTHENTICATED;
    T(taken == 0);
    for (uint8_t i = 1; i <= 3; i++) { /* room for three */
        SR_OWN(buf) more = { 0 };
        id[0] = i;
        T(signed_build(&q, &s.admin, &s.admin_pub, T0, id, &more) == SR_OK);
        T(ask(&q, buf_span(&more), m, T0) == (i < 3 ? R_NONE : R_NONCES_FULL));
    }
    nonce_set_free(m);
    net_drop(&s.n);
}

static void headers_have_one_spelling(void)
{
    static const char key[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const char sig[] =
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
    static const struct {
        const char *format;
        bool ok;
    } rows[] = {
        { "Sealring key=\"%s\", time=\"1\", id=\"%.32s\", sig=\"%s\"", true },
        { "sealring key=\"%s\", time=\"1\", id=\"%.32s\", sig=\"%s\"", false },
        { "Sealring  key=\"%s\", time=\"1\", id=\"%.32s\", sig=\"%s\"", false },
        { "Sealring key=\"%s\",time=\"1\", id=\"%.32s\", sig=\"%s\"", false },
        { "Sealring key=\"%s\", time=\"01\", id=\"%.32s\", sig=\"%s\"", false },
        { "Sealring key=\"%s\", time=\"\", id=\"%.32s\", sig=\"%s\"", false },
        { "Sealring key=\"%s\", time=\"-1\", id=\"%.32s\", sig=\"%s\"", false },
        { "Sealring key=\"%s\", time=\"1234567890123\", id=\"%.32s\", sig=\"%s\"", false },
        { "Sealring key=\"%s\", time=\"1\", id=\"%.30s\", sig=\"%s\"", false },
        { "Sealring key=\"%s\", time=\"1\", id=\"%.32s\", sig=\"%s\" ", false },
        { "Bearer key=\"%s\", time=\"1\", id=\"%.32s\", sig=\"%s\"", false },
    };
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        struct signed_header h;
        snprintf(text, sizeof text, rows[i].format, key, key, sig);
        T_ROW((signed_parse(span_of(text), &h, NULL) == SR_OK) == rows[i].ok, rows[i].format);
    }
#pragma GCC diagnostic pop
}

static void a_set_of_nonces_forgets_only_what_expired(void)
{
    struct nonce_set *s = NULL;
    uint8_t seed[16] = { 0 };
    struct nonce a = { { { 1 } }, 100 }, b = { { { 2 } }, 200 }, c = { { { 3 } }, 300 };
    struct sr_why why;
    struct nonce_spent spent;
    T(nonce_set_new(0, seed, &s) == SR_ETOOBIG && nonce_set_new(NONCE_SET_MAX + 1, seed, &s) == SR_ETOOBIG);
    T(nonce_set_new(2, seed, &s) == SR_OK);
    T(nonce_consume(s, &a, 101, NULL, &why) == SR_EAUTH && why.reason == R_NONCE_EXPIRED);
    T(nonce_consume(s, &a, 100, &spent, &why) == SR_OK && sha256_eq(&spent.id, &a.id));
    T(nonce_consume(s, &a, 100, NULL, &why) == SR_EAUTH && why.reason == R_NONCE_USED);
    T(nonce_consume(s, &b, 50, NULL, &why) == SR_OK);
    T(nonce_consume(s, &c, 100, NULL, &why) == SR_EBUSY && why.reason == R_NONCES_FULL);
    T(nonce_consume(s, &c, 101, NULL, &why) == SR_OK); /* a expired and made room */
    T(nonce_consume(s, &b, 101, NULL, &why) == SR_EAUTH && why.reason == R_NONCE_USED);
    T(nonce_consume(s, &a, 100, NULL, &why) == SR_EBUSY && why.reason == R_NONCES_FULL);
    nonce_set_free(s);
}

static void many_nonces_fit_exactly(void)
{
    enum { MANY = 5000 };
    struct nonce_set *s = NULL;
    uint8_t seed[16] = { 7 };
    size_t first = 0, second = 0, late = 0;
    T(nonce_set_new(MANY, seed, &s) == SR_OK);
    for (uint64_t round = 0; round < 3; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            struct nonce n = { .expires_ms = 10 + round * 10 };
            memcpy(n.id.b, &i, sizeof i);
            n.id.b[8] = (uint8_t)round;
            first += nonce_consume(s, &n, round * 11, NULL, NULL) == SR_OK;
            second += nonce_consume(s, &n, round * 11, NULL, NULL) == SR_OK;
        }
    struct nonce n = { .id = { { 0xff, 0xff, 0xff, 0xff } }, .expires_ms = 30 };
    late += nonce_consume(s, &n, 30, NULL, NULL) == SR_EBUSY;
    late += nonce_consume(s, &n, 31, NULL, NULL) == SR_EAUTH;
    n.expires_ms = 31;
    late += nonce_consume(s, &n, 31, NULL, NULL) == SR_OK;
    T(first == 3 * MANY && second == 0 && late == 3);
    nonce_set_free(s);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    a_package_opens_under_the_networks_key_alone();
    no_bit_of_a_package_can_be_turned();
    a_known_package_vouches_for_no_other();
    of_two_known_packages_in_one_place_the_later_stays();
    versions_link_and_conflicts_end_the_same_everywhere();
    what_can_not_be_a_package_is_not_made();
    a_member_certificate_says_one_thing();
    a_signed_request_is_good_once_for_itself();
    headers_have_one_spelling();
    a_set_of_nonces_forgets_only_what_expired();
    many_nonces_fit_exactly();
    return t_end();
}
