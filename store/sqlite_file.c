#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const off_t file_max = (off_t)64 << 30; /* bytes, of the database and of its log */

void sqlite_file_drop(struct sqlite_file *f)
{
    if (f->name[0])
        close(f->dir);
    *f = (struct sqlite_file){ .dir = -1 };
}

static enum sr_err hostile(struct sr_why *why, const char *name, const char *what)
{
    return sr_fail(why, SR_EPROOF, R_STORE_HOSTILE, "store: %s %s", name, what);
}

/* Splits where into folder and name and opens the folder, which must be ours alone. */
static enum sr_err open_folder(const char *where, struct sqlite_file *ret, struct sr_why *why)
{
    char folder[PATH_MAX], real[PATH_MAX];
    const char *slash = strrchr(where, '/');
    const char *name = slash ? slash + 1 : where;
    struct stat st;
    struct sqlite_file f = { .dir = -1 };
    size_t n = slash ? (size_t)(slash - where) : 0;
    if (!*name || name[0] == '.' || strlen(name) > NAME_MAX - 8 || strlen(where) >= PATH_MAX - 8)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "store: not a path of a file");
    snprintf(folder, sizeof folder, "%.*s", (int)(slash ? (n ? n : 1) : 1), slash ? where : ".");
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return hostile(why, "the folder", errno == ENOENT ? "is missing" : "can't be opened as a folder");
    f.dir = dir;
    snprintf(f.name, sizeof f.name, "%s", name);
    *ret = f; /* owns the folder from here on */
    if (fstat(dir, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 07777) != 0700)
        return hostile(why, "the folder", "is not ours alone (owner, mode 0700)");
    if (!realpath(folder, real))
        return hostile(why, "the folder", "has no real path");
    int len = snprintf(ret->path, sizeof ret->path, "%s/%s", real, name);
    return len > 0 && len < PATH_MAX - 8 ? SR_OK : hostile(why, "the path", "is too long");
}

/* A regular file of ours, mode 0600, or none. O_NONBLOCK: a FIFO or a device must not hold us. */
static enum sr_err open_plain(int dir, const char *name, int *ret_fd, off_t *ret_size, struct sr_why *why)
{
    struct stat st;
    *ret_fd = -1;
    *ret_size = 0;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? SR_OK : hostile(why, name, "can't be looked at");
    if (!S_ISREG(st.st_mode))
        return hostile(why, name, "is not a regular file");
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return hostile(why, name, "can't be opened");
    *ret_fd = fd;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return hostile(why, name, "is not a regular file");
    if (st.st_uid != geteuid() || (st.st_mode & 07077) != 0)
        return hostile(why, name, "is not ours alone (owner, mode 0600)");
    if (st.st_nlink != 1)
        return hostile(why, name, "has a second name");
    if (st.st_size > file_max)
        return hostile(why, name, "is over the size limit");
    *ret_size = st.st_size;
    return SR_OK;
}

/* A companion file (-wal, -shm): only its kind and size matter; sqlite checks its content. */
static enum sr_err companion(const struct sqlite_file *f, const char *suffix, off_t *ret_size,
                             struct sr_why *why)
{
    char name[NAME_MAX + 16];
    int fd;
    snprintf(name, sizeof name, "%s%s", f->name, suffix);
    enum sr_err e = open_plain(f->dir, name, &fd, ret_size, why);
    if (fd >= 0)
        close(fd);
    return e;
}

/* The 100-byte header, https://www.sqlite.org/fileformat2.html section 1.3: all that we ever write is fixed
 * but counters, so whatever else it says, it is not ours. */
static enum sr_err header(struct span h, off_t size, off_t wal, struct sr_why *why)
{
    struct reader r = rd_init(h);
    bool ours = span_eq(rd_span(&r, 16), SPAN("SQLite format 3"));
    ours &= rd_u16be(&r) == SQLITE_FILE_PAGE;
    ours &= rd_u16be(&r) == 0x0202; /* write-ahead log, for writing and reading */
    ours &= rd_u32be(&r) == 0x00402020;
    uint32_t changes = rd_u32be(&r);
    off_t bytes = (off_t)rd_u32be(&r) * SQLITE_FILE_PAGE;
    rd_span(&r, 12); /* free list, schema cookie */
    ours &= rd_u32be(&r) == 4;
    rd_span(&r, 4); /* default cache size */
    rd_zeros(&r, 4);
    ours &= rd_u32be(&r) == 1; /* UTF-8 */
    uint32_t format = rd_u32be(&r);
    rd_zeros(&r, 4);
    ours &= rd_u32be(&r) == SQLITE_FILE_APP_ID;
    rd_zeros(&r, 20);
    ours &= rd_u32be(&r) == changes;
    rd_span(&r, 4);
    if (!rd_end(&r) || !ours)
        return hostile(why, "the file", "is not a database of ours");
    if (format != SQLITE_FILE_FORMAT)
        return sr_fail(why, SR_EFORMAT, R_STORE_VERSION, "store: file format %u, this program knows %d",
                       format, SQLITE_FILE_FORMAT);
    if (size % SQLITE_FILE_PAGE || size > bytes + wal || (wal == 0 && size != bytes))
        return sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "store: the file was truncated or extended");
    return SR_OK;
}

static enum sr_err database(const struct sqlite_file *f, bool *ret_exists, struct sr_why *why)
{
    int fd;
    off_t size, wal, rest;
    uint8_t h[100] = { 0 };
    ssize_t n = -1;
    enum sr_err e = open_plain(f->dir, f->name, &fd, &size, why);
    if (fd >= 0) {
        n = pread(fd, h, sizeof h, 0);
        close(fd); /* before sqlite has it open: closing drops a process's locks */
    }
    SR_TRY(e);
    SR_TRY(companion(f, "-wal", &wal, why));
    SR_TRY(companion(f, "-shm", &rest, why));
    SR_TRY(companion(f, "-journal", &rest, why));
    char name[NAME_MAX + 16];
    snprintf(name, sizeof name, "%s-journal", f->name);
    if (faccessat(f->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return hostile(why, "a rollback journal", "lies beside the file: we never make one");
    if (fd < 0 && wal)
        return sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "store: the file is gone, its log is there");
    if (fd >= 0 && n != (ssize_t)sizeof h)
        return hostile(why, "the file", "is empty or shorter than a header");
    if (fd >= 0)
        SR_TRY(header(SPAN(h), size, wal, why));
    *ret_exists = fd >= 0;
    return SR_OK;
}

enum sr_err sqlite_file_open(const char *where, struct sqlite_file *ret, bool *ret_exists, struct sr_why *why)
{
    SR_OWN(sqlite_file) f = { .dir = -1 };
    SR_TRY(open_folder(where, &f, why));
    if (flock(f.dir, LOCK_EX | LOCK_NB) != 0)
        return sr_fail(why, SR_EBUSY, R_BUSY, "store: another process holds the folder");
    SR_TRY(database(&f, ret_exists, why));
    *ret = f;
    f.name[0] = 0; /* moved */
    return SR_OK;
}

static enum sr_err create(int dir, const char *name, struct sr_why *why)
{
    int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return sr_fail(why, SR_ESTALE, R_STATE_EXISTS, "store: %s exists", name);
    if (fd < 0)
        return sr_fail(why, SR_EIO, R_INTERNAL, "store: can't create %s: %s", name, strerror(errno));
    close(fd);
    return SR_OK;
}

enum sr_err sqlite_file_new(struct sqlite_file *f, char path[static PATH_MAX], struct sr_why *why)
{
    char name[NAME_MAX + 16];
    static const char *const left_over[] = { "", "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < sizeof left_over / sizeof *left_over; i++) {
        snprintf(name, sizeof name, "%s.new%s", f->name, left_over[i]);
        if (unlinkat(f->dir, name, 0) != 0 && errno != ENOENT)
            return hostile(why, name, "is in the way");
    }
    snprintf(name, sizeof name, "%s.new", f->name);
    if (snprintf(path, PATH_MAX, "%s.new", f->path) >= PATH_MAX)
        return hostile(why, "the path", "is too long");
    return create(f->dir, name, why);
}

enum sr_err sqlite_file_sync(const struct sqlite_file *f)
{
    int fd = openat(f->dir, f->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok && fsync(f->dir) == 0 ? SR_OK : SR_EIO;
}

enum sr_err sqlite_file_publish(struct sqlite_file *f, struct sr_why *why)
{
    char name[NAME_MAX + 16];
    snprintf(name, sizeof name, "%s.new", f->name);
    int fd = openat(f->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    if (!ok || renameat(f->dir, name, f->dir, f->name) != 0 || fsync(f->dir) != 0)
        return sr_fail(why, SR_EIO, R_INTERNAL, "store: can't put the new file in place");
    return SR_OK;
}

enum sr_err sqlite_file_create(const char *where, struct sqlite_file *ret, struct sr_why *why)
{
    SR_OWN(sqlite_file) f = { .dir = -1 };
    SR_TRY(open_folder(where, &f, why));
    SR_TRY(create(f.dir, f.name, why));
    *ret = f;
    f.name[0] = 0;
    return SR_OK;
}
