#include "client/claims_file.h"
#include "client/cli.h"
#include "client/commands.h"
#include "client/policy_file.h"
#include "client/workload.h"
#include "proto/policy_explain.h"
#include "proto/policy_refs.h"

#include <string.h>

enum { CLAIMS_FILE_MAX = 64 << 10 };

struct question {
    const char *policy, *claims, *self, *refs;
    const char *what; /* "join" or "release" */
    const char *want; /* release only */
};

static enum sr_err read_claims(const char *path, struct claims *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(cli_read_file(path, CLAIMS_FILE_MAX, &text, why));
    return claims_read_json(buf_span(&text), ret, why);
}

/* What a verdict rests on besides the policy. */
struct facts {
    struct claims peer, self;
    struct policy_refs refs;
};
static void facts_drop(struct facts *f)
{
    policy_refs_drop(&f->refs);
}

static enum sr_err read_refs(const char *path, struct policy_refs *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(cli_read_file(path, CLAIMS_FILE_MAX, &text, why));
    return policy_refs_read_json(buf_span(&text), ret, why);
}

static enum sr_err read_facts(const struct question *q, struct facts *ret, struct sr_why *why)
{
    SR_TRY(read_claims(q->claims, &ret->peer, why));
    if (q->self)
        SR_TRY(read_claims(q->self, &ret->self, why));
    return q->refs ? read_refs(q->refs, &ret->refs, why) : SR_OK;
}

/* SR_EDENIED is an answer like SR_OK: the verdict is filled in both. */
static enum sr_err ask(const struct question *q, const struct policy *p, const struct facts *f,
                       struct policy_verdict *v, struct sr_why *why)
{
    struct want w;
    const struct claims *self = q->self ? &f->self : NULL;
    if (strcmp(q->what, "join") == 0)
        return policy_join(p, &f->peer, self, v, why);
    SR_TRY(want_parse_text(q->want, &w, why));
    const struct policy_want want = {
        .tenant = span_of(w.tenant),
        .path = span_of(w.path),
        .usage = (enum policy_usage)policy_usage_find(span_of(want_kind_text(w.kind))),
        .refs = &f->refs,
    };
    return policy_release(p, &f->peer, self, &want, v, why);
}

static enum cli_exit answer(struct cli *c, const struct question *q)
{
    struct sr_why why = { 0 };
    SR_OWN(facts) f = { 0 };
    SR_OWN(policy_hold) hold = { 0 };
    SR_OWN(buf) out = { 0 };
    struct policy_verdict v = { 0 };
    enum sr_err e = policy_read_file(q->policy, &hold.p, &why);
    if (e == SR_OK)
        e = read_facts(q, &f, &why);
    if (e == SR_OK)
        e = ask(q, hold.p, &f, &v, &why);
    if (!v.list)
        return cli_fail(c, e == SR_OK ? SR_EBUG : e, &why);
    if (cli_json(c))
        policy_explain_json(hold.p, &v, &out);
    else
        policy_explain_text(hold.p, &v, &out);
    enum cli_exit printed = cli_print(c, &out);
    return printed == EXIT_DONE && e != SR_OK ? EXIT_REFUSED : printed;
}

static enum cli_exit policy_explain(struct cli *c)
{
    struct cli_args args = { 0 };
    enum cli_exit e;
    struct question q = { 0 };
    const struct option_row rows[] = {
        { "policy", OPTION_TEXT, &q.policy, "FILE", "a policy, signed or not", NULL, true },
        { "claims", OPTION_TEXT, &q.claims, "FILE", "the peer's claims in JSON (verify-evidence --json)",
          NULL, true },
        { "references", OPTION_TEXT, &q.refs, "FILE",
          "the tenant's reference values in JSON, for \"ref\": {\"NAME\":{\"values\":[...]}}", NULL, false },
        { "self", OPTION_TEXT, &q.self, "FILE", "the deciding node's own claims, for \"same\"", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 2, &args, &e))
        return e;
    q.what = args.v[0];
    q.want = args.n == 2 ? args.v[1] : NULL;
    if (strcmp(q.what, "join") != 0 && strcmp(q.what, "release") != 0)
        return cli_usage(c, "join or release WANT");
    if ((strcmp(q.what, "release") == 0) != (q.want != NULL))
        return cli_usage(c, "release wants one WANT, join none");
    return answer(c, &q);
}

const struct command commands_explain[] = {
    { "policy explain", "join | release WANT",
      "which rule decides for these claims, and which comparison failed",
      "Prints the verdict and, for each rule, the first comparison that failed: claim, operator, what the "
      "policy\n"
      "wants, what was found. Exit status 0 when allowed, 1 when denied.",
      policy_explain },
    { 0 },
};
