#include "node/platform/launch_exec.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536, FIRST_FD = 3, QUERY = -1 };
#ifndef MFD_EXEC /* Linux 6.3; before it every memfd was executable */
#define MFD_EXEC 0x0010U
#endif

static bool is_elf(int fd)
{
    char magic[SELFMAG];
    return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic && memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* NULL: it is a program; else what it is instead. */
static const char *no_program(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "not a regular file";
    if (faccessat(fd, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) != 0)
        return strerror(errno);
    return is_elf(fd) ? NULL : "not an ELF executable";
}

enum sr_err launch_exec_open(const char *path, int *ret_fd, struct sr_why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return sr_fail(why, SR_ENOENT, R_CONFIG, "%.100s: %s", path, strerror(errno));
    const char *what = no_program(fd);
    if (what) {
        close(fd);
        return sr_fail(why, SR_ENOENT, R_CONFIG, "%.100s: %s", path, what);
    }
    *ret_fd = fd;
    return SR_OK;
}

static int make_memfd(const char *path)
{
    const char *slash = strrchr(path, '/');
    char name[100] = { 0 };
    strncpy(name, slash ? slash + 1 : path, sizeof name - 1);
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd;
}

static bool copy_all(int from, int to)
{
    uint8_t chunk[CHUNK];
    off_t at = 0;
    for (ssize_t n; (n = pread(from, chunk, sizeof chunk, at)) != 0;) {
        if (n < 0 && errno != EINTR)
            return false;
        for (ssize_t done = 0; done < n;) {
            ssize_t k = write(to, chunk + done, (size_t)(n - done));
            if (k < 0 && errno != EINTR)
                return false;
            done += k > 0 ? k : 0;
        }
        at += n > 0 ? n : 0;
    }
    return fcntl(to, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
}

enum sr_err launch_exec_copy(int fd, const char *path, int *ret_fd, struct sr_why *why)
{
    int copy = make_memfd(path);
    if (copy < 0 || !copy_all(fd, copy)) {
        int cause = errno;
        if (copy >= 0)
            close(copy);
        return sr_fail(why, SR_EIO, R_CONFIG, "can't copy %.90s into memory: %s", path, strerror(cause));
    }
    *ret_fd = copy;
    return SR_OK;
}

enum sr_err launch_exec_stdio(void)
{
    for (int fd = 0; fd < FIRST_FD; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_NOCTTY) != fd)
            return SR_EIO;
    return SR_OK;
}

/* What the one who started us may have left: ignored and blocked signals, no address randomization. */
static bool as_new(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int s = 1; s <= SIGRTMAX; s++)
        (void)signal(s, SIG_DFL); /* SIGKILL, SIGSTOP and libc's own two refuse, and are never ignored */
    umask(077);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
           (personality((unsigned long)QUERY) == PER_LINUX || personality(PER_LINUX) != -1);
}

enum sr_err launch_exec(int fd, char *const argv[], const struct launch_env *env, struct sr_why *why)
{
    unsigned first = FIRST_FD + (unsigned)env->fds;
    if (as_new() && close_range(first, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
        fexecve(fd, argv, env->v);
    return sr_fail(why, SR_EIO, R_CONFIG, "%.100s: %s", argv[0], strerror(errno));
}
