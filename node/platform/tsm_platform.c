#include "node/platform/tsm_platform.h"
#include "node/platform/tsm_parts.h"
#include "proto/evidence.h"

#include <stdlib.h>
#include <string.h>

/* One question to the kernel, and all that its thread needs should we leave. */
struct question {
    struct late_job late;
    char *dir;
    struct tsm_ask ask;
    struct tsm_report report;
    enum sr_err err;
    struct sr_why why;
};

static void question_drop(struct late_job *j)
{
    struct question *q = (struct question *)j;
    tsm_report_drop(&q->report);
    free(q->dir);
    free(q);
}

static void run_report(struct late_job *j)
{
    struct question *q = (struct question *)j;
    q->err = tsm_report_get(&q->ask, &q->report, &q->why);
}

/* Once a process: what others left, and the first report. */
static void run_first(struct late_job *j)
{
    struct question *q = (struct question *)j;
    tsm_sweep(q->ask.dir);
    run_report(j);
}

static void run_provider(struct late_job *j)
{
    struct question *q = (struct question *)j;
    q->err = tsm_provider(q->ask.dir, q->ask.end, q->report.provider, &q->why);
}

static struct question *question_new(void (*run)(struct late_job *), const char *dir, unsigned ms)
{
    struct question *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    q->late = (struct late_job){ .run = run, .drop = question_drop };
    q->dir = strdup(dir);
    q->ask.dir = q->dir;
    q->ask.end = tsm_now() + ms;
    if (q->dir)
        return q;
    free(q);
    return NULL;
}

/* Takes the question. */
static enum sr_err answer(struct late *l, struct question *take, unsigned ms, struct tsm_report *ret,
                          struct sr_why *why)
{
    if (!take)
        return SR_ENOMEM;
    SR_TRY(late_run(l, &take->late, ms, why));
    enum sr_err e = take->err;
    if (e == SR_OK)
        *ret = SR_TAKE(take->report);
    else if (why)
        *why = take->why;
    question_drop(&take->late);
    return e;
}

/* ---- what a row is made of ---- */

static unsigned deadline_of(const struct platform_options *o)
{
    return o->deadline_ms ? o->deadline_ms : PLATFORM_DEADLINE_MS;
}

static const char *dir_of(const struct platform_options *o)
{
    return o->tsm_dir && *o->tsm_dir ? o->tsm_dir : TSM_REPORT_DIR;
}

enum sr_err tsm_found(const struct tsm_kind *k, const struct platform_options *o, struct sr_why *why)
{
    struct late *l;
    SR_OWN(tsm_report) r = { 0 };
    SR_TRY(late_new(&l));
    enum sr_err e = answer(l, question_new(run_provider, dir_of(o), deadline_of(o)), deadline_of(o), &r, why);
    late_free(l);
    SR_TRY(e);
    return strcmp(r.provider, k->provider) == 0
               ? SR_OK
               : sr_fail(why, SR_ENOENT, R_TSM, "reports are made by %s here", r.provider);
}

/* The device was there when we started: that it is gone is its failure. */
static enum sr_err gone(enum sr_err e)
{
    return e == SR_ENOENT ? SR_EIO : e;
}

static enum sr_err is_over(const struct platform_state *s, struct span evidence, const struct sha512 *rd,
                           struct sr_why *why)
{
    struct sha512 found;
    const struct verifier *v = verifier_find(span_of(s->kind->name));
    if (!v || v->report_data(evidence, &found, why) != SR_OK)
        return sr_fail(why, SR_EIO, R_TSM, "the kernel gave no %s evidence", s->kind->name);
    return span_eq(SPAN(found.b), SPAN(rd->b))
               ? SR_OK
               : sr_fail(why, SR_EIO, R_TSM, "the kernel gave a report over something else");
}

static enum sr_err make(struct platform_state *s, void (*run)(struct late_job *), const struct sha512 *rd,
                        struct buf *ret, struct sr_why *why)
{
    SR_OWN(tsm_report) r = { 0 };
    SR_OWN(buf) evidence = { 0 };
    struct question *q = question_new(run, s->dir, s->deadline_ms);
    _Static_assert(sizeof rd->b == TSM_INBLOB_SIZE, "report data is a SHA-512");
    if (q)
        memcpy(q->ask.inblob, rd->b, sizeof rd->b);
    SR_TRY(gone(answer(s->late, q, s->deadline_ms, &r, why)));
    if (strcmp(r.provider, s->kind->provider) != 0)
        return sr_fail(why, SR_EIO, R_TSM, "reports are made by %s here, not by %s", r.provider,
                       s->kind->provider);
    SR_TRY(s->kind->wire(&r, &evidence, why));
    SR_TRY(is_over(s, buf_span(&evidence), rd, why));
    wr_span(ret, buf_span(&evidence));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err tsm_quote(struct platform_state *s, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                      struct sr_why *why)
{
    (void)ak_cert; /* its key needs no certificate of ours: the vendor's chain vouches for it */
    return make(s, run_report, rd, ret, why);
}

/* Random report data: no challenge of anybody, so that this evidence answers none. */
static enum sr_err make_first(struct platform_state *s, struct sr_why *why)
{
    struct sha512 rd;
    random_fill(rd.b, sizeof rd.b);
    return make(s, run_first, &rd, &s->first, why);
}

enum sr_err tsm_open(const struct tsm_kind *k, const struct platform_options *o, struct platform_state **ret,
                     struct sr_why *why)
{
    struct platform_state *s = calloc(1, sizeof *s);
    if (!s)
        return SR_ENOMEM;
    s->kind = k;
    s->deadline_ms = deadline_of(o);
    s->dir = strdup(dir_of(o));
    enum sr_err e = s->dir ? late_new(&s->late) : SR_ENOMEM;
    if (e == SR_OK)
        e = make_first(s, why);
    if (e == SR_OK)
        *ret = s;
    else
        tsm_close(s);
    return e;
}

void tsm_close(struct platform_state *s)
{
    late_free(s->late);
    buf_drop(&s->first);
    free(s->dir);
    free(s);
}

enum sr_err tsm_probe(struct platform_state *s, struct sr_why *why)
{
    struct sha512 rd;
    SR_OWN(buf) evidence = { 0 };
    random_fill(rd.b, sizeof rd.b);
    return tsm_quote(s, &rd, (struct span){ 0 }, &evidence, why);
}

enum sr_err tsm_self_claims(struct platform_state *s, struct claims *ret, struct sr_why *why)
{
    return s->kind->claims(buf_span(&s->first), ret, why);
}
