#include "node/restore.h"

#include "crypto/file.h"
#include "node/backup_file.h"
#include "node/clock.h"
#include "node/node.h"
#include "proto/loss.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sr_err read_statement(const char *path, struct buf *ret, struct loss_signed *ret_loss,
                                  struct sr_why *why)
{
    SR_TRY(file_read(path, LOSS_MAX, ret, why));
    return loss_parse(buf_span(ret), ret_loss, why);
}

static bool is_there(const char *state_dir, const char *name)
{
    char path[CONFIG_TEXT + 32];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", state_dir, name);
    return lstat(path, &st) == 0 || errno != ENOENT;
}

static enum sr_err must_be_empty(const char *state_dir, struct sr_why *why)
{
    static const char *const files[] = { "store.db", "store.db-wal", "store.db-shm", "store.db-journal" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (is_there(state_dir, files[i]))
            return sr_fail(why, SR_ESTALE, R_STATE_EXISTS, "restore: state-dir holds %s", files[i]);
    return SR_OK;
}

/* The TPM is not asked here but at the start: what the statement says of its counter is left open. */
static enum sr_err check_statement(const struct backup *b, const struct loss_signed *s, struct sr_why *why)
{
    const struct approvers operators = genesis_approvers(&b->genesis);
    const struct loss_case about = { .cid = b->m.cid,
                                     .member = member_id_of(&b->m.member),
                                     .size = b->head.size,
                                     .root = b->head.root,
                                     .counter = s->loss.counter,
                                     .now = clock_unix() };
    return loss_check(s, &about, &operators, why);
}

static enum sr_err lay_out(const struct config *c, const char *folder, struct sr_why *why)
{
    SR_OWN(backup) b = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(loss_signed) statement = { 0 };
    char url[CONFIG_TEXT + 64];
    struct store *s = NULL;
    snprintf(url, sizeof url, "sqlite:%s/store.db", folder);
    SR_TRY(store_open(url, &s, why));
    enum sr_err e = backup_file_load(c->restore, s, &b, why);
    if (e == SR_OK && !c->accept_loss[0])
        e = sr_fail(why, SR_EPROOF, R_ROLLED_BACK,
                    "restore: the member's log went on after this backup (leaf %llu and later); only its "
                    "operators can accept the loss",
                    (unsigned long long)b.head.size);
    if (e == SR_OK)
        e = read_statement(c->accept_loss, &text, &statement, why);
    if (e == SR_OK)
        e = check_statement(&b, &statement, why);
    if (e == SR_OK)
        e = keystore_clear_put(s, KC_LOSS, buf_span(&text));
    store_close(s);
    return e;
}

static enum sr_err sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? SR_OK : SR_EIO;
}

/* The store is closed: all of it is in the one file. */
static enum sr_err put_in_place(const char *state_dir, const char *folder, struct sr_why *why)
{
    char from[CONFIG_TEXT + 64], to[CONFIG_TEXT + 32];
    snprintf(from, sizeof from, "%s/store.db", folder);
    snprintf(to, sizeof to, "%s/store.db", state_dir);
    if (is_there(folder, "store.db-wal"))
        return sr_fail(why, SR_EIO, R_INTERNAL, "restore: the store did not close");
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
        return sr_fail(why, SR_EIO, R_INTERNAL, "restore: %s", strerror(errno));
    return sync_dir(state_dir);
}

static enum sr_err restore(const struct config *c, struct sr_why *why)
{
    char folder[CONFIG_TEXT + 32];
    if (mkdir(c->state_dir, 0700) && errno != EEXIST)
        return sr_fail(why, SR_EIO, R_CONFIG, "state-dir: %s", strerror(errno));
    SR_TRY(must_be_empty(c->state_dir, why));
    SR_TRY(backup_folder_new(c->state_dir, "restoring", folder, sizeof folder, why));
    enum sr_err e = lay_out(c, folder, why);
    if (e == SR_OK)
        e = put_in_place(c->state_dir, folder, why);
    backup_folder_remove(folder);
    return e;
}

static enum sr_err put_statement(const struct config *c, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(loss_signed) statement = { 0 };
    char url[CONFIG_TEXT + 32];
    struct store *s = NULL;
    SR_TRY(read_statement(c->accept_loss, &text, &statement, why));
    if (!is_there(c->state_dir, "store.db"))
        return sr_fail(why, SR_ENOENT, R_CONFIG, "accept-loss: no state here");
    snprintf(url, sizeof url, "sqlite:%s/store.db", c->state_dir);
    SR_TRY(store_open(url, &s, why));
    enum sr_err e = keystore_clear_put(s, KC_LOSS, buf_span(&text));
    store_close(s);
    return e;
}

enum sr_err restore_run(const struct config *c, struct sr_why *why)
{
    return c->restore[0] ? restore(c, why) : put_statement(c, why);
}
