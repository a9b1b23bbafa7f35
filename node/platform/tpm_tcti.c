#include "node/platform/tpm_tcti.h"
#include "node/platform/tpm_dial.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 10, ANSWER_MAX = 4096 };

struct tcti {
    TSS2_TCTI_CONTEXT_COMMON_V1 common; /* first: the interface's vtable */
    const struct tpm_line *line;
    int fd;
    bool lost;
    unsigned deadline_ms;
};

static struct tcti *of(TSS2_TCTI_CONTEXT *t)
{
    return (struct tcti *)t;
}

static ssize_t put(const struct tcti *u, const uint8_t *p, size_t n)
{
    return u->line->kind == LINE_SOCKET ? send(u->fd, p, n, MSG_NOSIGNAL) : write(u->fd, p, n);
}

static bool again(ssize_t k)
{
    return k < 0 && (errno == EINTR || errno == EAGAIN);
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *t, size_t n, const uint8_t *p)
{
    struct tcti *u = of(t);
    int64_t end = tpm_dial_now() + u->deadline_ms;
    while (!u->lost && n > 0) {
        ssize_t k = tpm_dial_wait(u->fd, POLLOUT, end) == 0 ? put(u, p, n) : 0;
        if (again(k))
            continue;
        if (k <= 0) {
            u->lost = true;
            break;
        }
        p += k;
        n -= (size_t)k;
    }
    return u->lost ? TSS2_TCTI_RC_IO_ERROR : TSS2_RC_SUCCESS;
}

static size_t size_of(const uint8_t *p)
{
    return (size_t)p[2] << 24 | (size_t)p[3] << 16 | (size_t)p[4] << 8 | p[5];
}

/* Each read has room for a whole answer: older drivers throw away what one read leaves. 0: none came whole.
 */
static size_t read_answer(struct tcti *u, uint8_t room[static ANSWER_MAX], int64_t end)
{
    size_t have = 0;
    while (have < HEADER || have < size_of(room)) {
        if ((have >= HEADER && size_of(room) > ANSWER_MAX) || tpm_dial_wait(u->fd, POLLIN, end) != 0)
            return 0;
        ssize_t k = read(u->fd, room + have, ANSWER_MAX - have);
        if (again(k))
            continue;
        if (k <= 0)
            return 0;
        have += (size_t)k;
    }
    return size_of(room) == have ? have : 0;
}

/* ESYS waits for ever (timeout -1); the deadline is ours. */
static TSS2_RC receive(TSS2_TCTI_CONTEXT *t, size_t *n, uint8_t *p, int32_t timeout)
{
    struct tcti *u = of(t);
    uint8_t room[ANSWER_MAX];
    (void)timeout;
    if (!p) {
        *n = ANSWER_MAX;
        return TSS2_RC_SUCCESS;
    }
    size_t got = u->lost ? 0 : read_answer(u, room, tpm_dial_now() + u->deadline_ms);
    if (got == 0 || got > *n) {
        u->lost = true;
        return TSS2_TCTI_RC_IO_ERROR;
    }
    memcpy(p, room, got);
    explicit_bzero(room, sizeof room);
    *n = got;
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

static const TSS2_TCTI_CONTEXT_COMMON_V1 vtable = { .magic = 0x7365616c72696e67, /* "sealring" */
                                                    .version = 1,
                                                    .transmit = transmit,
                                                    .receive = receive,
                                                    .finalize = finalize,
                                                    .cancel = cancel,
                                                    .getPollHandles = poll_handles,
                                                    .setLocality = locality };

enum sr_err tpm_tcti_open(const char *name, unsigned deadline_ms, TSS2_TCTI_CONTEXT **ret, struct sr_why *why)
{
    const struct tpm_line *line = tpm_dial_kind(name);
    if (!line)
        return sr_fail(why, SR_EIO, R_TPM,
                       "a TPM is named unix:PATH, device:PATH or swtpm:host=...,port=...");
    struct tcti *u = calloc(1, sizeof *u);
    if (!u)
        return SR_ENOMEM;
    *u = (struct tcti){ .common = vtable, .line = line, .deadline_ms = deadline_ms };
    u->fd = line->dial(name + strlen(line->prefix), tpm_dial_now() + deadline_ms);
    if (u->fd < 0) {
        free(u);
        return sr_fail(why, SR_EIO, R_TPM, "no TPM at %.90s: %s", name, strerror(errno));
    }
    *ret = (TSS2_TCTI_CONTEXT *)u;
    return SR_OK;
}

bool tpm_tcti_lost(TSS2_TCTI_CONTEXT *t)
{
    return of(t)->lost;
}

bool tpm_tcti_managed(TSS2_TCTI_CONTEXT *t)
{
    return of(t)->line->kind == LINE_DEVICE;
}

void tpm_tcti_free(TSS2_TCTI_CONTEXT *t)
{
    if (t)
        finalize(t);
    free(t);
}
