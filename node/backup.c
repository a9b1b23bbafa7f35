/* backup.c - one read of the whole store goes to the file as it is; then manifest, leaf, and the file's name.
 */
#include "node/backup.h"

#include "crypto/text.h"
#include "node/backup_file.h"
#include "node/clock.h"
#include "node/node.h"
#include "node/rotation.h"
#include "proto/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert((int)BACKUP_LEAF == KR_LEAF && (int)BACKUP_GENESIS == KC_GENESIS, "as the keystore has them");
static_assert((int)BACKUP_VALUE_MAX == STORE_VALUE_MAX && (int)BACKUP_KEY_MAX == STORE_KEY_MAX,
              "as the store has");

struct making {
    FILE *out;
    char part[CONFIG_TEXT + 80];
    struct backup_writer w;
};
static void making_drop(struct making *m)
{
    if (m->out)
        fclose(m->out);
    if (m->part[0])
        (void)unlink(m->part);
}

static enum sr_err write_out(void *ctx, struct span s)
{
    struct making *m = ctx;
    return fwrite(s.p, 1, s.n, m->out) == s.n ? SR_OK : SR_EIO;
}

static enum sr_err visit(void *ctx, const struct store_item *item)
{
    struct making *m = ctx;
    return backup_row(&m->w, item->key, item->value);
}

static enum sr_err no_file(struct sr_why *why)
{
    return sr_fail(why, SR_EIO, R_INTERNAL, "the backup can't be written: %s", strerror(errno));
}

/* state-dir/backup/NAME, and NAME.part until its leaf is in the log. */
static enum sr_err create(struct node *n, struct making *m, struct backup_made *ret, struct sr_why *why)
{
    char folder[sizeof ret->path - 24], name[17];
    uint8_t random[8];
    random_fill(random, sizeof random);
    hex_text(SPAN(random), name);
    SR_TRY(backup_folder_new(n->config->state_dir, "backup", folder, sizeof folder, why));
    snprintf(ret->path, sizeof ret->path, "%s/%s", folder, name);
    snprintf(m->part, sizeof m->part, "%s.part", ret->path);
    int fd = open(m->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    m->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!m->out && fd >= 0)
        close(fd);
    return m->out ? SR_OK : no_file(why);
}

/* The same note that the journal signed at that size: the signature has no randomness. */
static enum sr_err sign_head(struct core *c, const struct backup_writer *w, struct checkpoint *ret,
                             struct buf *ret_note)
{
    SR_OWN(buf) origin = { 0 };
    struct checkpoint head = { .size = w->log.size, .root = merkle_root(&w->log) };
    log_origin(&c->home.cid, c->home.id.b, &origin);
    if (!buf_ok(&origin) || origin.n >= sizeof head.origin)
        return SR_ENOMEM;
    memcpy(head.origin, origin.p, origin.n);
    checkpoint_sign(&head, &c->home.member, &c->home.member_pub, ret_note);
    *ret = head;
    return buf_ok(ret_note) ? SR_OK : SR_ENOMEM;
}

static enum sr_err write_all(struct node *n, struct core *c, struct making *m, struct backup_manifest *about,
                             struct backup_made *ret)
{
    SR_OWN(buf) note = { 0 };
    const struct store_list all = { .limit = STORE_LIST_ALL, .visit = visit, .ctx = m };
    m->w = (struct backup_writer){ .write = write_out, .ctx = m };
    SR_TRY(backup_begin(&m->w));
    SR_TRY(store_list(n->store, &all, &about->revision));
    SR_TRY(sign_head(c, &m->w, &ret->head, &note));
    about->note = buf_span(&note);
    SR_TRY(backup_end(&m->w, about, &c->home.member, &ret->file));
    ret->rows = about->rows;
    ret->bytes = m->w.bytes;
    return fflush(m->out) == 0 && fsync(fileno(m->out)) == 0 ? SR_OK : SR_EIO;
}

static enum sr_err log_it(struct core *c, const struct backup_manifest *m, struct backup_made *made)
{
    SR_OWN(buf) b = { 0 };
    struct journal_receipt receipt;
    const struct leaf l = { .type = LEAF_BACKUP,
                            .time = m->time,
                            .size = made->head.size,
                            .head = made->head.root,
                            .epoch = m->epoch,
                            .policy_number = m->policy_number,
                            .file = made->file };
    SR_TRY(leaf_encode(&l, &b));
    SR_TRY(journal_submit(c->journal, &(struct journal_entry){ NULL, buf_span(&b) }, &receipt));
    made->index = receipt.index;
    return SR_OK;
}

static bool sync_folder(const char *path)
{
    char folder[CONFIG_TEXT + 64];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static enum sr_err make(struct node *n, struct core *c, struct backup_made *ret, struct sr_why *why)
{
    SR_OWN(making) m = { 0 };
    SR_OWN(policy_hold) p = policy_holder_get(c->policy);
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    SR_OWN(buf) cert = { 0 };
    SR_TRY(rotation_cert(c->rotation, &cert));
    struct backup_manifest about = { .cid = c->home.cid,
                                     .member = c->home.member_pub,
                                     .time = clock_unix(),
                                     .epoch = keyring_newest(now.e->keyring),
                                     .policy_number = policy_number(p.p),
                                     .cert = buf_span(&cert) };
    SR_TRY(create(n, &m, ret, why));
    enum sr_err e = write_all(n, c, &m, &about, ret);
    if (e == SR_EIO)
        return no_file(why);
    SR_TRY(e);
    SR_TRY(log_it(c, &about, ret)); /* before the file has its name */
    if (rename(m.part, ret->path) != 0 || !sync_folder(ret->path))
        return no_file(why);
    m.part[0] = '\0';
    return SR_OK;
}

enum sr_err backup_make(struct node *n, struct core *c, struct backup_made *ret, struct sr_why *why)
{
    struct backup_made made = { 0 };
    if (atomic_exchange(&c->backing_up, true))
        return sr_fail(why, SR_EBUSY, R_BUSY, "a backup or an import is being made");
    enum sr_err e = make(n, c, &made, why);
    atomic_store(&c->backing_up, false);
    if (e == SR_OK)
        *ret = made;
    return e;
}
