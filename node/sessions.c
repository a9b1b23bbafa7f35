#include "node/sessions.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct session {
    bool used, busy;
    struct join_pending pending;
    struct sha256 m5; /* of the M5 that m6 answers */
    struct buf m6;    /* empty until then */
};

struct sessions {
    pthread_mutex_t lock; /* guards all below */
    size_t max;
    struct session *v;
};

static void forget(struct session *e)
{
    join_pending_drop(&e->pending);
    buf_drop(&e->m6);
    *e = (struct session){ 0 };
}

enum sr_err sessions_new(size_t max, struct sessions **ret)
{
    struct sessions *s = calloc(1, sizeof *s);
    if (!s)
        return SR_ENOMEM;
    s->v = calloc(max, sizeof *s->v);
    if (!s->v) {
        free(s);
        return SR_ENOMEM;
    }
    s->max = max;
    pthread_mutex_init(&s->lock, NULL);
    *ret = s;
    return SR_OK;
}

void sessions_free(struct sessions *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->max; i++)
        forget(&s->v[i]);
    pthread_mutex_destroy(&s->lock);
    free(s->v);
    free(s);
}

static struct session *find(struct sessions *s, const struct session_id *sid, uint64_t now_ms)
{
    for (size_t i = 0; i < s->max; i++) {
        struct session *e = &s->v[i];
        if (e->used && e->pending.expires_ms >= now_ms && memcmp(&e->pending.sid, sid, sizeof *sid) == 0)
            return e;
    }
    return NULL;
}

static struct session *room(struct sessions *s, uint64_t now_ms)
{
    for (size_t i = 0; i < s->max; i++) {
        struct session *e = &s->v[i];
        if (e->used && !e->busy && e->pending.expires_ms < now_ms)
            forget(e);
        if (!e->used)
            return e;
    }
    return NULL;
}

enum sr_err sessions_room(struct sessions *s, uint64_t now_ms, struct sr_why *why)
{
    pthread_mutex_lock(&s->lock);
    bool free_one = room(s, now_ms) != NULL;
    pthread_mutex_unlock(&s->lock);
    return free_one ? SR_OK : sr_fail(why, SR_EBUSY, R_NONCES_FULL, "%zu joins wait for their M5", s->max);
}

enum sr_err sessions_put(struct sessions *s, struct join_pending *p, uint64_t now_ms)
{
    enum sr_err e = SR_OK;
    pthread_mutex_lock(&s->lock);
    struct session *at = room(s, now_ms);
    if (find(s, &p->sid, now_ms))
        e = SR_EBUG;
    else if (!at)
        e = SR_EBUSY;
    if (e == SR_OK) {
        at->used = true;
        at->pending = SR_TAKE(*p);
    }
    pthread_mutex_unlock(&s->lock);
    return e;
}

static enum sr_err begin(struct session *e, const struct sha256 *m5, struct join_pending *ret, struct buf *m6,
                         struct sr_why *why)
{
    if (!e)
        return sr_fail(why, SR_EAUTH, R_SESSION_UNKNOWN, "no such join, or it expired");
    if (e->busy)
        return sr_fail(why, SR_EBUSY, R_BUSY, "this join is being confirmed");
    if (e->m6.n == 0) {
        e->busy = true;
        *ret = e->pending;
        return SR_OK;
    }
    if (!sha256_eq(&e->m5, m5))
        return sr_fail(why, SR_EAUTH, R_CONFIRM_MAC, "this join was confirmed by another M5");
    wr_span(m6, buf_span(&e->m6));
    return buf_ok(m6) ? SR_OK : SR_ENOMEM;
}

enum sr_err sessions_begin(struct sessions *s, const struct session_id *sid, const struct sha256 *m5,
                           uint64_t now_ms, struct join_pending *ret, struct buf *m6, struct sr_why *why)
{
    pthread_mutex_lock(&s->lock);
    enum sr_err e = begin(find(s, sid, now_ms), m5, ret, m6, why);
    pthread_mutex_unlock(&s->lock);
    return e;
}

void sessions_end(struct sessions *s, const struct session_id *sid, const struct sha256 *m5, struct span m6)
{
    pthread_mutex_lock(&s->lock);
    struct session *e = find(s, sid, 0);
    if (e) {
        e->busy = false;
        e->m5 = *m5;
        wr_span(&e->m6, m6);
        if (!buf_ok(&e->m6)) /* no memory for the repeat: the joiner starts again */
            forget(e);
    }
    pthread_mutex_unlock(&s->lock);
}
