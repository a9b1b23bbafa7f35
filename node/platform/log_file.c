#include "node/platform/log_file.h"
#include "crypto/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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

/* Not for all to write, whatever the umask is; readable by all, whatever it is. */
enum sr_err log_file_write(const char *path, const struct event_log *l, struct sr_why *why)
{
    SR_OWN(buf) bytes = { 0 };
    SR_TRY(event_log_write(l, &bytes));
    return file_write(path, 0644, buf_span(&bytes), why) == SR_OK ? SR_OK : SR_EIO;
}
