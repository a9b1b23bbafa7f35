/* Policies and reference values as kbs-client sets them. Here both are signed by operators, so that nobody
 * alone changes who gets what: what is sent is recognised, and the answer says how it is written in a policy.
 * The table of routes is in api_kbs.c. */
#include "node/kbs.h"
#include "proto/json_foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADMINS_MAX = 64, DETAIL_MAX = 2048 };

/* An administrator of any tenant: there is no other kind of bearer. */
static enum sr_err any_admin(const struct stand *s, const struct request *q, struct sr_why *why)
{
    struct sign_pub admins[ADMINS_MAX];
    size_t n = policy_admins(s->policy.p, admins, ADMINS_MAX);
    return kbs_bearer_check(s->core, q, admins, n, NULL, why);
}

static enum sr_err stand_for_admin(struct node *n, const struct request *q, struct stand *ret,
                                   struct sr_why *why)
{
    SR_TRY(stand_take(n, ACT_TALK, ret, why));
    return any_admin(ret, q, why);
}

/* How each of kbs-client's own texts is said here. */
static const char *const said_here[] = {
    [KBS_NOT_BUILTIN] =
        "Rego is not evaluated here. Say it as rules: a release rule has name, type (of evidence), where "
        "(comparisons of claims), tenant (the repository), keys (type/tag, with * and **) and usages",
    [KBS_ALLOW_ALL] =
        "allow-all is, for each repository and type of evidence, the release rule {'name':NAME,'type':TYPE,"
        "'tenant':REPO,'keys':['**'],'usages':['secret'],'where':[{'claim':'debug','op':'eq','value':false}]}"
        ": it names "
        "nobody, so put a measurement into where",
    [KBS_DENY_ALL] = "deny-all is a policy without release rules, or with the rule "
                     "{'name':NAME,'effect':'deny','type':TYPE,"
                     "'tenant':REPO,'keys':['**'],'usages':['secret'],'where':[{'claim':'type','op':'eq','"
                     "value':TYPE}]}. (kbs-client "
                     "sends this text for --default as well)",
    [KBS_DEFAULT] = "the default is what holds here anyway: evidence of type sample has no verifier in a "
                    "production node, "
                    "and nothing is allowed that no release rule names",
    [KBS_AFFIRMING] =
        "affirming is a release rule whose where compares measurement, tcb.status and debug with what you "
        "affirm",
};

/* Apostrophes stand for quotes, which would have to be escaped in a detail. */
static enum sr_err answer_policy(enum kbs_builtin b, struct reply *r)
{
    char detail[DETAIL_MAX];
    snprintf(detail, sizeof detail,
             "policies are signed by operators (sealring policy sign, sealring policy apply). This text is "
             "%s: %s. "
             "specs/kbs.md, Policies",
             kbs_builtin_name(b), said_here[b]);
    return kbs_refuse(r, 403, "ParsePolicyError", detail);
}

enum sr_err kbs_resource_policy_post(struct node *n, const struct request *q, struct reply *r,
                                     struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_TRY(stand_for_admin(n, q, &s, why));
    SR_TRY(kbs_policy_read(q->body, &text, why));
    return answer_policy(kbs_builtin_find(buf_span(&text)), r);
}

enum sr_err kbs_attestation_policy_post(struct node *n, const struct request *q, struct reply *r,
                                        struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_TRY(stand_for_admin(n, q, &s, why));
    SR_TRY(kbs_policy_read(q->body, &text, why));
    return answer_policy(KBS_NOT_BUILTIN, r);
}

/* The name of the one policy there is. */
enum sr_err kbs_resource_policy_get(struct node *n, const struct request *q, struct reply *r,
                                    struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_TRY(stand_for_admin(n, q, &s, why));
    wr_fmt(&b, "[\"sealring-policy-%llu\"]", (unsigned long long)policy_number(s.policy.p));
    return reply_json(r, 200, &b);
}

/* ---- reference values ---- */

/* What may stand in a draft as it is: a claim's name, and a value without quotes. */
static bool is_plain(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+/=", s.p[i], 68))
            return false;
    return s.n > 0 && s.n <= 159;
}

static bool draft_value(struct span v, bool first, struct buf *b)
{
    uint64_t number;
    struct span text;
    wr_text(b, first ? "" : ",");
    if (jf_u64(v, JSON_INT_MAX, &number)) {
        wr_fmt(b, "%llu", (unsigned long long)number);
        return true;
    }
    if (span_eq(v, SPAN_STR("true")) || span_eq(v, SPAN_STR("false"))) {
        wr_span(b, v);
        return true;
    }
    if (!jf_plain(v, &text) || !is_plain(text))
        return false;
    wr_fmt(b, "'%.*s'", (int)text.n, (const char *)text.p);
    return true;
}

/* {'claim':NAME,'op':'in','value':[...]} for each name. */
static bool draft(struct span values, struct buf *b)
{
    struct jf_walk w = { .rest = values };
    struct span name, v, one;
    for (bool first = true; jf_next_member(&w, &name, &v); first = false) {
        struct jf_walk list = { .rest = v };
        if (!is_plain(name) || b->n > DETAIL_MAX / 2)
            return false;
        wr_fmt(b, "%s{'claim':'%.*s','op':'in','value':[", first ? "" : ",", (int)name.n,
               (const char *)name.p);
        bool good = v.n && *v.p == '[';
        for (bool start = true; good && jf_next(&list, &one); start = false)
            if (!draft_value(one, start, b))
                return false;
        if (!good && !draft_value(v, true, b))
            return false;
        wr_text(b, "]}");
    }
    return buf_ok(b) && b->n > 0;
}

/* RVPS: {"version","type":"sample","payload": base64 of {"name":[values]}}. */
static enum sr_err read_values(struct span body, struct buf *payload, struct sr_why *why)
{
    struct span type = { 0 }, text = { 0 };
    const struct jf_member m[] = { { "type", &type }, { "payload", &text } };
    SR_TRY(json_foreign_check(body, why));
    if (!jf_members(body, m, 2) || !jf_plain(type, &type) || !span_eq(type, SPAN_STR("sample")) ||
        !jf_base64(text, KBS_ADMIN_MAX, payload))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "reference values: type or payload");
    return json_foreign_check(buf_span(payload), why);
}

enum sr_err kbs_reference_value_post(struct node *n, const struct request *q, struct reply *r,
                                     struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) payload = { 0 };
    SR_OWN(buf) where = { 0 };
    char detail[DETAIL_MAX];
    SR_TRY(stand_for_admin(n, q, &s, why));
    SR_TRY(read_values(q->body, &payload, why));
    if (!draft(buf_span(&payload), &where))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT,
                       "reference values: a name or value that no rule can have");
    snprintf(
        detail, sizeof detail,
        "reference values are part of the policy, which operators sign. A draft for where of a release rule: "
        "[%.*s]",
        (int)where.n, (const char *)where.p);
    return kbs_refuse(r, 403, "RvpsError", detail);
}

enum sr_err kbs_reference_value_get(struct node *n, const struct request *q, struct reply *r,
                                    struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_TRY(stand_for_admin(n, q, &s, why));
    return kbs_refuse(r, 404, "RvpsError",
                      "reference values are part of the policy: GET /sealring/v1/policy");
}
