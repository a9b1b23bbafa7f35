/* cmd_restore.c - the operators' statement that a member may go on from an older state, and what can be taken
 * from a backup into a running member. */
#include "client/backup_input.h"
#include "client/cli.h"
#include "client/commands.h"
#include "client/keyfile.h"
#include "client/remote.h"
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/loss.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAYS = 7, DAY = 86400, IMPORT_SECONDS = 600 };

static enum cli_exit print_statement(const struct cli *c, const struct loss_signed *s)
{
    SR_OWN(buf) out = { 0 };
    if (cli_json(c))
        loss_write(s, &out);
    else
        wr_fmt(&out, "log of %llu leaves, counter %llu, until %llu: %zu signatures\nreason: %s",
               (unsigned long long)s->loss.size, (unsigned long long)s->loss.counter,
               (unsigned long long)s->loss.until, s->sigs.n, s->loss.reason);
    return cli_print(c, &out);
}

static enum sr_err save(const char *path, const struct loss_signed *s, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    loss_write(s, &text);
    return buf_ok(&text) ? cli_write_file(path, 0644, buf_span(&text), why) : SR_ENOMEM;
}

/* ---- a statement */

struct accept_options {
    const char *backup, *cid, *member, *root, *reason, *out;
    uint64_t size, counter, days;
};

static enum sr_err about_backup(const struct accept_options *o, struct loss *ret, struct sr_why *why)
{
    SR_OWN(backup) b = { 0 };
    SR_TRY(backup_input_verify(o->backup, &ret->cid, &b, why));
    ret->member = member_id_of(&b.m.member);
    ret->size = b.head.size;
    ret->root = b.head.root;
    return SR_OK;
}

static enum sr_err about_state(const struct accept_options *o, struct loss *ret, struct sr_why *why)
{
    if (!o->member || !o->root ||
        hex_read(span_of(o->member), ret->member.b, sizeof ret->member.b) != SR_OK ||
        hex_read(span_of(o->root), ret->root.b, sizeof ret->root.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG,
                       "--backup, or --member (32 hex digits), --size and --root (64 hex digits)");
    ret->size = o->size;
    return SR_OK;
}

static enum sr_err accept(const struct accept_options *o, struct loss_signed *ret, struct sr_why *why)
{
    struct loss l = { .counter = o->counter, .time = (uint64_t)time(NULL) };
    if (o->days == 0 || o->days > LOSS_DAYS_MAX)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--days: 1 to %d", LOSS_DAYS_MAX);
    l.until = l.time + o->days * DAY;
    if (strlen(o->reason) > LOSS_REASON_MAX)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--reason: at most %d bytes", LOSS_REASON_MAX);
    memcpy(l.reason, o->reason, strlen(o->reason));
    SR_TRY(cid_parse(span_of(o->cid), &l.cid, why));
    SR_TRY(o->backup ? about_backup(o, &l, why) : about_state(o, &l, why));
    SR_TRY(loss_make(&l, ret, why));
    return save(o->out, ret, why);
}

static enum cli_exit restore_accept(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct accept_options o = { .days = DAYS };
    SR_OWN(loss_signed) s = { 0 };
    const struct option_row rows[] = {
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network, pinned", "SEALRING_CID", true },
        { "backup", OPTION_TEXT, &o.backup, "FILE", "the backup that the member may go on from", NULL,
          false },
        { "member", OPTION_TEXT, &o.member, "HEX", "without a backup: the member's id", NULL, false },
        { "size", OPTION_UINT, &o.size, "N", "and the leaves of its log", NULL, false },
        { "root", OPTION_TEXT, &o.root, "HEX", "and the root over them", NULL, false },
        { "counter", OPTION_UINT, &o.counter, "N", "what its TPM's counter says, where it has one", NULL,
          false },
        { "reason", OPTION_TEXT, &o.reason, "TEXT", "why, in one line", NULL, true },
        { "days", OPTION_UINT, &o.days, "N", "how long it counts, at most 30 (7)", NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "the statement; - is standard output", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = accept(&o, &s, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    return strcmp(o.out, "-") == 0 ? EXIT_DONE : print_statement(c, &s);
}

static enum sr_err sign(const char *in, const char *key_path, const char *out, struct loss_signed *s,
                        struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(sign_key) key = { 0 };
    struct sign_pub pub;
    SR_TRY(cli_read_file(in, LOSS_MAX, &text, why));
    SR_TRY(loss_parse(buf_span(&text), s, why));
    SR_TRY(keyfile_read(key_path, &key, &pub, why));
    SR_TRY(loss_sign(s, &key, &pub, why));
    return save(out, s, why);
}

static enum cli_exit restore_sign(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    const char *key = NULL, *out = NULL;
    SR_OWN(loss_signed) s = { 0 };
    const struct option_row rows[] = {
        { "key", OPTION_TEXT, &key, "FILE", "the operator's private key", NULL, true },
        { "out", OPTION_TEXT, &out, "FILE", "where the signed statement goes; - is standard output", NULL,
          true },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = sign(args.v[0], key, out, &s, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    return strcmp(out, "-") == 0 ? EXIT_DONE : print_statement(c, &s);
}

/* ---- from a backup into a running member */

static enum sr_err import(const struct remote_options *o, const char *path, struct buf *ret,
                          struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) body = { 0 };
    SR_OWN(backup) b = { 0 };
    SR_TRY(remote_open(o, &r, why));
    SR_TRY(backup_input_verify(path, &r.cid, &b, why)); /* the member does so again */
    jw_object(&body);
    jw_member_text(&body, "file", path);
    jw_object_end(&body);
    if (path[0] != '/' || !buf_ok(&body))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "the member reads the file itself: give its whole path");
    return remote_post(&r, "/sealring/v1/admin/import", "application/json", buf_span(&body), ret, why);
}

static enum cli_exit restore_import(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct remote_options o = { .timeout_s = IMPORT_SECONDS };
    SR_OWN(buf) reply = { 0 };
    const struct option_row rows[] = {
        { "node", OPTION_TEXT, &o.node, "unix:PATH", "the member's admin-socket", "SEALRING_NODE", true },
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network, pinned", "SEALRING_CID", true },
        { "timeout", OPTION_UINT, &o.timeout_s, "SECONDS", "for the member to read it (600)", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = import(&o, args.v[0], &reply, &why);
    return done == SR_OK ? cli_print(c, &reply) : cli_fail(c, done, &why);
}

const struct command commands_restore[] = {
    { "restore accept", NULL, "write down that a member may go on from an older state",
      "The statement names the network, the member, and where its log ended: in a backup, or in the state "
      "that\n"
      "it was refused with. k operators sign it with restore sign; sealring-node takes it as accept-loss. "
      "What\n"
      "the member had accepted and logged later is lost, and the member's log says who accepted that.",
      restore_accept },
    { "restore sign", "FILE", "add an operator's signature to such a statement", NULL, restore_sign },
    { "restore import", "FILE", "secrets, policies and members from a backup into a running member",
      "For a member that joined anew on another machine. Each is checked as if another member had passed it "
      "on,\n"
      "and nothing older replaces anything newer. Prints how many were new.",
      restore_import },
    { 0 },
};
