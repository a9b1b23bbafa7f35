#include "client/cli.h"
#include "client/commands.h"
#include "client/keyfile.h"
#include "client/remote.h"
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/policy_explain.h"

#include <string.h>

/* A policy file may be written by hand: it is canonicalised first, so its hash is that of the canonical form.
 * A signed policy is taken as it is. */
static enum sr_err read_policy(const char *path, struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) canonical = { 0 };
    SR_TRY(cli_read_file(path, POLICY_SIGNED_MAX, &text, why));
    SR_TRY(json_canonical(buf_span(&text), &canonical, why));
    struct sr_why ignored;
    if (policy_signed_parse(buf_span(&canonical), ret, &ignored) == SR_OK)
        return SR_OK;
    SR_TRY(policy_parse(buf_span(&canonical), &ret->policy, why));
    ret->n = 0;
    return SR_OK;
}

static void describe(struct cli *c, const struct policy_signed *s, struct buf *out)
{
    char hash[65];
    hex_text(SPAN(policy_hash(s->policy)->b), hash);
    if (!cli_json(c)) {
        wr_fmt(out, "policy %llu\nhash %s\nsignatures %zu", (unsigned long long)policy_number(s->policy),
               hash, s->n);
        return;
    }
    jw_object(out);
    jw_member_text(out, "hash", hash);
    jw_member_u64(out, "number", policy_number(s->policy));
    jw_member_u64(out, "signatures", s->n);
    jw_object_end(out);
}

static enum cli_exit policy_check(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) out = { 0 };
    if (!cli_read(c, (const struct option_row[]){ { 0 } }, 1, 1, &args, &e))
        return e;
    enum sr_err read = read_policy(args.v[0], &s, &why);
    if (read != SR_OK)
        return cli_fail(c, read, &why);
    if (cli_json(c))
        policy_check_json(s.policy, &out);
    else
        policy_check_text(s.policy, &out);
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
    enum sr_err read = read_policy(args.v[0], &s, &why);
    if (read != SR_OK)
        return cli_fail(c, read, &why);
    wr_span(&out, policy_document(s.policy));
    return cli_print(c, &out);
}

static enum sr_err add_signature(struct policy_signed *s, const char *key_path, const char *cid_text,
                                 struct sr_why *why)
{
    SR_OWN(sign_key) key = { 0 };
    struct sign_pub pub;
    struct sha256 cid;
    SR_TRY(cid_parse(span_of(cid_text), &cid, why));
    SR_TRY(keyfile_read(key_path, &key, &pub, why));
    struct policy_signature sig = policy_sign(s->policy, &cid, &key, &pub);
    return policy_signed_add(s, &sig, why);
}

static enum sr_err sign_to_file(const char *in, const char *key, const char *cid, const char *out_path,
                                struct policy_signed *s, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(read_policy(in, s, why));
    SR_TRY(add_signature(s, key, cid, why));
    policy_signed_write(s, &text);
    return cli_write_file(out_path, 0644, buf_span(&text), why);
}

static enum cli_exit policy_sign_command(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    const char *key = NULL, *cid = NULL, *out_path = NULL;
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) out = { 0 };
    const struct option_row rows[] = {
        { "key", OPTION_TEXT, &key, "FILE", "the operator's private key", NULL, true },
        { "cid", OPTION_TEXT, &cid, "CID", "the network it is for", "SEALRING_CID", true },
        { "out", OPTION_TEXT, &out_path, "FILE", "where the signed policy goes; - is standard output", NULL,
          true },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = sign_to_file(args.v[0], key, cid, out_path, &s, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    if (strcmp(out_path, "-") == 0)
        return EXIT_DONE;
    describe(c, &s, &out);
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
    enum sr_err done = read_policy(args.v[0], &s, &why);
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
    { "policy sign", "FILE", "add an operator's signature to a policy", NULL, policy_sign_command },
    { "policy apply", "FILE", "hand a signed policy to a member; it reaches all others from there", NULL,
      policy_apply },
    { "policy show", NULL, "print the signed policy that a member goes by", NULL, policy_show },
    { 0 },
};
