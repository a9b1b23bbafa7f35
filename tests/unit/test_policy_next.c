#include "tests/t.h"
#include "proto/policy_next.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES  "1111111111111111111111111111111111111111111111111111111111111111"

static struct policy *policy_from(const char *more)
{
    SR_OWN(buf) loose = { 0 };
    SR_OWN(buf) document = { 0 };
    struct policy *p = NULL;
    wr_fmt(&loose,
           "{\"version\":1,\"number\":41,\"previous\":\"" ONES "\",\"min_epoch\":3,%s"
           "\"channel_binding\":\"optional\",\"release\":[],\"tenants\":[],\"join\":[{\"name\":\"m\","
           "\"type\":\"tpm\",\"where\":[{\"claim\":\"code\",\"op\":\"in\",\"value\":[\"a\\\"b\",\"c\"]}]}]}",
           more);
    T(json_canonical(buf_span(&loose), &document, NULL) == SR_OK);
    T(policy_parse(buf_span(&document), &p, NULL) == SR_OK);
    return p;
}

/* The document of the next one, as a policy; NULL when it is none. */
static struct policy *next_of(const struct policy *now, const char *member, const char *value)
{
    SR_OWN(buf) document = { 0 };
    struct policy *p = NULL;
    const struct policy_edit edit = { member, span_of(value), POLICY_SET };
    if (policy_next(now, &edit, &document, NULL) == SR_OK)
        T(policy_parse(buf_span(&document), &p, NULL) == SR_OK);
    return p;
}

static void it_follows_and_changes_one_thing(void)
{
    static const char *const others[] = { "", "\"vendor_ak_roots\":[\"" ONES "\"],",
                                          "\"ak_cert_max_age\":60,\"frozen\":[\"join\"]," };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        SR_OWN(policy_hold) now = { policy_from(others[i]) };
        SR_OWN(policy_hold) frozen = { next_of(now.p, "frozen", "[\"join\"]") };
        SR_OWN(policy_hold) thawed = { next_of(frozen.p, "frozen", "") };
        T_ROW(policy_number(frozen.p) == 42 && policy_follows(now.p, frozen.p, NULL) == SR_OK, others[i]);
        T_ROW(policy_number(thawed.p) == 43 && policy_follows(frozen.p, thawed.p, NULL) == SR_OK, others[i]);
        T_ROW(policy_join_frozen(frozen.p) && !policy_join_frozen(thawed.p), others[i]);
        T_ROW(policy_ak_cert_max_age(thawed.p) == policy_ak_cert_max_age(now.p), others[i]);
    }
}

/* Back and forth gives the same document but for what counts it. */
static void all_else_stays_as_it_was(void)
{
    SR_OWN(policy_hold) now = { policy_from("") };
    SR_OWN(policy_hold) frozen = { next_of(now.p, "frozen", "[\"join\"]") };
    SR_OWN(policy_hold) thawed = { next_of(frozen.p, "frozen", "") };
    SR_OWN(policy_hold) last = { next_of(now.p, "vendor_ak_roots", "[\"" ONES "\"]") };
    struct span a = policy_document(now.p), b = policy_document(thawed.p), c = policy_document(last.p);
    T(a.n == b.n && memmem(b.p, b.n, "a\\\"b", 4) != NULL);
    T(c.n == a.n + strlen(",\"vendor_ak_roots\":[\"" ONES "\"]"));
    T(memmem(b.p, b.n, "\"number\":43,", 12) != NULL && memmem(a.p, a.n, "\"number\":41,", 12) != NULL);
}

static void elements_are_added_at_the_end(void)
{
    static const char one[] = "{\"key\":\"" ONES "\",\"name\":\"a\"}",
                      two[] = "{\"hardware\":\"" ONES "\",\"name\":\"b\"}";
    const struct policy_edit first = { "expelled", span_of(one), POLICY_APPEND },
                             second = { "expelled", span_of(two), POLICY_APPEND };
    SR_OWN(policy_hold) p = { policy_from("") };
    SR_OWN(policy_hold) q = { 0 };
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    T(policy_next(p.p, &first, &a, NULL) == SR_OK && policy_parse(buf_span(&a), &q.p, NULL) == SR_OK);
    T(policy_expelled(q.p) == 1);
    T(policy_next(q.p, &second, &b, NULL) == SR_OK);
    char want[512];
    snprintf(want, sizeof want, "\"expelled\":[%s,%s],", one, two);
    T(memmem(b.p, b.n, want, strlen(want)) != NULL);
}

static void what_would_be_no_policy_is_refused(void)
{
    static const struct {
        const char *member, *value;
    } rows[] = {
        { "frozen", "[\"joins\"]" },
        { "nothing", "1" },
        { "version", "2" },
        { "version", "" },
        { "join", "" },
        { "", "1" },
        { "zzz", "1" },
    };
    SR_OWN(policy_hold) now = { policy_from("") };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_ROW(next_of(now.p, rows[i].member, rows[i].value) == NULL, rows[i].member);
}

int main(void)
{
    it_follows_and_changes_one_thing();
    all_else_stays_as_it_was();
    elements_are_added_at_the_end();
    what_would_be_no_policy_is_refused();
    return t_end();
}
