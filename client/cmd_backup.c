/* cmd_backup.c - a member's keystore into a file, and what such a file says. The daemon writes it below its
 * own state-dir, for its sandbox lets it write nowhere else; the command takes it from there. */
#include "client/backup_input.h"
#include "client/cli.h"
#include "client/commands.h"
#include "client/remote.h"
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKUP_SECONDS = 600, PATH_LENGTH = 4096 };

static void write_json(const struct backup *b, struct buf *out)
{
    char cid[CID_TEXT_MAX];
    struct member_id id = member_id_of(&b->m.member);
    cid_text(&b->m.cid, cid);
    jw_object(out);
    jw_member_u64(out, "bytes", b->m.bytes);
    jw_member_text(out, "cid", cid);
    jw_member_u64(out, "epoch", b->m.epoch);
    jw_member_hex(out, "member", SPAN(id.b));
    jw_member_u64(out, "policy", b->m.policy_number);
    jw_member_u64(out, "revision", b->m.revision);
    jw_member_hex(out, "root", SPAN(b->head.root.b));
    jw_member_u64(out, "rows", b->m.rows);
    jw_member_hex(out, "sha256", SPAN(b->file.b));
    jw_member_u64(out, "size", b->head.size);
    jw_member_u64(out, "time", b->m.time);
    jw_object_end(out);
}

static void write_text(const struct backup *b, struct buf *out)
{
    char cid[CID_TEXT_MAX];
    struct member_id id = member_id_of(&b->m.member);
    cid_text(&b->m.cid, cid);
    wr_fmt(out, "network %s\nmember ", cid);
    wr_hex(out, SPAN(id.b));
    wr_fmt(out, "\ntime %llu\nepoch %llu\npolicy %llu\nrows %llu\nlog %llu leaves, root ",
           (unsigned long long)b->m.time, (unsigned long long)b->m.epoch,
           (unsigned long long)b->m.policy_number, (unsigned long long)b->m.rows,
           (unsigned long long)b->head.size);
    wr_hex(out, SPAN(b->head.root.b));
    wr_text(out, "\nsha256 ");
    wr_hex(out, SPAN(b->file.b));
}

static enum cli_exit print(const struct cli *c, const struct backup *b)
{
    SR_OWN(buf) out = { 0 };
    if (cli_json(c))
        write_json(b, &out);
    else
        write_text(b, &out);
    return cli_print(c, &out);
}

/* ---- making one */

struct copy {
    FILE *from, *to;
    char part[PATH_LENGTH];
};
static void copy_drop(struct copy *c)
{
    if (c->from)
        fclose(c->from);
    if (c->to)
        fclose(c->to);
    if (c->part[0])
        (void)unlink(c->part);
    *c = (struct copy){ 0 };
}

static enum sr_err copy_open(const char *from, const char *to, struct copy *c, struct sr_why *why)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    char part[PATH_LENGTH];
    if (snprintf(part, sizeof part, "%s.part", to) >= (int)sizeof part)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "the path is too long");
    c->from = fopen(from, "re");
    if (!c->from)
        return sr_fail(why, SR_EIO, R_CONFIG, "%s: %s", from, strerror(errno));
    int fd = open(part, flags, 0600);
    if (fd < 0)
        return sr_fail(why, errno == EEXIST ? SR_ESTALE : SR_EIO, R_CONFIG, "%s: %s", part, strerror(errno));
    memcpy(c->part, part, sizeof part);
    c->to = fdopen(fd, "w");
    return c->to ? SR_OK : SR_ENOMEM;
}

static bool copy_all(struct copy *c)
{
    char piece[64 << 10];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, c->from)) > 0)
        if (fwrite(piece, 1, n, c->to) != n)
            return false;
    return !ferror(c->from) && fflush(c->to) == 0 && fsync(fileno(c->to)) == 0;
}

static bool sync_folder_of(const char *path)
{
    char folder[PATH_LENGTH];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(n ? n : 1) : 1, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* What was copied is verified before it has the name, and the daemon's own goes only then. */
static enum sr_err move(const char *from, const char *to, const struct remote *r, struct backup *ret,
                        struct sr_why *why)
{
    SR_OWN(copy) c = { 0 };
    SR_TRY(copy_open(from, to, &c, why));
    if (!copy_all(&c))
        return sr_fail(why, SR_EIO, R_CONFIG, "%s: %s", c.part, strerror(errno));
    SR_TRY(backup_input_verify(c.part, &r->cid, ret, why));
    if (renameat2(AT_FDCWD, c.part, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
        return sr_fail(why, errno == EEXIST ? SR_ESTALE : SR_EIO, R_CONFIG, "%s: %s", to, strerror(errno));
    c.part[0] = '\0';
    if (!sync_folder_of(to))
        return sr_fail(why, SR_EIO, R_CONFIG, "%s: its folder can't be synced", to);
    (void)unlink(from);
    return SR_OK;
}

static enum sr_err make(const struct remote_options *o, const char *out, struct backup *ret,
                        struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) reply = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    char file[PATH_LENGTH];
    struct stat st;
    if (lstat(out, &st) == 0)
        return sr_fail(why, SR_ESTALE, R_CONFIG, "%s is there already", out);
    SR_TRY(remote_open(o, &r, why));
    SR_TRY(remote_post(&r, "/sealring/v1/admin/backup", NULL, (struct span){ 0 }, &reply, why));
    SR_TRY(json_parse(buf_span(&reply), &doc, why));
    struct span path = json_str(json_get(json_root(&doc), "file"));
    if (path.n == 0 || path.n >= sizeof file)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "the node names no file");
    snprintf(file, sizeof file, "%.*s", (int)path.n, (const char *)path.p);
    return move(file, out, &r, ret, why);
}

static enum cli_exit backup_make_command(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct remote_options o = { .timeout_s = BACKUP_SECONDS };
    SR_OWN(backup) b = { 0 };
    const struct option_row rows[] = {
        { "node", OPTION_TEXT, &o.node, "unix:PATH", "the member's admin-socket", "SEALRING_NODE", true },
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network, pinned", "SEALRING_CID", true },
        { "timeout", OPTION_UINT, &o.timeout_s, "SECONDS", "for the member to write it (600)", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = make(&o, args.v[0], &b, &why);
    return done == SR_OK ? print(c, &b) : cli_fail(c, done, &why);
}

/* ---- reading one */

static enum cli_exit backup_verify(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    const char *text = NULL;
    struct sha256 cid;
    SR_OWN(backup) b = { 0 };
    const struct option_row rows[] = {
        { "cid", OPTION_TEXT, &text, "CID", "the network; not given, the file's own word is taken",
          "SEALRING_CID", false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = text ? cid_parse(span_of(text), &cid, &why) : SR_OK;
    if (done == SR_OK)
        done = backup_input_verify(args.v[0], text ? &cid : NULL, &b, &why);
    return done == SR_OK ? print(c, &b) : cli_fail(c, done, &why);
}

const struct command commands_backup[] = {
    { "backup make", "OUT", "a running member's keystore into a new file",
      "One point in time, while the member serves; a leaf of its log says so. The file holds the rows as "
      "they\n"
      "are on the member's disk: sealed, but for its log and its genesis record. It opens with the "
      "network's\n"
      "masters alone, and the masters sealed in it with the member's own TPM alone. Run it as the member's "
      "user\n"
      "or root: the member writes the file below its state-dir, the command takes it from there.",
      backup_make_command },
    { "backup verify", "FILE", "is this file a whole backup, of a member of which network?",
      "Checks structure, hashes, the member's signature and certificate, and the log in it against the "
      "signed\n"
      "head. Whether the sealed rows open only a member can tell, and how old it is nobody can from the "
      "file.",
      backup_verify },
    { 0 },
};
