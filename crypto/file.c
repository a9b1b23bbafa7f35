#include "crypto/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sr_err fill(int fd, size_t max, struct buf *ret)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size > max)
        return SR_EIO;
    size_t left = (size_t)st.st_size;
    uint8_t *to = wr_room(ret, left);
    if (!to && left > 0)
        return SR_ENOMEM;
    while (left > 0) {
        ssize_t n = read(fd, to, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return SR_EIO;
        to += n;
        left -= (size_t)n;
    }
    return SR_OK;
}

enum sr_err file_read(const char *path, size_t max, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return sr_fail(why, errno == ENOENT ? SR_ENOENT : SR_EIO, R_CONFIG, "%.100s: %s", path,
                       strerror(errno));
    enum sr_err e = fill(fd, max, &b);
    close(fd);
    if (e != SR_OK)
        return sr_fail(why, e, R_CONFIG, "%.100s: not a regular file of at most %zu bytes", path, max);
    wr_span(ret, buf_span(&b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static bool write_all(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            s = (struct span){ s.p + n, s.n - (size_t)n };
    }
    return fsync(fd) == 0;
}

static bool sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    int n = slash ? snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path)
                  : snprintf(folder, sizeof folder, ".");
    if (n < 0 || (size_t)n >= sizeof folder)
        return false;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

enum sr_err file_write(const char *path, unsigned mode, struct span content, struct sr_why *why)
{
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "path too long");
    unlink(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return sr_fail(why, SR_EIO, R_CONFIG, "%.100s: %s", temporary, strerror(errno));
    bool ok = fchmod(fd, (mode_t)mode) == 0 && write_all(fd, content);
    close(fd);
    if (ok && rename(temporary, path) == 0 && sync_folder(path))
        return SR_OK;
    int cause = errno;
    unlink(temporary);
    return sr_fail(why, SR_EIO, R_CONFIG, "%.100s: %s", path, strerror(cause));
}
