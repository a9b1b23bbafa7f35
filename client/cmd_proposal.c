#include "client/cli.h"
#include "client/commands.h"
#include "client/effect_print.h"
#include "client/ground.h"
#include "client/policy_file.h"
#include "client/proposal_print.h"
#include "client/signer.h"
#include "crypto/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum sr_err write_signed(const struct policy_signed *s, const char *path, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    policy_signed_write(s, &text);
    return buf_ok(&text) ? cli_write_file(path, 0644, buf_span(&text), why) : SR_ENOMEM;
}

static enum cli_exit print_progress(const struct cli *c, const struct policy_signed *s,
                                    const struct policy_ground *g)
{
    SR_OWN(buf) out = { 0 };
    struct policy_progress p = policy_progress(s, g);
    if (cli_json(c))
        proposal_json(s, g, &p, &out);
    else
        proposal_text(s, g, &p, &out);
    return cli_print(c, &out);
}

/* ---- policy propose ---- */

static enum sr_err propose(const char *draft, const struct ground *g, struct policy_signed *ret,
                           struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    SR_TRY(cli_read_file(draft, POLICY_SIGNED_MAX, &text, why));
    SR_TRY(policy_propose(buf_span(&text), g->now.policy, &document, why));
    return policy_parse(buf_span(&document), &ret->policy, why);
}

static enum cli_exit policy_propose_command(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct ground_options o = { 0 };
    const char *out_path = NULL;
    SR_OWN(ground) g = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    const struct option_row rows[] = {
        GROUND_ROWS(o),
        { "out", OPTION_TEXT, &out_path, "FILE", "where the proposal goes; - is standard output", NULL,
          true },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = ground_get(&o, &g, &why);
    if (done == SR_OK)
        done = propose(args.v[0], &g, &s, &why);
    if (done == SR_OK)
        done = write_signed(&s, out_path, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    struct policy_ground ground = ground_of(&g);
    return strcmp(out_path, "-") == 0 ? EXIT_DONE : print_progress(c, &s, &ground);
}

/* ---- policy sign ---- */

struct sign_options {
    struct ground_options from;
    struct signer_options by;
    const char *in, *out; /* out NULL: the file itself */
    bool yes;
    bool quiet; /* the answer is for a machine: nothing is shown */
};

enum { AGENT_SECONDS = 30, AGENT_SECONDS_MOST = 3600 };

/* Nobody signs blind: what it changes is shown, and somebody says yes to it, here or by --yes. */
static enum sr_err confirm(const struct sign_options *o, const struct policy_signed *s,
                           const struct policy *now, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    char line[8] = { 0 };
    const struct effect_input nobody = { 0 };
    SR_TRY(effect_text(now, s->policy, &nobody, &text));
    if (!o->quiet)
        fprintf(stderr, "%.*s", (int)text.n, (const char *)text.p);
    if (o->yes)
        return SR_OK;
    if (o->quiet || !isatty(STDIN_FILENO))
        return sr_fail(why, SR_EFORMAT, R_CONFIG,
                       "nobody is here to say yes: see policy diff, then give --yes");
    fprintf(stderr, "sign this? (yes or no) ");
    if (!fgets(line, sizeof line, stdin) || strcmp(line, "yes\n") != 0)
        return sr_fail(why, SR_EDENIED, R_CONFIG, "not signed");
    return SR_OK;
}

static enum sr_err add_signature(struct policy_signed *s, const struct policy_ground *g,
                                 const struct sign_options *o, struct sr_why *why)
{
    SR_OWN(signer) by = { 0 };
    SR_OWN(buf) text = { 0 };
    struct signer_options how = o->by;
    struct approval sig = { 0 };
    uint64_t seconds = o->from.from.timeout_s ? o->from.from.timeout_s : AGENT_SECONDS;
    how.operators = g->operators->key;
    how.operators_n = g->operators->n;
    how.timeout_ms = (unsigned)(seconds < AGENT_SECONDS_MOST ? seconds : AGENT_SECONDS_MOST) * 1000;
    SR_TRY(signer_open(&how, &by, why));
    SR_TRY(policy_may_sign(s, g, &by.pub, why));
    SR_TRY(confirm(o, s, g->now, why));
    policy_sign_text(s->policy, g->cid, &text);
    sig.key = by.pub;
    SR_TRY(buf_ok(&text) ? signer_sign(&by, buf_span(&text), &sig.sig, why) : SR_ENOMEM);
    return policy_signed_add(s, &sig, why);
}

/* In place it is the old file or the new one, whatever happens in between. */
static enum sr_err replace(const struct policy_signed *s, const char *path, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    policy_signed_write(s, &text);
    return buf_ok(&text) ? file_write(path, 0644, buf_span(&text), why) : SR_ENOMEM;
}

static enum sr_err sign(const struct sign_options *o, struct ground *g, struct policy_signed *s,
                        struct sr_why *why)
{
    SR_TRY(ground_get(&o->from, g, why));
    SR_TRY(policy_read_signed(o->in, s, why));
    struct policy_ground ground = ground_of(g);
    SR_TRY(add_signature(s, &ground, o, why));
    return o->out ? write_signed(s, o->out, why) : replace(s, o->in, why);
}

static enum cli_exit policy_sign_command(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct sign_options o = { 0 };
    SR_OWN(ground) g = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    const struct option_row rows[] = {
        { "key", OPTION_TEXT, &o.by.key, "FILE", "the operator's private key", NULL, false },
        { "agent", OPTION_TEXT, &o.by.agent, "KEY",
          "instead, a key in the SSH agent: a fingerprint, public key or \"operator\"", NULL, false },
        GROUND_ROWS(o.from),
        { "out", OPTION_TEXT, &o.out, "FILE", "a new file instead of FILE itself; - is standard output", NULL,
          false },
        { "yes", OPTION_FLAG, &o.yes, NULL, "what it changes was looked at (policy diff)", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    o.in = args.v[0];
    o.quiet = cli_json(c);
    if (!o.by.key == !o.by.agent)
        return cli_usage(c, "wants --key or --agent");
    if (!o.out && strcmp(o.in, "-") == 0)
        return cli_usage(c, "--out is missing");
    enum sr_err done = sign(&o, &g, &s, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    struct policy_ground ground = ground_of(&g);
    return o.out && strcmp(o.out, "-") == 0 ? EXIT_DONE : print_progress(c, &s, &ground);
}

/* ---- policy status ---- */

/* More signatures can not help one that is spoilt or is not the next. */
static bool can_still_count(const struct policy_progress *p)
{
    return !p->spoilt && (p->follows == R_NONE || p->in_force);
}

static enum cli_exit policy_status(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct ground_options o = { 0 };
    SR_OWN(ground) g = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    if (!cli_read(c, (const struct option_row[]){ GROUND_ROWS(o), { 0 } }, 1, 1, &args, &e))
        return e;
    enum sr_err done = ground_get(&o, &g, &why);
    if (done == SR_OK)
        done = policy_read_signed(args.v[0], &s, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    struct policy_ground ground = ground_of(&g);
    struct policy_progress p = policy_progress(&s, &ground);
    e = print_progress(c, &s, &ground);
    return e == EXIT_DONE && !can_still_count(&p) ? EXIT_REFUSED : e;
}

const struct command commands_proposal[] = {
    { "policy propose", "DRAFT", "make a proposal that follows the policy in force",
      "Reads a policy in any layout, sets its number and previous, and writes it as a signed policy that "
      "nobody "
      "has\n"
      "signed yet, for operators to sign and pass on.",
      policy_propose_command },
    { "policy sign", "FILE", "add an operator's signature to a proposal",
      "Shows what it changes, and signs when somebody at a terminal says yes, or with --yes.\n"
      "The file is replaced as a whole, or a new one written with --out. Refused: a key that is no "
      "operator's "
      "or has\n"
      "signed already, a policy that does not follow the one in force, and one whose signatures would not "
      "all "
      "count.\n"
      "With --agent the key stays in the agent that SSH_AUTH_SOCK names; KEY is its fingerprint "
      "(SHA256:...), a "
      "public key\n"
      "(ssh-ed25519 ..., a file, 64 hex digits), or the word operator for the only key there that is an "
      "operator's.",
      policy_sign_command },
    { "policy status", "FILE", "who signed a proposal, how many are missing, does it still follow?",
      "Exit status 0 when it is in force or can still be applied, with the signatures that are missing; 1 "
      "when "
      "it never can.",
      policy_status },
    { 0 },
};
