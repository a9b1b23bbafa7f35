/* cmd_policy_next.c - proposals that follow the policy in force with one thing changed. What they start from
 * is believed as far as its operators' signatures go: ground.h. */
#include "client/cli.h"
#include "client/commands.h"
#include "client/ground.h"
#include "client/policy_file.h"
#include "proto/policy_next.h"

#include <string.h>

static enum sr_err draft(const struct ground_options *o, const struct policy_edit *edit, const char *out_path,
                         struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(ground) g = { 0 };
    SR_OWN(buf) document = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_TRY(ground_get(o, &g, why));
    SR_TRY(policy_next(g.now.policy, edit, &document, why));
    SR_TRY(policy_parse(buf_span(&document), &ret->policy, why));
    policy_signed_write(ret, &text);
    return buf_ok(&text) ? cli_write_file(out_path, 0644, buf_span(&text), why) : SR_ENOMEM;
}

static enum cli_exit describe(struct cli *c, uint64_t number, const char *out_path)
{
    SR_OWN(buf) out = { 0 };
    if (strcmp(out_path, "-") == 0)
        return EXIT_DONE;
    if (!cli_json(c)) {
        wr_fmt(&out, "proposal of policy %llu, to be signed", (unsigned long long)number);
        return cli_print(c, &out);
    }
    jw_object(&out);
    jw_member_u64(&out, "number", number);
    jw_object_end(&out);
    return cli_print(c, &out);
}

static enum cli_exit draft_with(struct cli *c, const struct policy_edit *edit)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct ground_options o = { 0 };
    const char *out_path = NULL;
    SR_OWN(policy_signed) s = { 0 };
    const struct option_row rows[] = {
        GROUND_ROWS(o),
        { "out", OPTION_TEXT, &out_path, "FILE", "where the proposal goes; - is standard output", NULL,
          true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = draft(&o, edit, out_path, &s, &why);
    return done == SR_OK ? describe(c, policy_number(s.policy), out_path) : cli_fail(c, done, &why);
}

static enum cli_exit policy_freeze(struct cli *c)
{
    return draft_with(c, &(struct policy_edit){ "frozen", SPAN_STR("[\"join\"]") });
}

static enum cli_exit policy_thaw(struct cli *c)
{
    return draft_with(c, &(struct policy_edit){ "frozen", { 0 } });
}

const struct command commands_policy_next[] = {
    { "policy freeze", NULL, "propose the next policy: as the one in force, and nobody joins", NULL,
      policy_freeze },
    { "policy thaw", NULL, "propose the next policy: as the one in force, and joins go on", NULL,
      policy_thaw },
    { 0 },
};
