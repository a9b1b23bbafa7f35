/* edge_system.c - what the node asks of the kernel: the time, a nap, a signal to itself, lines of its log.
 * The linker's --wrap sends the node's calls here. Randomness comes by libsodium's own hook. */
#include "proto/nonce.h"
#include "tests/sim/sim.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { STARTED_S = 1000, WALL_S = 1800000000, LOG_FD = 1 << 20 };

int __real_clock_gettime(clockid_t which, struct timespec *ret);
ssize_t __real_write(int fd, const void *p, size_t n);

static struct timespec of_us(int64_t us)
{
    return (struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
}

int __wrap_clock_gettime(clockid_t which, struct timespec *ret)
{
    const struct host *m = host_of(fiber_host());
    int64_t us = (int64_t)fiber_now();
    switch (which) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        *ret = of_us(us + (int64_t)WALL_S * 1000000 + (m ? m->wall_ms * 1000 : 0));
        return 0;
    case CLOCK_BOOTTIME:
        *ret = of_us(us + (int64_t)STARTED_S * 1000000 + (m ? (int64_t)m->suspended_ms * 1000 : 0));
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE: *ret = of_us(us + (int64_t)STARTED_S * 1000000); return 0;
    default: return __real_clock_gettime(which, ret);
    }
}

time_t __wrap_time(time_t *ret)
{
    struct timespec t;
    (void)__wrap_clock_gettime(CLOCK_REALTIME, &t);
    if (ret)
        *ret = t.tv_sec;
    return t.tv_sec;
}

int __wrap_nanosleep(const struct timespec *want, struct timespec *left)
{
    (void)left;
    fiber_sleep((uint64_t)want->tv_sec * 1000000 + (uint64_t)want->tv_nsec / 1000);
    return 0;
}

/* The only signal that a node sends is to itself, to stop. */
int __wrap_kill(pid_t pid, int which)
{
    struct host *m = host_of(fiber_host());
    (void)pid, (void)which;
    if (m)
        host_stop(m);
    return 0;
}

int __wrap_fsync(int fd)
{
    (void)fd;
    return 0;
}

/* A line of a node's log is a line of the trace, without its time. */
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    if (fd < LOG_FD)
        return __real_write(fd, p, n);
    const char *text = p, *from = memmem(p, n, "level=", 6);
    size_t skip = from ? (size_t)(from - text) : 0;
    trace(fd - LOG_FD, "%.*s", (int)(n - skip - 1), text + skip);
    return (ssize_t)n;
}

/* ---- memory ---- */

enum { NONCES = 1024 };

enum sr_err __real_nonce_set_new(size_t max, const uint8_t seed[16], struct nonce_set **ret);

/* A node remembers 65,536 of each; a run of some minutes does not make a thousand, and a node is started
 * often. */
enum sr_err __wrap_nonce_set_new(size_t max, const uint8_t seed[16], struct nonce_set **ret)
{
    return __real_nonce_set_new(max < NONCES ? max : NONCES, seed, ret);
}

/* ---- randomness ---- */

static const char *name(void)
{
    return "simulated";
}

static void fill(void *out, size_t n)
{
    struct world *w = world();
    int at = fiber_host();
    struct rng *r = &w->crypto[at == HOST_NONE ? PLACES : at];
    for (uint8_t *p = out; n > 0;) {
        uint64_t v = rng_next(r);
        size_t k = n < sizeof v ? n : sizeof v;
        memcpy(p, &v, k);
        p += k;
        n -= k;
    }
}

static uint32_t one(void)
{
    uint32_t v;
    fill(&v, sizeof v);
    return v;
}

static struct randombytes_implementation simulated = { .implementation_name = name,
                                                       .random = one,
                                                       .buf = fill };

/* Before libsodium starts, and so before anything is drawn. */
__attribute__((constructor)) static void install(void)
{
    (void)randombytes_set_implementation(&simulated);
}
