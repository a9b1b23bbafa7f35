#include "node/platform/tsm_entry.h"
#include "crypto/secret.h"
#include "crypto/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_FIRST = 10, PAUSE_MAX = 500 /* ms */, TEXT_MAX = 64 };

#define PREFIX "sealring-"

int64_t tsm_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void tsm_report_drop(struct tsm_report *r)
{
    buf_drop(&r->out);
    buf_drop(&r->aux);
}

/* What the kernel may do better a moment later: it is busy with another's report, was interrupted, or
 * somebody removed our entry. SR_EBUSY says that here, and never leaves this file. */
static enum sr_err trouble(int cause, const char *what, struct sr_why *why)
{
    bool passes =
        cause == EBUSY || cause == EAGAIN || cause == EINTR || cause == ETIMEDOUT || cause == ENOENT;
    enum sr_err e = passes ? SR_EBUSY : cause == ENXIO ? SR_ENOENT : SR_EIO;
    return sr_fail(why, e, R_TSM, "report interface, %s: %s", what, strerror(cause));
}

/* ---- one entry ---- */

struct entry {
    bool made;
    int dir, fd;   /* the report folder; the entry */
    char name[48]; /* of a process and random: nobody else's */
};

static void entry_drop(struct entry *e)
{
    if (e->fd > 0)
        close(e->fd);
    if (e->made)
        (void)unlinkat(e->dir, e->name, AT_REMOVEDIR);
    if (e->dir > 0)
        close(e->dir);
    *e = (struct entry){ 0 };
}

static enum sr_err entry_make(const char *dir, struct entry *ret, struct sr_why *why)
{
    uint8_t random[12];
    char hex[2 * sizeof random + 1];
    random_fill(random, sizeof random);
    hex_text(SPAN(random), hex);
    snprintf(ret->name, sizeof ret->name, PREFIX "%ld-%s", (long)getpid(), hex);
    ret->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret->dir < 0)
        return sr_fail(why, errno == ENOENT ? SR_ENOENT : SR_EIO, R_TSM, "%.90s: %s", dir, strerror(errno));
    if (mkdirat(ret->dir, ret->name, 0700) != 0)
        return trouble(errno == EEXIST ? EBUSY : errno, "mkdir", why);
    ret->made = true;
    ret->fd = openat(ret->dir, ret->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return ret->fd >= 0 ? SR_OK : trouble(errno, "the new entry", why);
}

/* "sealring-PID-RANDOM" of a process that is not there. In another PID namespace that may be one that is:
 * then it finds its entry gone, and makes another. */
static bool is_left(const char *name)
{
    char *end = NULL;
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return false;
    long pid = strtol(name + sizeof PREFIX - 1, &end, 10);
    return *end == '-' && pid > 1 && pid != getpid() && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

void tsm_sweep(const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *one = readdir(d); one; one = readdir(d))
        if (is_left(one->d_name))
            (void)unlinkat(dirfd(d), one->d_name, AT_REMOVEDIR);
    closedir(d);
}

/* ---- its attributes ---- */

/* All of it, in however many pieces it comes. SR_ENOENT R_NOT_FOUND: there is no such attribute. */
static enum sr_err get_optional(const struct entry *e, const char *attribute, size_t max, struct buf *ret,
                                struct sr_why *why)
{
    uint8_t piece[4096];
    ssize_t n = 1;
    int fd = openat(e->fd, attribute, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? sr_fail(why, SR_ENOENT, R_NOT_FOUND, "report interface: no %s", attribute)
                               : trouble(errno, attribute, why);
    while (n > 0 && ret->n <= max && buf_ok(ret)) {
        n = read(fd, piece, sizeof piece);
        if (n > 0)
            wr_span(ret, (struct span){ piece, (size_t)n });
    }
    int cause = errno;
    close(fd);
    if (n < 0)
        return trouble(cause, attribute, why);
    if (ret->n > max)
        return sr_fail(why, SR_EIO, R_TSM, "report interface, %s: longer than %zu bytes", attribute, max);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* One that every entry has: if it is not there, the entry is gone. */
static enum sr_err get(const struct entry *e, const char *attribute, size_t max, struct buf *ret,
                       struct sr_why *why)
{
    struct sr_why none = { 0 };
    enum sr_err err = get_optional(e, attribute, max, ret, &none);
    if (err != SR_OK && why)
        *why = none;
    if (err == SR_ENOENT && none.reason == R_NOT_FOUND)
        return trouble(ENOENT, attribute, why);
    return err;
}

/* One write(): what configfs takes for the whole value. Of a binary attribute the driver hears at the close,
 * which never fails: the count of writes tells whether it took it. */
static enum sr_err put(const struct entry *e, const char *attribute, struct span v, struct sr_why *why)
{
    int fd = openat(e->fd, attribute, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return trouble(errno, attribute, why);
    ssize_t n = write(fd, v.p, v.n);
    int cause = n < 0 ? errno : EIO;
    close(fd);
    return n == (ssize_t)v.n ? SR_OK : trouble(cause, attribute, why);
}

/* Decimal, with a line end. */
static enum sr_err read_number(struct span text, const char *attribute, uint64_t *ret, struct sr_why *why)
{
    uint64_t v = 0;
    if (text.n && text.p[text.n - 1] == '\n')
        text.n--;
    bool good = text.n > 0;
    for (size_t i = 0; i < text.n && good; i++)
        good = text.p[i] >= '0' && text.p[i] <= '9' && !__builtin_mul_overflow(v, 10u, &v) &&
               !__builtin_add_overflow(v, (uint64_t)(text.p[i] - '0'), &v);
    if (!good)
        return sr_fail(why, SR_EIO, R_TSM, "report interface, %s: not a number", attribute);
    *ret = v;
    return SR_OK;
}

static enum sr_err get_provider(const struct entry *e, char ret[static TSM_PROVIDER_SIZE], struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(get(e, "provider", TSM_PROVIDER_SIZE - 1, &text, why));
    while (text.n && text.p[text.n - 1] == '\n')
        text.n--;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return sr_fail(why, SR_EIO, R_TSM, "report interface, provider: not a name");
    snprintf(ret, TSM_PROVIDER_SIZE, "%.*s", (int)text.n, (const char *)text.p);
    return SR_OK;
}

/* ---- one report ---- */

/* The kernel asks for level 0 unless told; a guest under an SVSM may not, and the floor is the most it may.
 */
static enum sr_err set_level(const struct entry *e, uint64_t *writes, struct sr_why *why)
{
    SR_OWN(buf) found = { 0 };
    uint64_t floor;
    char text[24];
    enum sr_err err = get_optional(e, "privlevel_floor", TEXT_MAX, &found, why);
    if (err == SR_ENOENT)
        return SR_OK;
    SR_TRY(err);
    SR_TRY(read_number(buf_span(&found), "privlevel_floor", &floor, why));
    if (floor == 0)
        return SR_OK;
    snprintf(text, sizeof text, "%llu", (unsigned long long)floor);
    ++*writes;
    return put(e, "privlevel", span_of(text), why);
}

static enum sr_err get_writes(const struct entry *e, uint64_t *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(get(e, "generation", TEXT_MAX, &text, why));
    return read_number(buf_span(&text), "generation", ret, why);
}

/* Ours are all the writes there were. */
static enum sr_err check_writes(const struct entry *e, uint64_t ours, struct sr_why *why)
{
    uint64_t now;
    SR_TRY(get_writes(e, &now, why));
    return now == ours ? SR_OK
                       : sr_fail(why, SR_EBUSY, R_TSM, "report interface: somebody else writes to our entry");
}

static enum sr_err report_once(const struct tsm_ask *ask, struct tsm_report *ret, struct sr_why *why)
{
    SR_OWN(entry) e = { 0 };
    SR_OWN(tsm_report) r = { 0 };
    uint64_t writes;
    SR_TRY(entry_make(ask->dir, &e, why));
    SR_TRY(get_writes(&e, &writes, why));
    SR_TRY(set_level(&e, &writes, why));
    ++writes;
    SR_TRY(put(&e, "inblob", SPAN(ask->inblob), why));
    SR_TRY(check_writes(&e, writes, why));
    SR_TRY(get_provider(&e, r.provider, why));
    SR_TRY(get(&e, "outblob", TSM_BLOB_MAX, &r.out, why));
    enum sr_err err = get_optional(&e, "auxblob", TSM_BLOB_MAX, &r.aux, why);
    if (err != SR_OK && (err != SR_ENOENT || (why && why->reason != R_NOT_FOUND)))
        return err;
    SR_TRY(check_writes(&e, writes, why));
    *ret = SR_TAKE(r);
    return SR_OK;
}

/* ---- again and again, with an end ---- */

static bool pause_before(int64_t end, unsigned *ms)
{
    const struct timespec t = { 0, (long)*ms * 1000000 };
    *ms = *ms * 2 > PAUSE_MAX ? PAUSE_MAX : *ms * 2;
    return tsm_now() < end && nanosleep(&t, NULL) == 0;
}

enum sr_err tsm_provider(const char *dir, int64_t end, char ret[static TSM_PROVIDER_SIZE], struct sr_why *why)
{
    unsigned ms = PAUSE_FIRST;
    enum sr_err e = SR_EBUSY;
    for (int i = 0; i < TSM_TRIES && e == SR_EBUSY && (i == 0 || pause_before(end, &ms)); i++) {
        SR_OWN(entry) entry = { 0 };
        e = entry_make(dir, &entry, why);
        if (e == SR_OK)
            e = get_provider(&entry, ret, why);
    }
    return e == SR_EBUSY ? SR_EIO : e;
}

enum sr_err tsm_report_get(const struct tsm_ask *ask, struct tsm_report *ret, struct sr_why *why)
{
    unsigned ms = PAUSE_FIRST;
    enum sr_err e = SR_EBUSY;
    for (int i = 0; i < TSM_TRIES && e == SR_EBUSY && (i == 0 || pause_before(ask->end, &ms)); i++)
        e = report_once(ask, ret, why);
    return e == SR_EBUSY ? SR_EIO : e;
}
