#include "tests/t.h"
#include "crypto/text.h"
#include "proto/audit.h"

#include <stdlib.h>

/* A small network as its logs tell it: member 0 began it, 1 joined through 0, 2 through 1. Each case changes
 * one thing. */
enum { MEMBERS = 3, LEAVES_MAX = 12 };

struct story {
    struct leaf leaf[MEMBERS][LEAVES_MAX];
    size_t n[MEMBERS];
    bool read[MEMBERS];
};

static struct sign_pub key_of(unsigned i)
{
    return (struct sign_pub){ { (uint8_t)(0x10 + i) } };
}

static struct sha256 measured(unsigned i)
{
    return (struct sha256){ { 0xa0, (uint8_t)i } };
}

static struct leaf *add(struct story *s, unsigned log, enum leaf_type type)
{
    struct leaf *l = &s->leaf[log][s->n[log]];
    *l = (struct leaf){ .type = type, .time = 1700000000 + 10 * s->n[log]++, .policy_number = 1 };
    return l;
}

static void join(struct story *s, unsigned granter, unsigned joiner)
{
    struct sign_pub g = key_of(granter), j = key_of(joiner);
    struct member_id id = member_id_of(&g);
    add(s, granter, LEAF_JOIN_GRANTED)->measurement = measured(joiner);
    struct leaf *member = add(s, granter, LEAF_MEMBER), *self = add(s, joiner, LEAF_MEMBER_SELF);
    member->transcript.b[0] = self->transcript.b[0] = (uint8_t)(joiner + 1);
    memcpy(member->member_key.b, j.b, sizeof member->member_key.b);
    memcpy(self->member_key.b, j.b, sizeof self->member_key.b);
    memcpy(self->granter, id.b, sizeof self->granter);
    self->measurement = measured(joiner);
}

static void tell(struct story *s)
{
    *s = (struct story){ .read = { true, true, true } };
    struct leaf *genesis = add(s, 0, LEAF_GENESIS);
    genesis->measurement = measured(0);
    join(s, 0, 1);
    join(s, 1, 2);
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct leaf *policy = add(s, i, LEAF_POLICY);
        policy->policy_number = 2;
        policy->policy_hash.b[0] = 0x22;
        struct leaf *release = add(s, i, LEAF_RELEASE);
        release->policy_number = 2;
        release->measurement = measured(9);
    }
}

/* ---- what is made of it ---- */

static struct found {
    size_t n;
    struct audit_finding last;
} found;

static void on_finding(void *ctx, const struct audit_finding *f)
{
    struct found *at = ctx;
    at->n++;
    at->last = *f;
}

static void hear(const struct story *s, struct audit *a)
{
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct sign_pub key = key_of(i);
        size_t log = 99;
        T(audit_add_log(a, &key, &log) == SR_OK && log == i);
        for (size_t k = 0; k < s->n[i] && s->read[i]; k++)
            T(audit_leaf(a, log, k, &s->leaf[i][k]) == SR_OK);
    }
    audit_judge(a);
}

static struct audit *audit_of(const struct story *s, struct audit_options o)
{
    struct audit *a = NULL;
    found = (struct found){ 0 };
    o.on_finding = on_finding;
    o.ctx = &found;
    T(audit_new(&o, &a) == SR_OK);
    hear(s, a);
    return a;
}

/* ---- cases ---- */

static void nothing(struct story *s)
{
    (void)s;
}
static void join_that_its_granter_does_not_know(struct story *s)
{
    s->leaf[0][2].transcript.b[0] ^= 1;
}
static void another_key_in_the_granters_log(struct story *s)
{
    s->leaf[0][2].member_key.b[0] ^= 1;
}
static void join_through_a_log_that_says_nothing_of_it(struct story *s)
{
    memcpy(s->leaf[2][0].granter, s->leaf[1][0].granter, sizeof s->leaf[2][0].granter);
}
static void member_without_a_grant(struct story *s)
{
    s->leaf[0][1].type = LEAF_REFUSAL;
}
static void second_genesis(struct story *s)
{
    s->leaf[2][0].type = LEAF_GENESIS;
}
static void release_under_a_policy_to_come(struct story *s)
{
    s->leaf[1][s->n[1] - 1].policy_number = 3;
}
static void join_under_a_policy_to_come(struct story *s)
{
    s->leaf[1][1].policy_number = 2;
}
static void policy_skipped(struct story *s)
{
    s->leaf[2][1].policy_number = 3;
}
static void another_policy_of_that_number(struct story *s)
{
    s->leaf[2][1].policy_hash.b[0] ^= 1;
}
static void clock_set_back(struct story *s)
{
    s->leaf[2][2].time -= 400;
}
static void clock_set_back_a_little(struct story *s)
{
    s->leaf[2][2].time -= 200;
}

static const struct {
    const char *name;
    void (*change)(struct story *s);
    int code; /* -1: none */
    unsigned log;
    uint64_t index;
} cases[] = {
    { "untouched", nothing, -1, 0, 0 },
    { "a granter that does not know the join", join_that_its_granter_does_not_know, AUDIT_JOIN_UNLOGGED, 1,
      0 },
    { "a granter that names another key", another_key_in_the_granters_log, AUDIT_JOIN_UNLOGGED, 1, 0 },
    { "another granter", join_through_a_log_that_says_nothing_of_it, AUDIT_JOIN_UNLOGGED, 2, 0 },
    { "no grant", member_without_a_grant, AUDIT_MEMBER_UNGRANTED, 0, 2 },
    { "two beginnings", second_genesis, AUDIT_TWO_BEGINNINGS, 2, 0 },
    { "a release too early", release_under_a_policy_to_come, AUDIT_POLICY_AHEAD, 1, 4 },
    { "a join too early", join_under_a_policy_to_come, AUDIT_POLICY_AHEAD, 1, 1 },
    { "a policy skipped", policy_skipped, AUDIT_POLICY_ORDER, 2, 1 },
    { "another policy", another_policy_of_that_number, AUDIT_POLICY_FORK, 2, 1 },
    { "time", clock_set_back, AUDIT_TIME_BACK, 2, 2 },
    { "a little time", clock_set_back_a_little, -1, 0, 0 },
};

static void each_thing_that_does_not_fit_is_found_where_it_stands(void)
{
    static struct story s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sign_pub key = key_of(cases[i].log);
        struct member_id id = member_id_of(&key);
        tell(&s);
        cases[i].change(&s);
        struct audit *a = audit_of(&s, (struct audit_options){ 0 });
        T_ROW(audit_findings(a) == found.n && found.n == (cases[i].code >= 0), cases[i].name);
        if (cases[i].code >= 0) {
            T_ROW(found.last.code == (enum audit_code)cases[i].code, cases[i].name);
            T_ROW(found.last.index == cases[i].index, cases[i].name);
            T_ROW(memcmp(&found.last.log, &id, sizeof id) == 0, cases[i].name);
            T_ROW(found.last.text[0] != 0, cases[i].name);
        }
        audit_judge(a);
        T_ROW(audit_findings(a) == found.n, "asked again, nothing is said twice");
        audit_free(a);
    }
}

static void a_granter_whose_log_is_not_there_is_counted_and_no_finding(void)
{
    static struct story s;
    tell(&s);
    s.read[0] = false;
    struct audit *a = audit_of(&s, (struct audit_options){ 0 });
    T(audit_unread(a) == 1 && audit_findings(a) == 0);
    audit_free(a);
}

static void measurements_are_counted_and_held_against_those_known(void)
{
    static struct story s;
    const struct sha256 known[] = { measured(0), measured(1) };
    size_t n;
    tell(&s);
    struct audit *a = audit_of(&s, (struct audit_options){ .known = known, .known_n = 2 });
    T(found.last.code == AUDIT_UNKNOWN && found.n == 2); /* granted by 1, and what 2 says of itself */
    const struct audit_measurement *m = audit_measurements(a, &n);
    T(n == 4);
    for (size_t i = 0; i < n; i++) {
        struct sha256 workload = measured(9);
        bool work = sha256_eq(&m[i].value, &workload);
        T(m[i].workloads == (work ? 3 : 0) && m[i].members == (work ? 0 : i == 0 ? 1 : 2));
    }
    audit_free(a);
    T(audit_new(&(struct audit_options){ .known = known, .known_n = AUDIT_KNOWN_MAX + 1 }, &a) == SR_ETOOBIG);
}

static void leaves_come_in_order_and_of_logs_that_were_added(void)
{
    static struct story s;
    tell(&s);
    struct audit *a = audit_of(&s, (struct audit_options){ 0 });
    T(audit_leaf(a, 0, s.n[0] + 1, &s.leaf[0][0]) == SR_EBUG);
    T(audit_leaf(a, 0, 0, &s.leaf[0][0]) == SR_EBUG);
    T(audit_leaf(a, MEMBERS, 0, &s.leaf[0][0]) == SR_EBUG);
    audit_free(a);
    audit_free(NULL);
}

/* ---- against published policies ---- */

#define RULE(where) "[{\"name\":\"m\",\"type\":\"snp\",\"where\":[" where "]}]"
#define M1          "a001000000000000000000000000000000000000000000000000000000000000"
#define M2          "a002000000000000000000000000000000000000000000000000000000000000"
#define LONG        M1 "0102"

static struct policy *policy_with(const char *join)
{
    SR_OWN(buf) text = { 0 };
    struct policy *p = NULL;
    struct sr_why why = { 0 };
    wr_fmt(
        &text,
        "{\"channel_binding\":\"optional\",\"join\":%s,\"min_epoch\":1,\"number\":1,\"previous\":\"%064d\","
        "\"release\":[],\"tenants\":[],\"version\":1}",
        join, 0);
    T_ROW(policy_parse(buf_span(&text), &p, &why) == SR_OK, why.text);
    return p;
}

static void policies_name_measurements_or_leave_them_open(void)
{
    static const struct {
        const char *join;
        enum policy_lists one, two, own; /* of measurement 1, of 2, of 2 when it is the judge's own */
    } rows[] = {
        { RULE("{\"claim\":\"measurement\",\"op\":\"eq\",\"value\":\"" M1 "\"}"), POLICY_LISTED,
          POLICY_UNLISTED, POLICY_UNLISTED },
        { RULE("{\"claim\":\"measurement\",\"op\":\"in\",\"value\":[\"" M1 "\",\"" M2 "\"]}"), POLICY_LISTED,
          POLICY_LISTED, POLICY_LISTED },
        { RULE("{\"claim\":\"measurement\",\"op\":\"same\"}"), POLICY_UNLISTED, POLICY_UNLISTED,
          POLICY_LISTED },
        { RULE("{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"" M1 "\"}"), POLICY_SILENT, POLICY_SILENT,
          POLICY_SILENT },
        { RULE("{\"claim\":\"measurement\",\"op\":\"eq\",\"value\":7}"), POLICY_UNLISTED, POLICY_UNLISTED,
          POLICY_UNLISTED },
        { "[{\"effect\":\"deny\",\"name\":\"m\",\"type\":\"snp\",\"where\":[{\"claim\":\"measurement\","
          "\"op\":"
          "\"eq\",\"value\":\"" M1 "\"}]}]",
          POLICY_UNLISTED, POLICY_UNLISTED, POLICY_UNLISTED },
        { "[]", POLICY_UNLISTED, POLICY_UNLISTED, POLICY_UNLISTED },
    };
    struct sha256 one = measured(1), two = measured(2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy *p = policy_with(rows[i].join);
        struct sha256 other = measured(3);
        T_ROW(policy_lists_measurement(p, &one, &other) == rows[i].one, rows[i].join);
        T_ROW(policy_lists_measurement(p, &two, &other) == rows[i].two, rows[i].join);
        T_ROW(policy_lists_measurement(p, &two, &two) == rows[i].own, rows[i].join);
        policy_unref(p);
    }
}

static void a_longer_measurement_stands_in_leaves_by_its_hash(void)
{
    struct policy *p = policy_with(RULE("{\"claim\":\"measurement\",\"op\":\"eq\",\"value\":\"" LONG "\"}"));
    uint8_t bytes[34];
    T(hex_read(SPAN_STR(LONG), bytes, sizeof bytes) == SR_OK);
    struct sha256 hash = sha256(SPAN(bytes)), cut = measured(1);
    T(policy_lists_measurement(p, &hash, &cut) == POLICY_LISTED);
    T(policy_lists_measurement(p, &cut, &hash) == POLICY_UNLISTED);
    policy_unref(p);
}

static void a_grant_that_no_rule_names_is_found(void)
{
    static struct story s;
    struct policy *p = policy_with(RULE("{\"claim\":\"measurement\",\"op\":\"eq\",\"value\":\"" M1 "\"}"));
    struct audit_options o = { .policies = &p, .policies_n = 1 };
    tell(&s);
    s.leaf[0][0].policy_hash = *policy_hash(p);
    struct audit *a = audit_of(&s, o); /* member 1 is named, member 2 is not */
    T(found.n == 1 && found.last.code == AUDIT_UNLISTED && found.last.index == 1);
    audit_free(a);
    s.leaf[0][0].policy_hash.b[0] ^= 1;
    a = audit_of(&s, o);
    T(found.n == 2);
    audit_free(a);
    policy_unref(p);
}

int main(void)
{
    each_thing_that_does_not_fit_is_found_where_it_stands();
    a_granter_whose_log_is_not_there_is_counted_and_no_finding();
    measurements_are_counted_and_held_against_those_known();
    leaves_come_in_order_and_of_logs_that_were_added();
    policies_name_measurements_or_leave_them_open();
    a_longer_measurement_stands_in_leaves_by_its_hash();
    a_grant_that_no_rule_names_is_found();
    for (int i = 0; i < AUDIT_CODES; i++)
        T(strlen(audit_code_text((enum audit_code)i)) > 4);
    return t_end();
}
