/* fuzz_policy.c - documents and signed documents: read, asked, explained and written again as they were. */
#include "proto/claims.h"
#include "proto/policy_explain.h"
#include "proto/policy_refs.h"

#include <stdlib.h>

static void must(bool held)
{
    if (!held)
        abort();
}

static void explained(const struct policy *p, const struct policy_verdict *v)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) text = { 0 };
    policy_explain_json(p, v, &b);
    must(json_is_canonical(buf_span(&b)));
    policy_explain_text(p, v, &text);
    must(buf_ok(&text));
}

static void asked(const struct policy *p)
{
    static const char *const paths[] = { "app/db", "a", "a/b/c/d" };
    struct claims c = { 0 };
    struct policy_verdict v;
    claims_put_text(&c, "type", SPAN_STR("tpm"));
    claims_put_text(&c, "code", SPAN_STR("aa"));
    claims_put_text(&c, "boot", SPAN_STR("measured"));
    claims_put_uint(&c, "reset_count", 7);
    claims_put_bool(&c, "debug", false);
    (void)!policy_join(p, &c, &c, &v, NULL);
    explained(p, &v);
    SR_OWN(policy_refs) refs = { 0 };
    must(policy_refs_add(&refs, SPAN_STR("code"), SPAN_STR("{\"values\":[\"aa\"]}"), NULL) == SR_OK);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct policy_want w = { SPAN_STR("acme"), span_of(paths[i]), POLICY_RAW, &refs };
        (void)!policy_release(p, &c, NULL, &w, &v, NULL);
        explained(p, &v);
    }
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) json = { 0 };
    must(policy_check_text(p, NULL, &text) == policy_check_json(p, NULL, &json) &&
         json_is_canonical(buf_span(&json)));
}

/* Lists of a tenant's, as anybody's file or package has them. */
static void references(struct span text)
{
    SR_OWN(policy_refs) r = { 0 };
    SR_OWN(policy_refs) one = { 0 };
    must(policy_refs_read_json(text, &r, NULL) != SR_OK || r.n <= POLICY_REFS_MAX);
    must(policy_refs_add(&one, SPAN_STR("n"), text, NULL) != SR_OK || one.n == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = { data, size };
    references(text);
    SR_OWN(policy_hold) plain = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) draft = { 0 };
    SR_OWN(buf) again = { 0 };
    if (secret_init() != SR_OK)
        return 0;
    if (policy_parse(text, &plain.p, NULL) == SR_OK) {
        must(span_eq(policy_document(plain.p), text));
        asked(plain.p);
    }
    if (policy_draft(text, &draft, NULL) == SR_OK)
        must(json_is_canonical(buf_span(&draft)));
    if (policy_signed_parse(text, &s, NULL) == SR_OK) {
        policy_signed_write(&s, &again);
        must(span_eq(buf_span(&again), text));
        asked(s.policy);
    }
    return 0;
}
