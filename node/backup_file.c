#include "node/backup_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH_ROWS = 512, BATCH_BYTES = 4 << 20, READ_AHEAD = 64 << 10 };

/* ---- the file */

struct file {
    int fd;
    uint8_t ahead[READ_AHEAD];
    size_t at, n;
};
static void file_drop(struct file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

static enum sr_err open_file(const char *path, struct file *ret, struct sr_why *why)
{
    struct stat st;
    ret->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (ret->fd < 0)
        return sr_fail(why, errno == ENOENT ? SR_ENOENT : SR_EIO, R_CONFIG, "the backup: %s",
                       strerror(errno));
    if (fstat(ret->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "the backup is not a regular file");
    return SR_OK;
}

static enum sr_err fill(struct file *f)
{
    ssize_t n = read(f->fd, f->ahead, sizeof f->ahead);
    if (n < 0)
        return errno == EINTR ? fill(f) : SR_EIO;
    f->at = 0;
    f->n = (size_t)n;
    return SR_OK;
}

static enum sr_err read_file(void *ctx, void *p, size_t n, size_t *ret_n)
{
    struct file *f = ctx;
    for (*ret_n = 0; *ret_n < n;) {
        if (f->at == f->n)
            SR_TRY(fill(f));
        if (f->n == 0)
            return SR_OK;
        size_t piece = f->n - f->at < n - *ret_n ? f->n - f->at : n - *ret_n;
        memcpy((uint8_t *)p + *ret_n, f->ahead + f->at, piece);
        f->at += piece;
        *ret_n += piece;
    }
    return SR_OK;
}

/* ---- the store: rows in transactions of a bounded size */

struct batch {
    struct store *to;
    struct buf bytes; /* key and value of each, one after the other */
    struct {
        size_t key, value;
    } size[BATCH_ROWS];
    size_t n;
};
static void batch_drop(struct batch *b)
{
    buf_drop(&b->bytes);
}

static enum sr_err flush(struct batch *b)
{
    struct store_op ops[BATCH_ROWS];
    const uint8_t *p = b->bytes.p;
    if (!buf_ok(&b->bytes))
        return SR_ENOMEM;
    for (size_t i = 0; i < b->n; i++) {
        ops[i] = (struct store_op){ STORE_PUT, { p, b->size[i].key }, { 0 } };
        ops[i].value = (struct span){ p + b->size[i].key, b->size[i].value };
        p += b->size[i].key + b->size[i].value;
    }
    if (b->n)
        SR_TRY(store_txn(b->to, &(struct store_txn){ .ops = ops, .n_ops = b->n }, NULL));
    b->n = 0;
    buf_drop(&b->bytes);
    return SR_OK;
}

static enum sr_err add_row(void *ctx, struct span key, struct span value)
{
    struct batch *b = ctx;
    wr_span(&b->bytes, key);
    wr_span(&b->bytes, value);
    b->size[b->n].key = key.n;
    b->size[b->n].value = value.n;
    b->n++;
    return b->n == BATCH_ROWS || b->bytes.n >= BATCH_BYTES ? flush(b) : SR_OK;
}

enum sr_err backup_file_load(const char *path, struct store *to, struct backup *ret, struct sr_why *why)
{
    SR_OWN(file) f = { .fd = -1 };
    SR_OWN(batch) b = { .to = to };
    SR_OWN(backup) read = { 0 };
    const struct backup_source source = { read_file, &f };
    const struct backup_sink sink = { add_row, &b };
    SR_TRY(open_file(path, &f, why));
    SR_TRY(backup_read(&source, &sink, &read, why));
    SR_TRY(flush(&b));
    *ret = SR_TAKE(read);
    return SR_OK;
}

/* ---- folders */

void backup_folder_remove(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    (void)rmdir(path);
}

enum sr_err backup_folder_new(const char *dir, const char *name, char *ret_path, size_t size,
                              struct sr_why *why)
{
    if (snprintf(ret_path, size, "%s/%s", dir, name) >= (int)size)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "state-dir: too long");
    backup_folder_remove(ret_path);
    if (mkdir(ret_path, 0700))
        return sr_fail(why, SR_EIO, R_CONFIG, "%s: %s", name, strerror(errno));
    return SR_OK;
}
