/* Recovery holders' public and private keys: their one spelling, in the record, as text, in DER and in files.
 */
#include "client/keyfile.h"
#include "tests/handshake.h"
#include "tests/hex.h"
#include "tests/holder_keys.inc"
#include "tests/unit/rows_recovery.inc"

#include <unistd.h>

/* ---- DER ---- */

static void keys_of_every_kind_are_read_and_named(void)
{
    T(sizeof rows_spki / sizeof *rows_spki == HOLDER_KIND_END - 1);
    for (size_t i = 0; i < sizeof rows_spki / sizeof *rows_spki; i++) {
        SR_OWN(buf) der = { 0 };
        struct holder h;
        T_ROW(holder_spki_read(unhex(&der, rows_spki[i].der), &h) == SR_OK && holder_check(&h) == SR_OK,
              rows_spki[i].what);
        T_ROW(strcmp(holder_kind_name(h.kind), rows_spki[i].what) == 0, rows_spki[i].what);
        T_ROW(holder_is_rsa(&h) == (h.kind != HOLDER_X25519), rows_spki[i].what);
        struct sha256 pin = holder_pin(&h);
        T_ROW(is_hex(SPAN(pin.b), rows_spki[i].pin), rows_spki[i].what);
    }
}

static void every_other_spelling_is_refused(void)
{
    for (size_t i = 0; i < sizeof rows_spki_refused / sizeof *rows_spki_refused; i++) {
        SR_OWN(buf) der = { 0 };
        struct holder h;
        T_ROW(holder_spki_read(unhex(&der, rows_spki_refused[i].der), &h) == SR_EFORMAT,
              rows_spki_refused[i].what);
    }
}

/* A bit of the key is another key or none; any other bit, and any other length, is none. */
static void every_bit_and_every_length_counts(const char *hex)
{
    SR_OWN(buf) b = { 0 };
    struct holder h, other;
    size_t taken = 0, others = 0;
    (void)unhex(&b, hex);
    T(holder_spki_read(buf_span(&b), &h) == SR_OK);
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (holder_spki_read(buf_span(&b), &other) == SR_OK) {
            taken += other.kind != h.kind || holder_cmp(&h, &other) == 0;
            others++;
        }
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(taken == 0 && others == holder_key(&h).n * 8 - (holder_is_rsa(&h) ? 2 : 1));
    for (size_t n = 0; n < b.n; n++)
        taken += holder_spki_read((struct span){ b.p, n }, &other) == SR_OK;
    wr_u8(&b, 0);
    T(taken == 0 && holder_spki_read(buf_span(&b), &other) == SR_EFORMAT);
}

/* ---- the record, text ---- */

static void a_holder_has_one_form_in_the_record_and_one_as_text(void)
{
    for (size_t i = 0; i < sizeof rows_spki / sizeof *rows_spki; i++) {
        SR_OWN(buf) der = { 0 };
        SR_OWN(buf) b = { 0 };
        struct holder h, back;
        char text[HOLDER_TEXT_MAX];
        T(holder_spki_read(unhex(&der, rows_spki[i].der), &h) == SR_OK);
        holder_encode(&h, &b);
        struct reader r = rd_init(buf_span(&b));
        holder_decode(&r, &back);
        T(rd_end(&r) && holder_cmp(&h, &back) == 0);
        for (size_t n = 0; n < b.n; n++) {
            r = rd_init((struct span){ b.p, n });
            holder_decode(&r, &back);
            T(!rd_end(&r));
        }
        holder_text(&h, text);
        T(strlen(text) < sizeof text && holder_text_read(span_of(text), &back) == SR_OK &&
          holder_cmp(&h, &back) == 0);
        for (size_t n = 0; n < strlen(text); n++)
            T(holder_text_read((struct span){ (const uint8_t *)text, n }, &back) == SR_EFORMAT);
    }
}

static void kinds_that_are_none_are_refused(void)
{
    for (unsigned kind = 0; kind < 256; kind++) {
        uint8_t b[1 + HOLDER_KEY_MAX] = { (uint8_t)kind, 0x80 };
        struct holder h;
        struct reader r = rd_init(SPAN(b));
        holder_decode(&r, &h);
        T(r.bad == !(kind == HOLDER_X25519)); /* RSA: even */
        T((holder_kind_name(h.kind) != NULL) == (kind >= HOLDER_X25519 && kind < HOLDER_KIND_END));
    }
    static const char *const texts[] = {
        "",
        "x25519",
        "x25519:",
        "x25519:09",
        "X25519:",
        "rsa:80",
        "rsa-1024:80",
        "x25519:0900000000000000000000000000000000000000000000000000000000000080"
    };
    struct holder h;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        T_ROW(holder_text_read(span_of(texts[i]), &h) == SR_EFORMAT, texts[i]);
}

/* Around 2^255 - 19, little-endian. */
static void an_x25519_key_is_below_the_prime(void)
{
    static const struct {
        uint8_t low, middle, high;
        bool good;
    } rows[] = {
        { 0xec, 0xff, 0x7f, true },  { 0xed, 0xff, 0x7f, false }, { 0xff, 0xff, 0x7f, false },
        { 0xff, 0xfe, 0x7f, true },  { 0xff, 0xff, 0x7e, true },  { 0x00, 0x00, 0x80, false },
        { 0xff, 0xff, 0xff, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t b[33];
        struct holder h;
        memset(b, 0xff, sizeof b);
        b[0] = HOLDER_X25519;
        b[1] = rows[i].low;
        b[17] = rows[i].middle;
        b[32] = rows[i].high;
        struct reader r = rd_init(SPAN(b));
        holder_decode(&r, &h);
        T(rd_end(&r) == rows[i].good);
    }
}

static void weak_keys_are_noticed(void)
{
    struct holder h = { HOLDER_X25519, { 1 } }; /* order 1 */
    T(holder_check(&h) == SR_EPROOF);
    h.key[0] = 9;
    T(holder_check(&h) == SR_OK);
    h.kind = HOLDER_RSA_2048; /* a leading zero */
    T(holder_check(&h) == SR_EPROOF);
    h = (struct holder){ 0 };
    T(holder_check(&h) == SR_EPROOF);
}

/* A smart card's key, of the form of CVE-2017-15361. */
static void a_factored_key_is_noticed(void)
{
    struct holder h = { .kind = HOLDER_RSA_2048 }, back;
    char text[HOLDER_TEXT_MAX];
    struct sr_why why = { .reason = R_NONE };
    FILE *f = fopen("tests/vectors/certs/roca_modulus.bin", "rb");
    T(f && fread(h.key, 1, 256, f) == 256);
    if (f)
        fclose(f);
    holder_text(&h, text);
    T(holder_text_read(span_of(text), &back) == SR_OK && holder_check(&back) == SR_EPROOF);
    T(keyfile_read_holder_pub(text, &back, &why) == SR_EFORMAT && why.reason == R_RECOVERY_HOLDER);
    h.key[255] ^= 2;
    holder_text(&h, text);
    T(keyfile_read_holder_pub(text, &back, &why) == SR_OK);
}

/* ---- private keys ---- */

static void private_keys_are_rsa_of_65537_and_strong(void)
{
    static const struct {
        const char *what, *hex;
        enum sr_err want;
        bool holder;
    } rows[] = {
        { "2048", key_rsa_2048, SR_OK, true },          { "3072", key_rsa_3072, SR_OK, true },
        { "4096", key_rsa_4096, SR_OK, true },          { "PKCS #1", key_rsa_pkcs1, SR_OK, true },
        { "2304", key_rsa_2304, SR_OK, false },         { "1024", key_rsa_1024, SR_EPROOF, false },
        { "exponent 3", key_rsa_e3, SR_EPROOF, false }, { "PSS", key_rsa_pss, SR_EPROOF, false },
        { "nothing", "", SR_EFORMAT, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) der = { 0 };
        SR_OWN(holder_secret) s = { .kind = HOLDER_SECRET_RSA };
        struct holder h;
        (void)unhex(&der, rows[i].hex);
        T_ROW(rsa_key_read(buf_span(&der), &s.rsa) == rows[i].want, rows[i].what);
        T_ROW((holder_secret_pub(&s, &h) == SR_OK) == rows[i].holder, rows[i].what);
        wr_u8(&der, 0);
        SR_OWN(rsa_key) longer = { 0 };
        T_ROW(rsa_key_read(buf_span(&der), &longer) != SR_OK, rows[i].what);
        for (size_t n = 0; n + 1 < der.n; n += 7)
            T_ROW(rsa_key_read((struct span){ der.p, n }, &longer) != SR_OK, rows[i].what);
    }
}

static void the_public_half_is_the_one_of_the_rows(void)
{
    static const char *const keys[] = { key_rsa_2048, key_rsa_3072, key_rsa_4096 };
    for (size_t i = 0; i < 3; i++) {
        SR_OWN(buf) der = { 0 };
        SR_OWN(holder_secret) s = { .kind = HOLDER_SECRET_RSA };
        struct holder h;
        T(rsa_key_read(unhex(&der, keys[i]), &s.rsa) == SR_OK && holder_secret_pub(&s, &h) == SR_OK);
        struct sha256 pin = holder_pin(&h);
        T(is_hex(SPAN(pin.b), rows_spki[i].pin));
    }
}

static void signing_keys_are_taken_over_as_another_implementation_does(void)
{
    for (size_t i = 0; i < sizeof rows_ed25519 / sizeof *rows_ed25519; i++) {
        struct key seed;
        struct sign_key k;
        struct sign_pub p;
        struct kem_key x;
        struct kem_pub xp, of;
        unhex_n(seed.b, sizeof seed.b, rows_ed25519[i].seed);
        sign_from_seed(&seed, &k, &p);
        T(kem_sign_key(&k, &x) == SR_OK && is_hex(SPAN(x.b), rows_ed25519[i].key));
        T(kem_sign_pub(&p, &xp) == SR_OK && is_hex(SPAN(xp.b), rows_ed25519[i].pub));
        kem_pub_of(&x, &of);
        T(span_eq(SPAN(of.b), SPAN(xp.b)));
    }
    struct kem_pub xp;
    struct sign_pub bad = { { 1 } }; /* y = 1: the neutral element */
    T(kem_sign_pub(&bad, &xp) == SR_EPROOF);
    memset(&bad, 0, sizeof bad); /* order 4 */
    T(kem_sign_pub(&bad, &xp) == SR_EPROOF);
    memset(&bad, 0xff, sizeof bad); /* no point */
    T(kem_sign_pub(&bad, &xp) == SR_EPROOF);
}

/* ---- files ---- */

static const char ed25519_pub[] =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n"; /* RFC 8032, 7.1, test 1 */
static const char x25519_pub[] =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n"
    "-----END PUBLIC KEY-----\n"; /* RFC 7748, 6.1, Alice */
static const char ec_pub[] =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";

/* In a file, or with file false in its place. */
struct given {
    char path[32];
    const char *text;
};

static struct given given(const char *text, bool file)
{
    struct given g = { .path = "/tmp/holder-XXXXXX", .text = text };
    int fd = file ? mkstemp(g.path) : -1;
    if (!file)
        return g;
    T(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    g.text = NULL;
    return g;
}

static const char *given_name(const struct given *g)
{
    return g->text ? g->text : g->path;
}

static void given_drop(struct given *g)
{
    if (!g->text)
        unlink(g->path);
}

static void a_holders_key_is_of_a_known_kind(void)
{
    static const struct {
        const char *text; /* in a file, or in its place */
        bool file;
        const char *want; /* NULL: refused */
    } rows[] = {
        { ed25519_pub, true, "d85e07ec22b0ad881537c2f44d662d1a143cf830c57aca4305d85c7a90f6b62e" },
        { x25519_pub, true, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" },
        { ec_pub, true, NULL },
        { "", true, NULL },
        { "x25519:8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", false,
          "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" },
        { "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", false,
          "d85e07ec22b0ad881537c2f44d662d1a143cf830c57aca4305d85c7a90f6b62e" },
        { "ed25519:0100000000000000000000000000000000000000000000000000000000000000", false, NULL },
        { "x25519:0100000000000000000000000000000000000000000000000000000000000000", false, NULL },
        { "x25519:85", false, NULL },
        { "rsa-2048:85", false, NULL },
        { "ed25519:85", false, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(given) g = given(rows[i].text, rows[i].file);
        struct holder h;
        struct sr_why why = { 0 };
        enum sr_err e = keyfile_read_holder_pub(given_name(&g), &h, &why);
        T_ROW((e == SR_OK) == (rows[i].want != NULL), rows[i].text);
        T_ROW(e == SR_OK ? is_hex(holder_key(&h), rows[i].want) : why.reason == R_RECOVERY_HOLDER,
              rows[i].text);
    }
}

/* label: of the PEM block. */
static void pem(const char *label, struct span der, struct buf *ret)
{
    SR_OWN(buf) body = { 0 };
    wr_base64(&body, der);
    wr_fmt(ret, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < body.n; at += 64)
        wr_fmt(ret, "%.64s\n", (const char *)body.p + at);
    wr_fmt(ret, "-----END %s-----\n", label);
    wr_u8(ret, 0);
}

static enum sr_reason file_of(const char *label, struct span der, struct holder *ret)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(holder_secret) s = { 0 };
    struct sr_why why = { .reason = R_NONE };
    pem(label, der, &text);
    SR_OWN(given) g = given((const char *)text.p, true);
    if (strstr(label, "PRIVATE") && keyfile_read_holder(given_name(&g), &s, &why) == SR_OK)
        T(holder_secret_pub(&s, ret) == SR_OK);
    else if (!strstr(label, "PRIVATE"))
        (void)!keyfile_read_holder_pub(given_name(&g), ret, &why);
    return why.reason;
}

static void rsa_keys_come_from_files(void)
{
    static const char *const private_keys[] = { key_rsa_2048, key_rsa_3072, key_rsa_4096 };
    for (size_t i = 0; i < 3; i++) {
        SR_OWN(buf) pub = { 0 };
        SR_OWN(buf) key = { 0 };
        struct holder a, b;
        T(file_of("PUBLIC KEY", unhex(&pub, rows_spki[i].der), &a) == R_NONE);
        T(file_of("PRIVATE KEY", unhex(&key, private_keys[i]), &b) == R_NONE && holder_cmp(&a, &b) == 0);
        T(file_of("CERTIFICATE", buf_span(&pub), &a) == R_RECOVERY_HOLDER);
        T(file_of("ENCRYPTED PRIVATE KEY", buf_span(&key), &b) == R_RECOVERY_HOLDER);
    }
    for (size_t i = 0; i < sizeof rows_spki_refused / sizeof *rows_spki_refused; i++) {
        SR_OWN(buf) pub = { 0 };
        struct holder h;
        T_ROW(file_of("PUBLIC KEY", unhex(&pub, rows_spki_refused[i].der), &h) == R_RECOVERY_HOLDER,
              rows_spki_refused[i].what);
    }
    static const char *const bad[] = { key_rsa_1024, key_rsa_2304, key_rsa_e3, key_rsa_pss };
    for (size_t i = 0; i < 4; i++) {
        SR_OWN(buf) key = { 0 };
        struct holder h;
        T(file_of("PRIVATE KEY", unhex(&key, bad[i]), &h) == R_RECOVERY_HOLDER);
    }
    SR_OWN(buf) one = { 0 };
    struct holder h;
    T(file_of("RSA PRIVATE KEY", unhex(&one, key_rsa_pkcs1), &h) == R_NONE);
}

static void a_seed_is_32_bytes(void)
{
    static const char text[] = "0123456789abcdef0123456789abcdef0";
    for (size_t n = 31; n <= 33; n++) {
        char some[34];
        SR_OWN(holder_secret) s = { 0 };
        struct sr_why why = { .reason = R_NONE };
        snprintf(some, sizeof some, "%.*s", (int)n, text);
        SR_OWN(given) g = given(some, true);
        enum sr_err e =
            keyfile_read_holder_source(&(struct holder_source){ .seed = given_name(&g) }, &s, &why);
        T((e == SR_OK) == (n == 32) && (s.kind == HOLDER_SECRET_SEED) == (n == 32));
        T(why.reason == (n == 32 ? R_NONE : R_RECOVERY_HOLDER));
    }
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    keys_of_every_kind_are_read_and_named();
    every_other_spelling_is_refused();
    for (size_t i = 0; i < sizeof rows_spki / sizeof *rows_spki; i++)
        every_bit_and_every_length_counts(rows_spki[i].der);
    a_holder_has_one_form_in_the_record_and_one_as_text();
    kinds_that_are_none_are_refused();
    an_x25519_key_is_below_the_prime();
    weak_keys_are_noticed();
    a_factored_key_is_noticed();
    private_keys_are_rsa_of_65537_and_strong();
    the_public_half_is_the_one_of_the_rows();
    signing_keys_are_taken_over_as_another_implementation_does();
    a_holders_key_is_of_a_known_kind();
    rsa_keys_come_from_files();
    a_seed_is_32_bytes();
    return t_end();
}
