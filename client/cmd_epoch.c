#include "client/claims_file.h"
#include "client/cli.h"
#include "client/commands.h"
#include "client/evidence_input.h"
#include "client/genesis_input.h"
#include "client/keyfile.h"
#include "client/policy_file.h"
#include "client/workload.h"
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/json.h"
#include "proto/rotation.h"

#include <string.h>
#include <time.h>

/* ---- files ---- */

static enum sr_err read_file(const char *path, struct rotation_file *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(cli_read_file(path, ROTATION_FILE_MAX, &text, why));
    return rotation_file_parse(buf_span(&text), ret, why);
}

static enum sr_err write_file(const char *path, const struct rotation_file *f, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    rotation_file_write(f, &text);
    return buf_ok(&text) ? cli_write_file(path, 0644, buf_span(&text), why) : SR_ENOMEM;
}

static enum cli_exit describe(struct cli *c, const struct rotation_file *f)
{
    SR_OWN(buf) out = { 0 };
    char commit[129];
    hex_text(SPAN(f->draw.pubs.commit.b), commit);
    if (cli_json(c)) {
        jw_object(&out);
        jw_member_u64(&out, "approvals", f->approvals.n);
        jw_member_text(&out, "commitment", commit);
        jw_member_u64(&out, "created", f->draw.created);
        jw_member_u64(&out, "epoch", f->draw.pubs.epoch);
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "epoch %llu\ncommitment %s\napprovals %zu", (unsigned long long)f->draw.pubs.epoch,
               commit, f->approvals.n);
    }
    return cli_print(c, &out);
}

/* ---- draw ---- */

struct draw_options {
    struct remote_options remote;
    const char *key, *out;
    bool again;
};

static enum sr_err ask_draw(const struct draw_options *o, struct remote *r, struct rotation_file *ret,
                            struct sr_why *why)
{
    SR_OWN(remote_signer) by = { 0 };
    SR_OWN(buf) reply = { 0 };
    const struct http_call call = { .method = "POST",
                                    .path = o->again ? "/sealring/v1/epoch/draw?again=1"
                                                     : "/sealring/v1/epoch/draw" };
    SR_TRY(keyfile_read(o->key, &by.key, &by.pub, why));
    SR_TRY(remote_signed(r, &by, &call, &reply, why));
    return rotation_file_parse(buf_span(&reply), ret, why);
}

static enum sr_err draw_to_file(const struct draw_options *o, struct rotation_file *f, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_TRY(remote_open(&o->remote, &r, why));
    SR_TRY(ask_draw(o, &r, f, why));
    SR_TRY(remote_get(&r, "/sealring/v1/epochs", &f->epochs, why));
    return write_file(o->out, f, why);
}

static enum cli_exit epoch_draw_command(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct draw_options o = { 0 };
    SR_OWN(rotation_file) f = { 0 };
    const struct option_row rows[] = {
        REMOTE_ROWS(o.remote),
        { "key", OPTION_TEXT, &o.key, "FILE", "an operator's private key", NULL, true },
        { "again", OPTION_FLAG, &o.again, NULL, "forget the draw that waits, and draw another", NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "the epoch file, to be passed round", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = draw_to_file(&o, &f, &why);
    return done == SR_OK ? describe(c, &f) : cli_fail(c, done, &why);
}

/* ---- sign ---- */

struct approve_options {
    const char *cid, *key, *bundle, *policy, *collateral, *out, *file;
};

/* What the operator goes by, all of it checked. Large. */
struct approve_case {
    struct sha256 cid;
    struct buf bundle;
    struct genesis_checked genesis; /* borrows from bundle */
    struct claims first, member;
    struct policy_signed policy;
    struct rotation_file file;
    struct epoch_pubs epochs[EPOCHS_MAX];
    size_t n;
    struct collateral *collateral;
};

static void approve_case_drop(struct approve_case *k)
{
    buf_drop(&k->bundle);
    policy_signed_drop(&k->policy);
    rotation_file_drop(&k->file);
    collateral_free(k->collateral);
    k->collateral = NULL;
}

/* The epochs in the file prove themselves under the cid. */
static enum sr_err read_epochs(struct approve_case *k, struct sr_why *why)
{
    struct reader r = rd_init(buf_span(&k->file.epochs));
    struct genesis g;
    struct span record = rd_lp(&r, GENESIS_RECORD_MAX), chain = rd_lp(&r, EPOCH_CHAIN_MAX);
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_EPOCH_DRAW, "the epochs in the file can't be read");
    SR_TRY(genesis_pinned(record, &k->cid, &g, why));
    const struct approvers approvers = genesis_approvers(&k->genesis.genesis);
    return epoch_chain_check(chain, &k->cid, &g.first, &approvers, k->epochs, &k->n, why);
}

static enum sr_err read_policy(const struct approve_options *o, struct approve_case *k, struct sr_why *why)
{
    SR_TRY(policy_read_signed(o->policy, &k->policy, why)); /* the first needs no signature */
    return genesis_policy_check(&k->genesis.genesis, &k->cid, &k->policy, why);
}

static enum sr_err read_case(const struct approve_options *o, struct approve_case *k, struct sr_why *why)
{
    SR_TRY(cid_parse(span_of(o->cid), &k->cid, why));
    SR_TRY(cli_read_file(o->bundle, GENESIS_BUNDLE_MAX, &k->bundle, why));
    SR_TRY(genesis_input_verify(buf_span(&k->bundle), &k->cid, (struct span){ 0 }, o->collateral, &k->genesis,
                                &k->first, why));
    SR_TRY(read_policy(o, k, why));
    SR_TRY(read_file(o->file, &k->file, why));
    return read_epochs(k, why);
}

static enum sr_err judge(const struct approve_options *o, struct approve_case *k, struct sr_why *why)
{
    const struct pins roots = genesis_report_pins(&k->genesis.genesis, k->file.draw.type);
    const struct approvers operators = genesis_approvers(&k->genesis.genesis);
    size_t n;
    if (o->collateral)
        SR_TRY(collateral_read_dir(o->collateral, &roots, &k->collateral, why));
    const struct rotation_judge by = { .genesis = &k->genesis.genesis,
                                       .cid = &k->cid,
                                       .before = &k->epochs[k->n - 1],
                                       .policy = k->policy.policy,
                                       .first = &k->first,
                                       .collateral = k->collateral,
                                       .now = time(NULL) };
    SR_TRY(rotation_judge(&by, &k->file.draw, &k->member, why));
    return rotation_approvals(&k->file, &operators, &n, why);
}

static enum sr_err approve(const struct approve_options *o, struct approve_case *k, struct sr_why *why)
{
    SR_OWN(sign_key) key = { 0 };
    struct sign_pub pub;
    SR_TRY(read_case(o, k, why));
    SR_TRY(judge(o, k, why));
    SR_TRY(keyfile_read(o->key, &key, &pub, why));
    SR_TRY(rotation_approve(&k->file, &key, &pub, why));
    return write_file(o->out, &k->file, why);
}

static enum cli_exit epoch_sign(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct approve_options o = { 0 };
    SR_OWN(approve_case) k = { 0 };
    const struct option_row rows[] = {
        { "key", OPTION_TEXT, &o.key, "FILE", "the operator's private key", NULL, true },
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network, pinned", "SEALRING_CID", true },
        { "bundle", OPTION_TEXT, &o.bundle, "FILE", "the genesis bundle", NULL, true },
        { "policy", OPTION_TEXT, &o.policy, "FILE",
          "the newest signed policy that you know of, as policy show prints it", NULL, true },
        { "collateral", OPTION_TEXT, &o.collateral, "DIR", "what the vendors publish, for SNP, TDX and SGX",
          NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "the epoch file with your approval; - is standard output", NULL,
          true },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    o.file = args.v[0];
    enum sr_err done = approve(&o, &k, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    return strcmp(o.out, "-") == 0 ? EXIT_DONE : describe(c, &k.file);
}

/* ---- submit, show ---- */

static enum sr_err submit(const struct remote_options *o, const char *path, struct buf *reply,
                          struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(rotation_file) f = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_TRY(read_file(path, &f, why));
    SR_TRY(remote_open(o, &r, why));
    buf_drop(&f.epochs); /* for operators alone */
    rotation_file_write(&f, &text);
    if (!buf_ok(&text))
        return SR_ENOMEM;
    return remote_post(&r, "/sealring/v1/epoch/link", "application/json", buf_span(&text), reply, why);
}

static enum cli_exit epoch_submit(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct remote_options o = { 0 };
    SR_OWN(buf) reply = { 0 };
    if (!cli_read(c, (const struct option_row[]){ REMOTE_ROWS(o), { 0 } }, 1, 1, &args, &e))
        return e;
    enum sr_err done = submit(&o, args.v[0], &reply, &why);
    return done == SR_OK ? cli_print(c, &reply) : cli_fail(c, done, &why);
}

static enum cli_exit epoch_show(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    SR_OWN(rotation_file) f = { 0 };
    if (!cli_read(c, (const struct option_row[]){ { 0 } }, 1, 1, &args, &e))
        return e;
    enum sr_err done = read_file(args.v[0], &f, &why);
    return done == SR_OK ? describe(c, &f) : cli_fail(c, done, &why);
}

const struct command commands_epoch[] = {
    { "epoch draw", NULL, "have a member draw the next master",
      "The member that is asked draws a master in its TEE and keeps it sealed; what comes out is the epoch "
      "file: public\n"
      "halves, commitment and evidence, for operators to approve. Asked again, it is the same file.",
      epoch_draw_command },
    { "epoch show", "FILE", "print what an epoch file is about, unchecked", NULL, epoch_show },
    { "epoch sign", "FILE", "approve a draw as an operator, offline",
      "Verifies the genesis bundle, the policy, the epochs in the file and the evidence of the member that "
      "drew, then\n"
      "adds your signature. Any refusal signs nothing.",
      epoch_sign },
    { "epoch submit", "FILE", "hand k approvals to the member that drew",
      "That member makes the link and holds the master as the first; the others pull it, and when a quorum "
      "has it all\n"
      "go over to it. `status` shows how far that is.",
      epoch_submit },
    { 0 },
};
