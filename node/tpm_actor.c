#include "node/tpm_actor_parts.h"

#include "node/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct tpm_actor {
    struct platform platform;
    struct tpm_actor_options o;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below, and each job's done and abandoned */
    pthread_cond_t work, finished;
    struct job *first, **last;
    size_t slots;
    uint64_t busy_since; /* the job that runs; 0: none */
    bool stop, ended, failed, probed;
    struct sr_why why; /* of failed */
};

static struct timespec in_ms(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* With the lock held. True: this is a change, which health_tell() says without it. */
static bool health_set(struct tpm_actor *a, const struct sr_why *failure)
{
    bool changed = a->failed != (failure != NULL);
    a->failed = failure != NULL;
    a->probed = a->probed && !changed;
    if (failure)
        a->why = *failure;
    return changed;
}

static void health_tell(const struct tpm_actor *a, const struct sr_why *failure)
{
    if (a->o.on_health)
        a->o.on_health(a->o.ctx, failure == NULL, failure);
}

/* A failed platform is tried at once and then from time to time. NULL: stop, or it is time for that. */
static struct job *next_job(struct tpm_actor *a)
{
    struct timespec until = in_ms(a->probed ? a->o.probe_ms : 0);
    int rc = 0;
    while (!a->first && !a->stop && rc != ETIMEDOUT)
        rc = a->failed ? pthread_cond_timedwait(&a->work, &a->lock, &until)
                       : pthread_cond_wait(&a->work, &a->lock);
    struct job *j = a->first;
    if (!j)
        return NULL;
    a->first = j->next;
    if (!a->first)
        a->last = &a->first;
    return j;
}

/* One call on the platform: enters and leaves with the lock held. */
static enum sr_err call(struct tpm_actor *a, struct job *j)
{
    a->busy_since = clock_boot_ms();
    pthread_mutex_unlock(&a->lock);
    enum sr_err e = j->run(&a->platform, j);
    pthread_mutex_lock(&a->lock);
    a->busy_since = 0;
    const struct sr_why *failure = tpm_job_failed(e, &j->why) ? &j->why : NULL;
    if (health_set(a, failure)) {
        pthread_mutex_unlock(&a->lock);
        health_tell(a, failure);
        pthread_mutex_lock(&a->lock);
    }
    return e;
}

static void serve(struct tpm_actor *a, struct job *j)
{
    if (!j->abandoned)
        j->err = call(a, j);
    j->done = true;
    if (j->abandoned)
        tpm_job_free(j);
    pthread_cond_broadcast(&a->finished);
}

static enum sr_err run_probe(struct platform *p, struct job *j)
{
    return platform_probe(p, &j->why);
}

static void *run(void *arg)
{
    struct tpm_actor *a = arg;
    struct job probe = { .run = run_probe };
    pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        struct job *j = next_job(a);
        if (j)
            serve(a, j);
        else if (!a->stop) {
            a->probed = true;
            (void)!call(a, &probe);
        }
    }
    a->ended = true;
    pthread_cond_broadcast(&a->finished);
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static void free_actor(struct tpm_actor *a)
{
    platform_drop(&a->platform);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->work);
    pthread_cond_destroy(&a->finished);
    free(a);
}

enum sr_err tpm_actor_start(struct platform *take, const struct tpm_actor_options *o, struct tpm_actor **ret)
{
    struct tpm_actor *a = calloc(1, sizeof *a);
    pthread_condattr_t clock;
    if (!a) {
        platform_drop(take);
        return SR_ENOMEM;
    }
    a->platform = SR_TAKE(*take);
    a->o = *o;
    a->o.probe_ms = o->probe_ms ? o->probe_ms : TPM_ACTOR_PROBE_MS;
    a->last = &a->first;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->work, &clock);
    pthread_cond_init(&a->finished, &clock);
    pthread_condattr_destroy(&clock);
    if (pthread_create(&a->thread, NULL, run, a)) {
        free_actor(a);
        return SR_EIO;
    }
    *ret = a;
    return SR_OK;
}

void tpm_actor_quit(struct tpm_actor *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_broadcast(&a->work);
    pthread_cond_broadcast(&a->finished);
    pthread_mutex_unlock(&a->lock);
}

/* Jobs that nobody waits for any more, and that no thread will take. */
static void drop_rest(struct tpm_actor *a)
{
    while (a->first) {
        struct job *j = a->first;
        a->first = j->next;
        tpm_job_free(j);
    }
}

void tpm_actor_stop(struct tpm_actor *a)
{
    if (!a)
        return;
    tpm_actor_quit(a);
    struct timespec until = in_ms(TPM_ACTOR_STOP_MS);
    int rc = 0;
    pthread_mutex_lock(&a->lock);
    while (!a->ended && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&a->finished, &a->lock, &until);
    bool ended = a->ended;
    drop_rest(a);
    a->last = &a->first;
    pthread_mutex_unlock(&a->lock);
    if (!ended) {
        pthread_detach(a->thread);
        return;
    }
    pthread_join(a->thread, NULL);
    free_actor(a);
}

bool tpm_actor_healthy(struct tpm_actor *a, struct sr_why *why)
{
    pthread_mutex_lock(&a->lock);
    bool good = !a->failed;
    if (!good)
        *why = a->why;
    pthread_mutex_unlock(&a->lock);
    return good;
}

const char *tpm_actor_type(const struct tpm_actor *a)
{
    return platform_name(&a->platform);
}

bool tpm_actor_seals(const struct tpm_actor *a)
{
    return platform_seals(&a->platform);
}

const char *tpm_actor_sealer(const struct tpm_actor *a)
{
    return platform_sealer(&a->platform);
}

bool tpm_actor_counts(const struct tpm_actor *a)
{
    return platform_counts(&a->platform);
}

bool tpm_actor_enrols(const struct tpm_actor *a)
{
    return platform_enrols(&a->platform);
}

enum sr_err tpm_slot_take(struct tpm_actor *a, struct tpm_slot *ret, struct sr_why *why)
{
    struct sr_why failure;
    if (!tpm_actor_healthy(a, &failure))
        return sr_fail(why, SR_EBUSY, failure.reason, "the platform failed: %.120s", failure.text);
    pthread_mutex_lock(&a->lock);
    bool room = a->slots < a->o.queue && !a->stop;
    a->slots += room;
    pthread_mutex_unlock(&a->lock);
    if (!room)
        return sr_fail(why, SR_EBUSY, R_BUSY, "the platform has %zu callers already", a->o.queue);
    *ret = (struct tpm_slot){ a };
    return SR_OK;
}

void tpm_slot_drop(struct tpm_slot *s)
{
    if (!s->actor)
        return;
    pthread_mutex_lock(&s->actor->lock);
    s->actor->slots--;
    pthread_mutex_unlock(&s->actor->lock);
    s->actor = NULL;
}

/* The caller's deadline passed. Because the device holds the thread, or because others were before us? */
static enum sr_err too_late(struct tpm_actor *a, struct sr_why *why)
{
    struct sr_why late = { 0 };
    pthread_mutex_lock(&a->lock);
    bool hangs = a->busy_since && clock_boot_ms() - a->busy_since >= a->o.deadline_ms / 2;
    enum sr_err e =
        hangs ? sr_fail(&late, SR_EBUSY, platform_trouble(&a->platform), "no answer for %u ms",
                        a->o.deadline_ms)
              : sr_fail(&late, SR_EBUSY, R_BUSY, "the platform took longer than %u ms", a->o.deadline_ms);
    bool changed = hangs && health_set(a, &late);
    pthread_mutex_unlock(&a->lock);
    if (changed)
        health_tell(a, &late);
    if (why)
        *why = late;
    return e;
}

enum sr_err tpm_job_run(struct tpm_actor *a, struct job *j, struct sr_why *why)
{
    struct timespec until = in_ms(a->o.deadline_ms);
    int rc = 0;
    pthread_mutex_lock(&a->lock);
    *a->last = j;
    a->last = &j->next;
    pthread_cond_signal(&a->work);
    while (!j->done && !a->stop && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&a->finished, &a->lock, &until);
    bool done = j->done, stop = a->stop;
    j->abandoned = !done;
    pthread_mutex_unlock(&a->lock);
    if (done)
        return SR_OK;
    return stop ? sr_fail(why, SR_EBUSY, R_BUSY, "the node stops") : too_late(a, why);
}
