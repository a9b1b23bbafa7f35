/* Policies and reference values as kbs-client sets them. Here both are signed by operators, so that nobody
 * alone changes who gets what: what is sent is recognised, and the answer says how it is written in a policy.
 * The table of routes is in api_kbs.c. */
#include "node/kbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADMINS_MAX = 64 };

enum sr_err kbs_any_admin(const struct stand *s, const struct request *q, struct sign_pub *ret,
                          struct sr_why *why)
{
    struct sign_pub admins[ADMINS_MAX];
    size_t n = policy_admins(s->policy.p, admins, ADMINS_MAX);
    return kbs_bearer_check(s->core, q, admins, n, ret, why);
}

static enum sr_err stand_for_admin(struct node *n, const struct request *q, struct stand *ret,
                                   struct sr_why *why)
{
    SR_TRY(stand_take(n, ACT_TALK, ret, why));
    return kbs_any_admin(ret, q, NULL, why);
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
    char detail[KBS_DETAIL_MAX];
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
