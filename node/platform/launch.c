#include "node/platform/launch.h"
#include "node/platform/launch_exec.h"
#include "node/platform/log_file.h"
#include "node/platform/measure.h"
#include "node/platform/platform.h"
#include "node/platform/tpm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* How many of the log's events the PCR has seen; a launcher that was killed may have logged more. */
static enum sr_err events_done(const struct event_log *l, const struct sha256 *pcr, bool *ret_found,
                               size_t *ret)
{
    *ret_found = false;
    for (size_t n = l->n + 1; n-- > 0 && !*ret_found;) {
        struct sha256 at;
        SR_TRY(event_log_replay(l, n, &l->start, &at));
        *ret_found = sha256_eq(&at, pcr);
        *ret = n;
    }
    return SR_OK;
}

/* The events since the last launch that was completed: none, unless a launcher was killed. */
static size_t open_from(const struct event_log *l)
{
    size_t from = l->n;
    while (from > 0 && l->e[from - 1].type != EVENT_CONFIG)
        from--;
    return from;
}

static bool starts_with(const struct event_log *want, const struct event_log *l, size_t from)
{
    size_t n = l->n - from;
    for (size_t i = 0; i < n; i++)
        if (i >= want->n || !event_eq(&want->e[i], &l->e[from + i]))
            return false;
    return true;
}

static bool ends_with(const struct event_log *l, const struct event_log *want)
{
    return l->n >= want->n && starts_with(l, want, 0) && l->n == want->n;
}

static bool append(struct event_log *l, const struct event *e)
{
    if (l->n == EVENTS_MAX)
        return false;
    l->e[l->n++] = *e;
    return true;
}

/* What the log must become after the part that is done. A launch begun and not finished is taken up only by
 * the same launch; another one closes it first, so that its program can't be taken for the new one's. */
static bool complete(struct event_log *l, const struct event_log *want)
{
    static const struct event closed = { .type = EVENT_CONFIG, .name = "interrupted" };
    size_t from = open_from(l), next = 0;
    bool room = true;
    if (starts_with(want, l, from))
        next = l->n - from;
    else
        room = append(l, &closed);
    for (; room && next < want->n; next++)
        room = append(l, &want->e[next]);
    return room;
}

enum sr_err launch_plan(const struct event_log *have, const struct sha256 *start, const struct sha256 *pcr,
                        const struct event_log *want, struct launch_plan *ret, struct sr_why *why)
{
    struct launch_plan p = { 0 };
    bool found = false;
    if (have) {
        p.log = *have;
        SR_TRY(events_done(have, pcr, &found, &p.done));
    }
    if (!found && !sha256_eq(pcr, start))
        return sr_fail(why, SR_EPROOF, R_EVENT_LOG,
                       have ? "the event log does not lead to PCR %d: restart the machine"
                            : "PCR %d was extended, but there is no event log: restart the machine",
                       TPM_PCR_SEALRING);
    if (!found)
        p = (struct launch_plan){ .log.start = *start };
    p.log.n = p.done;
    if (!ends_with(&p.log, want) && !complete(&p.log, want))
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "%d events are measured already: restart the machine",
                       EVENTS_MAX);
    *ret = p;
    return SR_OK;
}

static enum sr_err extend_rest(struct tpm *t, const struct launch_plan *p, struct sr_why *why)
{
    for (size_t i = p->done; i < p->log.n; i++) {
        SR_OWN(buf) event = { 0 };
        SR_TRY(event_write(&p->log.e[i], &event));
        struct sha256 d = sha256(buf_span(&event));
        SR_TRY(tpm_pcr_extend(t, &d, why));
    }
    return SR_OK;
}

/* The log is written before the PCR is extended: killed in between, the next launcher sees which of its
 * events the PCR lacks. The other way round nothing would tell what the PCR holds. */
static enum sr_err measure_into(const struct launch_options *o, const struct event_log *want,
                                struct sr_why *why)
{
    SR_OWN(tpm) t = { 0 };
    SR_OWN(buf) bytes = { 0 };
    struct event_log have;
    struct tpm_pcrs pcrs;
    struct launch_plan plan;
    SR_TRY(tpm_open(o->tcti, PLATFORM_DEADLINE_MS, &t, why));
    SR_TRY(tpm_pcrs_read(&t, &pcrs, why));
    enum sr_err e = log_file_read(o->event_log, &bytes, why);
    if (e == SR_OK)
        e = event_log_read_any(buf_span(&bytes), &have, why);
    if (e != SR_OK && e != SR_ENOENT)
        return e;
    SR_TRY(launch_plan(e == SR_OK ? &have : NULL, &o->start, tpm_pcr(&pcrs, TPM_PCR_SEALRING), want, &plan,
                       why));
    if (plan.done == plan.log.n)
        return SR_OK;
    SR_TRY(log_file_write(o->event_log, &plan.log, why));
    return extend_rest(&t, &plan, why);
}

static enum sr_err hash_file(const char *path, struct sha256 *ret, struct sr_why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return sr_fail(why, SR_ENOENT, R_CONFIG, "%.100s: %s", path, strerror(errno));
    enum sr_err e = measure_file(fd, ret, why);
    close(fd);
    return e;
}

static enum sr_err measure_all(const struct launch_options *o, const struct sha256 *program,
                               struct sr_why *why)
{
    struct sha256 files[1 + LAUNCH_WITH_MAX] = { *program };
    struct event_log want;
    for (size_t i = 0; i < o->nwith; i++)
        SR_TRY(hash_file(o->with[i], &files[1 + i], why));
    SR_TRY(measure_events(files, 1 + o->nwith, o->has_config ? &o->config : NULL, &want, why));
    return measure_into(o, &want, why);
}

static enum sr_err open_program(const struct launch_options *o, int *ret_fd, struct sr_why *why)
{
    int file, copy;
    SR_TRY(launch_exec_open(o->program, &file, why));
    if (o->where == LAUNCH_IN_PLACE) {
        *ret_fd = file;
        return SR_OK;
    }
    enum sr_err e = launch_exec_copy(file, o->program, &copy, why);
    close(file);
    if (e == SR_OK)
        *ret_fd = copy;
    return e;
}

enum sr_err launch_measure(const struct launch_options *o, int *ret_fd, struct sr_why *why)
{
    int fd;
    struct sha256 program;
    SR_TRY(open_program(o, &fd, why));
    enum sr_err e = measure_file(fd, &program, why);
    if (e == SR_OK)
        e = measure_all(o, &program, why);
    if (e == SR_OK)
        *ret_fd = fd;
    else
        close(fd);
    return e;
}
