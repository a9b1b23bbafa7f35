/* The recovery set: what genesis makes for the holders, how they open it, and what does not. */
#include "crypto/text.h"
#include "node/keyring.h"
#include "tests/recovery_maker.h"
#include "tests/unit/rows_recovery.inc"

static void another_implementation_makes_the_same_set(void)
{
    struct recovery_maker m;
    SR_OWN(buf) b = { 0 };
    make_recovery(&m);
    T(recovery_encode(&m.set, &b) == SR_OK);
    T(is_hex(buf_span(&b), row_set));
}

/* ---- holders of all kinds ---- */

enum { KINDS = HOLDER_KIND_END - 1 };

/* One of each. */
struct of_kinds {
    struct sha256 cid;
    struct holder_secret key[KINDS];
    struct holder_set holders;
    struct recovery_of of;
};

static void of_kinds_drop(struct of_kinds *k)
{
    for (size_t i = 0; i < KINDS; i++)
        holder_secret_drop(&k->key[i]);
}

static void make_kinds(struct of_kinds *k)
{
    *k = (struct of_kinds){ .holders = { .n = KINDS, .t = MAKER_T } };
    fill(&k->cid, sizeof k->cid, "cid");
    k->key[0].kind = HOLDER_SECRET_X25519;
    fill_n(&k->key[0].x25519, sizeof k->key[0].x25519, "holder", 0);
    make_rsa_holder(key_rsa_2048, &k->key[1]);
    make_rsa_holder(key_rsa_3072, &k->key[2]);
    make_rsa_holder(key_rsa_4096, &k->key[3]);
    for (size_t i = 0; i < KINDS; i++)
        T(holder_secret_pub(&k->key[i], &k->holders.v[i]) == SR_OK &&
          k->holders.v[i].kind == (enum holder_kind)(i + 1));
    k->of = (struct recovery_of){ &k->cid, &k->holders };
}

static void all_kinds_open(const struct of_kinds *k, const struct recovery_set *s)
{
    struct share share[KINDS];
    struct kem_key key, want;
    fill(&want, sizeof want, "recovery key");
    for (size_t i = 0; i < KINDS; i++)
        T(recovery_open_share(s, &k->of, &k->key[i], &share[i], NULL) == SR_OK && share[i].x == i + 1);
    T(recovery_combine(s, &k->of, share, KINDS, &key, NULL) == SR_OK && span_eq(SPAN(key.b), SPAN(want.b)));
}

static void holders_of_all_kinds_open_what_another_implementation_sealed(void)
{
    SR_OWN(of_kinds) k;
    SR_OWN(buf) theirs = { 0 };
    SR_OWN(buf) again = { 0 };
    struct recovery_set s;
    make_kinds(&k);
    T(recovery_decode(unhex(&theirs, row_mixed_set), &k.holders, &s, NULL) == SR_OK);
    all_kinds_open(&k, &s);
    T(recovery_encode(&s, &again) == SR_OK && span_eq(buf_span(&again), buf_span(&theirs)));
}

static void holders_of_all_kinds_open_what_genesis_seals(void)
{
    SR_OWN(of_kinds) k;
    SR_OWN(buf) b = { 0 };
    struct recovery_maker m;
    struct recovery_set s, back;
    make_kinds(&k);
    make_recovery(&m); /* what is drawn */
    T(recovery_make(&k.of, &m.master, &m.epoch, &m.rand, &s, NULL) == SR_OK);
    all_kinds_open(&k, &s);
    T(recovery_encode(&s, &b) == SR_OK && b.n <= RECOVERY_SET_MAX);
    T(recovery_decode(buf_span(&b), &k.holders, &back, NULL) == SR_OK);
    all_kinds_open(&k, &back);
}

/* What a token decrypted opens its own package, and says by that whose it is. */
static void a_seed_opens_one_package(void)
{
    SR_OWN(of_kinds) k;
    struct recovery_maker m;
    struct recovery_set s;
    struct sr_why why = { 0 };
    make_kinds(&k);
    make_recovery(&m);
    T(recovery_make(&k.of, &m.master, &m.epoch, &m.rand, &s, NULL) == SR_OK);
    for (size_t i = 1; i < KINDS; i++) {
        SR_OWN(secret) plain = { 0 };
        SR_OWN(holder_secret) seed = { .kind = HOLDER_SECRET_SEED };
        const struct holder_sealed *p = &s.package[i].share;
        struct share share, by_key;
        T(rsa_key_oaep_decrypt(&k.key[i].rsa, (struct span){ p->enc, p->enc_n }, &plain) == SR_OK &&
          plain.n == 32);
        memcpy(seed.seed.b, plain.p, 32);
        T(recovery_open_share(&s, &k.of, &seed, &share, NULL) == SR_OK && share.x == i + 1);
        T(recovery_open_share(&s, &k.of, &k.key[i], &by_key, NULL) == SR_OK &&
          span_eq(key_span(&share.y), key_span(&by_key.y)));
        seed.seed.b[31] ^= 1;
        T(recovery_open_share(&s, &k.of, &seed, &share, &why) == SR_EPROOF && why.reason == R_SEAL_OPEN);
    }
    const struct holder_secret seed = { .kind = HOLDER_SECRET_SEED };
    struct share share;
    T(recovery_open_share(&m.set, &m.of, &seed, &share, &why) == SR_EDENIED &&
      why.reason == R_RECOVERY_HOLDER); /* nobody there has one */
    const struct holder_secret none = { 0 };
    T(recovery_open_share(&m.set, &m.of, &none, &share, &why) == SR_EDENIED &&
      why.reason == R_RECOVERY_HOLDER);
}

/* RSA decrypts and the box does not open, or RSA does not even decrypt: one answer. */
static void why_an_rsa_package_stays_shut_is_not_said(void)
{
    struct recovery_maker m;
    struct share s;
    struct sr_why by_rsa = { 0 }, by_box = { 0 };
    make_mixed_recovery(&m);
    struct recovery_package *p = &m.set.package[MAKER_HOLDERS - 1];
    struct recovery_package right = *p;
    p->share.enc[100] ^= 1;
    T(recovery_open_share(&m.set, &m.of, &m.holder[MAKER_HOLDERS - 1], &s, &by_rsa) == SR_EPROOF);
    *p = right;
    p->share.ct[10] ^= 1;
    T(recovery_open_share(&m.set, &m.of, &m.holder[MAKER_HOLDERS - 1], &s, &by_box) == SR_EPROOF);
    T(by_rsa.reason == R_SEAL_OPEN && by_box.reason == R_SEAL_OPEN && strcmp(by_rsa.text, by_box.text) == 0);
    memset(right.share.enc, 0xff, right.share.enc_n); /* no number below the modulus */
    *p = right;
    T(recovery_open_share(&m.set, &m.of, &m.holder[MAKER_HOLDERS - 1], &s, &by_rsa) == SR_EPROOF &&
      by_rsa.reason == R_SEAL_OPEN);
    recovery_maker_drop(&m);
}

static void the_record_binds_every_bit_of_every_holder(void)
{
    SR_OWN(of_kinds) k;
    SR_OWN(buf) b = { 0 };
    struct genesis_params p, back;
    size_t taken = 0;
    make_kinds(&k);
    make_params(&p);
    p.recovery = k.holders;
    T(genesis_params_encode(&p, &b, NULL) == SR_OK && is_hex(buf_span(&b), row_mixed_params));
    struct sha256 whole = genesis_params_hash(buf_span(&b));
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        SR_OWN(buf) again = { 0 };
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (genesis_params_decode(buf_span(&b), &back, NULL) == SR_OK) {
            struct sha256 other = genesis_params_hash(buf_span(&b));
            taken += genesis_params_encode(&back, &again, NULL) != SR_OK ||
                     !span_eq(buf_span(&again), buf_span(&b)) || sha256_eq(&other, &whole);
        }
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < b.n; n++)
        taken += genesis_params_decode((struct span){ b.p, n }, &back, NULL) == SR_OK;
    T(taken == 0);
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

static void every_bit_and_every_length_counts(void (*make)(struct recovery_maker *))
{
    struct recovery_maker m;
    struct recovery_set s;
    struct sr_why why;
    enum sr_reason reason;
    SR_OWN(buf) b = { 0 };
    size_t taken = 0;
    make(&m);
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
    recovery_maker_drop(&m);
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

/* Holder i's own share, of that set for those. */
static enum sr_reason opened(const struct recovery_maker *m, size_t i, const struct recovery_set *set,
                             const struct recovery_of *of)
{
    struct share s = { 0 };
    struct sr_why why = { .reason = R_NONE };
    enum sr_err e = recovery_open_share(set, of, &m->holder[i], &s, &why);
    T((e == SR_OK) == (s.x == i + 1) && (e == SR_OK) != sodium_is_zero(s.y.b, sizeof s.y.b));
    return why.reason;
}

static void opens_for_one_place_threshold_and_network(size_t i)
{
    struct recovery_maker m;
    make_mixed_recovery(&m);
    const struct holder_set right = m.holders;
    struct sha256 cid = m.cid;
    struct holder_set holders = right;
    const struct recovery_of of = { &cid, &holders };
    T(opened(&m, i, &m.set, &of) == R_NONE);
    cid.b[0] ^= 1; /* another network with the same holders */
    T(opened(&m, i, &m.set, &of) == R_SEAL_OPEN);
    cid = m.cid;
    holders.t = 3;
    T(opened(&m, i, &m.set, &of) == R_SEAL_OPEN);
    holders = right;
    holders.n = 4;
    T(opened(&m, i, &m.set, &of) == R_SEAL_OPEN);
    holders = right;
    struct recovery_set moved = m.set; /* the holder and the package stand elsewhere */
    size_t to = (i + 1) % MAKER_HOLDERS;
    holders.v[to] = right.v[i];
    holders.v[i] = right.v[to];
    moved.package[to] = m.set.package[i];
    struct holder_secret in_place[] = { m.holder[i] };
    struct share s;
    struct sr_why why = { 0 };
    T(recovery_open_share(&moved, &of, in_place, &s, &why) == SR_EPROOF && why.reason == R_SEAL_OPEN);
    holders = right;
    moved = m.set;
    moved.pub.b[0] ^= 1; /* of another recovery key */
    T(opened(&m, i, &moved, &of) == R_SEAL_OPEN);
    moved = m.set; /* a share that opens and is not the one that was published */
    moved.package[i].hash.b[5] ^= 1;
    T(opened(&m, i, &moved, &of) == R_RECOVERY_SHARE);
    moved = m.set; /* another holder's package in one's own place */
    moved.package[i] = m.set.package[to];
    T(opened(&m, i, &moved, &of) == R_SEAL_OPEN);
    recovery_maker_drop(&m);
}

static void only_the_listed_holder_opens_a_share(void)
{
    struct recovery_maker m;
    struct share s;
    struct holder_secret stranger = { .kind = HOLDER_SECRET_X25519 };
    struct sr_why why = { 0 };
    make_mixed_recovery(&m);
    fill(&stranger.x25519, sizeof stranger.x25519, "stranger");
    T(recovery_open_share(&m.set, &m.of, &stranger, &s, &why) == SR_EDENIED &&
      why.reason == R_RECOVERY_HOLDER);
    make_rsa_holder(key_rsa_3072, &stranger);
    T(recovery_open_share(&m.set, &m.of, &stranger, &s, &why) == SR_EDENIED &&
      why.reason == R_RECOVERY_HOLDER);
    holder_secret_drop(&stranger);
    recovery_maker_drop(&m);
    for (size_t i = 0; i < MAKER_HOLDERS; i++)
        opens_for_one_place_threshold_and_network(i);
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
    struct sha256 pin = holder_pin(&m.holders.v[1]);
    hex_text(SPAN(pin.b), hex);
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
    memset(m.holders.v[0].key, 0, 32); /* of small order: whatever is sealed to it, everybody opens */
    T(recovery_make(&m.of, &m.master, &m.epoch, &m.rand, &s, &why) == SR_EPROOF &&
      why.reason == R_RECOVERY_HOLDER);
    m.holders.v[0] = (struct holder){ HOLDER_RSA_2048, { 0x80 } }; /* an even modulus */
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

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    another_implementation_makes_the_same_set();
    holders_of_all_kinds_open_what_another_implementation_sealed();
    holders_of_all_kinds_open_what_genesis_seals();
    a_seed_opens_one_package();
    why_an_rsa_package_stays_shut_is_not_said();
    the_record_binds_every_bit_of_every_holder();
    every_bit_and_every_length_counts(make_recovery);
    every_bit_and_every_length_counts(make_mixed_recovery);
    the_masters_commitment_decides();
    only_the_listed_holder_opens_a_share();
    t_of_the_right_shares_and_nothing_else();
    a_set_that_contradicts_itself_is_noticed();
    without_holders_there_is_never_a_share();
    thresholds_and_keys_have_limits();
    the_genesis_evidence_covers_the_set();
    a_bundle_has_shares_exactly_if_the_record_has_holders();
    return t_end();
}
