/* Revocation lists as AMD and Intel make them, from keys of our own. */
#include "crypto/cert_crl.h"
#include "tests/t.h"
#include "tests/vendor_maker.h"

enum { NOW = 1800000000, DAY = 86400 };

static EVP_PKEY *key_of(int i)
{
    static EVP_PKEY *keys[3];
    if (!keys[i])
        keys[i] = make_key(i == 2 ? "RSA" : "P-256");
    return keys[i];
}

static struct made_spec ca(EVP_PKEY *key, uint32_t usage)
{
    struct made_spec s = { .cn = "Test CA", .issuer = "Test CA", .key = key, .issuer_key = key, .ca = true };
    s.pathlen = -1;
    s.usage = usage;
    s.serial = 1;
    s.pss = key == key_of(2);
    s.from = NOW - DAY;
    s.until = NOW + DAY;
    return s;
}

static struct made_crl list(EVP_PKEY *key)
{
    return (struct made_crl){ "Test CA", key, key == key_of(2), NOW - DAY, NOW + DAY, 77, CRL_GOOD, 1 };
}

static const struct row {
    const char *name;
    enum made_crl_flaw flaw;
    enum sr_reason reason;
} rows[] = {
    { "as it is", CRL_GOOD, R_NONE },
    { "without a next update", CRL_ENDLESS, R_CRL_FORMAT },
    { "version 1", CRL_VERSION_1, R_CRL_FORMAT },
    { "a delta", CRL_DELTA, R_CRL_FORMAT },
    { "a critical extension", CRL_CRITICAL, R_CRL_FORMAT },
};

static void forms(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) der = { 0 };
        SR_OWN(cert_crl) crl = { 0 };
        struct sr_why why = { 0 };
        struct made_crl s = list(key_of(0));
        s.flaw = rows[i].flaw;
        make_crl(&s, &der);
        (void)!(cert_crl_read(buf_span(&der), &crl, &why) == SR_OK);
        T_ROW(why.reason == rows[i].reason, rows[i].name);
    }
}

static void read_ca(const struct made_spec *s, struct cert *ret)
{
    SR_OWN(buf) der = { 0 };
    make_cert(s, &der);
    MUST(cert_read(buf_span(&der), ret, NULL) == SR_OK);
}

/* By whom, and may they. */
static void issuers(void)
{
    for (int k = 0; k < 3; k += 2) {
        SR_OWN(buf) der = { 0 };
        SR_OWN(cert_crl) crl = { 0 };
        SR_OWN(cert) good = { 0 };
        SR_OWN(cert) other = { 0 };
        SR_OWN(cert) renamed = { 0 };
        SR_OWN(cert) silent = { 0 };
        const struct made_crl s = list(key_of(k));
        struct made_spec c = ca(key_of(k), KU_CRL_SIGN | KU_KEY_CERT_SIGN);
        make_crl(&s, &der);
        MUST(cert_crl_read(buf_span(&der), &crl, NULL) == SR_OK);
        read_ca(&c, &good);
        c.usage = KU_KEY_CERT_SIGN;
        read_ca(&c, &silent);
        c.cn = "Other CA";
        read_ca(&c, &renamed);
        c = ca(key_of(1), KU_CRL_SIGN);
        read_ca(&c, &other);
        T(cert_crl_verify(&crl, &good, NULL) == SR_OK);
        T(cert_crl_verify(&crl, &other, NULL) == SR_EPROOF);   /* another key */
        T(cert_crl_verify(&crl, &renamed, NULL) == SR_EPROOF); /* another name */
        T(cert_crl_verify(&crl, &silent, NULL) == SR_EPROOF);  /* may not */
        T(cert_crl_verify(&crl, &(struct cert){ 0 }, NULL) == SR_EPROOF);
        struct validity v = cert_crl_validity(&crl);
        T(v.from == NOW - DAY && v.until == NOW + DAY);
    }
}

static void serials(void)
{
    static const long numbers[] = { 76, 77, 78, 177, 77 << 8 };
    SR_OWN(buf) der = { 0 };
    SR_OWN(cert_crl) crl = { 0 };
    const struct made_crl s = list(key_of(0));
    make_crl(&s, &der);
    MUST(cert_crl_read(buf_span(&der), &crl, NULL) == SR_OK);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        SR_OWN(cert) leaf = { 0 };
        struct made_spec c = ca(key_of(0), KU_DIGITAL_SIGNATURE);
        c.serial = numbers[i];
        read_ca(&c, &leaf);
        T(cert_crl_lists(&crl, &leaf) == (numbers[i] == 77));
    }
    T(cert_crl_lists(&(struct cert_crl){ 0 }, &(struct cert){ 0 }) == false);
}

static void lengths(void)
{
    SR_OWN(buf) der = { 0 };
    const struct made_crl s = list(key_of(0));
    make_crl(&s, &der);
    size_t all = der.n;
    for (size_t n = 0; n < all; n++) {
        SR_OWN(cert_crl) crl = { 0 };
        T(cert_crl_read((struct span){ der.p, n }, &crl, NULL) == SR_EFORMAT);
    }
    for (size_t n = 1; n <= 64; n++) {
        SR_OWN(cert_crl) crl = { 0 };
        wr_u8(&der, n % 2 ? 0 : 0x30);
        T(cert_crl_read(buf_span(&der), &crl, NULL) == SR_EFORMAT);
    }
}

static void every_bit(int key)
{
    SR_OWN(buf) der = { 0 };
    SR_OWN(cert) good = { 0 };
    const struct made_crl s = list(key_of(key));
    const struct made_spec c = ca(key_of(key), KU_CRL_SIGN);
    size_t accepted = 0;
    make_crl(&s, &der);
    read_ca(&c, &good);
    for (size_t bit = 0; bit < der.n * 8; bit++) {
        SR_OWN(cert_crl) crl = { 0 };
        der.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (cert_crl_read(buf_span(&der), &crl, NULL) == SR_OK &&
            cert_crl_verify(&crl, &good, NULL) == SR_OK) {
            printf("accepted: bit %zu of byte %zu of %zu\n", bit % 8, bit / 8, der.n);
            accepted++;
        }
        der.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    T(accepted == 0);
}

int main(void)
{
    forms();
    issuers();
    serials();
    lengths();
    every_bit(0);
    every_bit(2);
    return t_end();
}
