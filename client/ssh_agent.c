#include "client/ssh_agent.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void ssh_agent_drop(struct ssh_agent *a)
{
    if (a->fd > 0)
        close(a->fd);
    *a = (struct ssh_agent){ 0 };
}

static enum sr_err no_answer(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EIO, R_NO_ANSWER, "SSH agent: %s", what);
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum sr_err ssh_agent_open(const char *path, unsigned timeout_ms, struct ssh_agent *ret, struct sr_why *why)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t n = path ? strlen(path) : 0;
    if (n == 0 || n >= sizeof to.sun_path)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "SSH_AUTH_SOCK names no socket: is there an agent?");
    memcpy(to.sun_path, path, n);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return sr_fail(why, SR_EIO, R_INTERNAL, "socket: %s", strerror(errno));
    SR_OWN(ssh_agent) a = { fd, timeout_ms ? timeout_ms : 1 };
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        return no_answer(why, strerror(errno));
    *ret = SR_TAKE(a);
    return SR_OK;
}

static enum sr_err wait_for(const struct ssh_agent *a, short events, long until, struct sr_why *why)
{
    struct pollfd p = { .fd = a->fd, .events = events };
    for (long left = until - now_ms(); left > 0; left = until - now_ms()) {
        int n = poll(&p, 1, (int)left);
        if (n > 0)
            return SR_OK;
        if (n < 0 && errno != EINTR)
            return sr_fail(why, SR_EIO, R_INTERNAL, "poll: %s", strerror(errno));
    }
    return no_answer(why, "no answer in time");
}

static enum sr_err send_all(const struct ssh_agent *a, struct span s, long until, struct sr_why *why)
{
    while (s.n > 0) {
        SR_TRY(wait_for(a, POLLOUT, until, why));
        ssize_t n = send(a->fd, s.p, s.n, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return no_answer(why, strerror(errno));
        if (n > 0)
            s = (struct span){ s.p + n, s.n - (size_t)n };
    }
    return SR_OK;
}

/* Appends exactly so many bytes. */
static enum sr_err receive(const struct ssh_agent *a, size_t want, long until, struct buf *ret,
                           struct sr_why *why)
{
    uint8_t piece[4096];
    while (want > 0) {
        SR_TRY(wait_for(a, POLLIN, until, why));
        ssize_t n = recv(a->fd, piece, want < sizeof piece ? want : sizeof piece, 0);
        if (n == 0)
            return no_answer(why, "it closed the connection");
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return no_answer(why, strerror(errno));
        if (n > 0) {
            wr_span(ret, (struct span){ piece, (size_t)n });
            want -= (size_t)n;
        }
    }
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* The length is looked at before a byte is kept for it. */
static enum sr_err call(const struct ssh_agent *a, struct span request, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) head = { 0 };
    long until = now_ms() + a->timeout_ms;
    SR_TRY(send_all(a, request, until, why));
    SR_TRY(receive(a, 4, until, &head, why));
    struct reader r = rd_init(buf_span(&head));
    uint32_t n = rd_u32be(&r);
    if (n == 0 || n > SSH_AGENT_MESSAGE_MAX)
        return sr_fail(why, SR_EFORMAT, R_SSH_AGENT, "SSH agent: an answer of %lu bytes", (unsigned long)n);
    return receive(a, n, until, ret, why);
}

enum sr_err ssh_agent_keys(struct ssh_agent *a, struct ssh_agent_keys *ret, struct sr_why *why)
{
    SR_OWN(buf) request = { 0 };
    SR_OWN(buf) answer = { 0 };
    ssh_agent_ask_keys(&request);
    SR_TRY(call(a, buf_span(&request), &answer, why));
    return ssh_agent_keys_read(buf_span(&answer), ret, why);
}

enum sr_err ssh_agent_sign(struct ssh_agent *a, const struct sign_pub *key, struct span text, struct sig *ret,
                           struct sr_why *why)
{
    SR_OWN(buf) request = { 0 };
    SR_OWN(buf) answer = { 0 };
    struct sig sig;
    ssh_agent_ask_signature(key, text, &request);
    if (!buf_ok(&request))
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "no memory");
    SR_TRY(call(a, buf_span(&request), &answer, why));
    SR_TRY(ssh_agent_signature_read(buf_span(&answer), &sig, why));
    if (sign_check_raw(key, text, &sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_SSH_AGENT,
                       "SSH agent: the signature is not that key's over this text");
    *ret = sig;
    return SR_OK;
}
