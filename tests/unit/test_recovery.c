/* The recovery set: what genesis makes for the holders, how they open it, and what does not. */
#include "client/keyfile.h"
#include "crypto/text.h"
#include "node/keyring.h"
#include "tests/hex.h"
#include "tests/recovery_maker.h"
#include "tests/unit/rows_recovery.inc"

#include <unistd.h>

static void another_implementation_makes_the_same_set(void)
{
    struct recovery_maker m;
    SR_OWN(buf) b = { 0 };
    make_recovery(&m);
    T(recovery_encode(&m.set, &b) == SR_OK);
    T(is_hex(buf_span(&b), row_set));
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

/* Does any of the set still do what it is for? Every part must, or it counts as changed. */
static bool all_opens(const struct recovery_maker *m, const struct recovery_set *s)
{
    struct share shares[MAKER_HOLDERS];
    struct kem_key key;
    for (size_t i = 0; i < MAKER_HOLDERS; i++)
        if (recovery_open_share(s, &m->of, &m->holder[i], &shares[i], NULL) != SR_OK)
            return false;
    return recovery_combine(s, &m->of, shares, MAKER_HOLDERS, &key, NULL) == SR_OK &&
           span_eq(SPAN(key.b), SPAN(m->rand.key.b));
}

static bool master_opens(const struct recovery_maker *m, const struct recovery_set *s, enum sr_reason *ret)
{
    struct key master;
    struct sr_why why = { 0 };
    enum sr_err e =
        recovery_open_master(&m->rand.key, &m->cid, SPAN(m->cid.b).p, &m->epoch, &s->master, &master, &why);
    *ret = why.reason;
    return e == SR_OK;
}

static void every_bit_and_every_length_counts(void)
{
    struct recovery_maker m;
    struct recovery_set s;
    struct sr_why why;
    enum sr_reason reason;
    SR_OWN(buf) b = { 0 };
    size_t taken = 0;
    make_recovery(&m);
    T(recovery_encode(&m.set, &b) == SR_OK && b.n <= RECOVERY_SET_MAX);
    T(recovery_decode(buf_span(&b), &m.holders, &s, NULL) == SR_OK && all_opens(&m, &s));
    size_t master_at = (b.n - sizeof m.set.master) * 8;
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (recovery_decode(buf_span(&b), &m.holders, &s, NULL) == SR_OK)
            /* X25519 passes over the highest bit of a public key (RFC 7748, section 5): HPKE hashes it all
             * the same */
            taken +=
                bit < master_at ? all_opens(&m, &s) : master_opens(&m, &s, &reason) || reason != R_SEAL_OPEN;
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < b.n; n++)
        taken += recovery_decode((struct span){ b.p, n }, &m.holders, &s, &why) != SR_EFORMAT ||
                 why.reason != R_RECOVERY_FORMAT;
    wr_u8(&b, 0);
    taken += recovery_decode(buf_span(&b), &m.holders, &s, &why) == SR_OK;
    T(taken == 0);
}

static void the_masters_commitment_decides(void)
{
    struct net n;
    struct recovery_maker m = { 0 };
    struct key back, other;
    struct recovery_sealed sealed;
    struct sr_why why = { 0 };
    net_make(&n, "master");
    m.cid = n.cid;
    m.master = n.master;
    m.epoch = n.keys.pub;
    make_holders(&m);
    draw_set(&m, "recovery key");
    const uint8_t *salt = n.genesis.params.salt;
    T(recovery_open_master(&m.rand.key, &m.cid, salt, &m.epoch, &m.set.master, &back, &why) == SR_OK);
    T(span_eq(key_span(&back), key_span(&n.master)));
    fill(&other, sizeof other, "another master");
    T(recovery_seal_master(&m.set.pub, &m.cid, &other, &m.epoch, &m.rand.master_eph, &sealed) == SR_OK);
    T(recovery_open_master(&m.rand.key, &m.cid, salt, &m.epoch, &sealed, &back, &why) == SR_EPROOF &&
      why.reason == R_MASTER_COMMIT_MISMATCH);
    struct epoch_pubs two = m.epoch;
    two.epoch = 2;
    T(recovery_open_master(&m.rand.key, &m.cid, salt, &two, &m.set.master, &back, &why) == SR_EPROOF &&
      why.reason == R_SEAL_OPEN);
    m.cid.b[0] ^= 1;
    T(recovery_open_master(&m.rand.key, &m.cid, salt, &m.epoch, &m.set.master, &back, &why) == SR_EPROOF &&
      why.reason == R_SEAL_OPEN);
    net_drop(&n);
}

static void only_the_listed_holder_opens_a_share(void)
{
    struct recovery_maker m, other;
    struct share s;
    struct kem_key stranger;
    struct sr_why why = { 0 };
    make_recovery(&m);
    fill(&stranger, sizeof stranger, "stranger");
    T(recovery_open_share(&m.set, &m.of, &stranger, &s, &why) == SR_EDENIED &&
      why.reason == R_RECOVERY_HOLDER);
    struct recovery_set swapped = m.set; /* another holder's package in one's own place */
    swapped.package[0] = m.set.package[1];
    T(recovery_open_share(&swapped, &m.of, &m.holder[0], &s, &why) == SR_EPROOF && why.reason == R_SEAL_OPEN);
    make_recovery(&other);
    other.cid.b[0] ^= 1; /* another network with the same holders */
    T(recovery_open_share(&m.set, &other.of, &m.holder[0], &s, &why) == SR_EPROOF &&
      why.reason == R_SEAL_OPEN);
    make_recovery(&other);
    other.holders.t = 3;
    T(recovery_open_share(&m.set, &other.of, &m.holder[0], &s, &why) == SR_EPROOF &&
      why.reason == R_SEAL_OPEN);
    swapped = m.set; /* a share that opens and is not the one that was published */
    swapped.package[0].hash.b[5] ^= 1;
    T(recovery_open_share(&swapped, &m.of, &m.holder[0], &s, &why) == SR_EPROOF &&
      why.reason == R_RECOVERY_SHARE);
}

static void open_all(const struct recovery_maker *m, struct share ret[MAKER_HOLDERS])
{
    for (size_t i = 0; i < MAKER_HOLDERS; i++)
        T(recovery_open_share(&m->set, &m->of, &m->holder[i], &ret[i], NULL) == SR_OK && ret[i].x == i + 1);
}

static enum sr_reason combined(const struct recovery_maker *m, const struct share *shares, size_t n)
{
    struct kem_key key = { { 0 } };
    struct sr_why why = { .reason = R_NONE };
    enum sr_err e = recovery_combine(&m->set, &m->of, shares, n, &key, &why);
    T((e == SR_OK) == span_eq(SPAN(key.b), SPAN(m->rand.key.b)));
    T(e == SR_OK || sodium_is_zero(key.b, sizeof key.b));
    return why.reason;
}

static void t_of_the_right_shares_and_nothing_else(void)
{
    struct recovery_maker m, other;
    struct share s[MAKER_HOLDERS], two[2], foreign[MAKER_HOLDERS];
    char hex[65];
    struct kem_key key;
    struct sr_why why = { 0 };
    make_recovery(&m);
    open_all(&m, s);
    for (size_t i = 0; i < MAKER_HOLDERS; i++)
        for (size_t j = 0; j < MAKER_HOLDERS; j++) {
            two[0] = s[i];
            two[1] = s[j];
            T(combined(&m, two, 2) == (i == j ? R_RECOVERY_REPEATED : R_NONE));
        }
    T(combined(&m, s, MAKER_HOLDERS) == R_NONE);
    T(combined(&m, s, 1) == R_RECOVERY_SHARES && combined(&m, s, 0) == R_RECOVERY_SHARES);
    s[1].y.b[31] ^= 0x80;
    T(recovery_combine(&m.set, &m.of, s, MAKER_HOLDERS, &key, &why) == SR_EPROOF &&
      why.reason == R_RECOVERY_SHARE);
    hex_text(SPAN(m.holders.key[1].b), hex);
    T(strstr(why.text, "holder 2") && strstr(why.text, hex)); /* named */
    two[0] = s[0];
    two[1] = s[2];
    T(combined(&m, two, 2) == R_NONE); /* and done without */
    two[1].x = 4;
    T(combined(&m, two, 2) == R_RECOVERY_SHARE);
    two[1].x = 0;
    T(combined(&m, two, 2) == R_RECOVERY_SHARE);
    make_recovery(&other);
    other.cid.b[0] ^= 1;
    draw_set(&other, "recovery key");
    open_all(&other, foreign);
    two[1] = foreign[1]; /* same holders, same drawing even, another network: other hash */
    two[1].y.b[0] ^= 1;
    T(combined(&m, two, 2) == R_RECOVERY_SHARE);
}

/* A set that hashes its own shares but makes another key than it says. */
static void a_set_that_contradicts_itself_is_noticed(void)
{
    struct recovery_maker m, other;
    struct share s[MAKER_HOLDERS];
    make_recovery(&m);
    make_recovery(&other);
    draw_set(&other, "another recovery key");
    open_all(&other, s);
    for (size_t i = 0; i < MAKER_HOLDERS; i++)
        m.set.package[i].hash = other.set.package[i].hash;
    T(combined(&m, s, MAKER_T) == R_RECOVERY_SHARE);
}

static void without_holders_there_is_never_a_share(void)
{
    struct recovery_maker m;
    struct recovery_set s = { .n = 77 };
    struct keyring *k = NULL;
    struct sr_why why = { 0 };
    make_recovery(&m);
    struct holder_set none = { 0 };
    const struct recovery_of of = { &m.cid, &none };
    T(recovery_make(&of, &m.master, &m.epoch, &m.rand, &s, &why) == SR_EDENIED &&
      why.reason == R_RECOVERY_NONE);
    T(keyring_generate(m.cid.b, &k) == SR_OK);
    T(keyring_make_recovery(k, &of, &s, &why) == SR_EDENIED && why.reason == R_RECOVERY_NONE && s.n == 77);
    T(keyring_make_recovery(k, &m.of, &s, &why) == SR_OK && s.n == MAKER_HOLDERS);
    keyring_free(k);
    SR_OWN(buf) b = { 0 };
    T(recovery_encode(&m.set, &b) == SR_OK);
    T(recovery_decode(buf_span(&b), &none, &s, &why) == SR_EFORMAT && why.reason == R_RECOVERY_FORMAT);
    struct master_bundle two = { .n = 2 }; /* a network that lives: no shares of what is in use */
    two.epoch[0] = (struct epoch_master){ 1, EPOCH_RETIRING, m.master };
    two.epoch[1] = (struct epoch_master){ 2, EPOCH_ACTIVE, m.master };
    T(keyring_install(&two, m.cid.b, &k) == SR_OK);
    T(keyring_make_recovery(k, &m.of, &s, &why) == SR_EBUG);
    keyring_free(k);
}

static void thresholds_and_keys_have_limits(void)
{
    struct recovery_maker m;
    struct recovery_set s;
    struct sr_why why = { 0 };
    SR_OWN(buf) b = { 0 };
    make_recovery(&m);
    m.holders.t = 1;
    T(recovery_make(&m.of, &m.master, &m.epoch, &m.rand, &s, &why) == SR_EFORMAT &&
      why.reason == R_RECOVERY_FORMAT);
    m.holders.t = 4;
    T(recovery_make(&m.of, &m.master, &m.epoch, &m.rand, &s, &why) == SR_EFORMAT &&
      why.reason == R_RECOVERY_FORMAT);
    m.holders.t = 2;
    memset(&m.holders.key[0], 0, 32); /* a point of small order: whatever is sealed to it, everybody opens */
    T(recovery_make(&m.of, &m.master, &m.epoch, &m.rand, &s, &why) == SR_EPROOF &&
      why.reason == R_RECOVERY_HOLDER);
    m.set.t = 1;
    T(recovery_encode(&m.set, &b) == SR_EFORMAT);
}

/* ---- in the genesis bundle ---- */

struct bundled {
    struct net n;
    struct sha256 cid;
    struct buf record, evidence, set;
    struct genesis_bundle b;
};

static void bundled_drop(struct bundled *x)
{
    buf_drop(&x->record);
    buf_drop(&x->evidence);
    buf_drop(&x->set);
    net_drop(&x->n);
}

static void make_bundled(struct bundled *x, const struct recovery_maker *m, bool holders)
{
    struct genesis g;
    *x = (struct bundled){ 0 };
    net_make(&x->n, "master");
    g = x->n.genesis;
    struct hash256 h = hash256_start(L_POLICY);
    hash256_lp(&h, SPAN_STR("{}"));
    g.params.first_policy = hash256_end(&h);
    if (holders)
        g.params.recovery = m->holders;
    T(genesis_encode(&g, &x->record, NULL) == SR_OK);
    x->cid = genesis_cid(buf_span(&x->record));
    T(recovery_encode(&m->set, &x->set) == SR_OK);
    x->b = (struct genesis_bundle){ .record = buf_span(&x->record),
                                    .opnonce = SPAN_STR("beacon"),
                                    .created = 1700000000,
                                    .type = SPAN_STR("tpm"),
                                    .policy = SPAN_STR("{}"),
                                    .recovery = buf_span(&x->set) };
    struct sha512 rd = genesis_rd(&x->cid, &x->b);
    attest("good machine", "tpm", &rd, &x->evidence);
    x->b.evidence = buf_span(&x->evidence);
}

static bool bundle_counts(const struct bundled *x, struct span bundle, enum sr_reason *ret)
{
    static struct genesis_checked c;
    struct verified v;
    struct sr_why why = { .reason = R_NONE };
    enum sr_err e = genesis_check(bundle, &x->cid, (struct span){ 0 }, &c, &why);
    *ret = why.reason;
    return e == SR_OK && attest_check(c.bundle.evidence, c.bundle.type, &c.rd, &v) == SR_OK;
}

static void the_genesis_evidence_covers_the_set(void)
{
    struct recovery_maker m;
    struct bundled x;
    SR_OWN(buf) bundle = { 0 };
    enum sr_reason reason;
    size_t taken = 0;
    make_recovery(&m);
    make_bundled(&x, &m, true);
    T(genesis_bundle_encode(&x.b, &bundle, NULL) == SR_OK && bundle_counts(&x, buf_span(&bundle), &reason));
    for (size_t bit = 0; bit < bundle.n * 8; bit++) {
        bundle.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += bundle_counts(&x, buf_span(&bundle), &reason);
        bundle.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < bundle.n; n++)
        taken += bundle_counts(&x, (struct span){ bundle.p, n }, &reason);
    T(taken == 0);
    SR_OWN(buf) later = { 0 };
    SR_OWN(buf) replaced = { 0 };
    draw_set(&m, "shares made later"); /* by who holds the master, for the same holders */
    T(recovery_encode(&m.set, &later) == SR_OK);
    x.b.recovery = buf_span(&later);
    T(genesis_bundle_encode(&x.b, &replaced, NULL) == SR_OK &&
      !bundle_counts(&x, buf_span(&replaced), &reason));
    bundled_drop(&x);
}

static void a_bundle_has_shares_exactly_if_the_record_has_holders(void)
{
    struct recovery_maker m;
    struct bundled x;
    SR_OWN(buf) bundle = { 0 };
    SR_OWN(buf) without = { 0 };
    enum sr_reason reason;
    make_recovery(&m);
    make_bundled(&x, &m, false);
    T(genesis_bundle_encode(&x.b, &bundle, NULL) == SR_OK);
    T(!bundle_counts(&x, buf_span(&bundle), &reason) && reason == R_GENESIS_MISMATCH);
    bundled_drop(&x);
    make_bundled(&x, &m, true);
    x.b.recovery = (struct span){ 0 };
    T(genesis_bundle_encode(&x.b, &without, NULL) == SR_OK);
    T(!bundle_counts(&x, buf_span(&without), &reason) && reason == R_GENESIS_MISMATCH);
    bundled_drop(&x);
}

/* ---- holders' key files ---- */

static const char ed25519_pub[] =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n"; /* RFC 8032, 7.1, test 1 */
static const char x25519_pub[] =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n"
    "-----END PUBLIC KEY-----\n"; /* RFC 7748, 6.1, Alice */
static const char ec_pub[] =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";

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
        { "x25519:85", false, NULL },
        { "ed25519:85", false, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[] = "/tmp/holder-XXXXXX";
        struct kem_pub k;
        struct sr_why why = { 0 };
        int fd = rows[i].file ? mkstemp(path) : -1;
        if (rows[i].file)
            T(fd >= 0 && write(fd, rows[i].text, strlen(rows[i].text)) == (ssize_t)strlen(rows[i].text));
        enum sr_err e = keyfile_read_holder_pub(rows[i].file ? path : rows[i].text, &k, &why);
        T_ROW((e == SR_OK) == (rows[i].want != NULL), rows[i].text);
        T_ROW(e == SR_OK ? is_hex(SPAN(k.b), rows[i].want) : why.reason == R_RECOVERY_HOLDER, rows[i].text);
        if (rows[i].file) {
            close(fd);
            unlink(path);
        }
    }
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    another_implementation_makes_the_same_set();
    signing_keys_are_taken_over_as_another_implementation_does();
    every_bit_and_every_length_counts();
    the_masters_commitment_decides();
    only_the_listed_holder_opens_a_share();
    t_of_the_right_shares_and_nothing_else();
    a_set_that_contradicts_itself_is_noticed();
    without_holders_there_is_never_a_share();
    thresholds_and_keys_have_limits();
    the_genesis_evidence_covers_the_set();
    a_bundle_has_shares_exactly_if_the_record_has_holders();
    a_holders_key_is_of_a_known_kind();
    return t_end();
}
