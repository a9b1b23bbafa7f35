#include "client/cli.h"
#include "client/commands.h"
#include "client/workload.h"
#include "crypto/text.h"
#include "proto/json.h"
#include "proto/log.h"
#include "proto/member.h"

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

/* One member's log, and the key that its certificate from the network names. */
struct log_desk {
    struct remote remote;
    struct network net;
    struct member_id id;
    struct buf origin; /* NUL-ended */
    struct log_reader reader;
    struct sr_why fetch_why; /* the last failed fetch's */
};

static void log_desk_drop(struct log_desk *d)
{
    remote_drop(&d->remote);
    buf_drop(&d->origin);
}

static enum sr_err get(void *ctx, const char *path, struct buf *ret)
{
    struct log_desk *d = ctx;
    SR_OWN(buf) bytes = { 0 };
    char id[33], url[256];
    hex_text(SPAN(d->id.b), id);
    snprintf(url, sizeof url, "/sealring/v1/log/%s/%s", id, path);
    SR_TRY(remote_get(&d->remote, url, &bytes, &d->fetch_why));
    wr_span(ret, buf_span(&bytes));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* Finds the member among the certificates that the network's own key signed. */
static enum sr_err find_member(struct log_desk *d, struct span members, struct member_cert *ret,
                               struct sr_why *why)
{
    struct reader r = rd_init(members);
    for (size_t n = rd_u16be(&r); n > 0 && !r.bad; n--) {
        struct span cert = rd_lp(&r, MEMBER_CERT_MAX);
        struct member_cert c;
        uint64_t epoch = 0;
        if (r.bad || member_cert_epoch(cert, &epoch, why) != SR_OK || epoch < 1 || epoch > d->net.n)
            continue;
        SR_TRY(member_cert_check(cert, &d->remote.cid, epoch, &d->net.epochs[epoch - 1].member_ca, &c, why));
        struct member_id id = member_id_of(&c.key);
        if (!span_eq(SPAN(id.b), SPAN(d->id.b)))
            continue;
        *ret = c;
        return SR_OK;
    }
    return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no certificate of that member");
}

/* The node's own id, from its status; whatever it says is held against the certificates. */
static enum sr_err own_id(struct log_desk *d, struct sr_why *why)
{
    SR_OWN(buf) status = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    SR_TRY(remote_get(&d->remote, "/sealring/v1/status", &status, why));
    SR_TRY(json_parse(buf_span(&status), &doc, why));
    if (hex_read(json_str(json_get(json_root(&doc), "id")), d->id.b, sizeof d->id.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "the node does not say which member it is");
    return SR_OK;
}

static enum sr_err log_desk_open(const struct log_options *o, struct log_desk *d, struct sr_why *why)
{
    SR_OWN(buf) members = { 0 };
    struct member_cert cert;
    SR_TRY(remote_open(&o->remote, &d->remote, why));
    SR_TRY(network_learn(&d->remote, &d->net, why));
    if (!o->member)
        SR_TRY(own_id(d, why));
    else if (hex_read(span_of(o->member), d->id.b, sizeof d->id.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--member is 32 hex digits");
    SR_TRY(remote_get(&d->remote, "/sealring/v1/members", &members, why));
    SR_TRY(find_member(d, buf_span(&members), &cert, why));
    log_origin(&d->remote.cid, d->id.b, &d->origin);
    wr_u8(&d->origin, 0);
    if (!buf_ok(&d->origin))
        return SR_ENOMEM;
    d->reader = (struct log_reader){ .get = get, .ctx = d, .id = { (const char *)d->origin.p, cert.key } };
    return SR_OK;
}

/* A checkpoint that was kept from an earlier look: the log must extend it. */
static enum sr_err read_old(const struct log_desk *d, const char *path, struct checkpoint *ret, bool *ret_any,
                            struct sr_why *why)
{
    SR_OWN(buf) note = { 0 };
    *ret_any = false;
    if (!path)
        return SR_OK;
    enum sr_err e = cli_read_file(path, NOTE_MAX, &note, why);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    SR_TRY(checkpoint_open(buf_span(&note), d->reader.id.origin, &d->reader.id.pub, ret, why));
    *ret_any = true;
    return SR_OK;
}

static enum sr_err keep(struct log_desk *d, const char *path, struct sr_why *why)
{
    SR_OWN(buf) note = { 0 };
    if (!path)
        return SR_OK;
    SR_TRY(get(d, "checkpoint", &note));
    (void)remove(path);
    return cli_write_file(path, 0644, buf_span(&note), why);
}

static enum sr_err verify(const struct log_options *o, struct checkpoint *ret, struct sr_why *why)
{
    SR_OWN(log_desk) d = { 0 };
    struct checkpoint old;
    bool any;
    SR_TRY(log_desk_open(o, &d, why));
    SR_TRY(read_old(&d, o->checkpoint, &old, &any, why));
    SR_TRY(log_fetch_checkpoint(&d.reader, ret, why));
    const struct log_audit audit = { .reader = &d.reader, .old = any ? &old : NULL };
    SR_TRY(log_verify(&audit, ret, why));
    return keep(&d, o->checkpoint, why);
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
    SR_TRY(log_fetch_checkpoint(&d.reader, &head, why));
    const struct log_audit audit = { .reader = &d.reader, .visit = show_one, .ctx = out };
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
    SR_TRY(get(&d, "checkpoint", &note));
    SR_TRY(checkpoint_open(buf_span(&note), d.reader.id.origin, &d.reader.id.pub, &head, why));
    SR_TRY(log_fetch_leaf(&d.reader, &head, index, &leaf, &proof.path, why));
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
