#include "client/cli.h"
#include "client/commands.h"
#include "client/genesis_input.h"
#include "client/keyfile.h"
#include "proto/cid.h"
#include "proto/json.h"

/* ---- recovery check ---- */

struct check_options {
    const char *cid, *key, *bundle, *collateral;
    struct remote_options from;
};

/* The whole genesis is verified first: a share of somebody else's network is worth nothing in a disaster. */
static enum sr_err check(const struct check_options *o, struct recovery_set *ret_set, uint8_t *ret_place,
                         struct sr_why *why)
{
    SR_OWN(buf) bundle = { 0 };
    SR_OWN(kem_key) key = { 0 };
    SR_OWN(share) share = { 0 };
    struct sha256 cid;
    struct genesis_checked checked;
    struct claims claims = { 0 };
    SR_TRY(cid_parse(span_of(o->cid), &cid, why));
    SR_TRY(keyfile_read_holder(o->key, &key, why));
    SR_TRY(genesis_input_get(o->bundle, &o->from, &bundle, why));
    SR_TRY(genesis_input_verify(buf_span(&bundle), &cid, (struct span){ 0 }, o->collateral, &checked, &claims,
                                why));
    if (!checked.recovery.n)
        return sr_fail(why, SR_EDENIED, R_RECOVERY_NONE, "this network has no recovery, for ever");
    const struct recovery_of of = { &cid, &checked.genesis.params.recovery };
    SR_TRY(recovery_open_share(&checked.recovery, &of, &key, &share, why));
    *ret_set = checked.recovery;
    *ret_place = share.x;
    return SR_OK;
}

static enum cli_exit recovery_check(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct check_options o = { 0 };
    struct recovery_set set;
    uint8_t place = 0;
    SR_OWN(buf) out = { 0 };
    const struct option_row rows[] = {
        { "key", OPTION_TEXT, &o.key, "FILE", "the holder's private key", NULL, true },
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network, pinned", "SEALRING_CID", true },
        { "node", OPTION_TEXT, &o.from.node, "URL", "a member to get the bundle from", "SEALRING_NODE",
          false },
        { "ca", OPTION_TEXT, &o.from.ca, "FILE", "check the node's TLS certificate too", "SEALRING_CA",
          false },
        { "collateral", OPTION_TEXT, &o.collateral, "DIR", "what the vendors publish, for SNP, TDX and SGX",
          NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 1, &args, &e))
        return e;
    if (args.n == 0 && !o.from.node)
        return cli_usage(c, "wants BUNDLE or --node");
    o.bundle = args.n ? args.v[0] : NULL;
    o.from.cid = o.cid;
    enum sr_err done = check(&o, &set, &place, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    if (cli_json(c)) {
        jw_object(&out);
        jw_member_u64(&out, "holder", place);
        jw_member_u64(&out, "n", set.n);
        jw_member_u64(&out, "t", set.t);
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "share %u of %zu opens and is the one that was published; %zu are needed", place, set.n,
               set.t);
    }
    return cli_print(c, &out);
}

const struct command commands_recovery[] = {
    { "recovery check", "[BUNDLE]", "does my recovery share open?",
      "For recovery holders, once, right after genesis, and as a drill: verifies the genesis bundle as\n"
      "verify-genesis does, opens the share that is sealed to this key and compares it with the published "
      "hash.\n"
      "Nothing of the share is printed or kept.",
      recovery_check },
    { 0 },
};
