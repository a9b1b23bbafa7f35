#include "node/cosigners_parts.h"

#include "node/clock.h"
#include "proto/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RESERVE = 4 /* of the threads that answer requests, one in so many is kept from waiting here */ };

enum sr_err cosigners_new(struct node *n, struct core *c, struct cosigners **ret)
{
    struct cosigners *w = calloc(1, sizeof *w);
    SR_OWN(buf) origin = { 0 };
    pthread_condattr_t clock;
    if (!w)
        return SR_ENOMEM;
    w->node = n;
    w->core = c;
    log_origin(&c->home.cid, c->home.id.b, &origin);
    if (buf_ok(&origin) && origin.n < sizeof w->origin)
        memcpy(w->origin, origin.p, origin.n);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &clock);
    pthread_cond_init(&w->news, &clock);
    pthread_condattr_destroy(&clock);
    *ret = w;
    return SR_OK;
}

void cosigners_free(struct cosigners *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n; i++) {
        peer_link_drop(&w->v[i]->link);
        free(w->v[i]);
    }
    free(w->v);
    buf_drop(&w->round.lines);
    buf_drop(&w->done);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->news);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

enum sr_err cosigners_start(struct cosigners *w)
{
    for (; w->threads < COSIGN_THREADS; w->threads++)
        if (pthread_create(&w->thread[w->threads], NULL, cosigners_run, w) != 0)
            return SR_EIO; /* those that run are stopped as usual */
    return SR_OK;
}

void cosigners_stop(struct cosigners *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->work);
    pthread_cond_broadcast(&w->news);
    pthread_mutex_unlock(&w->lock);
    for (; w->threads > 0; w->threads--)
        pthread_join(w->thread[w->threads - 1], NULL);
}

/* ---- what others ask */

struct cosigners_view cosigners_look(struct cosigners *w)
{
    struct cosigners_view v = { 0 };
    if (!w)
        return v;
    SR_OWN(policy_hold) now = policy_holder_get(w->core->policy);
    pthread_mutex_lock(&w->lock);
    v = (struct cosigners_view){ w->ended, w->done_size, w->done_n, 0, 0 };
    if (now.p) {
        v.answers = cosigners_answers(w, now.p);
        v.known = cosigners_others(w, now.p);
    }
    pthread_mutex_unlock(&w->lock);
    return v;
}

static enum sr_err ended(enum sr_reason why_not, struct sr_why *why)
{
    return why_not == R_NONE ? SR_OK
                             : sr_fail(why, SR_EBUSY, why_not, "other members have seen another log of ours");
}

enum sr_err cosigners_live(struct cosigners *w, struct sr_why *why)
{
    return ended(cosigners_look(w).ended, why);
}

enum sr_err cosigners_asked(const struct core *c, const struct policy *p, enum cosigned need,
                            struct sr_why *why)
{
    const struct policy_witnesses *pw = policy_witnesses(p);
    struct cosigners_view v = cosigners_look(c->cosigners);
    if (!pw)
        return SR_OK;
    size_t wanted = need == COSIGNED_KNOWN && pw->restart > v.known ? v.known : (size_t)pw->restart;
    return v.answers >= wanted
               ? SR_OK
               : sr_fail(why, SR_EBUSY, R_UNWITNESSED,
                         "%zu of %zu members have said what they have seen of our log", v.answers, wanted);
}

enum sr_err cosigners_newest(struct cosigners *w, struct buf *ret)
{
    if (!w)
        return SR_ENOENT;
    pthread_mutex_lock(&w->lock);
    bool any = w->done_size > 0;
    if (any)
        wr_span(ret, buf_span(&w->done));
    pthread_mutex_unlock(&w->lock);
    if (!any)
        return SR_ENOENT;
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* ---- waiting */

size_t cosigners_others(const struct cosigners *w, const struct policy *p)
{
    size_t n = members_left_by(w->core->members, p);
    return n > 0 ? n - 1 : 0;
}

unsigned cosigners_enough(const struct cosigners *w, const struct policy *p, enum cosigned need)
{
    const struct policy_witnesses *pw = policy_witnesses(p);
    size_t there = pw->outside_n + cosigners_others(w, p);
    return need == COSIGNED_KNOWN && there < pw->need ? (unsigned)there : (unsigned)pw->need;
}

static struct timespec deadline(uint64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* With the lock held. */
static enum sr_err wait_for(struct cosigners *w, uint64_t index, unsigned need, uint64_t ms,
                            struct sr_why *why)
{
    struct timespec until = deadline(ms);
    int rc = 0;
    while (!w->stop && w->ended == R_NONE && !(w->done_size > index && w->done_n >= need)) {
        if (rc == ETIMEDOUT)
            return sr_fail(why, SR_EBUSY, R_UNWITNESSED, "%u of %u witnesses in %llu ms", w->round.n, need,
                           (unsigned long long)ms);
        pthread_cond_broadcast(&w->work);
        rc = pthread_cond_timedwait(&w->news, &w->lock, &until);
    }
    return w->stop ? sr_fail(why, SR_EBUSY, R_NOT_READY, "stopping") : ended(w->ended, why);
}

/* Whoever waits has a thread that answers requests, and the others' requests to cosign need one too: two
 * members full of releases would otherwise wait for each other. */
static bool room(const struct cosigners *w)
{
    size_t threads = (size_t)w->node->config->threads;
    return w->waiting < (threads > 1 ? threads - (threads + RESERVE - 1) / RESERVE : 1);
}

enum sr_err cosigners_wait(struct core *c, const struct journal_receipt *r, enum cosigned need,
                           struct buf *ret_note, struct sr_why *why)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    const struct policy_witnesses *pw = policy_witnesses(now.p);
    struct cosigners *w = c->cosigners;
    SR_TRY(cosigners_live(w, why));
    if (pw && !w)
        return sr_fail(why, SR_EBUSY, R_UNWITNESSED, "nobody asks witnesses here");
    unsigned wanted = pw ? cosigners_enough(w, now.p, need) : 0;
    if (wanted == 0) {
        wr_span(ret_note, (struct span){ (const uint8_t *)r->checkpoint, r->checkpoint_n });
        return buf_ok(ret_note) ? SR_OK : SR_ENOMEM;
    }
    pthread_mutex_lock(&w->lock);
    enum sr_err e = room(w) ? SR_OK : sr_fail(why, SR_EBUSY, R_BUSY, "too many wait for witnesses");
    if (e == SR_OK) {
        w->waiting++;
        e = wait_for(w, r->index, wanted, pw->wait_ms, why);
        w->waiting--;
    }
    if (e == SR_OK)
        wr_span(ret_note, buf_span(&w->done));
    pthread_mutex_unlock(&w->lock);
    if (e == SR_OK && !buf_ok(ret_note))
        return SR_ENOMEM;
    return e;
}
