#include "client/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor that closes itself; the three standard ones stay open. */
struct fd {
    int n;
};

static void fd_drop(struct fd *f)
{
    if (f->n > STDERR_FILENO)
        close(f->n);
    f->n = -1;
}

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

static enum sr_err read_all(int fd, size_t max, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    uint8_t piece[4096];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0 && b.n <= max)
        wr_span(&b, (struct span){ piece, (size_t)n });
    explicit_bzero(piece, sizeof piece);
    if (n < 0)
        return SR_EIO;
    if (b.n > max)
        return SR_ETOOBIG;
    if (!buf_ok(&b))
        return SR_ENOMEM;
    buf_drop(ret);
    *ret = SR_TAKE(b);
    return SR_OK;
}

/* A file that somebody else could read is refused before a byte of it is used. */
static enum sr_err check_private(int fd, const char *path, struct sr_why *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return sr_fail(why, SR_EIO, R_CONFIG, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return sr_fail(why, SR_EDENIED, R_CONFIG, "%s: not a regular file", path);
    if (st.st_mode & 077)
        return sr_fail(why, SR_EDENIED, R_CONFIG, "%s: others can read it (mode %o); chmod 600 it", path,
                       (unsigned)(st.st_mode & 0777));
    return SR_OK;
}

static enum sr_err open_read(const char *path, struct fd *ret, struct sr_why *why)
{
    ret->n = is_standard(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (ret->n < 0)
        return sr_fail(why, errno == ENOENT ? SR_ENOENT : SR_EIO, R_CONFIG, "%s: %s", path, strerror(errno));
    return SR_OK;
}

static enum sr_err read_fd(const struct fd *f, const char *path, size_t max, struct buf *ret,
                           struct sr_why *why)
{
    enum sr_err e = read_all(f->n, max, ret);
    return e == SR_OK ? SR_OK : sr_fail(why, e, R_CONFIG, "%s: %s", path, sr_strerror(e));
}

enum sr_err cli_read_file(const char *path, size_t max, struct buf *ret, struct sr_why *why)
{
    SR_OWN(fd) f = { -1 };
    SR_TRY(open_read(path, &f, why));
    return read_fd(&f, path, max, ret, why);
}

enum sr_err cli_read_secret(const char *path, size_t max, struct buf *ret, struct sr_why *why)
{
    SR_OWN(fd) f = { -1 };
    SR_TRY(open_read(path, &f, why));
    if (!is_standard(path))
        SR_TRY(check_private(f.n, path, why));
    return read_fd(&f, path, max, ret, why);
}

static bool write_all(int fd, struct span data)
{
    while (data.n > 0) {
        ssize_t n = write(fd, data.p, data.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data = (struct span){ data.p + n, data.n - (size_t)n };
    }
    return true;
}

enum sr_err cli_write_file(const char *path, unsigned mode, struct span data, struct sr_why *why)
{
    bool standard = is_standard(path);
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    SR_OWN(fd) f = { standard ? STDOUT_FILENO : open(path, flags, mode) };
    if (f.n < 0)
        return sr_fail(why, errno == EEXIST ? SR_ESTALE : SR_EIO, R_CONFIG, "%s: %s", path, strerror(errno));
    if (write_all(f.n, data) && (standard || fsync(f.n) == 0))
        return SR_OK;
    int cause = errno;
    if (!standard)
        (void)unlink(path); /* ours: it was not there before. Half a key must not be taken for one */
    return sr_fail(why, SR_EIO, R_CONFIG, "%s: %s", path, strerror(cause));
}
