#include "client/claims_file.h"
#include "client/cli.h"
#include "client/commands.h"
#include "client/evidence_input.h"
#include "client/keyfile.h"
#include "client/recovery_input.h"
#include "crypto/text.h"
#include "proto/json.h"
#include "proto/recovery_transfer.h"

#include <stdio.h>
#include <time.h>

struct open_options {
    const char *cid, *bundle, *policy, *ceremony, *collateral, *out, *request;
    struct holder_source by;
    struct option_list members;
};

/* What the holder goes by, all of it checked. Large. */
struct open_case {
    struct recovery_input net;
    struct recovery_ceremony ceremony;
    struct buf request_bytes;
    struct claims node;
    struct policy_signed policy;
    struct recovery_request request; /* borrows from request_bytes */
    struct collateral *collateral;
};
static void open_case_drop(struct open_case *c)
{
    recovery_input_drop(&c->net);
    buf_drop(&c->request_bytes);
    policy_signed_drop(&c->policy);
    collateral_free(c->collateral);
    c->collateral = NULL;
}

static enum sr_err read_case(const struct open_options *o, struct open_case *c, struct sr_why *why)
{
    SR_OWN(buf) policy = { 0 };
    const struct recovery_source_options from = { o->bundle, o->cid, o->collateral, { 0 } };
    if (hex_read(span_of(o->ceremony), c->ceremony.b, sizeof c->ceremony.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--ceremony is 64 hex digits");
    SR_TRY(recovery_input_get(&from, &c->net, why));
    SR_TRY(cli_read_file(o->policy, POLICY_MAX, &policy, why));
    SR_TRY(recovery_request_policy(buf_span(&policy), &c->net.genesis.genesis, &c->net.cid, &c->policy, why));
    SR_TRY(cli_read_file(o->request, RECOVERY_REQUEST_MAX, &c->request_bytes, why));
    return recovery_request_decode(buf_span(&c->request_bytes), &c->request, why);
}

static enum sr_err judge(const struct open_options *o, struct open_case *c, struct sr_why *why)
{
    const struct pins roots = genesis_report_pins(&c->net.genesis.genesis, c->request.type);
    if (o->collateral)
        SR_TRY(collateral_read_dir(o->collateral, &roots, &c->collateral, why));
    const struct recovery_judge by = { .genesis = &c->net.genesis.genesis,
                                       .cid = &c->net.cid,
                                       .ceremony = &c->ceremony,
                                       .policy = c->policy.policy,
                                       .epochs = &c->net.epochs,
                                       .first = &c->net.first,
                                       .collateral = c->collateral,
                                       .now = time(NULL) };
    return recovery_request_judge(&by, &c->request, &c->node, why);
}

/* Only now is the share opened, and it leaves this function sealed to the session that the evidence names. */
static enum sr_err hand_over(const struct open_options *o, const struct open_case *c, struct sr_why *why)
{
    SR_OWN(holder_secret) key = { 0 };
    SR_OWN(kem_key) eph = { 0 };
    SR_OWN(share) share = { 0 };
    SR_OWN(buf) message = { 0 };
    const struct recovery_of of = { &c->net.cid, &c->net.genesis.genesis.params.recovery };
    const struct recovery_session to = recovery_transfer_session(&c->request, buf_span(&c->request_bytes));
    SR_TRY(keyfile_read_holder_source(&o->by, &key, why));
    SR_TRY(recovery_open_share(&c->net.genesis.recovery, &of, &key, &share, why));
    random_fill(eph.b, sizeof eph.b);
    if (recovery_transfer_make(&to, &share, &eph, &message) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_RECOVERY_SESSION, "the session's key is none");
    return cli_write_file(o->out, 0644, buf_span(&message), why);
}

/* A network that lives needs no recovery. */
static void warn_if_alive(const struct option_list *members, const char *cid)
{
    for (size_t i = 0; i < members->n; i++) {
        SR_OWN(buf) reply = { 0 };
        SR_OWN(remote) r = { 0 };
        struct sr_why why = { 0 };
        const struct remote_options o = { .node = members->v[i], .cid = cid, .timeout_s = 5 };
        if (remote_open(&o, &r, &why) == SR_OK && remote_get(&r, "/healthz", &reply, &why) == SR_OK)
            fprintf(stderr, "warning: %s answers: is the network really lost?\n", members->v[i]);
    }
}

static enum sr_err open_share(const struct open_options *o, struct open_case *c, struct sr_why *why)
{
    SR_TRY(read_case(o, c, why));
    warn_if_alive(&o->members, o->cid);
    SR_TRY(judge(o, c, why));
    return hand_over(o, c, why);
}

static enum cli_exit print_open(const struct cli *c, struct open_case *k)
{
    SR_OWN(buf) out = { 0 };
    SR_OWN(buf) object = { 0 };
    if (cli_json(c)) {
        claims_write_json(&k->node, &object);
        jw_object(&out);
        jw_name(&out, "claims");
        jw_raw(&out, buf_span(&object));
        jw_member_u64(&out, "epoch", k->request.epoch);
        jw_member_u64(&out, "policy", k->request.policy_number);
        jw_object_end(&out);
        return cli_print(c, &out);
    }
    wr_fmt(&out, "share sealed to one session of a node that policy %llu admits, to come back at epoch %llu:",
           (unsigned long long)k->request.policy_number, (unsigned long long)k->request.epoch);
    claims_write_text(&k->node, &out);
    return cli_print(c, &out);
}

static enum cli_exit recovery_open(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct open_options o = { 0 };
    SR_OWN(open_case) k = { 0 };
    const struct option_row rows[] = {
        { "key", OPTION_TEXT, &o.by.key, "FILE", "the holder's private key", NULL, false },
        { "seed", OPTION_TEXT, &o.by.seed, "FILE",
          "or what a token decrypted (recovery blob); - is standard input", NULL, false },
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network, pinned", "SEALRING_CID", true },
        { "bundle", OPTION_TEXT, &o.bundle, "FILE", "the newest recovery file that you know of", NULL, true },
        { "policy", OPTION_TEXT, &o.policy, "FILE", "the newest signed policy that you know of", NULL, true },
        { "ceremony", OPTION_TEXT, &o.ceremony, "HEX", "the value that was agreed on for this recovery", NULL,
          true },
        { "member", OPTION_LIST, &o.members, "URL", "warn when this old member still answers", NULL, false },
        { "collateral", OPTION_TEXT, &o.collateral, "DIR", "what the vendors publish, for SNP, TDX and SGX",
          NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "the message for the node; - is standard output", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    if (!o.by.key == !o.by.seed)
        return cli_usage(c, "wants --key or --seed");
    o.request = args.v[0];
    enum sr_err done = open_share(&o, &k, &why);
    return done == SR_OK ? print_open(c, &k) : cli_fail(c, done, &why);
}

const struct command commands_recovery_open[] = {
    { "recovery open", "REQUEST", "give a node that recovers the network one share",
      "For recovery holders, offline. Verifies the recovery file, then that the request comes from code "
      "that the\n"
      "newest policy admits, on a machine that k operators certified for this ceremony, then opens the share "
      "and\n"
      "seals it to the request's session. Any refusal gives nothing away.",
      recovery_open },
    { 0 },
};
