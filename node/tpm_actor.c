#include "node/tpm_actor.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* One call on its way. It is the actor's and the caller's both: whoever leaves last frees it, so a caller
 * whose deadline passed does not pull memory from under a platform that is still busy. */
struct job {
    enum sr_err (*run)(struct platform *, struct job *);
    struct job *next;
    bool done, abandoned;
    struct buf in[2], out;
    struct sha512 rd;
    struct sha256 digest;
    struct key key;
    enum sr_err err;
    struct sr_why why;
};

struct tpm_actor {
    struct platform platform;
    struct tpm_actor_options o;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below, and each job's done and abandoned */
    pthread_cond_t work, finished;
    struct job *first, **last;
    size_t slots;
    bool stop;
};

static void job_free(struct job *j)
{
    buf_drop(&j->in[0]);
    buf_drop(&j->in[1]);
    buf_drop(&j->out);
    key_drop(&j->key);
    free(j);
}

static struct job *next_job(struct tpm_actor *a)
{
    while (!a->first && !a->stop)
        pthread_cond_wait(&a->work, &a->lock);
    struct job *j = a->first;
    if (!j)
        return NULL;
    a->first = j->next;
    if (!a->first)
        a->last = &a->first;
    return j;
}

static void *run(void *arg)
{
    struct tpm_actor *a = arg;
    pthread_mutex_lock(&a->lock);
    for (struct job *j = next_job(a); j; j = next_job(a)) {
        if (!j->abandoned) {
            pthread_mutex_unlock(&a->lock);
            j->err = j->run(&a->platform, j);
            pthread_mutex_lock(&a->lock);
        }
        j->done = true;
        if (j->abandoned)
            job_free(j);
        pthread_cond_broadcast(&a->finished);
    }
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
    a->last = &a->first;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->work, NULL);
    pthread_cond_init(&a->finished, &clock);
    pthread_condattr_destroy(&clock);
    if (pthread_create(&a->thread, NULL, run, a)) {
        free_actor(a);
        return SR_EIO;
    }
    *ret = a;
    return SR_OK;
}

void tpm_actor_stop(struct tpm_actor *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_broadcast(&a->work);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    free_actor(a);
}

const char *tpm_actor_type(const struct tpm_actor *a)
{
    return platform_name(&a->platform);
}

bool tpm_actor_enrols(const struct tpm_actor *a)
{
    return platform_enrols(&a->platform);
}

enum sr_err tpm_slot_take(struct tpm_actor *a, struct tpm_slot *ret, struct sr_why *why)
{
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

static struct timespec deadline(const struct tpm_actor *a)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += a->o.deadline_ms / 1000;
    t.tv_nsec += (long)(a->o.deadline_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* SR_OK: the job is done and the caller's to read and free. SR_EBUSY: the deadline passed, it is the actor's.
 */
static enum sr_err await(struct tpm_actor *a, struct job *j, struct sr_why *why)
{
    struct timespec until = deadline(a);
    int rc = 0;
    pthread_mutex_lock(&a->lock);
    *a->last = j;
    a->last = &j->next;
    pthread_cond_signal(&a->work);
    while (!j->done && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&a->finished, &a->lock, &until);
    bool done = j->done;
    j->abandoned = !done;
    pthread_mutex_unlock(&a->lock);
    return done ? SR_OK
                : sr_fail(why, SR_EBUSY, R_BUSY, "the platform took longer than %u ms", a->o.deadline_ms);
}

static struct job *new_job(enum sr_err (*fn)(struct platform *, struct job *), struct span a, struct span b)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->run = fn;
    wr_span(&j->in[0], a);
    wr_span(&j->in[1], b);
    if (buf_ok(&j->in[0]) && buf_ok(&j->in[1]))
        return j;
    job_free(j);
    return NULL;
}

/* A job whose result is bytes. Frees it. */
static enum sr_err bytes_of(struct tpm_actor *a, struct job *j, struct buf *ret, struct sr_why *why)
{
    if (!j)
        return SR_ENOMEM;
    SR_TRY(await(a, j, why));
    enum sr_err e = j->err;
    if (e != SR_OK && why)
        *why = j->why;
    if (e == SR_OK)
        wr_span(ret, buf_span(&j->out));
    job_free(j);
    return e != SR_OK || buf_ok(ret) ? e : SR_ENOMEM;
}

static enum sr_err run_quote(struct platform *p, struct job *j)
{
    return platform_quote(p, &j->rd, buf_span(&j->in[0]), &j->out, &j->why);
}

enum sr_err tpm_actor_quote(struct tpm_slot *s, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                            struct sr_why *why)
{
    if (!s->actor)
        return SR_EBUG;
    struct job *j = new_job(run_quote, ak_cert, (struct span){ 0 });
    if (j)
        j->rd = *rd;
    return bytes_of(s->actor, j, ret, why);
}

static enum sr_err run_seal(struct platform *p, struct job *j)
{
    return platform_seal(p, &j->key, &j->out, &j->why);
}

/* For callers that consume nothing: the slot only lasts for the call. */
static enum sr_err with_slot(struct tpm_actor *a, struct job *j, struct buf *ret, struct sr_why *why)
{
    SR_OWN(tpm_slot) slot = { 0 };
    enum sr_err e = tpm_slot_take(a, &slot, why);
    if (e != SR_OK && j)
        job_free(j);
    return e == SR_OK ? bytes_of(a, j, ret, why) : e;
}

enum sr_err tpm_actor_seal(struct tpm_actor *a, const struct key *k, struct buf *ret, struct sr_why *why)
{
    struct job *j = new_job(run_seal, (struct span){ 0 }, (struct span){ 0 });
    if (j)
        j->key = *k;
    return with_slot(a, j, ret, why);
}

/* The key travels back in a wiping buffer like everything else. */
static enum sr_err run_unseal(struct platform *p, struct job *j)
{
    SR_TRY(platform_unseal(p, buf_span(&j->in[0]), &j->key, &j->why));
    wr_span(&j->out, key_span(&j->key));
    return SR_OK;
}

enum sr_err tpm_actor_unseal(struct tpm_actor *a, struct span blob, struct key *ret, struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    SR_TRY(with_slot(a, new_job(run_unseal, blob, (struct span){ 0 }), &out, why));
    struct reader r = rd_init(buf_span(&out));
    rd_copy(&r, ret->b, sizeof ret->b);
    return rd_end(&r) ? SR_OK : SR_EBUG;
}

static enum sr_err run_policy_digest(struct platform *p, struct job *j)
{
    SR_TRY(platform_policy_digest(p, &j->digest, &j->why));
    wr_span(&j->out, SPAN(j->digest.b));
    return SR_OK;
}

enum sr_err tpm_actor_policy_digest(struct tpm_actor *a, struct sha256 *ret, struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    SR_TRY(with_slot(a, new_job(run_policy_digest, (struct span){ 0 }, (struct span){ 0 }), &out, why));
    struct reader r = rd_init(buf_span(&out));
    rd_copy(&r, ret->b, sizeof ret->b);
    return rd_end(&r) ? SR_OK : SR_EBUG;
}

static enum sr_err run_enrol_request(struct platform *p, struct job *j)
{
    struct enrol_nonce nonce;
    random_fill(nonce.b, sizeof nonce.b);
    return platform_enrol_request(p, &j->digest, &nonce, &j->out, &j->why);
}

enum sr_err tpm_actor_enrol_request(struct tpm_actor *a, const struct sha256 *network, struct buf *ret_e1,
                                    struct sr_why *why)
{
    struct job *j = new_job(run_enrol_request, (struct span){ 0 }, (struct span){ 0 });
    if (j)
        j->digest = *network;
    return with_slot(a, j, ret_e1, why);
}

static enum sr_err run_enrol_answer(struct platform *p, struct job *j)
{
    return platform_enrol_answer(p, buf_span(&j->in[0]), buf_span(&j->in[1]), &j->out, &j->why);
}

enum sr_err tpm_actor_enrol_answer(struct tpm_actor *a, struct span e1, struct span e2, struct buf *ret_e3,
                                   struct sr_why *why)
{
    return with_slot(a, new_job(run_enrol_answer, e1, e2), ret_e3, why);
}

static enum sr_err run_self_claims(struct platform *p, struct job *j)
{
    struct claims c = { 0 };
    SR_TRY(platform_self_claims(p, &c, &j->why));
    wr_span(&j->out, (struct span){ (const uint8_t *)&c, sizeof c });
    return SR_OK;
}

enum sr_err tpm_actor_self_claims(struct tpm_actor *a, struct claims *ret, struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    SR_TRY(with_slot(a, new_job(run_self_claims, (struct span){ 0 }, (struct span){ 0 }), &out, why));
    struct reader r = rd_init(buf_span(&out));
    rd_copy(&r, ret, sizeof *ret);
    return rd_end(&r) ? SR_OK : SR_EBUG;
}
