/* What a policy newly lets in waits: rows over chains of policies, and a model that follows the definition
 * word for word. */
#include "proto/policy_delay.h"

#include "proto/claims.h"
#include "tests/t.h"

#include <stdlib.h>

/* ---- policies by few words ---- */

struct draft {
    const char *join; /* letters that may join by code, one rule each: "ab"; a capital one is denied */
    uint64_t delay;   /* 0: none */
    const char *name; /* of the rules, the letter behind it; NULL: r */
    const char *root; /* two hex digits of a vendor's root, or NULL */
    uint64_t age;     /* ak_cert_max_age, 0: none */
    const char *more; /* other members of the document, or NULL */
};

static void put_rule(struct buf *b, const char *name, char c)
{
    char code = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    wr_fmt(b,
           "{%s\"name\":\"%s-%c\",\"type\":\"tpm\",\"where\":[{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"%"
           "c\"}]}",
           code != c ? "\"effect\":\"deny\"," : "", name ? name : "r", code == c ? c : code - 'a' + '0',
           code);
}

static void write_draft(const struct draft *d, uint64_t number, struct buf *b)
{
    wr_fmt(b, "{\"version\":1,\"number\":%llu,\"previous\":\"", (unsigned long long)number);
    for (int i = 0; i < 32; i++)
        wr_text(b, number == 1 ? "00" : "11");
    wr_text(b,
            "\",\"min_epoch\":1,\"channel_binding\":\"optional\",\"release\":[],\"tenants\":[],\"join\":[");
    for (const char *c = d->join; *c; c++) {
        wr_text(b, c == d->join ? "" : ",");
        put_rule(b, d->name, *c);
    }
    wr_text(b, "]");
    if (d->delay)
        wr_fmt(b, ",\"join_delay\":%llu", (unsigned long long)d->delay);
    if (d->age)
        wr_fmt(b, ",\"ak_cert_max_age\":%llu", (unsigned long long)d->age);
    if (d->root) {
        wr_text(b, ",\"vendor_ak_roots\":[\"");
        for (int i = 0; i < 32; i++)
            wr_text(b, d->root);
        wr_text(b, "\"]");
    }
    if (d->more)
        wr_fmt(b, ",%s", d->more);
    wr_text(b, "}");
}

static struct policy *made(const struct draft *d, uint64_t number)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    struct policy *p = NULL;
    struct sr_why why = { 0 };
    write_draft(d, number, &text);
    T_ROW(json_canonical(buf_span(&text), &document, NULL) == SR_OK, d->join);
    T_ROW(policy_parse(buf_span(&document), &p, &why) == SR_OK, why.text);
    return p;
}

static struct claims coded(char c)
{
    struct claims claims = { 0 };
    const char code[2] = { c, 0 };
    claims_put_text(&claims, "type", SPAN_STR("tpm"));
    claims_put_text(&claims, "code", span_of(code));
    return claims;
}

/* ---- a member's line of policies ---- */

struct line {
    struct policy *now;
    struct policy_waits waits;
    uint64_t number;
};

static void line_drop(struct line *l)
{
    policy_unref(l->now);
    policy_waits_drop(&l->waits);
}

/* Both clocks go alike here, unless a row says otherwise. */
static struct policy_moment at(uint64_t seconds)
{
    return (struct policy_moment){ 1000000 + seconds, seconds * 1000 };
}

static void take(struct line *l, const struct draft *d, struct policy_moment when)
{
    struct policy *next = made(d, ++l->number);
    if (l->now)
        policy_waits_take(&l->waits, l->now, next, when);
    policy_unref(l->now);
    l->now = next;
}

static enum sr_reason joins(const struct line *l, char code, struct policy_moment now)
{
    const struct policy_wait_view view = { &l->waits, now };
    struct claims c = coded(code);
    struct policy_verdict v = { 0 };
    struct sr_why why = { 0 };
    enum sr_err e = policy_join_waiting(l->now, &view, &c, &c, &v, &why);
    T(v.reason == why.reason && v.err == e && (e == SR_OK) == (why.reason == R_NONE));
    return why.reason;
}

/* ---- rows: some policies, each taken at its time; then who may join when ---- */

enum { STEPS = 4, HOUR = 3600 };

#define J(letters, seconds)                                                                                  \
    {                                                                                                        \
        .join = letters, .delay = seconds                                                                    \
    }

static const struct row {
    const char *name;
    struct draft d[STEPS];
    uint64_t taken[STEPS]; /* seconds */
    char code;
    uint64_t now;
    enum sr_reason want;
} rows[] = {
    { "no delay, nothing waits", { J("a", 0), J("ab", 0) }, { 0, 10 }, 'b', 10, R_NONE },
    { "new code waits", { J("a", HOUR), J("ab", HOUR) }, { 0, 10 }, 'b', 10, R_POLICY_DELAY },
    { "until a second before", { J("a", HOUR), J("ab", HOUR) }, { 0, 10 }, 'b', HOUR + 9, R_POLICY_DELAY },
    { "and no longer", { J("a", HOUR), J("ab", HOUR) }, { 0, 10 }, 'b', HOUR + 10, R_NONE },
    { "what may join goes on", { J("a", HOUR), J("ab", HOUR) }, { 0, 10 }, 'a', 10, R_NONE },
    { "what no rule names never may", { J("a", HOUR), J("ab", HOUR) }, { 0, 10 }, 'c', 2 * HOUR, R_NO_RULE },
    { "what is taken away goes at once", { J("ab", HOUR), J("a", HOUR) }, { 0, 10 }, 'b', 10, R_NO_RULE },
    { "a deny rule counts at once", { J("ab", HOUR), J("abB", HOUR) }, { 0, 10 }, 'b', 10, R_POLICY_DENY },
    { "a deny rule that goes still denies",
      { J("abB", HOUR), J("ab", HOUR) },
      { 0, 10 },
      'b',
      10,
      R_POLICY_DELAY },
    { "until its time", { J("abB", HOUR), J("ab", HOUR) }, { 0, 10 }, 'b', HOUR + 10, R_NONE },
    { "the first policy's own delay waits for nothing", { J("a", HOUR) }, { 0 }, 'a', 0, R_NONE },
    { "the new policy's delay is for the one after",
      { J("a", 0), J("ab", HOUR) },
      { 0, 10 },
      'b',
      10,
      R_NONE },
    { "a longer delay counts for the one after",
      { J("a", 10), J("a", HOUR), J("ab", HOUR) },
      { 0, 1, 2 },
      'b',
      100,
      R_POLICY_DELAY },
    { "a delay taken away in the same policy",
      { J("a", HOUR), J("ab", 0) },
      { 0, 10 },
      'b',
      11,
      R_POLICY_DELAY },
    { "one taken away by the policy before",
      { J("a", HOUR), J("a", 0), J("ab", 0) },
      { 0, 10, 11 },
      'b',
      12,
      R_POLICY_DELAY },
    { "is gone once its own time is over",
      { J("a", HOUR), J("a", 0), J("ab", 0) },
      { 0, 10, HOUR + 10 },
      'b',
      HOUR + 10,
      R_NONE },
    { "a second before, the whole delay",
      { J("a", HOUR), J("a", 0), J("ab", 0) },
      { 0, 10, HOUR + 9 },
      'b',
      2 * HOUR + 8,
      R_POLICY_DELAY },
    { "and then it may",
      { J("a", HOUR), J("a", 0), J("ab", 0) },
      { 0, 10, HOUR + 9 },
      'b',
      2 * HOUR + 9,
      R_NONE },
    { "lowered in steps",
      { J("a", HOUR), J("a", 60), J("a", 0), J("ab", 0) },
      { 0, 1, 2, 3 },
      'b',
      HOUR,
      R_POLICY_DELAY },
    { "several wait, each its own time: the first",
      { J("a", HOUR), J("ab", HOUR), J("abc", HOUR) },
      { 0, 10, 20 },
      'b',
      HOUR + 10,
      R_NONE },
    { "and the second still",
      { J("a", HOUR), J("ab", HOUR), J("abc", HOUR) },
      { 0, 10, 20 },
      'c',
      HOUR + 10,
      R_POLICY_DELAY },
    { "an unrelated policy makes nothing longer",
      { J("a", HOUR), J("ab", HOUR), J("abD", HOUR) },
      { 0, 10, HOUR },
      'b',
      HOUR + 10,
      R_NONE },
    { "what went and comes back waits anew",
      { J("ab", HOUR), J("a", HOUR), J("ab", HOUR) },
      { 0, 10, 20 },
      'b',
      30,
      R_POLICY_DELAY },
    { "what comes, goes and comes",
      { J("a", HOUR), J("ab", HOUR), J("a", HOUR), J("ab", HOUR) },
      { 0, 0, 100, 200 },
      'b',
      HOUR + 100,
      R_POLICY_DELAY },
    { "a name of the past is no shelter",
      { J("a", HOUR), J("b", HOUR) },
      { 0, 10 },
      'b',
      10,
      R_POLICY_DELAY },
    { "another name for the same is nothing new",
      { J("a", HOUR), { .join = "a", .delay = HOUR, .name = "other" } },
      { 0, 10 },
      'a',
      10,
      R_NONE },
    { "nobody, then somebody", { J("", HOUR), J("a", HOUR) }, { 0, 10 }, 'a', 10, R_POLICY_DELAY },
};

static void additions_wait(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(line) l = { 0 };
        for (int j = 0; j < STEPS && rows[i].d[j].join; j++)
            take(&l, &rows[i].d[j], at(rows[i].taken[j]));
        enum sr_reason got = joins(&l, rows[i].code, at(rows[i].now));
        T_ROW(got == rows[i].want, rows[i].name);
    }
}

/* A rule of the same name and other words, which same names would hide. */
static void a_rule_behind_an_old_name_waits(void)
{
    SR_OWN(line) l = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    struct policy *next = NULL;
    take(&l, &(struct draft){ .join = "a", .delay = HOUR }, at(0));
    write_draft(&(struct draft){ .join = "a", .delay = HOUR }, 2, &text);
    uint8_t *value = memmem(text.p, text.n, "\"value\":\"a\"", 11);
    T(value != NULL);
    value[9] = 'b';
    T(json_canonical(buf_span(&text), &document, NULL) == SR_OK);
    T(policy_parse(buf_span(&document), &next, NULL) == SR_OK);
    policy_waits_take(&l.waits, l.now, next, at(10));
    policy_unref(l.now);
    l.now = next;
    T(joins(&l, 'b', at(11)) == R_POLICY_DELAY && joins(&l, 'b', at(HOUR + 10)) == R_NONE);
}

static void unchanged_rules_never_wait(void)
{
    SR_OWN(line) l = { 0 };
    for (uint64_t i = 0; i < 200; i++)
        take(&l, &(struct draft){ .join = "abC", .delay = HOUR + i, .root = "aa", .age = 100 }, at(i));
    T(l.waits.n == 0 && joins(&l, 'a', at(200)) == R_NONE);
}

/* ---- the clocks ---- */

static void both_clocks_have_to_come_to_it(void)
{
    static const struct clocks {
        const char *name;
        struct policy_moment now;
        enum sr_reason want;
    } clocks[] = {
        { "both", { 1000000 + HOUR, HOUR * 1000 }, R_NONE },
        { "the wall's set forward", { 1000000 + 100 * HOUR, 5000 }, R_POLICY_DELAY },
        { "the machine's alone", { 1000000 + 5, HOUR * 1000 }, R_POLICY_DELAY },
        { "a millisecond short", { 1000000 + HOUR, HOUR * 1000 - 1 }, R_POLICY_DELAY },
        { "a second short", { 1000000 + HOUR - 1, HOUR * 1000 }, R_POLICY_DELAY },
        { "the wall's set back", { 1, 100ull * HOUR * 1000 }, R_POLICY_DELAY },
        { "both from the beginning", { 0, 0 }, R_POLICY_DELAY },
        { "the end of time", { UINT64_MAX, UINT64_MAX }, R_NONE },
    };
    SR_OWN(line) l = { 0 };
    take(&l, &(struct draft){ .join = "a", .delay = HOUR }, at(0));
    take(&l, &(struct draft){ .join = "ab", .delay = HOUR }, at(0));
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        T_ROW(joins(&l, 'b', clocks[i].now) == clocks[i].want, clocks[i].name);
}

static void a_clock_at_its_end_waits_for_ever(void)
{
    SR_OWN(line) l = { 0 };
    const struct policy_moment end = { UINT64_MAX - 5, UINT64_MAX - 5 };
    take(&l, &(struct draft){ .join = "a", .delay = HOUR }, end);
    take(&l, &(struct draft){ .join = "ab", .delay = HOUR }, end);
    T(joins(&l, 'b', end) == R_POLICY_DELAY && joins(&l, 'b', at(0)) == R_POLICY_DELAY);
}

/* ---- limits ---- */

static void too_many_at_once_let_nobody_in(void)
{
    SR_OWN(line) l = { 0 };
    struct policy_pending pending[4];
    take(&l, &(struct draft){ .join = "a", .delay = HOUR }, at(0));
    for (uint64_t i = 1; i <= POLICY_WAITS_MAX; i++)
        take(&l, &(struct draft){ .join = i % 2 ? "ab" : "ac", .delay = HOUR }, at(i));
    T(l.waits.n == POLICY_WAITS_MAX && joins(&l, 'a', at(100)) == R_NONE);
    for (uint64_t i = 101; i < 110; i++)
        take(&l, &(struct draft){ .join = i % 2 ? "ab" : "ac", .delay = HOUR }, at(i));
    T(l.waits.n == POLICY_WAITS_MAX && joins(&l, 'a', at(110)) == R_POLICY_DELAY);
    T(joins(&l, 'a', at(HOUR + 108)) == R_POLICY_DELAY && joins(&l, 'a', at(HOUR + 109)) == R_NONE);
    const struct policy_wait_view view = { &l.waits, at(HOUR + 100) };
    T(policy_pending(l.now, &view, pending, 4) == 1 && pending[0].kind == PENDING_ALL);
    T(policy_delay(l.now, &l.waits, at(110)) == HOUR);
}

/* ---- roots and ages of AK certificates ---- */

static void new_roots_and_older_certificates_wait(void)
{
    SR_OWN(line) l = { 0 };
    take(&l, &(struct draft){ .join = "a", .delay = HOUR, .root = "aa", .age = 100 }, at(0));
    take(&l, &(struct draft){ .join = "a", .delay = HOUR, .root = "bb", .age = 200 }, at(10));
    const struct policy_wait_view early = { &l.waits, at(11) }, late = { &l.waits, at(HOUR + 10) };
    struct policy_aks a = policy_aks(l.now, &early), b = policy_aks(l.now, &late),
                      c = policy_aks(l.now, NULL);
    T(a.roots_n == 0 && a.max_age == 100);
    T(b.roots_n == 1 && b.roots[0].b[0] == 0xbb && b.max_age == 200 && c.roots_n == 1 && c.max_age == 200);
    take(&l, &(struct draft){ .join = "a", .delay = HOUR, .root = "bb", .age = 60 }, at(20));
    const struct policy_wait_view later = { &l.waits, at(HOUR + 10) };
    T(policy_aks(l.now, &later).max_age == 60 && policy_aks(l.now, &later).roots_n == 1);
}

/* ---- machines: a list of those that may, and those that are expelled ---- */

#define ONE          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TWO          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define LISTED(id)   "{\"id\":\"" id "\",\"name\":\"" id "\"}"
#define EXPELLED(id) "{\"hardware\":\"" id "\",\"name\":\"" id "\"}"

static void new_machines_wait(void)
{
    static const struct machines {
        const char *name, *before, *after;
        enum sr_reason early, late; /* may machine two join? */
    } machines[] = {
        { "one more on the list", "\"hardware\":[" LISTED(ONE) "]",
          "\"hardware\":[" LISTED(ONE) "," LISTED(TWO) "]", R_POLICY_DELAY, R_NONE },
        { "no list any more", "\"hardware\":[" LISTED(ONE) "]", "\"expelled\":[]", R_POLICY_DELAY, R_NONE },
        { "no longer expelled", "\"expelled\":[" EXPELLED(TWO) "]", "\"expelled\":[]", R_POLICY_DELAY,
          R_NONE },
        { "another is no longer expelled", "\"expelled\":[" EXPELLED(ONE) "]", "\"expelled\":[]", R_NONE,
          R_NONE },
        { "a list that has it", "\"expelled\":[]", "\"hardware\":[" LISTED(TWO) "]", R_NONE, R_NONE },
    };
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        SR_OWN(line) l = { 0 };
        static struct claims c;
        struct sr_why early = { 0 }, late = { 0 };
        c = coded('a');
        claims_put_text(&c, "ek", SPAN_STR(TWO));
        take(&l, &(struct draft){ .join = "a", .delay = HOUR, .more = machines[i].before }, at(0));
        take(&l, &(struct draft){ .join = "a", .delay = HOUR, .more = machines[i].after }, at(10));
        const struct policy_wait_view now = { &l.waits, at(11) }, then = { &l.waits, at(HOUR + 10) };
        (void)!policy_join_waiting(l.now, &now, &c, NULL, NULL, &early);
        (void)!policy_join_waiting(l.now, &then, &c, NULL, NULL, &late);
        T_ROW(early.reason == machines[i].early && late.reason == machines[i].late, machines[i].name);
    }
}

/* ---- members that came later ---- */

static void a_new_member_waits_from_its_own_beginning(void)
{
    SR_OWN(line) l = { 0 };
    SR_OWN(policy_hold) first = { made(&(struct draft){ .join = "a", .delay = HOUR }, 1) };
    SR_OWN(policy_hold) second = { made(&(struct draft){ .join = "ab", .delay = 60 }, 2) };
    l.number = 2;
    take(&l, &(struct draft){ .join = "abc", .delay = 0 }, at(5));
    policy_waits_past(&l.waits, first.p, HOUR, at(5));
    policy_waits_past(&l.waits, second.p, HOUR, at(5));
    T(joins(&l, 'a', at(6)) == R_NONE);
    T(joins(&l, 'b', at(6)) == R_POLICY_DELAY && joins(&l, 'c', at(6)) == R_POLICY_DELAY);
    T(joins(&l, 'b', at(HOUR + 4)) == R_POLICY_DELAY);
    T(joins(&l, 'b', at(HOUR + 5)) == R_NONE && joins(&l, 'c', at(HOUR + 5)) == R_NONE);
    T(policy_delay(l.now, &l.waits, at(6)) == HOUR && policy_delay(l.now, &l.waits, at(HOUR + 5)) == 0);
    SR_OWN(policy_waits) none = { 0 };
    policy_waits_past(&none, first.p, 0, at(5));
    T(none.n == 0);
}

/* ---- what is said to wait ---- */

static void what_waits_is_named(void)
{
    SR_OWN(line) l = { 0 };
    struct policy_pending p[8];
    take(&l, &(struct draft){ .join = "aD", .delay = HOUR, .root = "aa" }, at(0));
    take(&l, &(struct draft){ .join = "ab", .delay = HOUR, .root = "bb" }, at(10));
    take(&l, &(struct draft){ .join = "abc", .delay = HOUR, .root = "bb" }, at(20));
    const struct policy_wait_view view = { &l.waits, at(30) }, late = { &l.waits, at(HOUR + 10) };
    size_t n = policy_pending(l.now, &view, p, 8);
    T(n == 4);
    T(p[0].kind == PENDING_ALLOW && span_eq(p[0].name, SPAN_STR("r-b")) && p[0].until == 1000000 + HOUR + 10);
    T(p[1].kind == PENDING_ALLOW && span_eq(p[1].name, SPAN_STR("r-c")) && p[1].until == 1000000 + HOUR + 20);
    T(p[2].kind == PENDING_DENY && p[3].kind == PENDING_ROOT);
    T(policy_pending(l.now, &late, p, 8) == 1 && span_eq(p[0].name, SPAN_STR("r-c")));
    T(policy_pending(l.now, &view, p, 2) == 2);
}

/* ---- the definition, word for word, over made-up histories ---- */

enum { LONG = 24, CODES = 4 };

struct history {
    struct draft d[LONG];
    char join[LONG][2 * CODES + 1];
    uint64_t taken[LONG], wait[LONG]; /* wait[k]: what policy k waits */
    int n;
};

static bool admitted(const struct history *h, int k, char code)
{
    return strchr(h->join[k], code) && !strchr(h->join[k], code - 32);
}

/* What adds nothing waits for nothing. */
static uint64_t waits_for(const struct history *h, int k)
{
    if (strcmp(h->join[k], h->join[k - 1]) == 0 && h->d[k].delay >= h->d[k - 1].delay)
        return 0;
    uint64_t longest = h->d[k - 1].delay;
    for (int j = 1; j < k; j++)
        if (h->taken[k] < h->taken[j] + h->wait[j] && h->d[j - 1].delay > longest)
            longest = h->d[j - 1].delay;
    return longest;
}

static bool model(const struct history *h, char code, uint64_t now)
{
    bool good = admitted(h, h->n - 1, code);
    for (int k = 1; k < h->n; k++)
        if (now < h->taken[k] + h->wait[k])
            good = good && admitted(h, k - 1, code);
    return good;
}

static void imagine(struct history *h, unsigned seed)
{
    srandom(seed);
    h->n = 2 + (int)(random() % (LONG - 2));
    uint64_t now = 100;
    for (int k = 0; k < h->n; k++) {
        size_t n = 0;
        for (char c = 'a'; c < 'a' + CODES; c++) {
            if (random() % 2)
                h->join[k][n++] = c;
            if (random() % 6 == 0)
                h->join[k][n++] = (char)(c - 32);
        }
        h->join[k][n] = 0;
        if (k > 0 && random() % 4 == 0)
            strcpy(h->join[k], h->join[k - 1]);
        now += (uint64_t)random() % 40;
        h->taken[k] = now;
        h->d[k] = (struct draft){ .join = h->join[k], .delay = (uint64_t)random() % 3 * 30 };
        h->wait[k] = k ? waits_for(h, k) : 0;
    }
}

static void made_up_histories_agree_with_the_definition(void)
{
    for (unsigned seed = 1; seed <= 400; seed++) {
        static struct history h;
        SR_OWN(line) l = { 0 };
        imagine(&h, seed);
        for (int k = 0; k < h.n; k++)
            take(&l, &h.d[k], at(h.taken[k]));
        for (uint64_t now = h.taken[h.n - 1]; now < h.taken[h.n - 1] + 100; now += 7)
            for (char c = 'a'; c < 'a' + CODES; c++)
                T((joins(&l, c, at(now)) == R_NONE) == model(&h, c, now));
    }
}

/* ---- the member of the document ---- */

static void the_delay_has_bounds(void)
{
    static const struct bound {
        const char *text;
        bool good;
    } bounds[] = {
        { "1", true },       { "2592000", true }, { "0", false },    { "2592001", false },
        { "\"60\"", false }, { "[60]", false },   { "true", false },
    };
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        SR_OWN(buf) text = { 0 };
        SR_OWN(buf) document = { 0 };
        SR_OWN(policy_hold) p = { 0 };
        struct sr_why why = { 0 };
        write_draft(&(struct draft){ .join = "a", .delay = 0 }, 1, &text);
        text.n--; /* the last brace */
        wr_fmt(&text, ",\"join_delay\":%s}", bounds[i].text);
        T(json_canonical(buf_span(&text), &document, NULL) == SR_OK);
        enum sr_err e = policy_parse(buf_span(&document), &p.p, &why);
        T_ROW((e == SR_OK) == bounds[i].good && why.reason == (bounds[i].good ? R_NONE : R_POLICY_FORMAT),
              bounds[i].text);
    }
    SR_OWN(policy_hold) none = { made(&(struct draft){ .join = "a", .delay = 0 }, 1) };
    T(policy_join_delay(none.p) == 0);
}

int main(void)
{
    additions_wait();
    a_rule_behind_an_old_name_waits();
    unchanged_rules_never_wait();
    both_clocks_have_to_come_to_it();
    a_clock_at_its_end_waits_for_ever();
    too_many_at_once_let_nobody_in();
    new_roots_and_older_certificates_wait();
    new_machines_wait();
    a_new_member_waits_from_its_own_beginning();
    what_waits_is_named();
    made_up_histories_agree_with_the_definition();
    the_delay_has_bounds();
    return t_end();
}
