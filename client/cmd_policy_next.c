/* cmd_policy_next.c - proposals that follow the policy in force with one thing changed. What they start from
 * is believed as far as its operators' signatures go: ground.h. */
#include "client/cli.h"
#include "client/commands.h"
#include "client/ground.h"
#include "client/members_left.h"
#include "client/policy_file.h"
#include "proto/policy_next.h"

#include <stdio.h>
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

/* ---- policy expel ---- */

struct expel_options {
    struct ground_options from;
    const char *name, *key, *hardware, *out;
};

static void expel_value(const struct expel_options *o, struct buf *b)
{
    jw_object(b);
    if (o->hardware)
        jw_member_text(b, "hardware", o->hardware);
    if (o->key)
        jw_member_text(b, "key", o->key);
    jw_member_text(b, "name", o->name);
    jw_object_end(b);
}

static enum sr_err expel_draft(const struct expel_options *o, struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(buf) value = { 0 };
    expel_value(o, &value);
    if (!buf_ok(&value))
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "a name, key or id that no policy can hold");
    const struct policy_edit edit = { "expelled", buf_span(&value), POLICY_APPEND };
    return draft(&o->from, &edit, o->out, ret, why);
}

/* Nobody but operators can undo it, and then there is nobody to undo it for. */
static void warn_of_the_end(const struct remote_options *o, const struct policy *p)
{
    SR_OWN(remote) r = { 0 };
    size_t left = 0;
    if (o->node && remote_open(o, &r, NULL) == SR_OK && members_left(&r, p, &left, NULL) == SR_OK &&
        left == 0)
        fprintf(stderr, "warning: this expels every member that the node knows: the network ends with it\n");
}

static enum cli_exit policy_expel(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct expel_options o = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    const struct option_row rows[] = {
        GROUND_ROWS(o.from),
        { "name", OPTION_TEXT, &o.name, "WORD", "what policies and logs call it: a-z 0-9 . _ -", NULL, true },
        { "member", OPTION_TEXT, &o.key, "HEX", "the member's key, as status lists it", NULL, false },
        { "hardware", OPTION_TEXT, &o.hardware, "HEX", "its machine: the claim hardware, or ek of a TPM",
          NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "where the proposal goes; - is standard output", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = expel_draft(&o, &s, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    warn_of_the_end(&o.from.from, s.policy);
    return describe(c, policy_number(s.policy), o.out);
}

/* ---- policy hardware ---- */

static enum sr_err hardware_draft(const struct expel_options *o, struct policy_signed *ret,
                                  struct sr_why *why)
{
    SR_OWN(buf) value = { 0 };
    jw_object(&value);
    jw_member_text(&value, "id", o->hardware);
    jw_member_text(&value, "name", o->name);
    jw_object_end(&value);
    if (!buf_ok(&value))
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "a name or id that no policy can hold");
    const struct policy_edit edit = { "hardware", buf_span(&value), POLICY_APPEND };
    return draft(&o->from, &edit, o->out, ret, why);
}

static enum cli_exit policy_hardware(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct expel_options o = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    const struct option_row rows[] = {
        GROUND_ROWS(o.from),
        { "name", OPTION_TEXT, &o.name, "WORD", "what policies and logs call it: a-z 0-9 . _ -", NULL, true },
        { "id", OPTION_TEXT, &o.hardware, "HEX", "the machine: the claim hardware, or ek of a TPM", NULL,
          true },
        { "out", OPTION_TEXT, &o.out, "FILE", "where the proposal goes; - is standard output", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = hardware_draft(&o, &s, &why);
    return done == SR_OK ? describe(c, policy_number(s.policy), o.out) : cli_fail(c, done, &why);
}

static enum cli_exit policy_freeze(struct cli *c)
{
    return draft_with(c, &(struct policy_edit){ "frozen", SPAN_STR("[\"join\"]"), POLICY_SET });
}

static enum cli_exit policy_thaw(struct cli *c)
{
    return draft_with(c, &(struct policy_edit){ "frozen", { 0 }, POLICY_SET });
}

const struct command commands_policy_next[] = {
    { "policy freeze", NULL, "propose the next policy: as the one in force, and nobody joins", NULL,
      policy_freeze },
    { "policy thaw", NULL, "propose the next policy: as the one in force, and joins go on", NULL,
      policy_thaw },
    { "policy hardware", NULL, "propose the next policy: as the one in force, with one more machine listed",
      "Where a policy lists machines, no other joins, whatever the rules say. The first one that is listed "
      "begins "
      "the list.",
      policy_hardware },
    { "policy expel", NULL, "propose the next policy: as the one in force, and one member is none any more",
      "Names a member by its key, a machine by its id, or both. All other members stop talking to it as soon "
      "as "
      "they hold the policy, and it stops by itself when it sees it. What it knows it may still know: follow "
      "up with a rotation.",
      policy_expel },
    { 0 },
};
