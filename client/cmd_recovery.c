#include "client/cli.h"
#include "client/commands.h"
#include "client/keyfile.h"
#include "client/recovery_input.h"
#include "proto/json.h"

/* Epochs whose masters the file lacks: destroyed ones, or somebody left them out. */
static size_t without(const struct recovery_input *in)
{
    return in->epochs.n - 1 - in->file.later.n / RECOVERY_LATER_SIZE;
}

static void say_epochs(const struct recovery_input *in, struct buf *out)
{
    wr_fmt(out, "\nepoch %zu is the newest it knows", in->epochs.n);
    if (without(in))
        wr_fmt(out, "; %zu masters before it are not in it: destroyed, if policy says so", without(in));
    if (!in->file.cert.n)
        wr_text(out, "; it is a genesis bundle, which shows no later ones: recovery export");
}

/* Opened by a cli_json() object, closed by the caller. */
static void say_epochs_json(const struct recovery_input *in, struct buf *out)
{
    jw_member_u64(out, "epoch", in->epochs.n);
}

/* ---- recovery check ---- */

struct check_options {
    struct recovery_source_options from;
    struct holder_source by;
};

/* The whole genesis is verified first: a share of somebody else's network is worth nothing in a disaster. */
static enum sr_err check(const struct check_options *o, struct recovery_input *in, uint8_t *ret_place,
                         struct sr_why *why)
{
    SR_OWN(holder_secret) key = { 0 };
    SR_OWN(share) share = { 0 };
    SR_TRY(keyfile_read_holder_source(&o->by, &key, why));
    SR_TRY(recovery_input_get(&o->from, in, why));
    const struct recovery_of of = { &in->cid, &in->genesis.genesis.params.recovery };
    SR_TRY(recovery_open_share(&in->genesis.recovery, &of, &key, &share, why));
    *ret_place = share.x;
    return SR_OK;
}

static enum cli_exit print_check(struct cli *c, const struct recovery_input *in, uint8_t place)
{
    SR_OWN(buf) out = { 0 };
    const struct recovery_set *set = &in->genesis.recovery;
    if (cli_json(c)) {
        jw_object(&out);
        say_epochs_json(in, &out);
        jw_member_u64(&out, "holder", place);
        jw_member_u64(&out, "n", set->n);
        jw_member_u64(&out, "t", set->t);
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "share %u of %zu opens and is the one that was published; %zu are needed", place, set->n,
               set->t);
        say_epochs(in, &out);
    }
    return cli_print(c, &out);
}

#define SOURCE_ROWS(o)                                                                                       \
    { "cid", OPTION_TEXT, &(o).cid, "CID", "the network, pinned", "SEALRING_CID", true },                    \
        { "node",          OPTION_TEXT, &(o).from.node, "URL", "a member to get the recovery file from",     \
          "SEALRING_NODE", false },                                                                          \
        { "ca",          OPTION_TEXT, &(o).from.ca, "FILE", "check the node's TLS certificate too",          \
          "SEALRING_CA", false },                                                                            \
    {                                                                                                        \
        "collateral", OPTION_TEXT, &(o).collateral, "DIR", "what the vendors publish, for SNP, TDX and SGX", \
            NULL, false                                                                                      \
    }

/* The file is the one argument, or a member's. true: go on. */
static bool read_source(struct cli *c, const struct option_row *rows, struct recovery_source_options *o,
                        enum cli_exit *ret)
{
    struct cli_args args = { 0 };
    if (!cli_read(c, rows, 0, 1, &args, ret))
        return false;
    if (args.n == 0 && !o->from.node) {
        *ret = cli_usage(c, "wants FILE or --node");
        return false;
    }
    o->path = args.n ? args.v[0] : NULL;
    o->from.cid = o->cid;
    return true;
}

static enum cli_exit recovery_check(struct cli *c)
{
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct check_options o = { 0 };
    SR_OWN(recovery_input) in = { 0 };
    uint8_t place = 0;
    const struct option_row rows[] = {
        { "key", OPTION_TEXT, &o.by.key, "FILE", "the holder's private key", NULL, false },
        { "seed", OPTION_TEXT, &o.by.seed, "FILE",
          "or what a token decrypted (recovery blob); - is standard input", NULL, false },
        SOURCE_ROWS(o.from),
        { 0 },
    };
    if (!read_source(c, rows, &o.from, &e))
        return e;
    if (!o.by.key == !o.by.seed)
        return cli_usage(c, "wants --key or --seed");
    enum sr_err done = check(&o, &in, &place, &why);
    return done == SR_OK ? print_check(c, &in, place) : cli_fail(c, done, &why);
}

/* ---- recovery blob ---- */

struct blob_options {
    struct recovery_source_options from;
    const char *holder, *out;
};

static enum sr_err blob(const struct blob_options *o, struct recovery_input *in, size_t *ret_place,
                        struct sr_why *why)
{
    struct holder who;
    SR_TRY(keyfile_read_holder_pub(o->holder, &who, why));
    if (!holder_is_rsa(&who))
        return sr_fail(why, SR_EDENIED, R_RECOVERY_HOLDER, "not an RSA key: it opens its share with --key");
    SR_TRY(recovery_input_get(&o->from, in, why));
    const struct recovery_of of = { &in->cid, &in->genesis.genesis.params.recovery };
    size_t i = recovery_place(&of, &who);
    if (i == of.holders->n)
        return sr_fail(why, SR_EDENIED, R_RECOVERY_HOLDER,
                       "this key is none of the record's recovery holders");
    const struct holder_sealed *s = &in->genesis.recovery.package[i].share;
    SR_TRY(cli_write_file(o->out, 0644, (struct span){ s->enc, s->enc_n }, why));
    *ret_place = i + 1;
    return SR_OK;
}

static enum cli_exit print_blob(const struct cli *c, size_t place)
{
    SR_OWN(buf) out = { 0 };
    if (cli_json(c)) {
        jw_object(&out);
        jw_member_u64(&out, "holder", place);
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "for holder %zu: decrypt it by RSA-OAEP with SHA-256, MGF1 with SHA-256, no label",
               place);
    }
    return cli_print(c, &out);
}

static enum cli_exit recovery_blob(struct cli *c)
{
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct blob_options o = { 0 };
    SR_OWN(recovery_input) in = { 0 };
    size_t place = 0;
    const struct option_row rows[] = {
        { "holder", OPTION_TEXT, &o.holder, "PUB", "the holder's RSA public key, as genesis prepare took it",
          NULL, true },
        { "out", OPTION_TEXT, &o.out, "FILE", "what the token is to decrypt", NULL, true },
        SOURCE_ROWS(o.from),
        { 0 },
    };
    if (!read_source(c, rows, &o.from, &e))
        return e;
    enum sr_err done = blob(&o, &in, &place, &why);
    return done == SR_OK ? print_blob(c, place) : cli_fail(c, done, &why);
}

/* ---- recovery export ---- */

struct export_options {
    struct recovery_source_options from;
    const char *out;
};

static enum sr_err export_file(const struct export_options *o, struct recovery_input *in, struct sr_why *why)
{
    SR_TRY(recovery_input_get(&o->from, in, why));
    return cli_write_file(o->out, 0644, buf_span(&in->bytes), why);
}

static enum cli_exit print_export(struct cli *c, const struct recovery_input *in)
{
    SR_OWN(buf) out = { 0 };
    if (cli_json(c)) {
        jw_object(&out);
        say_epochs_json(in, &out);
        jw_member_u64(&out, "n", in->genesis.recovery.n);
        jw_member_u64(&out, "t", in->genesis.recovery.t);
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "recovery file for %zu holders, %zu of whom are needed", in->genesis.recovery.n,
               in->genesis.recovery.t);
        say_epochs(in, &out);
    }
    return cli_print(c, &out);
}

static enum cli_exit recovery_export(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct export_options o = { 0 };
    SR_OWN(recovery_input) in = { 0 };
    const struct option_row rows[] = {
        REMOTE_ROWS(o.from.from),
        { "collateral", OPTION_TEXT, &o.from.collateral, "DIR",
          "what the vendors publish, for SNP, TDX and SGX", NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "the recovery file, to be kept in several places", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    o.from.cid = o.from.from.cid;
    enum sr_err done = export_file(&o, &in, &why);
    return done == SR_OK ? print_export(c, &in) : cli_fail(c, done, &why);
}

const struct command commands_recovery[] = {
    { "recovery blob", "[FILE]", "what my token has to decrypt for my share to open",
      "For holders whose RSA key is in a token that decrypts and gives no key away (PIV, PKCS #11, TPM). "
      "Verifies the\n"
      "recovery file and writes the one cipher text of the holder's package: RSA-OAEP with SHA-256, MGF1 "
      "with "
      "SHA-256,\n"
      "no label. What the token makes of it, 32 bytes, is --seed for recovery check and recovery open, and "
      "as "
      "secret as\n"
      "the share.",
      recovery_blob },
    { "recovery export", NULL, "get what a recovery will need, to be kept",
      "For holders and operators, right after genesis and after every rotation: the genesis bundle, the "
      "chain "
      "of epochs\n"
      "and every master sealed to the recovery key, verified before it is written. All of it is public. A "
      "file "
      "from before\n"
      "a rotation brings back the network without that epoch's master.",
      recovery_export },
    { "recovery check", "[FILE]", "does my recovery share open?",
      "For recovery holders, once, right after genesis, and as a drill: verifies the recovery file or "
      "genesis "
      "bundle as\n"
      "verify-genesis does, opens the share that is sealed to this key and compares it with the published "
      "hash.\n"
      "Nothing of the share is printed or kept.",
      recovery_check },
    { 0 },
};
