/* Certificates made by tests/vectors-src/certs.py and by swtpm_localca. */
#include "crypto/cert.h"
#include "tests/hex.h"

enum { FILE_MAX = 16384, SPKIS = 4 };
static const time_t in_2026 = 1767225600; /* 2026-01-01 */
static struct sha256 spki[SPKIS];         /* root, fake root, intermediate, PSS root */
enum { PIN_ROOT, PIN_FAKE, PIN_INTER, PIN_PSS };

static struct span load(struct buf *b, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "tests/vectors/certs/%s", name);
    FILE *f = fopen(path, "rb");
    uint8_t *at = wr_room(b, FILE_MAX);
    size_t n = f && at ? fread(at, 1, FILE_MAX, f) : 0;
    if (f)
        fclose(f);
    T_ROW(n > 0, name);
    b->n -= at ? FILE_MAX - n : 0;
    return (struct span){ at, n };
}

static void load_cert(struct cert *ret, const char *name)
{
    SR_OWN(buf) b = { 0 };
    char file[64];
    struct sr_why why = { 0 };
    snprintf(file, sizeof file, "%s.der", name);
    struct span der = load(&b, file);
    T_ROW(cert_read(der, ret, &why) == SR_OK, name);
}

struct chain {
    struct cert c[CERTS_MAX + 1];
    size_t n;
};
static void chain_drop(struct chain *c)
{
    for (size_t i = 0; i < c->n; i++)
        cert_drop(&c->c[i]);
}

/* names: "leaf above above", separated by spaces. */
static enum sr_err verify(const char *names, const struct sha256 *pins, size_t n_pins, time_t at,
                          enum cert_purpose purpose, struct sr_why *why, struct sha256 *ret)
{
    SR_OWN(chain) c = { 0 };
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", names);
    for (const char *name; (name = strsep(&rest, " ")) && c.n <= CERTS_MAX;)
        load_cert(&c.c[c.n++], name);
    return cert_chain_verify(&c.c[0], &c.c[1], c.n - 1, pins, n_pins, at, purpose, why, ret);
}

static const struct chain_row {
    const char *names;
    int pin;
    enum cert_purpose purpose;
    enum sr_err err;
    enum sr_reason reason;
} chains[] = {
    { "ek_rsa inter root", PIN_ROOT, CERT_EK, SR_OK, R_NONE },
    { "ek_ec inter root", PIN_ROOT, CERT_EK, SR_OK, R_NONE },
    { "ak inter root", PIN_ROOT, CERT_AK, SR_OK, R_NONE },
    { "ak inter root", PIN_ROOT, CERT_EVIDENCE, SR_OK, R_NONE },
    { "ek_rsa root inter", PIN_ROOT, CERT_EK, SR_OK, R_NONE },        /* any order */
    { "ek_rsa sub root inter ak", PIN_ROOT, CERT_EK, SR_OK, R_NONE }, /* unused ones */
    { "ek_rsa inter", PIN_INTER, CERT_EK, SR_OK, R_NONE },            /* a pinned intermediate */
    { "ek_rsa inter root", PIN_INTER, CERT_EK, SR_OK, R_NONE },
    { "ek_noncritical inter root", PIN_ROOT, CERT_EK, SR_OK, R_NONE },
    { "pss_device pss_root", PIN_PSS, CERT_EVIDENCE, SR_OK, R_NONE },
    /* nobody we trust */
    { "ek_rsa inter root", PIN_FAKE, CERT_EK, SR_EPROOF, R_CERT_ANCHOR },
    { "ek_rsa inter", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_ANCHOR },
    { "ek_rsa", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_ANCHOR },
    { "root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_ANCHOR },
    { "root root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_ANCHOR },
    { "ek_rsa root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_CHAIN }, /* the link is missing */
    /* signatures */
    { "ek_rsa inter_fake root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_SIGNATURE },
    { "ek_fake inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_SIGNATURE },
    /* who may sign */
    { "ek_deep sub inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_CA }, /* pathlen 0 */
    { "ek_deep sub_not_ca inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_CA },
    { "ek_rsa inter_no_sign root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_CA },
    { "ek_rsa inter root_not_ca", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_CA },
    { "ek_ca inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_CA },
    /* time */
    { "ek_expired inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_TIME },
    { "ek_future inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_TIME },
    { "ek_rsa inter root_old", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_TIME },
    /* strength */
    { "ek_rsa1024 inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_WEAK },
    { "ek_sha1 inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_WEAK },
    { "ek_roca inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_WEAK },
    { "ek_ed25519 inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_WEAK },
    { "ek_p521 inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_WEAK },
    { "ek_explicit_curve inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_WEAK },
    /* what it is for */
    { "ek_critical inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_CRITICAL },
    { "ek_no_eku inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_PURPOSE },
    { "ek_other_eku inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_PURPOSE },
    { "ek_signs inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_PURPOSE },
    { "ek_ec_enciphers inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_PURPOSE },
    { "ek_no_usage inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_PURPOSE },
    { "ak inter root", PIN_ROOT, CERT_EK, SR_EPROOF, R_CERT_PURPOSE },
    { "ek_rsa inter root", PIN_ROOT, CERT_AK, SR_EPROOF, R_CERT_PURPOSE },
    { "ek_rsa inter root", PIN_ROOT, CERT_EVIDENCE, SR_EPROOF, R_CERT_PURPOSE },
    { "pss_device pss_root", PIN_PSS, CERT_AK, SR_EPROOF, R_CERT_PURPOSE },
    /* limits */
    { "ek_rsa inter root sub sub sub sub sub", PIN_ROOT, CERT_EK, SR_OK, R_NONE },
    { "ek_rsa inter root sub sub sub sub sub sub", PIN_ROOT, CERT_EK, SR_ETOOBIG, R_CERT_CHAIN },
};

static void chains_do_what_their_rows_say(void)
{
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        const struct chain_row *r = &chains[i];
        struct sr_why why = { 0 };
        struct sha256 anchor = { 0 };
        enum sr_err e = verify(r->names, &spki[r->pin], 1, in_2026, r->purpose, &why, &anchor);
        T_ROW(e == r->err, r->names);
        T_ROW(why.reason == r->reason, r->names);
        T_ROW(sha256_eq(&anchor, r->err == SR_OK ? &spki[r->pin] : &(struct sha256){ 0 }), r->names);
    }
}

static void no_pins_trust_nobody(void)
{
    struct sr_why why = { 0 };
    T(verify("ek_rsa inter root", NULL, 0, in_2026, CERT_EK, &why, NULL) == SR_EPROOF);
    T(why.reason == R_CERT_ANCHOR);
    T(verify("ek_rsa inter root", spki, SPKIS, in_2026, CERT_PURPOSE_COUNT, &why, NULL) == SR_EBUG);
    T(verify("ek_rsa inter root", spki, SPKIS, in_2026, CERT_EK, &why, NULL) == SR_OK);
}

/* Years are a caller's argument: the same chain at other times. */
static void the_time_is_the_argument(void)
{
    static const struct {
        time_t at;
        enum sr_err err;
    } times[] = {
        { 0, SR_EPROOF },          { 1704067199, SR_EPROOF },
        { 1704067200, SR_OK }, /* 2024-01-01, the first second */
        { 2335219199, SR_OK }, /* 2044-01-01 itself is past it for OpenSSL */
        { 2335219200, SR_EPROOF }, { 253402300799, SR_EPROOF },
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        T(verify("ek_rsa inter root", &spki[PIN_ROOT], 1, times[i].at, CERT_EK, NULL, NULL) == times[i].err);
}

static void swtpm_certificates_verify_to_its_root(void)
{
    static const char *const leaves[] = { "swtpm_ek_rsa", "swtpm_ek_p384" };
    SR_OWN(cert) root = { 0 };
    struct sha256 pin;
    load_cert(&root, "swtpm_root");
    T(cert_spki_hash(&root, &pin) == SR_OK);
    for (size_t i = 0; i < 2; i++) {
        char names[128];
        SR_OWN(cert) leaf = { 0 };
        struct ek_names n;
        time_t from, until;
        struct sr_why why = { 0 };
        snprintf(names, sizeof names, "%s swtpm_issuer swtpm_root", leaves[i]);
        T_ROW(verify(names, &pin, 1, 1798761600, CERT_EK, &why, NULL) == SR_OK, leaves[i]);
        T_ROW(verify(names, &spki[PIN_ROOT], 1, 1798761600, CERT_EK, &why, NULL) == SR_EPROOF, leaves[i]);
        load_cert(&leaf, leaves[i]);
        T_ROW(cert_ek_names(&leaf, &n, &why) == SR_OK && strcmp(n.manufacturer, "id:00001014") == 0,
              leaves[i]);
        T_ROW(strcmp(n.model, "swtpm") == 0 && strcmp(n.version, "id:20191023") == 0, leaves[i]);
        T_ROW(cert_times(&leaf, &from, &until) == SR_OK && until == 253402300799, leaves[i]);
    }
}

static void keys_compare_with_raw_numbers(void)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) c = { 0 };
    SR_OWN(cert) ek_rsa = { 0 };
    SR_OWN(cert) ek_ec = { 0 };
    SR_OWN(pubkey) rsa = { 0 };
    SR_OWN(pubkey) ec = { 0 };
    struct span n = load(&b, "ek_rsa.n"), xy = load(&c, "ek_ec.xy");
    load_cert(&ek_rsa, "ek_rsa");
    load_cert(&ek_ec, "ek_ec");
    T(pubkey_from_rsa(n, 65537, &rsa) == SR_OK);
    T(pubkey_from_ec(CURVE_P256, (struct span){ xy.p, 32 }, (struct span){ xy.p + 32, 32 }, &ec) == SR_OK);
    T(cert_has_key(&ek_rsa, &rsa) && cert_has_key(&ek_ec, &ec));
    T(!cert_has_key(&ek_rsa, &ec) && !cert_has_key(&ek_ec, &rsa));
    b.p[255] ^= 2;
    SR_OWN(pubkey) other = { 0 };
    T(pubkey_from_rsa(n, 65537, &other) == SR_OK && !cert_has_key(&ek_rsa, &other));
}

static void spki_hashes_are_those_of_the_other_implementation(void)
{
    static const char *const names[] = { "root", "root_fake", "inter", "pss_root" };
    for (size_t i = 0; i < SPKIS; i++) {
        SR_OWN(cert) c = { 0 };
        struct sha256 h;
        load_cert(&c, names[i]);
        T_ROW(cert_spki_hash(&c, &h) == SR_OK && sha256_eq(&h, &spki[i]), names[i]);
    }
}

static void names_do_what_their_rows_say(void)
{
    static const struct {
        const char *file;
        enum sr_err err;
    } rows[] = {
        { "ek_rsa", SR_OK },
        { "ek_names_missing", SR_EFORMAT },
        { "ek_names_two", SR_EFORMAT },
        { "ek_names_twice", SR_EFORMAT },
        { "ek_names_control", SR_EFORMAT },
        { "ek_names_maker", SR_EFORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(cert) c = { 0 };
        struct ek_names n = { 0 };
        struct sr_why why = { 0 };
        load_cert(&c, rows[i].file);
        T_ROW(cert_ek_names(&c, &n, &why) == rows[i].err, rows[i].file);
        T_ROW(why.reason == (rows[i].err ? R_CERT_NAMES : R_NONE), rows[i].file);
        T_ROW(rows[i].err ? n.manufacturer[0] == 0 : strcmp(n.manufacturer, "id:53455231") == 0,
              rows[i].file);
    }
}

static void only_whole_version_3_certificates_are_read(void)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) long_one = { 0 };
    SR_OWN(cert) c = { 0 };
    struct sr_why why = { 0 };
    T(cert_read(load(&b, "ek_v1.der"), &c, &why) == SR_EFORMAT && why.reason == R_CERT_FORMAT);
    b.n = 0;
    struct span der = load(&b, "root.der");
    for (size_t n = 0; n < der.n; n++)
        T(cert_read((struct span){ der.p, n }, &c, NULL) == SR_EFORMAT);
    wr_span(&long_one, der);
    wr_u8(&long_one, 0);
    T(cert_read(buf_span(&long_one), &c, NULL) == SR_EFORMAT);
    (void)wr_room(&long_one, CERT_MAX + 1 - long_one.n);
    T(cert_read(buf_span(&long_one), &c, &why) == SR_ETOOBIG);
    T(c.x509 == NULL);
}

/* A flip anywhere in the leaf is refused: by the reader, or because a signature no longer fits. The one
 * exception would be bytes that nothing covers, and there are none. */
static void no_flipped_bit_of_a_leaf_is_trusted(void)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(chain) above = { .n = 2 };
    struct span der = load(&b, "ek_ec.der");
    load_cert(&above.c[0], "inter");
    load_cert(&above.c[1], "root");
    for (size_t i = 0; i < der.n * 8; i++) {
        SR_OWN(cert) leaf = { 0 };
        b.p[i / 8] ^= (uint8_t)(1 << i % 8);
        enum sr_err e = cert_read(der, &leaf, NULL);
        if (e == SR_OK)
            e = cert_chain_verify(&leaf, above.c, 2, &spki[PIN_ROOT], 1, in_2026, CERT_EK, NULL, NULL);
        T(e == SR_EFORMAT || e == SR_EPROOF);
        b.p[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void trim_takes_off_one_kind_of_padding(void)
{
    static const struct {
        const char *hex;
        size_t n; /* 0: refused */
    } rows[] = {
        { "3003010203", 5 },
        { "3003010203ffff", 5 },
        { "30030102030000", 5 },
        { "300301020300ff", 0 },
        { "3003010203ff00", 0 },
        { "300301020301", 0 },
        { "30030102", 0 },
        { "", 0 },
        { "30", 0 },
        { "3103010203", 0 },
        { "3080010203", 0 },
        { "308301000001", 0 },
        { "30820001aaff", 5 },
        { "308101aaff", 4 },
        { "ffffffff", 0 },
        { "30ff", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) b = { 0 };
        struct span der = { 0 };
        enum sr_err e = cert_trim(unhex(&b, rows[i].hex), &der);
        T_ROW(e == (rows[i].n ? SR_OK : SR_EFORMAT) && der.n == rows[i].n, rows[i].hex);
    }
}

static void a_padded_certificate_is_read_only_when_trimmed(void)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(cert) c = { 0 };
    struct span der = load(&b, "ek_ec.der"), trimmed;
    for (int i = 0; i < 100; i++)
        wr_u8(&b, 0xff);
    T(cert_read(buf_span(&b), &c, NULL) == SR_EFORMAT);
    T(cert_trim(buf_span(&b), &trimmed) == SR_OK && trimmed.n == der.n);
    T(cert_read(trimmed, &c, NULL) == SR_OK);
}

static enum sr_err read_pem(const struct buf *b, size_t *ret_n)
{
    SR_OWN(certs) c = { 0 };
    enum sr_err e = certs_read_pem(buf_span(b), &c, NULL);
    *ret_n = c.n;
    return e;
}

static void pem_holds_certificates_and_nothing_else(void)
{
    static const struct {
        const char *before, *after;
        size_t copies, n; /* of a file with two certificates; n 0: refused */
        enum sr_err err;
    } rows[] = {
        { "", "", 1, 2, SR_OK },
        { "\n\r\n", "\r\n\n", 1, 2, SR_OK },
        { " ", "", 1, 0, SR_EFORMAT },
        { "", "\t", 1, 0, SR_EFORMAT },
        { "", "", 4, CERTS_MAX, SR_OK },
        { "", "", 5, 0, SR_ETOOBIG },
        { "", "", 0, 0, SR_EFORMAT },
        { "subject=x\n", "", 1, 0, SR_EFORMAT },
        { "", "x", 1, 0, SR_EFORMAT },
        { "", "-----BEGIN CERTIFICATE-----", 1, 0, SR_EFORMAT },
        { "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 1, 0, SR_EFORMAT },
        { "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 1, 0, SR_EFORMAT },
    };
    SR_OWN(buf) file = { 0 };
    struct span two = load(&file, "chain.pem");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) b = { 0 };
        size_t n = 0;
        wr_text(&b, rows[i].before);
        for (size_t k = 0; k < rows[i].copies; k++)
            wr_span(&b, two);
        wr_text(&b, rows[i].after);
        T(read_pem(&b, &n) == rows[i].err && n == rows[i].n);
    }
}

static void extensions_and_names_are_found(void)
{
    SR_OWN(cert) leaf = { 0 };
    SR_OWN(cert) root = { 0 };
    SR_OWN(buf) cn = { 0 };
    struct span ext = { 0 };
    load_cert(&leaf, "ek_noncritical");
    load_cert(&root, "root");
    T(cert_extension(&leaf, "1.3.6.1.4.1.99999.1", &ext) == SR_OK && span_eq(ext, SPAN_STR("\x05\0")));
    T(cert_extension(&leaf, "1.3.6.1.4.1.99999.2", &ext) == SR_ENOENT);
    T(cert_extension(&leaf, "not an oid", &ext) == SR_ENOENT);
    T(cert_common_name(&root, &cn) == SR_OK && span_eq(buf_span(&cn), SPAN_STR("Test TPM Root")));
    T(cert_common_name(&leaf, &cn) == SR_ENOENT);
}

static void an_empty_certificate_is_refused_everywhere(void)
{
    struct cert none = { 0 };
    SR_OWN(cert) ek = { 0 };
    SR_OWN(buf) b = { 0 };
    struct sha256 h;
    struct pubkey k = { 0 };
    struct ek_names n;
    struct span s;
    time_t t;
    load_cert(&ek, "ek_rsa");
    T(cert_der(&none, &b) == SR_EFORMAT && cert_spki_hash(&none, &h) == SR_EFORMAT);
    T(cert_pubkey(&none, &k, NULL) == SR_EPROOF && !cert_has_key(&none, &k) && !cert_has_key(&ek, &k));
    T(cert_times(&none, &t, &t) == SR_EFORMAT && cert_common_name(&none, &b) == SR_ENOENT);
    T(cert_extension(&none, "2.5.29.15", &s) == SR_ENOENT && cert_ek_names(&none, &n, NULL) == SR_EFORMAT);
    T(cert_chain_verify(&none, &ek, 1, spki, SPKIS, in_2026, CERT_EK, NULL, NULL) == SR_EBUG);
    T(cert_chain_verify(&ek, &none, 1, spki, SPKIS, in_2026, CERT_EK, NULL, NULL) == SR_EBUG);
}

int main(void)
{
    SR_OWN(buf) b = { 0 };
    T(secret_init() == SR_OK);
    struct reader r = rd_init(load(&b, "spki.bin"));
    for (size_t i = 0; i < SPKIS; i++)
        rd_copy(&r, spki[i].b, sizeof spki[i].b);
    T(rd_end(&r));
    chains_do_what_their_rows_say();
    no_pins_trust_nobody();
    the_time_is_the_argument();
    swtpm_certificates_verify_to_its_root();
    keys_compare_with_raw_numbers();
    spki_hashes_are_those_of_the_other_implementation();
    names_do_what_their_rows_say();
    only_whole_version_3_certificates_are_read();
    no_flipped_bit_of_a_leaf_is_trusted();
    trim_takes_off_one_kind_of_padding();
    a_padded_certificate_is_read_only_when_trimmed();
    pem_holds_certificates_and_nothing_else();
    extensions_and_names_are_found();
    an_empty_certificate_is_refused_everywhere();
    return t_end();
}
