#include "proto/claims.h"
#include "proto/policy_explain.h"
#include "tests/t.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES  "1111111111111111111111111111111111111111111111111111111111111111"

static const char draft[] =
    "{ 'version': 1, 'number': 1, 'previous': '" ZEROS "', 'min_epoch': 1, 'channel_binding': 'optional',\n"
    "  'join': [ {'name':'members','type':'tpm','where':[{'claim':'code','op':'same'},\n"
    "             {'claim':'boot','op':'eq','value':'measured'}]},\n"
    "            "
    "{'effect':'deny','name':'old','type':'tpm','where':[{'claim':'reset_count','op':'min','value':9}]},\n"
    "            "
    "{'name':'lab','type':'insecure','where':[{'claim':'code','op':'in','value':['a','b','c','d','e']}]} ],\n"
    "  'release': [ {'name':'web','type':'tpm','tenant':'acme','keys':['**'],'usages':['secret'],\n"
    "                'where':[{'claim':'debug','op':'eq','value':false}]} ],\n"
    "  'tenants': [ {'name':'acme','admins':['" ONES "'],'max_secrets':0,'max_bytes':0} ] }\n";

static void quoted(struct buf *b, const char *text)
{
    for (; *text; text++)
        wr_u8(b, *text == '\'' ? '"' : (uint8_t)*text);
}

static struct policy *policy_from(const char *text)
{
    SR_OWN(buf) loose = { 0 };
    SR_OWN(buf) document = { 0 };
    struct policy *p = NULL;
    quoted(&loose, text);
    T(policy_draft(buf_span(&loose), &document, NULL) == SR_OK);
    T(json_is_canonical(buf_span(&document)));
    T(policy_parse(buf_span(&document), &p, NULL) == SR_OK);
    return p;
}

static struct policy *policy_from_draft(void)
{
    return policy_from(draft);
}

static bool says(const struct buf *b, const char *want)
{
    SR_OWN(buf) w = { 0 };
    quoted(&w, want);
    bool same = span_eq(buf_span(b), buf_span(&w));
    if (!same)
        printf("got %.*s\n", (int)b->n, (const char *)b->p);
    return same;
}

static void a_refusal_names_each_rule_and_what_failed(void)
{
    static struct claims peer, self;
    SR_OWN(policy_hold) h = { policy_from_draft() };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) json = { 0 };
    struct policy_verdict v;
    claims_put_text(&peer, "type", SPAN_STR("tpm"));
    claims_put_text(&peer, "code", SPAN_STR("bad\"code"));
    claims_put_uint(&peer, "reset_count", UINT64_MAX);
    claims_put_text(&self, "code", SPAN_STR("good"));
    T(policy_join(h.p, &peer, &self, &v, NULL) == SR_EDENIED);
    policy_explain_text(h.p, &v, &text);
    T(says(&text, "join: denied (denied-by-rule) by rule old, policy number 1\n"
                  "  allow members: test-failed: wanted code same as ours, 'good'; found 'bad\\'code'\n"
                  "  deny old: matched\n"
                  "  allow lab: other-type\n"));
    policy_explain_json(h.p, &v, &json);
    T(says(&json, "{'allowed':false,'list':'join','number':1,'reason':'denied-by-rule','rule':'old','rules':["
                  "{'claim':'code','effect':'allow','found':'bad\\'code','name':'members','op':'same',"
                  "'outcome':'test-failed','wanted':'good'},"
                  "{'effect':'deny','name':'old','outcome':'matched'},"
                  "{'effect':'allow','name':'lab','outcome':'other-type'}]}"));
}

static void missing_claims_and_long_lists_are_said_so(void)
{
    static struct claims peer;
    SR_OWN(policy_hold) h = { policy_from_draft() };
    SR_OWN(buf) text = { 0 };
    struct policy_verdict v;
    claims_put_text(&peer, "type", SPAN_STR("insecure"));
    T(policy_join(h.p, &peer, NULL, &v, NULL) == SR_EDENIED);
    policy_explain_text(h.p, &v, &text);
    T(says(&text, "join: denied (no-rule), policy number 1\n"
                  "  allow members: other-type\n"
                  "  deny old: other-type\n"
                  "  allow lab: test-failed: wanted code in 'a', 'b', 'c', 'd' and 1 more; found nothing\n"));
}

static void a_yes_names_its_rule(void)
{
    static struct claims peer;
    SR_OWN(policy_hold) h = { policy_from_draft() };
    SR_OWN(buf) json = { 0 };
    struct policy_verdict v;
    const struct policy_want want = { SPAN_STR("acme"), SPAN_STR("app/db"), POLICY_SECRET, NULL };
    claims_put_text(&peer, "type", SPAN_STR("tpm"));
    claims_put_bool(&peer, "debug", false);
    T(policy_release(h.p, &peer, NULL, &want, &v, NULL) == SR_OK);
    policy_explain_json(h.p, &v, &json);
    T(says(&json, "{'allowed':true,'list':'release','number':1,'reason':'none','rule':'web','rules':["
                  "{'effect':'allow','name':'web','outcome':'matched'}]}"));
}

static void an_unknown_tenant_looks_at_no_rule(void)
{
    static struct claims peer;
    SR_OWN(policy_hold) h = { policy_from_draft() };
    SR_OWN(buf) json = { 0 };
    struct policy_verdict v;
    const struct policy_want want = { SPAN_STR("nobody"), SPAN_STR("app/db"), POLICY_SECRET, NULL };
    T(policy_release(h.p, &peer, NULL, &want, &v, NULL) == SR_EDENIED);
    policy_explain_json(h.p, &v, &json);
    T(says(&json, "{'allowed':false,'list':'release','number':1,'reason':'tenant-unknown','rules':["
                  "{'effect':'allow','name':'web','outcome':'not-seen'}]}"));
}

static void a_draft_is_warned_about(void)
{
    SR_OWN(policy_hold) h = { policy_from_draft() };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) json = { 0 };
    T(policy_check_text(h.p, NULL, &text) == 5);
    wr_u8(&text, 0);
    T(strstr((const char *)text.p, "3 join rules, 1 release rules, 1 tenants, 0 vendor AK roots\n"
                                   "joins go on, 0 expelled\n") != NULL);
    T(strstr((const char *)text.p, "warning: join rule lab is for insecure evidence") != NULL);
    T(strstr((const char *)text.p, "warning: release rule web does not compare code") != NULL);
    T(strstr((const char *)text.p, "warning: release rule web does not compare boot") != NULL);
    T(strstr((const char *)text.p, "warning: release rule web gives every key") != NULL);
    T(strstr((const char *)text.p, "warning: release rule web names stored secrets") != NULL);
    T(strstr((const char *)text.p, "rule members") == NULL &&
      strstr((const char *)text.p, "rule old") == NULL);
    T(policy_check_json(h.p, NULL, &json) == 5 && json_is_canonical(buf_span(&json)));
}

static void the_last_members_are_warned_about(void)
{
    static const size_t left[] = { 0, 1 };
    SR_OWN(policy_hold) h = { policy_from_draft() };
    for (size_t i = 0; i < 2; i++) {
        SR_OWN(buf) text = { 0 };
        SR_OWN(buf) json = { 0 };
        T(policy_check_text(h.p, &left[i], &text) == 6 - i);
        T(policy_check_json(h.p, &left[i], &json) == 6 - i && json_is_canonical(buf_span(&json)));
        wr_u8(&text, 0);
        T((strstr((const char *)text.p, "warning: expels every member") != NULL) == (i == 0));
        T((memmem(json.p, json.n, "expels every member", 19) != NULL) == (i == 0));
    }
}

static void an_expulsion_without_a_key_is_warned_about(void)
{
    static const char *const by[] = { "'hardware':'" ONES "'", "'key':'" ONES "'",
                                      "'hardware':'" ONES "','key':'" ONES "'" };
    for (size_t i = 0; i < 3; i++) {
        char text[600];
        SR_OWN(buf) said = { 0 };
        snprintf(text, sizeof text,
                 "{ 'version': 1, 'number': 1, 'previous': '" ZEROS "', 'min_epoch': 1,\n"
                 "'channel_binding': 'optional', 'expelled': [ {'name':'m',%s} ], 'join': [], 'release': [], "
                 "'tenants': [] }\n",
                 by[i]);
        SR_OWN(policy_hold) h = { policy_from(text) };
        T_ROW(policy_check_text(h.p, NULL, &said) == (i == 0), by[i]);
        T_ROW((memmem(said.p, said.n, "by hardware alone", 17) != NULL) == (i == 0), by[i]);
    }
}

struct leases_row {
    const char *label, *more, *rule, *tenant; /* members that are added */
    size_t warnings;                          /* beside those of the rule itself */
    const char *text, *json;                  /* what is said; NULL: nothing of leases */
};

static void check_leases(const struct leases_row *row)
{
    char text[1200];
    SR_OWN(buf) said = { 0 };
    SR_OWN(buf) json = { 0 };
    snprintf(text, sizeof text,
             "{ 'version': 1, 'number': 1, 'previous': '" ZEROS "', 'min_epoch': 1,%s\n"
             "'channel_binding': 'optional', 'join': [], 'release': [ {'name':'web','type':'tpm',%s\n"
             "'tenant':'acme','keys':['a'],'usages':['raw'],'where':[{'claim':'code','op':'eq','value':'a'},"
             "{'claim':'boot','op':'eq','value':'measured'}]} ],\n"
             "'tenants': [ {'name':'acme',%s'admins':['" ONES "'],'max_secrets':1,'max_bytes':1} ] }\n",
             row->more, row->rule, row->tenant);
    SR_OWN(policy_hold) h = { policy_from(text) };
    T_ROW(policy_check_text(h.p, NULL, &said) == row->warnings, row->label);
    T_ROW(policy_check_json(h.p, NULL, &json) == row->warnings, row->label);
    T_ROW(json_is_canonical(buf_span(&json)), row->label);
    SR_OWN(buf) member = { 0 };
    quoted(&member, row->json ? row->json : "_lease'");
    T_ROW((memmem(json.p, json.n, member.p, member.n) != NULL) == (row->json != NULL), row->label);
    const char *want = row->text ? row->text : "for a while";
    T_ROW((memmem(said.p, said.n, want, strlen(want)) != NULL) == (row->text != NULL), row->label);
    T_ROW(row->warnings || !memmem(said.p, said.n, "warning", 7), row->label);
}

static void leases_are_shown_and_idle_ones_warned_about(void)
{
    static const struct leases_row rows[] = {
        { "none", "", "", "", 0, NULL, NULL },
        { "members, half", "'member_lease':60,", "", "", 0,
          "serves 60 s without the word of half of the others\n", "'member_lease':60,'min_epoch'" },
        { "members, two", "'member_lease':60,'lease_quorum':2,", "", "", 0,
          "serves 60 s without the word of 2 others\n", "'lease_quorum':2,'member_lease':60" },
        { "a rule", "", "'lease':600,", "", 0,
          "1 release rules and tenants give keys for a while, the shortest 600 s\n", "'leases':1" },
        { "a tenant", "", "", "'lease':30,", 0,
          "1 release rules and tenants give keys for a while, the shortest 30 s\n", "'shortest_lease':30" },
        { "both, the rule's shorter", "", "'lease':20,", "'lease':30,", 0,
          "2 release rules and tenants give keys for a while, the shortest 20 s\n", "'shortest_lease':20" },
        { "both alike", "", "'lease':30,", "'lease':30,", 0, "the shortest 30 s\n", "'leases':2" },
        { "the rule's longer", "", "'lease':40,", "'lease':30,", 1,
          "warning: release rule web has a lease that never counts", "'rule':'web'" },
        { "a denial", "", "'effect':'deny','lease':40,", "", 1,
          "warning: release rule web has a lease that never counts", "'rule':'web'" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_leases(&rows[i]);
}

static void destruction_is_shown(void)
{
    static const struct leases_row rows[] = {
        { "nothing", "'destroy_before':1,", "", "", 0, NULL, NULL },
    };
    char text[] =
        "{ 'version': 1, 'number': 1, 'previous': '" ZEROS "', 'min_epoch': 3, 'destroy_before': 2,\n"
        "'channel_binding': 'optional', 'join': [], 'release': [], 'tenants': [] }\n";
    SR_OWN(policy_hold) h = { policy_from(text) };
    SR_OWN(buf) said = { 0 };
    SR_OWN(buf) json = { 0 };
    (void)policy_check_text(h.p, NULL, &said);
    (void)policy_check_json(h.p, NULL, &json);
    static const char want[] = "masters of epochs before 2 are destroyed", member[] = "\"destroy_before\":2,";
    T(memmem(said.p, said.n, want, strlen(want)) && memmem(json.p, json.n, member, strlen(member)));
    T(json_is_canonical(buf_span(&json)));
    check_leases(&rows[0]);
}

static void a_start_that_asks_nobody_is_warned_about(void)
{
    static const struct leases_row rows[] = {
        { "need alone", "'witnesses':{'need':1},", "", "", 0, NULL, NULL },
        { "asks one", "'witnesses':{'need':1,'restart':1},", "", "", 0, NULL, NULL },
        { "asks nobody", "'witnesses':{'need':1,'restart':0},", "", "", 1,
          "warning: asks no member after a start", "asks no member after a start" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_leases(&rows[i]);
}

static void a_bad_draft_says_where(void)
{
    SR_OWN(buf) document = { 0 };
    struct sr_why why = { 0 };
    T(policy_draft(SPAN_STR("{\"version\":1,\"version\":1}"), &document, &why) == SR_EFORMAT);
    T(why.reason == R_JSON_MEMBER && document.n == 0);
    SR_OWN(buf) loose = { 0 };
    quoted(&loose, draft);
    for (size_t i = 0; i + 3 < loose.n; i++)
        if (memcmp(loose.p + i, "min\"", 4) == 0)
            loose.p[i] = 'x';
    T(policy_draft(buf_span(&loose), &document, &why) == SR_EFORMAT && why.reason == R_POLICY_FORMAT);
    T(strcmp(why.text, "join[1]: where: unknown operator") == 0);
}

/* Of each kind a rule that is warned about and one that is not. */
static void rules_for_tees_are_warned_about(void)
{
    static const char tees[] =
        "{ 'version': 1, 'number': 1, 'previous': '" ZEROS
        "', 'min_epoch': 1, 'channel_binding': 'optional',\n"
        "  'join': [ {'name':'s1','type':'snp','where':[{'claim':'measurement','op':'same'}]},\n"
        "            {'name':'s2','type':'snp','where':[{'claim':'measurement','op':'same'},\n"
        "             {'claim':'debug','op':'eq','value':false}]},\n"
        "            {'name':'t1','type':'tdx','where':[{'claim':'measurement','op':'same'},\n"
        "             {'claim':'debug','op':'eq','value':false},{'claim':'rtmr1','op':'same'}]},\n"
        "            {'name':'t2','type':'tdx','where':[{'claim':'measurement','op':'same'},\n"
        "             {'claim':'debug','op':'eq','value':false},{'claim':'rtmr1','op':'same'},\n"
        "             {'claim':'rtmr2','op':'same'}]},\n"
        "            {'name':'b1','type':'snp-tpm','where':[{'claim':'tpm.code','op':'same'},\n"
        "             {'claim':'debug','op':'eq','value':false},{'claim':'tpm.boot','op':'same'}]},\n"
        "            {'name':'b2','type':'snp-tpm','where':[{'claim':'tpm.code','op':'same'},\n"
        "             {'claim':'snp.debug','op':'eq','value':false},{'claim':'tpm.boot','op':'same'}]},\n"
        "            "
        "{'effect':'deny','name':'old','type':'snp','where':[{'claim':'measurement','op':'same'}]} ],\n"
        "  'release': [], 'tenants': [] }\n";
    SR_OWN(policy_hold) h = { policy_from(tees) };
    SR_OWN(buf) text = { 0 };
    T(policy_check_text(h.p, NULL, &text) == 3);
    wr_u8(&text, 0);
    T(strstr((const char *)text.p, "warning: join rule b1 does not compare debug") != NULL);
    T(strstr((const char *)text.p, "warning: join rule s1 does not compare debug") != NULL);
    T(strstr((const char *)text.p, "warning: join rule t1 does not compare rtmr1 and rtmr2") != NULL);
}

int main(void)
{
    T(secret_init() == SR_OK);
    a_refusal_names_each_rule_and_what_failed();
    missing_claims_and_long_lists_are_said_so();
    a_yes_names_its_rule();
    an_unknown_tenant_looks_at_no_rule();
    a_draft_is_warned_about();
    rules_for_tees_are_warned_about();
    the_last_members_are_warned_about();
    an_expulsion_without_a_key_is_warned_about();
    leases_are_shown_and_idle_ones_warned_about();
    a_start_that_asks_nobody_is_warned_about();
    destruction_is_shown();
    a_bad_draft_says_where();
    return t_end();
}
