#include "node/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

static enum sr_err failed(struct sr_why *why, int fd, const char *what)
{
    int error = errno;
    if (fd >= 0)
        close(fd);
    return sr_fail(why, SR_EIO, R_CONFIG, "listen: %s: %s", what, strerror(error));
}

static socklen_t address_of(const char *text, uint16_t port, union address *ret)
{
    *ret = (union address){ 0 };
    if (inet_pton(AF_INET, text, &ret->in.sin_addr) == 1) {
        ret->in.sin_family = AF_INET;
        ret->in.sin_port = htons(port);
        return sizeof ret->in;
    }
    if (inet_pton(AF_INET6, text, &ret->in6.sin6_addr) == 1) {
        ret->in6.sin6_family = AF_INET6;
        ret->in6.sin6_port = htons(port);
        return sizeof ret->in6;
    }
    return 0;
}

static int new_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

enum sr_err http_listen(int *ret, const char *address, uint16_t port, uint16_t *ret_port, struct sr_why *why)
{
    union address at;
    socklen_t n = address_of(address, port, &at);
    if (n == 0)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "listen: %s is no numeric address", address);
    int fd = new_socket(at.any.sa_family);
    if (fd < 0)
        return failed(why, fd, "socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, &at.any, n) < 0 || listen(fd, BACKLOG) < 0 || getsockname(fd, &at.any, &n) < 0)
        return failed(why, fd, address);
    if (ret_port)
        *ret_port = ntohs(at.any.sa_family == AF_INET ? at.in.sin_port : at.in6.sin6_port);
    *ret = fd;
    return SR_OK;
}

/* Only a socket that nobody listens on is removed. */
static void remove_dead(const union address *at)
{
    struct stat st;
    if (lstat(at->un.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = new_socket(AF_UNIX);
    if (fd < 0)
        return;
    if (connect(fd, &at->any, sizeof at->un) < 0 && errno == ECONNREFUSED)
        (void)unlink(at->un.sun_path);
    close(fd);
}

enum sr_err http_listen_unix(int *ret, const char *path, struct sr_why *why)
{
    union address at = { .un = { .sun_family = AF_UNIX } };
    if (strlen(path) >= sizeof at.un.sun_path)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "listen: %s is too long for a socket", path);
    memcpy(at.un.sun_path, path, strlen(path));
    remove_dead(&at);
    int fd = new_socket(AF_UNIX);
    if (fd < 0)
        return failed(why, fd, "socket");
    /* unix(7): the file gets the mode of the socket, so there is no moment in which it is wider */
    if (fchmod(fd, 0600) < 0 || bind(fd, &at.any, sizeof at.un) < 0 || listen(fd, BACKLOG) < 0)
        return failed(why, fd, path);
    *ret = fd;
    return SR_OK;
}
