#include "client/cli.h"
#include "client/commands.h"
#include "client/effect_print.h"
#include "client/policy_file.h"

static enum sr_err print_effect(const struct cli *c, const struct ground *g, const struct policy_signed *s,
                                const struct effect_input *in, struct buf *out)
{
    return cli_json(c) ? effect_json(g->now.policy, s->policy, in, out)
                       : effect_text(g->now.policy, s->policy, in, out);
}

static enum cli_exit policy_diff(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct ground_options ground = { 0 };
    struct effect_options o = { .from = &ground };
    SR_OWN(ground) g = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(effect_input) in = { 0 };
    SR_OWN(buf) out = { 0 };
    const struct option_row rows[] = {
        GROUND_ROWS(ground),
        { "claims", OPTION_LIST, &o.claims, "FILE", "claims to ask about (verify-evidence --json)", NULL,
          false },
        { "self", OPTION_TEXT, &o.self, "FILE", "a member's own claims, for \"same\"; else the node's", NULL,
          false },
        { "network", OPTION_FLAG, &o.network, NULL, "ask about all members and the machines in their logs",
          NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = ground_get(&ground, &g, &why);
    if (done == SR_OK)
        done = policy_read_signed(args.v[0], &s, &why);
    if (done == SR_OK)
        done = effect_input_get(&o, &in, &why);
    if (done == SR_OK)
        done = print_effect(c, &g, &s, &in, &out);
    return done == SR_OK ? cli_print(c, &out) : cli_fail(c, done, &why);
}

const struct command commands_effect[] = {
    { "policy diff", "FILE", "what would a proposal change, and for whom?",
      "Compares a proposal with the policy in force: rules, tenants, limits and all else that it says, what "
      "of it "
      "has to\n"
      "wait; and for claims that are known whether they may join and which keys they gain or lose. With "
      "--network the\n"
      "members are asked for their claims, and the measurements in their logs are looked up: their word, "
      "which "
      "decides nothing.",
      policy_diff },
    { 0 },
};
