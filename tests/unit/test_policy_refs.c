/* Reference values that tenants set: which lists there are, who may set them, and that what is missing equals
 * nothing. */
#include "proto/claims.h"
#include "proto/policy_explain.h"
#include "proto/policy_refs.h"
#include "tests/t.h"

#include <string.h>

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES  "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS  "2222222222222222222222222222222222222222222222222222222222222222"

static void quoted(struct buf *b, const char *text)
{
    for (; *text; text++)
        wr_u8(b, *text == '\'' ? '"' : (uint8_t)*text);
}

static const char base[] =
    "{'version':1,'number':1,'previous':'" ZEROS "','min_epoch':1,'channel_binding':'optional',"
    "'join':[{'name':'members','type':'tpm','where':[{'claim':'code','op':'same'}]}],"
    "'release':[{'name':'web','type':'tpm','tenant':'acme','keys':['app/*'],'usages':['secret'],"
    "'where':[{'claim':'code','op':'ref','value':'web-code'}]}],"
    "'tenants':[{'name':'acme','admins':['" ONES "'],'max_secrets':1,'max_bytes':1,"
    "'reference_values':['web-code','svn']},"
    "{'name':'other','admins':['" ONES "','" TWOS "'],'max_secrets':1,'max_bytes':1,"
    "'reference_values':['svn','lonely']}]}";

/* The base with one piece of it replaced. */
static enum sr_err parse(const char *find, const char *replace, struct policy **ret, struct sr_why *why)
{
    SR_OWN(buf) loose = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    const char *at = strstr(base, find);
    T_ROW(at != NULL, find);
    wr_fmt(&loose, "%.*s%s%s", (int)(at - base), base, replace, at + strlen(find));
    wr_u8(&loose, 0);
    quoted(&text, (const char *)loose.p);
    SR_TRY(json_canonical(buf_span(&text), &document, why));
    return policy_parse(buf_span(&document), ret, why);
}

static const struct {
    const char *label, *find, *replace;
    enum sr_reason want;
} policies[] = {
    { "as it is", "", "", R_NONE },
    { "a name that the tenant may not set", "'value':'web-code'", "'value':'web'", R_POLICY_FORMAT },
    { "one that only the other may", "'value':'web-code'", "'value':'lonely'", R_POLICY_FORMAT },
    { "one that both may", "'value':'web-code'", "'value':'svn'", R_NONE },
    { "in a rule of join", "'op':'same'", "'op':'ref','value':'web-code'", R_POLICY_FORMAT },
    { "in a deny rule", "'name':'web',", "'name':'web','effect':'deny',", R_POLICY_FORMAT },
    { "a number for a name", "'value':'web-code'", "'value':7", R_POLICY_FORMAT },
    { "no name", ",'value':'web-code'", "", R_POLICY_FORMAT },
    { "two names", "'value':'web-code'", "'value':['web-code','svn']", R_POLICY_FORMAT },
    { "no names to set", "['web-code','svn']", "[]", R_POLICY_FORMAT },
    { "a name twice", "['web-code','svn']", "['web-code','web-code']", R_POLICY_FORMAT },
    { "a name with a slash", "['web-code','svn']", "['web-code','a/b']", R_POLICY_FORMAT },
    { "a name of dots", "['web-code','svn']", "['web-code','..']", R_POLICY_FORMAT },
    { "capitals", "['web-code','svn']", "['web-code','Svn']", R_POLICY_FORMAT },
    { "no array", "['web-code','svn']", "'web-code'", R_JSON_MEMBER },
};

static void test_policies(void)
{
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        SR_OWN(policy_hold) p = { 0 };
        struct sr_why why = { 0 };
        enum sr_err e = parse(policies[i].find, policies[i].replace, &p.p, &why);
        T_ROW((e == SR_OK) == (policies[i].want == R_NONE) && why.reason == policies[i].want,
              policies[i].label);
    }
}

static const struct {
    const char *text;
    enum sr_err want;
} lists[] = {
    { "{'values':['a']}", SR_OK },
    { "{'values':['a','b']}", SR_OK },
    { "{'values':[1,2]}", SR_OK },
    { "{'values':[true]}", SR_OK },
    { "{'values':[]}", SR_EFORMAT },
    { "{'values':['a',1]}", SR_EFORMAT },
    { "{'values':['']}", SR_EFORMAT },
    { "{'values':[['a']]}", SR_EFORMAT },
    { "{'values':[-1]}", SR_EFORMAT },
    { "{'values':[null]}", SR_EFORMAT },
    { "{'values':'a'}", SR_EFORMAT },
    { "{'values':['a'],'more':1}", SR_EFORMAT },
    { "{}", SR_EFORMAT },
    { "['a']", SR_EFORMAT },
    { "the key of the disk", SR_EFORMAT },
    { "", SR_EFORMAT },
};

static enum sr_err add(struct policy_refs *r, const char *name, const char *text)
{
    SR_OWN(buf) b = { 0 };
    quoted(&b, text);
    return policy_refs_add(r, span_of(name), buf_span(&b), NULL);
}

static void test_lists(void)
{
    SR_OWN(policy_refs) all = { 0 };
    char name[8];
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        SR_OWN(policy_refs) r = { 0 };
        T_ROW(add(&r, "n", lists[i].text) == lists[i].want && r.n == (lists[i].want == SR_OK), lists[i].text);
        for (size_t cut = 0; lists[i].want == SR_OK && cut < strlen(lists[i].text); cut++) {
            char shorter[64] = "";
            memcpy(shorter, lists[i].text, cut);
            T_ROW(add(&r, "m", shorter) != SR_OK && r.n == 1, shorter);
        }
    }
    T(add(&all, "Name", "{'values':[1]}") == SR_EFORMAT && add(&all, "", "{'values':[1]}") == SR_EFORMAT);
    for (int i = 0; i < POLICY_REFS_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        T(add(&all, name, "{'values':[1]}") == SR_OK);
        T(add(&all, name, "{'values':[2]}") != SR_OK);
    }
    T(add(&all, "one-more", "{'values':[1]}") == SR_ETOOBIG && all.n == POLICY_REFS_MAX);
}

static enum sr_err asks(const struct policy *p, const char *code, const struct policy_refs *refs,
                        struct policy_verdict *ret)
{
    static struct claims peer;
    const struct policy_want w = { SPAN_STR("acme"), SPAN_STR("app/x"), POLICY_SECRET, refs };
    claims_clear(&peer);
    claims_put_text(&peer, "type", SPAN_STR("tpm"));
    claims_put_text(&peer, "code", span_of(code));
    return policy_release(p, &peer, NULL, &w, ret, NULL);
}

static bool says(const struct policy *p, const struct policy_verdict *v, const char *text, const char *json)
{
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) want = { 0 };
    policy_explain_text(p, v, &a);
    policy_explain_json(p, v, &b);
    quoted(&want, json);
    return memmem(a.p, a.n, text, strlen(text)) && memmem(b.p, b.n, want.p, want.n) &&
           json_is_canonical(buf_span(&b));
}

static void test_verdicts(void)
{
    SR_OWN(policy_hold) p = { 0 };
    SR_OWN(policy_refs) none = { 0 };
    SR_OWN(policy_refs) r = { 0 };
    SR_OWN(policy_refs) numbers = { 0 };
    struct policy_verdict v;
    T(parse("", "", &p.p, NULL) == SR_OK);
    T(add(&r, "svn", "{'values':['aa']}") == SR_OK && add(&r, "web-code", "{'values':['bb','cc']}") == SR_OK);
    T(add(&numbers, "web-code", "{'values':[1]}") == SR_OK);
    T(asks(p.p, "bb", &r, &v) == SR_OK && asks(p.p, "cc", &r, &v) == SR_OK);
    T(asks(p.p, "bb", &numbers, &v) == SR_EDENIED && v.reason == R_NO_RULE);
    T(asks(p.p, "bb", NULL, &v) == SR_EDENIED && asks(p.p, "bb", &none, &v) == SR_EDENIED);
    T(says(p.p, &v, "wanted code ref \"web-code\", which is not set; found \"bb\"",
           "'op':'ref','outcome':'test-failed','values':[],'wanted':'web-code'"));
    T(asks(p.p, "aa", &r, &v) == SR_EDENIED && v.reason == R_NO_RULE);
    T(says(p.p, &v, "wanted code ref \"web-code\", which is \"bb\", \"cc\"; found \"aa\"",
           "'op':'ref','outcome':'test-failed','values':['bb','cc'],'wanted':'web-code'"));
}

static void test_owners(void)
{
    SR_OWN(policy_hold) p = { 0 };
    struct sign_pub one, two, three = { { 3 } };
    const struct span *names;
    memset(one.b, 0x11, sizeof one.b);
    memset(two.b, 0x22, sizeof two.b);
    T(parse("", "", &p.p, NULL) == SR_OK);
    const struct policy_tenant *acme = policy_tenant(p.p, SPAN_STR("acme")),
                               *other = policy_tenant(p.p, SPAN_STR("other"));
    T(policy_tenant_refs(acme, &names) == 2 && span_eq(names[1], SPAN_STR("svn")));
    T(policy_tenant_refs(NULL, &names) == 0 && !policy_tenant_may_set(NULL, SPAN_STR("svn")));
    T(policy_ref_tenant(p.p, &one, SPAN_STR("web-code")) == acme);
    T(policy_ref_tenant(p.p, &one, SPAN_STR("svn")) == NULL); /* of two tenants */
    T(policy_ref_tenant(p.p, &two, SPAN_STR("svn")) == other);
    T(policy_ref_tenant(p.p, &two, SPAN_STR("web-code")) == NULL);
    T(policy_ref_tenant(p.p, &three, SPAN_STR("svn")) == NULL);
    T(policy_ref_tenant(p.p, &one, SPAN_STR("nothing")) == NULL);
}

static void test_file(void)
{
    SR_OWN(policy_refs) r = { 0 };
    SR_OWN(policy_refs) bad = { 0 };
    T(policy_refs_read_json(SPAN_STR("{\"a\":{\"values\":[1]},\"b\":{\"values\":[\"x\"]}}"), &r, NULL) ==
          SR_OK &&
      r.n == 2);
    T(policy_refs_read_json(SPAN_STR("{\"a\":[1]}"), &bad, NULL) == SR_EFORMAT && bad.n == 0);
    T(policy_refs_read_json(SPAN_STR("{\"A\":{\"values\":[1]}}"), &bad, NULL) == SR_EFORMAT);
}

int main(void)
{
    test_policies();
    test_lists();
    test_verdicts();
    test_owners();
    test_file();
    return t_end();
}
