#include "node/platform/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum sr_err log_file_read(const char *path, struct buf *ret, struct sr_why *why)
{
    uint8_t bytes[EVENT_LOG_MAX + 1];
    size_t have = 0;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return sr_fail(why, errno == ENOENT ? SR_ENOENT : SR_EFORMAT, R_EVENT_LOG, "event log %.90s: %s",
                       path, strerror(errno));
    for (ssize_t n = 1; n > 0 && have<sizeof bytes; have += n> 0 ? (size_t)n : 0)
        n = read(fd, bytes + have, sizeof bytes - have);
    close(fd);
    if (have == 0 || have > EVENT_LOG_MAX)
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG, "event log %.90s: empty or too long", path);
    wr_span(ret, (struct span){ bytes, have });
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
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

/* Not for all to write, whatever the umask is; readable by all, whatever it is. */
static bool write_new(const char *path, struct span s)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write_all(fd, s) && fchmod(fd, 0644) == 0;
    return close(fd) == 0 && good;
}

enum sr_err log_file_write(const char *path, const struct event_log *l, struct sr_why *why)
{
    char tmp[PATH_MAX];
    SR_OWN(buf) bytes = { 0 };
    SR_TRY(event_log_write(l, &bytes));
    if (snprintf(tmp, sizeof tmp, "%s.new", path) >= (int)sizeof tmp)
        return sr_fail(why, SR_EIO, R_CONFIG, "the event log's path is too long");
    unlink(tmp); /* of a launcher that was killed */
    if (!write_new(tmp, buf_span(&bytes)) || rename(tmp, path) != 0 || !sync_folder(path))
        return sr_fail(why, SR_EIO, R_CONFIG, "can't write the event log %.80s: %s", path, strerror(errno));
    return SR_OK;
}
