/* What is sealed in W3, in both of its forms: without leases, and with. specs/release.md, "Messages". */
#include "proto/release_wire.h"
#include "tests/t.h"

enum { OLD = 0, WITH_LEASES = 2 }; /* which form: a version, or none */

static const struct want_list wanted = {
    .n = 2,
    .want = { { "acme", "app/db", WANT_SECRET, 0, 0 }, { "acme", "app/key", WANT_ED25519, 1, 0 } },
};

struct form {
    unsigned version; /* OLD: the form without */
    uint16_t count;
    bool fields; /* a lease behind each value */
    uint32_t lease[2];
};

/* The bytes, by the words of the specification; where what may be anything stands in them. */
struct sample {
    struct buf b;
    size_t version, value, pub, lease[2];
};
static void sample_drop(struct sample *s)
{
    buf_drop(&s->b);
}

static void put_entry(struct buf *b, const struct want *w)
{
    SR_OWN(buf) e = { 0 };
    wr_lp(&e, span_of(w->tenant));
    wr_lp(&e, span_of(w->path));
    wr_lp(&e, span_of(want_kind_text(w->kind)));
    wr_u32be(&e, w->version);
    wr_u16be(&e, w->size);
    wr_lp(b, buf_span(&e));
}

static void put_lease(struct sample *s, const struct form *f, size_t i)
{
    s->lease[i] = s->b.n;
    if (f->fields)
        wr_u32be(&s->b, f->lease[i]);
}

static struct sample sample_of(const struct form *f)
{
    struct sample s = { 0 };
    uint8_t pub[32];
    memset(pub, 0xab, sizeof pub); /* zeros could be read as lengths */
    if (f->version != OLD) {
        wr_u16be(&s.b, 0xffff);
        wr_u8(&s.b, (uint8_t)f->version);
    }
    wr_u16be(&s.b, f->count);
    put_entry(&s.b, &wanted.want[0]);
    s.version = s.b.n;
    wr_u32be(&s.b, 4);
    s.value = s.b.n + 4;
    wr_lp(&s.b, SPAN_STR("hunter2"));
    wr_lp(&s.b, (struct span){ 0 });
    put_lease(&s, f, 0);
    put_entry(&s.b, &wanted.want[1]);
    wr_u32be(&s.b, 1);
    wr_lp(&s.b, (struct span){ 0 });
    s.pub = s.b.n + 4;
    wr_lp(&s.b, SPAN(pub));
    put_lease(&s, f, 1);
    return s;
}

/* Accepted: with these leases, and written again byte for byte. Else for the one reason, and nothing is
 * given. */
static bool accepted(struct span s, const uint32_t lease[2])
{
    SR_OWN(release_values) v = { 0 };
    SR_OWN(secret) again = { 0 };
    struct sr_why why = { 0 };
    enum sr_err e = release_values_decode(s, &wanted, &v, &why);
    if (e != SR_OK) {
        T(e == SR_EPROOF && why.reason == R_RELEASE_VALUES && v.n == 0);
        return false;
    }
    T(v.n == 2 && v.v[0].lease == lease[0] && v.v[1].lease == lease[1]);
    T(release_values_encode(&v, &again, NULL) == SR_OK && span_eq(secret_span(&again), s));
    return true;
}

static void leases_have_one_spelling(void)
{
    static const struct {
        const char *label;
        struct form form;
        bool ok;
    } rows[] = {
        { "the form without", { OLD, 2, false, { 0, 0 } }, true },
        { "the first for a while", { WITH_LEASES, 2, true, { 30, 0 } }, true },
        { "the second for a while", { WITH_LEASES, 2, true, { 0, 30 } }, true },
        { "the most", { WITH_LEASES, 2, true, { 2592000, 1 } }, true },
        { "both for ever", { WITH_LEASES, 2, true, { 0, 0 } }, false },
        { "over the most", { WITH_LEASES, 2, true, { 2592001, 0 } }, false },
        { "the second over the most", { WITH_LEASES, 2, true, { 30, 2592001 } }, false },
        { "as much as fits", { WITH_LEASES, 2, true, { 30, UINT32_MAX } }, false },
        { "leases without their form", { OLD, 2, true, { 30, 30 } }, false },
        { "their form without leases", { WITH_LEASES, 2, false, { 0, 0 } }, false },
        { "version 0", { 0x100, 2, true, { 30, 30 } }, false },
        { "version 1", { 1, 2, true, { 30, 30 } }, false },
        { "version 3", { 3, 2, true, { 30, 30 } }, false },
        { "the mark twice", { WITH_LEASES, 0xffff, true, { 30, 30 } }, false },
        { "none", { WITH_LEASES, 0, true, { 30, 30 } }, false },
        { "fewer than wanted", { WITH_LEASES, 1, true, { 30, 30 } }, false },
        { "more than wanted", { WITH_LEASES, 3, true, { 30, 30 } }, false },
        { "more than there can be", { WITH_LEASES, WANTS_MAX + 1, true, { 30, 30 } }, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(sample) s = sample_of(&rows[i].form);
        T_ROW(accepted(buf_span(&s.b), rows[i].form.lease) == rows[i].ok, rows[i].label);
    }
}

static const struct form forms[] = {
    { OLD, 2, false, { 0, 0 } },
    { WITH_LEASES, 2, true, { 16, 0 } }, /* one bit from none at all */
    { WITH_LEASES, 2, true, { 2592000, 30 } },
};
enum { FORMS_N = sizeof forms / sizeof *forms };

static void no_other_length_is_one(void)
{
    for (size_t i = 0; i < FORMS_N; i++) {
        SR_OWN(sample) s = sample_of(&forms[i]);
        for (size_t n = 0; n < s.b.n; n++)
            T(!accepted((struct span){ s.b.p, n }, forms[i].lease));
        wr_u8(&s.b, 0);
        T(!accepted(buf_span(&s.b), forms[i].lease));
    }
}

static uint32_t u32_at(const struct sample *s, size_t at)
{
    struct reader r = rd_init((struct span){ s->b.p + at, 4 });
    return rd_u32be(&r);
}

static bool within(size_t at, size_t from, size_t n)
{
    return at >= from && at < from + n;
}

/* What a bit may turn into another message: contents, the version of what is wanted in its latest, a lease.
 */
static bool still_one(const struct sample *s, const struct form *f, size_t at)
{
    if (within(at, s->value, 7) || within(at, s->pub, 32))
        return true;
    if (within(at, s->version, 4))
        return u32_at(s, s->version) != 0;
    if (!f->fields || !(within(at, s->lease[0], 4) || within(at, s->lease[1], 4)))
        return false;
    uint32_t a = u32_at(s, s->lease[0]), b = u32_at(s, s->lease[1]);
    return a <= 2592000 && b <= 2592000 && (a || b);
}

/* The seal and the signature of W3 see every bit; this is the reader alone. */
static void every_bit_is_read(void)
{
    size_t kept = 0, wrong = 0;
    for (size_t i = 0; i < FORMS_N; i++) {
        SR_OWN(sample) s = sample_of(&forms[i]);
        for (size_t bit = 0; bit < 8 * s.b.n; bit++) {
            s.b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            bool fields = forms[i].fields, one = still_one(&s, &forms[i], bit / 8);
            const uint32_t lease[2] = { fields ? u32_at(&s, s.lease[0]) : 0,
                                        fields ? u32_at(&s, s.lease[1]) : 0 };
            wrong += accepted(buf_span(&s.b), lease) != one;
            kept += one;
            s.b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    T(wrong == 0);
    T(kept > FORMS_N * 8 * (7 + 32)); /* leases and versions among them */
}

/* A client from before leases reads a count first, and has never more wants than WANTS_MAX. */
static void older_clients_read_a_count_that_is_none(void)
{
    for (size_t i = 0; i < 2; i++) {
        SR_OWN(release_values) v = { .n = 1, .v[0] = { .want = wanted.want[0], .version = 1 } };
        SR_OWN(secret) plain = { 0 };
        T(secret_copy(&v.v[0].value, SPAN_STR("hunter2")) == SR_OK);
        v.v[0].lease = i ? 10 : 0;
        T(release_values_encode(&v, &plain, NULL) == SR_OK);
        struct reader r = rd_init(secret_span(&plain));
        uint16_t count = rd_u16be(&r);
        T(i ? count > WANTS_MAX : count == 1);
    }
}

static void no_longer_lease_is_written(void)
{
    SR_OWN(release_values) v = { .n = 1, .v[0] = { .want = wanted.want[0], .version = 1 } };
    SR_OWN(secret) plain = { 0 };
    struct sr_why why = { 0 };
    v.v[0].lease = RELEASE_LEASE_MAX + 1;
    T(release_values_encode(&v, &plain, &why) == SR_ETOOBIG && why.reason == R_TOO_LARGE && plain.n == 0);
    v.v[0].lease = RELEASE_LEASE_MAX;
    T(release_values_encode(&v, &plain, &why) == SR_OK);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    leases_have_one_spelling();
    no_other_length_is_one();
    every_bit_is_read();
    older_clients_read_a_count_that_is_none();
    no_longer_lease_is_written();
    return t_end();
}
