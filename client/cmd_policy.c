#include "client/cli.h"
#include "client/commands.h"
#include "client/members_left.h"
#include "client/policy_file.h"
#include "client/remote.h"
#include "crypto/text.h"
#include "proto/policy_explain.h"

static void describe(struct cli *c, const struct policy_signed *s, struct buf *out)
{
    char hash[65];
    hex_text(SPAN(policy_hash(s->policy)->b), hash);
    if (!cli_json(c)) {
        wr_fmt(out, "policy %llu\nhash %s\nsignatures %zu", (unsigned long long)policy_number(s->policy),
               hash, s->sigs.n);
        return;
    }
    jw_object(out);
    jw_member_text(out, "hash", hash);
    jw_member_u64(out, "number", policy_number(s->policy));
    jw_member_u64(out, "signatures", s->sigs.n);
    jw_object_end(out);
}

/* What only a member knows of a policy's effect. */
static enum sr_err ask_left(const struct remote_options *o, const struct policy *p, size_t *ret,
                            struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    if (!o->cid)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--node wants --cid");
    SR_TRY(remote_open(o, &r, why));
    return members_left(&r, p, ret, why);
}

static enum cli_exit policy_check(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct remote_options o = { 0 };
    size_t left = 0;
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) out = { 0 };
    const struct option_row rows[] = {
        { "node", OPTION_TEXT, &o.node, "URL", "a member: is anybody left whom it knows?", NULL, false },
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network of that member, pinned", "SEALRING_CID", false },
        { "ca", OPTION_TEXT, &o.ca, "FILE", "check the node's TLS certificate too", "SEALRING_CA", false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err read = policy_read_signed(args.v[0], &s, &why);
    if (read == SR_OK && o.node)
        read = ask_left(&o, s.policy, &left, &why);
    if (read != SR_OK)
        return cli_fail(c, read, &why);
    if (cli_json(c))
        policy_check_json(s.policy, o.node ? &left : NULL, &out);
    else
        policy_check_text(s.policy, o.node ? &left : NULL, &out);
    return cli_print(c, &out);
}

static enum cli_exit policy_canonical(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) out = { 0 };
    if (!cli_read(c, (const struct option_row[]){ { 0 } }, 1, 1, &args, &e))
        return e;
    enum sr_err read = policy_read_signed(args.v[0], &s, &why);
    if (read != SR_OK)
        return cli_fail(c, read, &why);
    wr_span(&out, policy_document(s.policy));
    return cli_print(c, &out);
}

static enum cli_exit policy_apply(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct remote_options o = { 0 };
    SR_OWN(remote) r = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) reply = { 0 };
    SR_OWN(buf) out = { 0 };
    if (!cli_read(c, (const struct option_row[]){ REMOTE_ROWS(o), { 0 } }, 1, 1, &args, &e))
        return e;
    enum sr_err done = policy_read_signed(args.v[0], &s, &why);
    if (done == SR_OK)
        done = remote_open(&o, &r, &why);
    if (done == SR_OK) {
        policy_signed_write(&s, &text);
        done = remote_post(&r, "/sealring/v1/policy", "application/json", buf_span(&text), &reply, &why);
    }
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    describe(c, &s, &out);
    return cli_print(c, &out);
}

static enum cli_exit policy_show(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct remote_options o = { 0 };
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) reply = { 0 };
    if (!cli_read(c, (const struct option_row[]){ REMOTE_ROWS(o), { 0 } }, 0, 0, &args, &e))
        return e;
    enum sr_err done = remote_open(&o, &r, &why);
    if (done == SR_OK)
        done = remote_get(&r, "/sealring/v1/policy", &reply, &why);
    return done == SR_OK ? cli_print(c, &reply) : cli_fail(c, done, &why);
}

const struct command commands_policy[] = {
    { "policy check", "FILE", "is this a policy? print its number, hash and signatures", NULL, policy_check },
    { "policy canonical", "FILE", "print the canonical form that is hashed and signed", NULL,
      policy_canonical },
    { "policy apply", "FILE", "hand a signed policy to a member; it reaches all others from there", NULL,
      policy_apply },
    { "policy show", NULL, "print the signed policy that a member goes by", NULL, policy_show },
    { 0 },
};
