#include "node/platform/tpm_tcti.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 10, ANSWER_MAX = 4096 };

struct unix_tcti {
    TSS2_TCTI_CONTEXT_COMMON_V1 common; /* first: the interface's vtable */
    int fd;
    bool lost; /* an answer may still be on its way: nothing read now would be the right one */
    unsigned deadline_ms;
};

static struct unix_tcti *of(TSS2_TCTI_CONTEXT *t)
{
    return (struct unix_tcti *)t;
}

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits until fd is ready for event, not past end. */
static bool ready(int fd, short event, int64_t end)
{
    struct pollfd p = { .fd = fd, .events = event };
    for (;;) {
        int64_t left = end - now_ms();
        if (left <= 0)
            return false;
        int n = poll(&p, 1, (int)left);
        if (n > 0)
            return true;
        if (n == 0 || errno != EINTR)
            return false;
    }
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *t, size_t n, const uint8_t *p)
{
    struct unix_tcti *u = of(t);
    int64_t end = now_ms() + u->deadline_ms;
    while (!u->lost && n > 0) {
        ssize_t k = ready(u->fd, POLLOUT, end) ? send(u->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;
        if (k < 0) {
            u->lost = true;
        } else {
            p += k;
            n -= (size_t)k;
        }
    }
    return u->lost ? TSS2_TCTI_RC_IO_ERROR : TSS2_RC_SUCCESS;
}

static bool read_all(struct unix_tcti *u, uint8_t *p, size_t n, int64_t end)
{
    while (n > 0) {
        ssize_t k = ready(u->fd, POLLIN, end) ? recv(u->fd, p, n, MSG_DONTWAIT) : -1;
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

/* ESYS waits for ever (timeout -1); the deadline is ours. */
static TSS2_RC receive(TSS2_TCTI_CONTEXT *t, size_t *n, uint8_t *p, int32_t timeout)
{
    struct unix_tcti *u = of(t);
    int64_t end = now_ms() + u->deadline_ms;
    (void)timeout;
    if (!p) {
        *n = ANSWER_MAX;
        return TSS2_RC_SUCCESS;
    }
    if (u->lost || *n < HEADER || !read_all(u, p, HEADER, end)) {
        u->lost = true;
        return TSS2_TCTI_RC_IO_ERROR;
    }
    size_t size = (size_t)p[2] << 24 | (size_t)p[3] << 16 | (size_t)p[4] << 8 | p[5];
    if (size < HEADER || size > *n || !read_all(u, p + HEADER, size - HEADER, end)) {
        u->lost = true;
        return TSS2_TCTI_RC_MALFORMED_RESPONSE;
    }
    *n = size;
    return TSS2_RC_SUCCESS;
}

static TSS2_RC cancel(TSS2_TCTI_CONTEXT *t)
{
    (void)t;
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC poll_handles(TSS2_TCTI_CONTEXT *t, TSS2_TCTI_POLL_HANDLE *h, size_t *n)
{
    (void)t, (void)h, (void)n;
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC locality(TSS2_TCTI_CONTEXT *t, uint8_t which)
{
    (void)t;
    return which == 0 ? TSS2_RC_SUCCESS : TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static void finalize(TSS2_TCTI_CONTEXT *t)
{
    if (of(t)->fd >= 0)
        close(of(t)->fd);
    of(t)->fd = -1;
}

static int dial(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(a.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

enum sr_err tpm_tcti_unix(const char *path, unsigned deadline_ms, TSS2_TCTI_CONTEXT **ret, struct sr_why *why)
{
    struct unix_tcti *u = calloc(1, sizeof *u);
    if (!u)
        return SR_ENOMEM;
    u->fd = dial(path);
    if (u->fd < 0) {
        free(u);
        return sr_fail(why, SR_EIO, R_TPM, "no TPM at %.90s: %s", path, strerror(errno));
    }
    u->deadline_ms = deadline_ms;
    u->common = (TSS2_TCTI_CONTEXT_COMMON_V1){ .magic = 0x7365616c72696e67, /* "sealring" */
                                               .version = 1,
                                               .transmit = transmit,
                                               .receive = receive,
                                               .finalize = finalize,
                                               .cancel = cancel,
                                               .getPollHandles = poll_handles,
                                               .setLocality = locality };
    *ret = (TSS2_TCTI_CONTEXT *)u;
    return SR_OK;
}

void tpm_tcti_unix_free(TSS2_TCTI_CONTEXT *t)
{
    if (t)
        finalize(t);
    free(t);
}
