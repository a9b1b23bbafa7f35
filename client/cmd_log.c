#include "client/commands.h"
#include "client/member_log.h"
#include "crypto/file.h"
#include "crypto/text.h"
#include "proto/json.h"

#include <stdio.h>
#include <string.h>

struct log_options {
    struct remote_options remote;
    const char *member;
    const char *checkpoint;
};
#define LOG_ROWS(o)                                                                                          \
    REMOTE_ROWS((o).remote),                                                                                 \
    {                                                                                                        \
        "member", OPTION_TEXT, &(o).member, "ID", "whose log: 32 hex digits (the node's own)", NULL, false   \
    }

/* One member's log, as the node asked for it serves it. */
struct log_desk {
    struct remote remote;
    struct network net;
    struct member_log log;
};

static void log_desk_drop(struct log_desk *d)
{
    remote_drop(&d->remote);
}

/* The node's own id, from its status; whatever it says is held against the certificates. */
static enum sr_err own_id(struct log_desk *d, struct member_id *ret, struct sr_why *why)
{
    SR_OWN(buf) status = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    SR_TRY(remote_get(&d->remote, "/sealring/v1/status", &status, why));
    SR_TRY(json_parse(buf_span(&status), &doc, why));
    if (hex_read(json_str(json_get(json_root(&doc), "id")), ret->b, sizeof ret->b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "the node does not say which member it is");
    return SR_OK;
}

static enum sr_err log_desk_open(const struct log_options *o, struct log_desk *d, struct sr_why *why)
{
    SR_OWN(member_list) members = { 0 };
    struct member_cert cert;
    struct member_id id;
    SR_TRY(remote_open(&o->remote, &d->remote, why));
    SR_TRY(network_learn(&d->remote, &d->net, why));
    if (!o->member)
        SR_TRY(own_id(d, &id, why));
    else if (hex_read(span_of(o->member), id.b, sizeof id.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--member is 32 hex digits");
    SR_TRY(member_list_fetch(&d->remote, &d->net, &members, why));
    SR_TRY(member_list_find(&members, &id, &cert, why));
    member_log_init(&d->log, &d->remote, &cert);
    return SR_OK;
}

/* A checkpoint that was kept from an earlier look: the log must extend it. */
static enum sr_err read_old(const struct log_desk *d, const char *path, struct checkpoint *ret, bool *ret_any,
                            struct sr_why *why)
{
    enum sr_err e = path ? member_log_kept(&d->log, path, ret, why) : SR_ENOENT;
    *ret_any = e == SR_OK;
    return e == SR_ENOENT ? SR_OK : e;
}

static enum sr_err verify(const struct log_options *o, struct checkpoint *ret, struct sr_why *why)
{
    SR_OWN(log_desk) d = { 0 };
    SR_OWN(buf) note = { 0 };
    struct checkpoint old;
    bool any;
    SR_TRY(log_desk_open(o, &d, why));
    SR_TRY(read_old(&d, o->checkpoint, &old, &any, why));
    SR_TRY(member_log_head(&d.log, &note, ret, why));
    const struct log_audit audit = { .reader = &d.log.reader, .old = any ? &old : NULL };
    SR_TRY(log_verify(&audit, ret, why));
    return o->checkpoint ? file_write(o->checkpoint, 0644, buf_span(&note), why) : SR_OK;
}

static enum cli_exit log_verify_command(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct log_options o = { 0 };
    struct checkpoint head;
    SR_OWN(buf) out = { 0 };
    const struct option_row rows[] = {
        LOG_ROWS(o),
        { "checkpoint", OPTION_TEXT, &o.checkpoint, "FILE", "kept between calls: the log must extend it",
          NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = verify(&o, &head, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    if (cli_json(c)) {
        jw_object(&out);
        jw_member_text(&out, "origin", head.origin);
        jw_member_hex(&out, "root", SPAN(head.root.b));
        jw_member_u64(&out, "size", head.size);
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "%s verifies\n%llu leaves, root ", head.origin, (unsigned long long)head.size);
        wr_hex(&out, SPAN(head.root.b));
    }
    return cli_print(c, &out);
}

static enum sr_err show_one(void *ctx, uint64_t index, const struct leaf *l)
{
    struct buf *out = ctx;
    SR_OWN(buf) text = { 0 };
    leaf_describe(l, &text);
    wr_fmt(out, "%s{\"index\":%llu,\"leaf\":", out->n ? "\n" : "", (unsigned long long)index);
    wr_span(out, buf_span(&text));
    wr_text(out, "}");
    return buf_ok(out) ? SR_OK : SR_ENOMEM;
}

static enum sr_err show(const struct log_options *o, struct buf *out, struct sr_why *why)
{
    SR_OWN(log_desk) d = { 0 };
    struct checkpoint head;
    SR_TRY(log_desk_open(o, &d, why));
    SR_TRY(log_fetch_checkpoint(&d.log.reader, &head, why));
    const struct log_audit audit = { .reader = &d.log.reader, .visit = show_one, .ctx = out };
    return log_verify(&audit, &head, why);
}

static enum cli_exit log_show(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct log_options o = { 0 };
    SR_OWN(buf) out = { 0 };
    if (!cli_read(c, (const struct option_row[]){ LOG_ROWS(o), { 0 } }, 0, 0, &args, &e))
        return e;
    enum sr_err done = show(&o, &out, &why);
    return done == SR_OK ? cli_print(c, &out) : cli_fail(c, done, &why);
}

static enum sr_err prove(const struct log_options *o, uint64_t index, struct buf *out, struct sr_why *why)
{
    SR_OWN(log_desk) d = { 0 };
    SR_OWN(buf) note = { 0 };
    SR_OWN(buf) leaf = { 0 };
    struct checkpoint head;
    struct log_proof proof = { .index = index };
    SR_TRY(log_desk_open(o, &d, why));
    SR_TRY(member_log_head(&d.log, &note, &head, why));
    SR_TRY(log_fetch_leaf(&d.log.reader, &head, index, &leaf, &proof.path, why));
    proof.note = buf_span(&note);
    log_proof_write(&proof, out);
    return buf_ok(out) ? SR_OK : SR_ENOMEM;
}

static enum cli_exit log_prove(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct log_options o = { 0 };
    uint64_t index = UINT64_MAX;
    SR_OWN(buf) out = { 0 };
    const struct option_row rows[] = {
        LOG_ROWS(o),
        { "index", OPTION_UINT, &index, "N", "which leaf: the first is 0", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = prove(&o, index, &out, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    struct span text = buf_span(&out);
    return fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0 ? EXIT_DONE : EXIT_INTERNAL;
}

const struct command commands_log[] = {
    { "log verify", NULL, "read a member's whole log and hold it against its signed checkpoint",
      "Fetches every leaf, rebuilds the tree, and checks root, signature and the member's certificate. With\n"
      "--checkpoint, also that the log extends the one seen the last time.",
      log_verify_command },
    { "log show", NULL, "print the leaves of a member's log that verifies, one JSON object a line", NULL,
      log_show },
    { "log prove", NULL, "print the proof that a leaf is in the log, as a C2SP tlog-proof file", NULL,
      log_prove },
    { 0 },
};
