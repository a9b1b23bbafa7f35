/* Operators' statements that a loss is accepted. */
#include "proto/loss.h"

#include "crypto/text.h"
#include "tests/t.h"

enum { OPERATORS = 3, NOW = 1700000000, DAY = 86400 };

struct network {
    struct sign_key key[OPERATORS + 1]; /* the last one is a stranger's */
    struct sign_pub pub[OPERATORS + 1];
    struct loss_case about;
};

static struct network network(void)
{
    struct network n = { .about = { .cid = { { 1 } }, .member = { { 2 } }, .size = 40, .root = { { 3 } } } };
    for (int i = 0; i <= OPERATORS; i++)
        sign_random(&n.key[i], &n.pub[i]);
    n.about.now = NOW + 10;
    return n;
}

static struct loss about(const struct network *n)
{
    struct loss l = { .cid = n->about.cid, .member = n->about.member, .size = 40, .root = n->about.root };
    l.time = NOW;
    l.until = NOW + 7 * DAY;
    strcpy(l.reason, "the disk \"broke\"");
    return l;
}

static void sign(struct network *n, struct loss_signed *s, const char *who)
{
    for (; *who; who++)
        T(loss_sign(s, &n->key[*who - '0'], &n->pub[*who - '0'], NULL) == SR_OK);
}

static bool counts(struct network *n, const struct loss_signed *s, const struct loss_case *c)
{
    const struct approvers by = { n->pub, OPERATORS, 2 };
    struct sr_why why = { 0 };
    enum sr_err e = loss_check(s, c, &by, &why);
    T(e == SR_OK || (e == SR_EPROOF && why.reason == R_LOSS));
    return e == SR_OK;
}

static void who_must_sign(void)
{
    static const struct {
        const char *who;
        bool counts;
    } rows[] = { { "", false },   { "0", false },  { "01", true },   { "21", true },
                 { "012", true }, { "03", false }, { "013", false }, { "3", false } };
    struct network n = network();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(loss_signed) s = { 0 };
        struct loss l = about(&n);
        T(loss_make(&l, &s, NULL) == SR_OK);
        sign(&n, &s, rows[i].who);
        T_ROW(counts(&n, &s, &n.about) == rows[i].counts, rows[i].who);
    }
    SR_OWN(loss_signed) s = { 0 };
    struct loss l = about(&n);
    T(loss_make(&l, &s, NULL) == SR_OK);
    sign(&n, &s, "0");
    T(loss_sign(&s, &n.key[0], &n.pub[0], NULL) == SR_EFORMAT);
    s.sigs.v[1] = s.sigs.v[0];
    s.sigs.n = 2; /* one operator is not two */
    T(!counts(&n, &s, &n.about));
}

static void what_it_is_about(void)
{
    struct network n = network();
    SR_OWN(loss_signed) s = { 0 };
    struct loss l = about(&n);
    T(loss_make(&l, &s, NULL) == SR_OK);
    sign(&n, &s, "01");
    struct loss_case rows[6];
    for (int i = 0; i < 6; i++)
        rows[i] = n.about;
    rows[0].cid.b[31] ^= 1;
    rows[1].member.b[15] ^= 1;
    rows[2].size++;
    rows[3].root.b[31] ^= 1;
    rows[4].counter = 9;
    rows[5].now = l.until + 1;
    T(counts(&n, &s, &n.about));
    for (int i = 0; i < 6; i++)
        T(!counts(&n, &s, &rows[i]));
    s.document.p[s.document.n - 2] ^= 1; /* what was signed is this text */
    T(!counts(&n, &s, &n.about));
}

static void what_is_no_statement(void)
{
    struct network n = network();
    SR_OWN(loss_signed) s = { 0 };
    struct loss good = about(&n), l;
    l = good, l.size = 0;
    T(loss_make(&l, &s, NULL) == SR_EFORMAT);
    l = good, l.reason[0] = 0;
    T(loss_make(&l, &s, NULL) == SR_EFORMAT);
    l = good, l.until = l.time + 31 * DAY;
    T(loss_make(&l, &s, NULL) == SR_EFORMAT);
    l = good, l.until = l.time - 1;
    T(loss_make(&l, &s, NULL) == SR_EFORMAT);
    l = good, l.size = UINT64_MAX;
    T(loss_make(&l, &s, NULL) == SR_EFORMAT);
}

static void text_and_back(void)
{
    struct network n = network();
    SR_OWN(loss_signed) s = { 0 }, t = { 0 };
    SR_OWN(buf) text = { 0 }, again = { 0 };
    struct loss l = about(&n);
    size_t shorter = 0, bent = 0;
    T(loss_make(&l, &s, NULL) == SR_OK);
    sign(&n, &s, "12");
    loss_write(&s, &text);
    T(loss_parse(buf_span(&text), &t, NULL) == SR_OK && counts(&n, &t, &n.about));
    loss_write(&t, &again);
    T(span_eq(buf_span(&text), buf_span(&again)));
    for (size_t i = 0; i < text.n; i++) {
        SR_OWN(loss_signed) u = { 0 };
        shorter += loss_parse((struct span){ text.p, i }, &u, NULL) != SR_OK;
    }
    T(shorter == text.n);
    for (size_t bit = 0; bit < text.n * 8; bit++) {
        SR_OWN(loss_signed) u = { 0 };
        text.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        bent += loss_parse(buf_span(&text), &u, NULL) != SR_OK || !counts(&n, &u, &n.about);
        text.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(bent == text.n * 8);
    wr_u8(&text, ' ');
    T(loss_parse(buf_span(&text), &t, NULL) != SR_OK);
}

int main(void)
{
    T(secret_init() == SR_OK);
    who_must_sign();
    what_it_is_about();
    what_is_no_statement();
    text_and_back();
    return t_end();
}
