#include "node/platform/tpm_dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int64_t tpm_dial_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int tpm_dial_wait(int fd, short event, int64_t end)
{
    struct pollfd p = { .fd = fd, .events = event };
    for (;;) {
        int64_t left = end - tpm_dial_now();
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n > 0)
            return 0;
        if (n == 0)
            errno = ETIMEDOUT;
        if (n == 0 || errno != EINTR)
            return -1;
    }
}

static int close_for(int fd, int cause)
{
    if (fd >= 0)
        close(fd);
    errno = cause;
    return -1;
}

/* A full backlog of a Unix socket is EAGAIN: the one before us is still there. */
static int connect_in_time(int fd, const struct sockaddr *a, socklen_t n, int64_t end)
{
    int cause = 0;
    socklen_t size = sizeof cause;
    const struct timespec pause = { 0, 20000000 };
    while (connect(fd, a, n) != 0) {
        if (errno == EAGAIN && tpm_dial_now() < end) {
            nanosleep(&pause, NULL);
            continue;
        }
        if (errno != EINPROGRESS || tpm_dial_wait(fd, POLLOUT, end) != 0)
            return close_for(fd, errno);
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size) != 0 || cause)
            return close_for(fd, cause ? cause : errno);
        break;
    }
    return fd;
}

static int dial_unix(const char *path, int64_t end)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof a.sun_path)
        return close_for(-1, ENAMETOOLONG);
    strcpy(a.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? -1 : connect_in_time(fd, (const struct sockaddr *)&a, sizeof a, end);
}

/* The driver takes a command whole, works on it by itself, and poll() says when the answer is there (Linux
 * 5.1 and later, without which we would wait in write()). */
static int dial_device(const char *path, int64_t end)
{
    (void)end;
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

/* "host=H,port=N", either may be left out. */
static bool read_tcp(const char *text, char host[static 128], char port[static 8])
{
    strcpy(host, "127.0.0.1");
    strcpy(port, "2321");
    while (*text) {
        size_t n = strcspn(text, ",");
        bool good = false;
        if (n > 5 && n - 5 < 128 && strncmp(text, "host=", 5) == 0)
            good = snprintf(host, 128, "%.*s", (int)(n - 5), text + 5) > 0;
        else if (n > 5 && n - 5 < 6 && strncmp(text, "port=", 5) == 0)
            good = snprintf(port, 8, "%.*s", (int)(n - 5), text + 5) > 0;
        if (!good)
            return false;
        text += n + (text[n] == ',');
    }
    return strspn(port, "0123456789") == strlen(port);
}

static int dial_tcp(const char *text, int64_t end)
{
    char host[128], port[8];
    struct addrinfo *list = NULL;
    const struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    if (!read_tcp(text, host, port))
        return close_for(-1, EINVAL);
    if (getaddrinfo(host, port, &want, &list) != 0)
        return close_for(-1, EHOSTUNREACH);
    int fd = -1;
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0)
            fd = connect_in_time(fd, a->ai_addr, a->ai_addrlen, end);
    }
    int cause = errno;
    freeaddrinfo(list);
    errno = cause;
    return fd;
}

static const struct tpm_line lines[] = {
    { "unix:", dial_unix, LINE_SOCKET },
    { "device:", dial_device, LINE_DEVICE },
    { "swtpm:", dial_tcp, LINE_SOCKET },
};

const struct tpm_line *tpm_dial_kind(const char *name)
{
    for (size_t i = 0; name && i < sizeof lines / sizeof *lines; i++)
        if (strncmp(name, lines[i].prefix, strlen(lines[i].prefix)) == 0)
            return &lines[i];
    return NULL;
}
