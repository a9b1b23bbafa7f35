/* What is passed round in a rotation: draws, epoch files, musters. */
#include "tests/rotation_maker.h"

static struct rotation_maker m;

/* Every shorter length, one byte more, every bit: none is taken, or what is taken is another of one spelling.
 */
static void each_change(struct span s, bool (*taken)(struct span))
{
    SR_OWN(buf) b = { 0 };
    unsigned n = 0;
    T(taken(s));
    for (size_t i = 0; i < s.n; i++)
        n += taken((struct span){ s.p, i });
    wr_span(&b, s);
    wr_u8(&b, 0);
    n += taken(buf_span(&b));
    b.n--;
    for (size_t bit = 0; bit < s.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        n += taken(buf_span(&b));
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(n == 0);
}

static bool muster_taken(struct span s)
{
    SR_OWN(muster) r = { 0 };
    struct sr_why why = { 0 };
    enum sr_err e = muster_read(s, &m.of, &r, &why);
    T(e == SR_OK || why.reason == R_EPOCH_MUSTER || why.reason == R_EPOCH_CHAIN);
    return e == SR_OK;
}

static void every_bit_of_a_muster_counts(void)
{
    each_change(buf_span(&m.muster), muster_taken);
}

static bool file_taken(struct span s)
{
    SR_OWN(rotation_file) f = { 0 };
    size_t n = 0;
    if (rotation_file_parse(s, &f, NULL) != SR_OK || rotation_approvals(&f, &m.approvers, &n, NULL) != SR_OK)
        return false;
    return n == 1 &&
           span_eq(buf_span(&f.draw_bytes), buf_span(&m.draw)); /* else an honest file, of another draw */
}

static void every_bit_of_an_epoch_file_counts(void)
{
    each_change(buf_span(&m.file), file_taken);
}

/* A draw is bound by its evidence, so here a change need only be seen in the report data, or be no draw. */
static void every_bit_of_a_draw_is_in_the_report_data(void)
{
    SR_OWN(buf) b = { 0 };
    struct epoch_draw d, other;
    struct sha512 rd, changed;
    unsigned same = 0;
    T(epoch_draw_decode(buf_span(&m.draw), &d, NULL) == SR_OK && epoch_draw_rd(&d, &rd) == SR_OK);
    wr_span(&b, buf_span(&m.draw));
    for (size_t i = 0; i < b.n; i++)
        T(epoch_draw_decode((struct span){ b.p, i }, &other, NULL) == SR_EFORMAT);
    size_t bound = b.n - 4 - 3 - 4 - 8; /* type and evidence speak for themselves */
    for (size_t bit = 0; bit < bound * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (epoch_draw_decode(buf_span(&b), &other, NULL) == SR_OK)
            same += epoch_draw_rd(&other, &changed) != SR_OK || span_eq(SPAN(rd.b), SPAN(changed.b));
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(same == 0);
}

static void draws_have_rules(void)
{
    static const uint8_t sealed[EPOCH_RECOVERY_SIZE];
    struct epoch_draw good, d;
    SR_OWN(buf) b = { 0 };
    T(epoch_draw_decode(buf_span(&m.draw), &good, NULL) == SR_OK);
    d = good;
    d.pubs.epoch = 1; /* genesis draws that */
    T(epoch_draw_encode(&d, &b) == SR_EBUG);
    d.pubs.epoch = EPOCHS_MAX + 1;
    T(epoch_draw_encode(&d, &b) == SR_EBUG);
    d = good;
    d.recovery = (struct span){ sealed, 79 };
    T(epoch_draw_encode(&d, &b) == SR_EBUG);
    d.recovery = SPAN(sealed);
    T(b.n == 0 && epoch_draw_encode(&d, &b) == SR_OK);
    d = good;
    d.evidence = (struct span){ 0 };
    T(epoch_draw_encode(&d, &b) == SR_EBUG);
    d = good;
    d.type = SPAN_STR("TPM");
    T(epoch_draw_encode(&d, &b) == SR_EBUG);
}

static void an_operator_approves_once_and_as_an_operator(void)
{
    SR_OWN(rotation_file) f = { 0 };
    struct sign_key k;
    struct sign_pub p;
    struct sr_why why = { 0 };
    size_t n = 0;
    T(rotation_file_parse(buf_span(&m.file), &f, NULL) == SR_OK && f.approvals.n == 1);
    make_signer("operator", &k, &p);
    T(rotation_approve(&f, &k, &p, &why) == SR_EFORMAT && f.approvals.n == 1);
    T(rotation_approvals(&f, &m.approvers, &n, &why) == SR_OK && n == 1);
    make_signer("somebody", &k, &p);
    T(rotation_approve(&f, &k, &p, &why) == SR_OK && f.approvals.n == 2);
    T(rotation_approvals(&f, &m.approvers, &n, &why) == SR_EPROOF && why.reason == R_EPOCH_CHAIN);
}

static enum sr_err say(struct muster *to, unsigned who, unsigned as, struct sr_why *why)
{
    return muster_say(to, buf_span(&m.cert[who]), &m.member[as], &m.member_pub[as], why);
}

static void musters_of_one_link_join(void)
{
    SR_OWN(muster) a = { 0 };
    SR_OWN(muster) b = { 0 };
    struct sr_why why = { 0 };
    struct span link = buf_span(&m.link), none = { 0 };
    size_t added = 9;
    T(muster_begin(&m.of, link, none, &a, &why) == SR_OK &&
      muster_begin(&m.of, link, none, &b, &why) == SR_OK);
    T(say(&a, 0, 1, &why) == SR_EPROOF && why.reason == R_MEMBER_CERT); /* another's certificate */
    T(say(&a, 0, 0, &why) == SR_OK && say(&a, 0, 0, &why) == SR_OK && a.n == 1);
    T(say(&b, 2, 2, &why) == SR_OK && say(&b, 1, 1, &why) == SR_OK && b.n == 2);
    T(muster_join(&a, &b, &added, &why) == SR_OK && added == 2 && a.n == 3);
    T(muster_join(&a, &b, &added, &why) == SR_OK && added == 0);
    SR_OWN(buf) bytes = { 0 };
    T(muster_encode(&a, &bytes) == SR_OK && span_eq(buf_span(&bytes), buf_span(&m.muster)));
    for (unsigned i = 0; i < MAKER_MEMBERS; i++)
        T(muster_has(&a, &m.member_pub[i]));
}

/* The same master under another link, or with another thing sealed for recovery, is another muster. */
static void musters_of_two_links_do_not(void)
{
    static const uint8_t sealed[EPOCH_RECOVERY_SIZE];
    SR_OWN(muster) a = { 0 };
    SR_OWN(muster) b = { 0 };
    struct sr_why why = { 0 };
    size_t added;
    T(muster_begin(&m.of, buf_span(&m.link), (struct span){ 0 }, &a, &why) == SR_OK);
    T(muster_begin(&m.of, buf_span(&m.link), SPAN(sealed), &b, &why) == SR_OK);
    T(muster_join(&a, &b, &added, &why) == SR_EPROOF && why.reason == R_EPOCH_FORK);
    T(muster_begin(&m.of, buf_span(&m.link), (struct span){ sealed, 79 }, &b, &why) == SR_EFORMAT);
}

static void a_muster_is_of_its_network_epoch_and_somebody(void)
{
    SR_OWN(muster) r = { 0 };
    SR_OWN(buf) empty = { 0 };
    struct sr_why why = { 0 };
    uint64_t epoch = 0;
    struct muster_of of = m.of;
    struct sha256 other = { { 1 } };
    T(muster_epoch(buf_span(&m.muster), &epoch, NULL) == SR_OK && epoch == 2);
    of.cid = &other;
    T(muster_read(buf_span(&m.muster), &of, &r, &why) == SR_EPROOF && why.reason == R_EPOCH_MUSTER);
    of = m.of;
    of.before = &m.next.pub; /* as if epoch 2 were active already */
    T(muster_read(buf_span(&m.muster), &of, &r, &why) == SR_EPROOF && why.reason == R_EPOCH_CHAIN);
    T(muster_begin(&m.of, buf_span(&m.link), (struct span){ 0 }, &r, &why) == SR_OK);
    T(muster_encode(&r, &empty) == SR_OK);
    SR_OWN(muster) none = { 0 };
    T(muster_read(buf_span(&empty), &m.of, &none, &why) == SR_EFORMAT && why.reason == R_EPOCH_MUSTER);
}

/* What was checked before is not checked again, and nothing else is let through by that. */
static void what_is_known_is_only_the_same_bytes(void)
{
    SR_OWN(muster) known = { 0 };
    SR_OWN(muster) r = { 0 };
    SR_OWN(buf) b = { 0 };
    unsigned taken = 0;
    struct muster_of of = m.of;
    T(muster_read(buf_span(&m.muster), &m.of, &known, NULL) == SR_OK);
    of.known = &known;
    T(muster_read(buf_span(&m.muster), &of, &r, NULL) == SR_OK && r.n == 3);
    wr_span(&b, buf_span(&m.muster));
    for (size_t i = 0; i < b.n; i++) {
        SR_OWN(muster) bad = { 0 };
        b.p[i] ^= 1;
        taken += muster_read(buf_span(&b), &of, &bad, NULL) == SR_OK;
        b.p[i] ^= 1;
    }
    T(taken == 0);
}

int main(void)
{
    T(secret_init() == SR_OK);
    rotation_make(&m);
    every_bit_of_a_muster_counts();
    every_bit_of_an_epoch_file_counts();
    every_bit_of_a_draw_is_in_the_report_data();
    draws_have_rules();
    an_operator_approves_once_and_as_an_operator();
    musters_of_one_link_join();
    musters_of_two_links_do_not();
    a_muster_is_of_its_network_epoch_and_somebody();
    what_is_known_is_only_the_same_bytes();
    rotation_maker_drop(&m);
    return t_end();
}
