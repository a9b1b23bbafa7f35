#include "node/platform/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536 };

enum sr_err measure_file(int fd, struct sha256 *ret, struct sr_why *why)
{
    crypto_hash_sha256_state s;
    static const char what[] = "can't read what is to be measured";
    SR_OWN(buf) chunk = { 0 };
    uint8_t *room = wr_room(&chunk, CHUNK);
    if (!room)
        return SR_ENOMEM;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return sr_fail(why, SR_EIO, R_CONFIG, "%s: %s", what, strerror(errno));
    crypto_hash_sha256_init(&s);
    for (ssize_t n; (n = read(fd, room, CHUNK)) != 0;) {
        if (n > 0)
            crypto_hash_sha256_update(&s, room, (size_t)n);
        else if (errno != EINTR)
            return sr_fail(why, SR_EIO, R_CONFIG, "%s: %s", what, strerror(errno));
    }
    crypto_hash_sha256_final(&s, ret->b);
    return SR_OK;
}

enum sr_err measure_events(const struct sha256 files[], size_t n, const struct sha256 *config,
                           struct event_log *ret, struct sr_why *why)
{
    static const struct sha256 none;
    if (n == 0 || n >= EVENTS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "1 to %d files can be measured", EVENTS_MAX - 1);
    event_log_of(files, n, config ? config : &none, ret);
    return SR_OK;
}

enum sr_err measure_path(const char *path, struct sha256 *ret, struct sr_why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sr_fail(why, SR_EIO, R_CONFIG, "%.100s: %s", path, strerror(errno));
    enum sr_err e = measure_file(fd, ret, why);
    close(fd);
    return e;
}

enum sr_err measure_reference(const char *const paths[], size_t n, const struct sha256 *config,
                              struct reference *ret, struct sr_why *why)
{
    static const struct sha256 zero;
    struct sha256 files[EVENTS_MAX];
    struct event_log l;
    struct sha256 pcr;
    for (size_t i = 0; i < n && i < EVENTS_MAX; i++)
        SR_TRY(measure_path(paths[i], &files[i], why));
    SR_TRY(measure_events(files, n, config, &l, why));
    SR_TRY(event_log_replay(&l, l.n, &zero, &pcr));
    *ret = (struct reference){ .code = files[0], .measurement = pcr };
    return SR_OK;
}
