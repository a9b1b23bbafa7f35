#include "client/cli.h"
#include "client/commands.h"
#include "client/workload.h"
#include "crypto/text.h"
#include "proto/json.h"

#include <stdio.h>
#include <string.h>

/* A node's answer: a public half, and the network's signature over it. */
struct answer {
    struct buf pub;
    uint64_t epoch;
    struct sig sig;
};

static void answer_drop(struct answer *a)
{
    buf_drop(&a->pub);
}

/* What the network signs: this key belongs to that name (specs/packages.md, "Public halves"). */
static enum sr_err check_signature(const struct network *n, const struct sha256 *cid, const struct want *w,
                                   const struct answer *a, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    if (a->epoch < 1 || a->epoch > n->n)
        return sr_fail(why, SR_EPROOF, R_EPOCH, "signed under an epoch that the network does not have");
    if (w->version > a->epoch) /* whoever has that epoch's master alone can not know the key */
        return sr_fail(why, SR_EPROOF, R_KEY_VERSION, "signed under an epoch before the key's version");
    wr_span(&text, SPAN(cid->b));
    wr_lp(&text, span_of(w->tenant));
    wr_lp(&text, span_of(w->path));
    wr_u32be(&text, w->version);
    wr_lp(&text, span_of(want_kind_text(w->kind)));
    wr_lp(&text, buf_span(&a->pub));
    if (!buf_ok(&text))
        return SR_ENOMEM;
    if (sign_check(&n->epochs[a->epoch - 1].release, L_DERIVED_SIGN, buf_span(&text), &a->sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_RELEASE_SIGNATURE, "the public key is not signed by this network");
    return SR_OK;
}

static enum sr_err read_answer(struct span reply, struct answer *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_TRY(json_parse(reply, &doc, why));
    const struct json *root = json_root(&doc);
    struct span hex = json_str(json_get(root, "public"));
    uint8_t *at = wr_room(&ret->pub, hex.n / 2);
    if (!at || hex.n / 2 > PUBLIC_HALF_MAX || hex_read(hex, at, hex.n / 2) != SR_OK ||
        hex_read(json_str(json_get(root, "sig")), ret->sig.b, sizeof ret->sig.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "the node's answer can't be read");
    ret->epoch = json_u64(json_get(root, "epoch"));
    return SR_OK;
}

static enum sr_err get_public(const struct remote_options *o, const char *want_text, struct buf *ret,
                              struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) reply = { 0 };
    struct network net = { 0 };
    struct want w;
    char path[1024];
    SR_OWN(answer) a = { 0 };
    SR_TRY(want_parse_text(want_text, &w, why));
    SR_TRY(remote_open(o, &r, why));
    SR_TRY(network_learn(&r, &net, why));
    snprintf(path, sizeof path, "/sealring/v1/public/%s?path=%s&kind=%s&version=%u", w.tenant, w.path,
             want_kind_text(w.kind), w.version);
    SR_TRY(remote_get(&r, path, &reply, why));
    SR_TRY(read_answer(buf_span(&reply), &a, why));
    SR_TRY(check_signature(&net, &r.cid, &w, &a, why));
    wr_span(ret, buf_span(&a.pub));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum cli_exit derive(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    bool public_half = false;
    struct remote_options o = { 0 };
    SR_OWN(buf) pub = { 0 };
    SR_OWN(buf) out = { 0 };
    const struct option_row rows[] = {
        REMOTE_ROWS(o),
        { "public", OPTION_FLAG, &public_half, NULL, "the public half: the private one takes fetch", NULL,
          true },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = get_public(&o, args.v[0], &pub, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    if (cli_json(c)) {
        jw_object(&out);
        jw_member_hex(&out, "public", buf_span(&pub));
        jw_object_end(&out);
    } else {
        wr_hex(&out, buf_span(&pub));
    }
    return cli_print(c, &out);
}

const struct command commands_derive[] = {
    { "derive", "--public WANT", "the public half of a derived key, signed by the network; no attestation",
      "Prints the public half of demo:app/id#ed25519 and the like in hex, once the network's signature over "
      "it\n"
      "is checked under the key that the cid vouches for. @VERSION is an epoch, without it 1.",
      derive },
    { 0 },
};
