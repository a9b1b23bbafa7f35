/* The recovery file: what a member publishes for the day when all are gone, and what stands in one that
 * somebody else has kept. */
#include "tests/hex.h"
#include "tests/recovery_lab.h"
#include "tests/unit/rows_recovery.inc"

static void another_implementation_makes_the_same_file(void)
{
    struct recovery_maker m;
    struct sign_key member;
    struct sign_pub member_pub;
    SR_OWN(buf) later = { 0 };
    SR_OWN(buf) b = { 0 };
    make_recovery(&m);
    make_signer("member", &member, &member_pub);
    for (unsigned e = 2; e <= 3; e++) {
        struct epoch_pubs pub = { .epoch = e };
        struct recovery_sealed s;
        struct kem_key eph;
        struct key master;
        char commit[16];
        snprintf(commit, sizeof commit, "commit %u", e);
        fill(&pub.commit, sizeof pub.commit, commit);
        fill_n(&eph, sizeof eph, "eph later", e);
        fill_n(&master, sizeof master, "later", e);
        T(recovery_seal_master(&m.set.pub, &m.cid, &master, &pub, &eph, &s) == SR_OK);
        recovery_later_write(e, &s, &later);
    }
    struct recovery_file f = { .bundle = SPAN_STR("bundle"),
                               .chain = SPAN_STR("chain"),
                               .later = buf_span(&later),
                               .cert = SPAN_STR("certificate") };
    T(recovery_file_sign(&f, &m.cid, &member, &f.sig) == SR_OK);
    T(recovery_file_encode(&f, &b) == SR_OK && is_hex(buf_span(&b), row_file));
}

static enum sr_reason taken(const struct recovery_lab *l, struct span bytes)
{
    struct recovery_file f;
    struct recovery_epochs epochs;
    struct sr_why why = { .reason = R_NONE };
    enum sr_err e = recovery_file_decode(bytes, &f, &why);
    if (e == SR_OK)
        e = recovery_file_check(&f, &l->net.cid, &l->net.genesis, &epochs, &why);
    T((e == SR_OK) == (why.reason == R_NONE));
    return why.reason;
}

static void every_bit_and_every_length_of_a_file_counts(void)
{
    SR_OWN(recovery_lab) l = { 0 };
    SR_OWN(buf) b = { 0 };
    struct recovery_file f;
    size_t wrong = 0;
    recovery_lab_open(&l);
    T(recovery_file_encode(&l.file, &b) == SR_OK && taken(&l, buf_span(&b)) == R_NONE);
    for (size_t bit = 8; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        wrong += taken(&l, buf_span(&b)) == R_NONE;
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 1; n < b.n; n++)
        wrong += taken(&l, (struct span){ b.p, n }) != R_RECOVERY_FORMAT;
    for (size_t bit = 0; bit < 8; bit++) { /* then it is a bundle, which says nothing of later epochs */
        b.p[0] ^= (uint8_t)(1 << bit);
        wrong += recovery_file_decode(buf_span(&b), &f, NULL) != SR_OK || f.cert.n || f.later.n ||
                 f.bundle.n != b.n;
        b.p[0] ^= (uint8_t)(1 << bit);
    }
    T(wrong == 0 && taken(&l, buf_span(&b)) == R_NONE);
    wr_u8(&b, 0);
    T(taken(&l, buf_span(&b)) == R_RECOVERY_FORMAT);
}

struct row {
    const char *what;
    void (*change)(struct recovery_lab *);
    enum sr_reason want;
};

/* By the member's own key, over what it says now. */
static void sign_anew(struct recovery_lab *l)
{
    struct sign_key member;
    struct sign_pub pub;
    make_signer("member", &member, &pub);
    T(recovery_file_sign(&l->file, &l->net.cid, &member, &l->file.sig) == SR_OK);
}
static void nothing(struct recovery_lab *l)
{
    (void)l;
}
static void other_bundle(struct recovery_lab *l)
{
    l->file.bundle = SPAN_STR("another bundle");
}
static void by_another_key(struct recovery_lab *l)
{
    struct sign_key other;
    struct sign_pub pub;
    make_signer("other", &other, &pub);
    T(recovery_file_sign(&l->file, &l->net.cid, &other, &l->file.sig) == SR_OK);
}
/* Who learnt the master of an epoch that is over made the certificate. */
static void member_of_epoch_1(struct recovery_lab *l)
{
    struct sign_pub pub;
    struct sign_key member;
    struct member_cert c = { .cid = l->net.cid, .epoch = l->newest.pub.epoch };
    make_signer("member", &member, &pub);
    c.key = pub;
    strcpy(c.address, "https://m.example:7443");
    buf_drop(&l->cert);
    T(member_cert_make(&c, &l->net.keys.member_ca, &l->cert) == SR_OK);
    l->file.cert = buf_span(&l->cert);
    sign_anew(l);
}
static void without_a_link(struct recovery_lab *l)
{
    static const uint8_t none[2];
    l->file.chain = SPAN(none);
    sign_anew(l);
}
static void link_by_a_stranger(struct recovery_lab *l)
{
    l->chain.p[l->chain.n - 1] ^= 1; /* the last bit of an operator's approval */
    sign_anew(l);
}
static void master_of_no_epoch(struct recovery_lab *l)
{
    recovery_later_write(LAB_EPOCHS + 1, &l->r.set.master, &l->sealed);
    l->file.later = buf_span(&l->sealed);
    sign_anew(l);
}

static void a_file_proves_itself(void)
{
    static const struct row rows[] = {
        { "as a member wrote it", nothing, R_NONE },
        { "another bundle beside it", other_bundle, R_RECOVERY_FILE },
        { "signed by another key", by_another_key, R_RECOVERY_FILE },
        { "certified with a master of before", member_of_epoch_1, R_RECOVERY_FILE },
        { "masters, and no link to them", without_a_link, R_RECOVERY_FILE },
        { "a link that nobody approved", link_by_a_stranger, R_EPOCH_CHAIN },
        { "a master after the newest epoch", master_of_no_epoch, R_RECOVERY_FILE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(recovery_lab) l = { 0 };
        struct recovery_epochs epochs = { .n = 77 };
        struct sr_why why = { .reason = R_NONE };
        recovery_lab_open(&l);
        rows[i].change(&l);
        enum sr_err e = recovery_file_check(&l.file, &l.net.cid, &l.net.genesis, &epochs, &why);
        T_ROW(why.reason == rows[i].want && epochs.n == (e == SR_OK ? LAB_EPOCHS : 77), rows[i].what);
    }
}

static void a_bundle_alone_is_of_epoch_1(void)
{
    static const uint8_t empty[2];
    SR_OWN(recovery_lab) l = { 0 };
    struct recovery_file f;
    struct recovery_epochs e;
    recovery_lab_open(&l);
    T(recovery_file_decode(SPAN_STR("\2 a bundle"), &f, NULL) == SR_OK);
    T(recovery_file_check(&f, &l.net.cid, &l.net.genesis, &e, NULL) == SR_OK && e.n == 1);
    struct sha256 chain = sha256(SPAN(empty));
    T(sha256_eq(&e.chain, &chain) && recovery_file_whole(&f, &e, 1, NULL) == SR_OK);
}

/* Which masters are in it (bits 2 and 3), from which epoch on they are needed, and what comes of it. */
static void no_epoch_that_is_needed_is_missing(void)
{
    static const struct {
        unsigned in;
        uint64_t from;
        enum sr_reason want;
    } rows[] = {
        { 0b1100, 1, R_NONE },           { 0b1000, 1, R_RECOVERY_EPOCH }, { 0b1000, 2, R_RECOVERY_EPOCH },
        { 0b1000, 3, R_NONE },           { 0b0100, 1, R_RECOVERY_EPOCH }, { 0b0100, 3, R_RECOVERY_EPOCH },
        { 0b0100, 4, R_RECOVERY_EPOCH }, { 0b0000, 9, R_RECOVERY_EPOCH }, { 0b1100, 9, R_NONE },
    };
    SR_OWN(recovery_lab) l = { 0 };
    recovery_lab_open(&l);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) some = { 0 };
        struct recovery_file f = l.file;
        struct recovery_sealed s;
        struct sr_why why = { .reason = R_NONE };
        for (uint64_t e = 2; e <= LAB_EPOCHS; e++)
            if (rows[i].in >> e & 1) {
                T(recovery_file_master(&l.file, e, &s));
                recovery_later_write(e, &s, &some);
            }
        f.later = buf_span(&some);
        T((recovery_file_whole(&f, &l.epochs, rows[i].from, &why) == SR_OK) == (why.reason == R_NONE));
        T(why.reason == rows[i].want);
    }
}

static void masters_ascend(void)
{
    static const struct {
        uint64_t first, second;
        bool good;
    } rows[] = {
        { 2, 3, true },  { 2, EPOCHS_MAX, true },     { 3, 2, false }, { 2, 2, false }, { 1, 2, false },
        { 0, 2, false }, { 2, EPOCHS_MAX + 1, false }
    };
    SR_OWN(recovery_lab) l = { 0 };
    recovery_lab_open(&l);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) some = { 0 };
        SR_OWN(buf) b = { 0 };
        struct recovery_file f = l.file;
        recovery_later_write(rows[i].first, &l.r.set.master, &some);
        recovery_later_write(rows[i].second, &l.r.set.master, &some);
        f.later = buf_span(&some);
        T((recovery_file_encode(&f, &b) == SR_OK) == rows[i].good && (b.n > 0) == rows[i].good);
    }
}

/* One that does not open, and nothing comes back. */
static void all_masters_or_none(void)
{
    for (size_t at = 0; at < 2 * RECOVERY_LATER_SIZE; at += 13) {
        SR_OWN(recovery_lab) l = { 0 };
        SR_OWN(master_bundle) masters = { 0 };
        struct sr_why why = { .reason = R_NONE };
        uint8_t x;
        recovery_lab_open(&l);
        if (at % RECOVERY_LATER_SIZE < 8) /* its number */
            continue;
        l.sealed.p[at] ^= 1;
        for (size_t i = 0; i < MAKER_T; i++) {
            SR_OWN(buf) m = { 0 };
            T(recovery_lab_holder(&l, i, buf_span(&l.request), &m, NULL) == SR_OK &&
              recovery_gather_add(&l.gather, buf_span(&m), &x, NULL) == SR_OK);
        }
        T(recovery_lab_end(&l, &l.gather, &masters, &why) == SR_EPROOF && why.reason == R_SEAL_OPEN &&
          masters.n == 0);
        l.sealed.p[at] ^= 1;
        T(recovery_lab_end(&l, &l.gather, &masters, &why) == SR_OK && recovery_lab_is_back(&l, &masters));
        T(masters.epoch[0].state == EPOCH_RETIRING && masters.epoch[LAB_EPOCHS - 1].state == EPOCH_ACTIVE);
    }
}

static void as_many_epochs_as_there_can_be(void)
{
    SR_OWN(recovery_lab) l = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(master_bundle) masters = { 0 };
    uint8_t x;
    recovery_lab_open(&l);
    for (uint64_t e = LAB_EPOCHS + 1; e <= EPOCHS_MAX; e++)
        recovery_lab_rotate(&l, e);
    recovery_lab_file(&l);
    T(l.epochs.n == EPOCHS_MAX && recovery_file_whole(&l.file, &l.epochs, 1, NULL) == SR_OK);
    T(recovery_file_encode(&l.file, &b) == SR_OK && taken(&l, buf_span(&b)) == R_NONE);
    l.q.epoch = l.epochs.n;
    l.q.chain = l.epochs.chain;
    recovery_lab_ask(&l);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    for (size_t i = 0; i < MAKER_T; i++) {
        SR_OWN(buf) m = { 0 };
        T(recovery_lab_holder(&l, i, buf_span(&l.request), &m, NULL) == SR_OK &&
          recovery_gather_add(&l.gather, buf_span(&m), &x, NULL) == SR_OK);
    }
    T(recovery_lab_end(&l, &l.gather, &masters, NULL) == SR_OK && masters.n == EPOCHS_MAX);
    for (size_t i = 1; i < masters.n; i++)
        T(masters.epoch[i].epoch == i + 1 &&
          span_eq(key_span(&masters.epoch[i].master), key_span(&l.later[i - 1])));
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    another_implementation_makes_the_same_file();
    every_bit_and_every_length_of_a_file_counts();
    a_file_proves_itself();
    a_bundle_alone_is_of_epoch_1();
    no_epoch_that_is_needed_is_missing();
    masters_ascend();
    all_masters_or_none();
    as_many_epochs_as_there_can_be();
    return t_end();
}
