#include "node/collateral_actor.h"

#include "crypto/secret.h"
#include "node/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { TRIED_MAX = 256, WATCH_MS = 5000, FIRST_ROUND_MS = 1000, VEK_MARGIN_S = 30 * 86400 };

/* A want that was tried, and until when it is not tried again. */
struct tried {
    struct coll_want want;
    uint64_t until_ms;
};

struct collateral_actor {
    struct collateral_actor_options o;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below but the folder */
    pthread_cond_t wake;
    bool stop;
    struct coll_want waiting[WANTS_WAITING];
    size_t n;
    struct tried tried[TRIED_MAX];
    size_t next_tried;
    uint64_t tokens_ms; /* the burst, as time saved up */
    uint64_t tokens_at;
    struct collateral_fetching state;
    struct sha256 folder; /* as it was when it was read; the thread's own */
};

static bool stopping(void *ctx)
{
    struct collateral_actor *a = ctx;
    pthread_mutex_lock(&a->lock);
    bool stop = a->stop;
    pthread_mutex_unlock(&a->lock);
    return stop;
}

/* ---- wants of evidence, with a->lock held ---- */

static bool was_tried(const struct collateral_actor *a, const struct coll_want *w, uint64_t now)
{
    for (size_t i = 0; i < TRIED_MAX; i++)
        if (a->tried[i].until_ms > now && coll_want_eq(&a->tried[i].want, w))
            return true;
    for (size_t i = 0; i < a->n; i++)
        if (coll_want_eq(&a->waiting[i], w))
            return true;
    return false;
}

static bool take_token(struct collateral_actor *a, uint64_t now)
{
    const uint64_t most = (uint64_t)WANT_BURST * WANT_PAUSE_MS;
    a->tokens_ms += now - a->tokens_at;
    a->tokens_at = now;
    if (a->tokens_ms > most)
        a->tokens_ms = most;
    if (a->tokens_ms < WANT_PAUSE_MS)
        return false;
    a->tokens_ms -= WANT_PAUSE_MS;
    return true;
}

static void put(struct collateral_actor *a, const struct coll_want *w, uint64_t now)
{
    if (!coll_want_served(&a->o.sources, w) || was_tried(a, w, now))
        return;
    if (a->n == WANTS_WAITING || !take_token(a, now)) {
        a->state.dropped++;
        return;
    }
    a->tried[a->next_tried++ % TRIED_MAX] = (struct tried){ *w, now + WANT_AGAIN_MS };
    a->waiting[a->n++] = *w;
    pthread_cond_signal(&a->wake);
}

void collateral_actor_miss(struct collateral_actor *a, const struct collateral_hold *held, struct span type,
                           struct span evidence)
{
    const struct pins roots = collateral_held_roots(held);
    struct coll_wants *wants = a && collateral_held(held) ? calloc(1, sizeof *wants) : NULL;
    if (!wants)
        return;
    collateral_wants(collateral_held(held), &roots, type, evidence, (time_t)clock_unix(), wants);
    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < wants->n; i++)
        put(a, &wants->v[i], clock_boot_ms());
    pthread_mutex_unlock(&a->lock);
    free(wants);
}

/* ---- one fetch ---- */

static void say_failed(const struct collateral_actor *a, const struct coll_want *w, enum sr_err e,
                       const struct sr_why *why)
{
    char path[COLL_PATH_MAX] = "";
    struct logline l = log_start(a->o.log, LOG_WARN, "collateral-fetch-failed");
    if (coll_want_path(w, path))
        log_text(&l, "path", path);
    log_why(&l, e, why);
    log_end(&l);
}

static void note(struct collateral_actor *a, enum sr_err e, const struct sr_why *why)
{
    pthread_mutex_lock(&a->lock);
    a->state.fetched += e == SR_OK;
    a->state.failed += e != SR_OK;
    if (e == SR_OK)
        a->state.last = clock_unix();
    else {
        a->state.last_failed = clock_unix();
        a->state.why = *why;
    }
    pthread_mutex_unlock(&a->lock);
}

/* What came is taken as far as it verifies; nothing of it refused is a success. */
static enum sr_err fetch(struct collateral_actor *a, const struct coll_want *w, struct sr_why *why)
{
    SR_OWN(coll_folder) pieces = { 0 };
    struct coll_sources s = a->o.sources;
    struct sr_why refused = { 0 };
    s.stop = stopping;
    s.stop_ctx = a;
    SR_TRY(coll_fetch(&s, w, &pieces, why));
    SR_TRY(collateral_holder_take(a->o.holder, &pieces, &refused, why));
    if (refused.reason == R_NONE)
        return SR_OK;
    *why = refused;
    return SR_EPROOF;
}

static bool get(struct collateral_actor *a, const struct coll_want *w)
{
    struct sr_why why = { 0 };
    if (!coll_want_served(&a->o.sources, w))
        return true;
    enum sr_err e = fetch(a, w, &why);
    if (stopping(a))
        return true;
    note(a, e, &why);
    if (e != SR_OK)
        say_failed(a, w, e, &why);
    return e == SR_OK;
}

/* ---- rounds ---- */

/* All that is held and may be newer by now. false: something failed, or there are no roots yet. */
static bool refresh(struct collateral_actor *a)
{
    SR_OWN(collateral_hold) held = collateral_holder_get(a->o.holder);
    struct coll_wants *wants = collateral_held(&held) ? calloc(1, sizeof *wants) : NULL;
    bool good = true;
    if (!wants)
        return false;
    collateral_refresh(collateral_held(&held), (time_t)clock_unix(), VEK_MARGIN_S, wants);
    for (size_t i = 0; i < wants->n && !stopping(a); i++)
        good = get(a, &wants->v[i]) && good;
    free(wants);
    return good;
}

/* Names, sizes and times of all files: enough to see that somebody put another one there. */
static struct sha256 look(const char *dir)
{
    struct sha256 all = { 0 };
    DIR *d = opendir(dir);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        SR_OWN(buf) one = { 0 };
        struct stat st = { 0 };
        if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        wr_text(&one, e->d_name);
        wr_u64be(&one, (uint64_t)st.st_size);
        wr_u64be(&one, (uint64_t)st.st_ino);
        wr_u64be(&one, (uint64_t)st.st_mtim.tv_sec);
        wr_u64be(&one, (uint64_t)st.st_mtim.tv_nsec);
        struct sha256 h = sha256(buf_span(&one));
        for (size_t i = 0; i < sizeof all.b; i++) /* folders are read in any order */
            all.b[i] ^= h.b[i];
    }
    if (d)
        closedir(d);
    return all;
}

static void watch(struct collateral_actor *a)
{
    struct sr_why why = { 0 };
    if (!a->o.dir[0])
        return;
    struct sha256 now = look(a->o.dir);
    if (sha256_eq(&now, &a->folder))
        return;
    a->folder = now;
    enum sr_err e = collateral_holder_reload(a->o.holder, &why);
    if (e != SR_OK)
        log_refusal(a->o.log, LOG_ERROR, "collateral-unreadable", e, &why);
}

/* The pause to the next round: a tenth more or less, so that members of one network do not ask all at once;
 * shorter after a failure. */
static uint64_t pause_ms(const struct collateral_actor *a, bool good)
{
    SR_OWN(collateral_hold) held = collateral_holder_get(a->o.holder);
    uint64_t ms = collateral_held(&held) ? (uint64_t)a->o.refresh_s * 1000 : FIRST_ROUND_MS;
    uint16_t r;
    random_fill(&r, sizeof r);
    if (!good && ms > WANT_AGAIN_MS)
        ms = WANT_AGAIN_MS;
    return ms - ms / 10 + ms / 5 * r / UINT16_MAX;
}

/* Waits for a want until then. true: there is one, in *ret. */
static bool next(struct collateral_actor *a, uint64_t until_ms, struct coll_want *ret)
{
    uint64_t now = clock_boot_ms(), wait = until_ms > now ? until_ms - now : 0;
    struct timespec until;
    int rc = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait / 1000);
    until.tv_nsec += (long)(wait % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&a->lock);
    while (!a->stop && a->n == 0 && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&a->wake, &a->lock, &until);
    bool have = !a->stop && a->n > 0;
    if (have) {
        *ret = a->waiting[0];
        memmove(a->waiting, a->waiting + 1, --a->n * sizeof *a->waiting);
    }
    pthread_mutex_unlock(&a->lock);
    return have;
}

static void *run(void *arg)
{
    struct collateral_actor *a = arg;
    uint64_t round = clock_boot_ms() + FIRST_ROUND_MS;
    while (!stopping(a)) {
        struct coll_want w;
        uint64_t now = clock_boot_ms(), tick = now + WATCH_MS;
        if (next(a, round < tick ? round : tick, &w)) {
            (void)get(a, &w);
            continue;
        }
        watch(a);
        if (clock_boot_ms() >= round && !stopping(a))
            round = clock_boot_ms() + pause_ms(a, refresh(a));
    }
    return NULL;
}

enum sr_err collateral_actor_start(const struct collateral_actor_options *o, struct collateral_actor **ret)
{
    pthread_condattr_t clock;
    struct collateral_actor *a = calloc(1, sizeof *a);
    if (!a)
        return SR_ENOMEM;
    a->o = *o;
    a->tokens_at = clock_boot_ms();
    a->tokens_ms = (uint64_t)WANT_BURST * WANT_PAUSE_MS;
    a->folder = o->dir[0] ? look(o->dir) : (struct sha256){ 0 };
    pthread_mutex_init(&a->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&a->wake, &clock);
    pthread_condattr_destroy(&clock);
    if (pthread_create(&a->thread, NULL, run, a)) {
        free(a);
        return SR_EIO;
    }
    *ret = a;
    return SR_OK;
}

void collateral_actor_stop(struct collateral_actor *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_broadcast(&a->wake);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    pthread_cond_destroy(&a->wake);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

struct collateral_fetching collateral_actor_state(struct collateral_actor *a)
{
    pthread_mutex_lock(&a->lock);
    struct collateral_fetching s = a->state;
    s.waiting = a->n;
    pthread_mutex_unlock(&a->lock);
    return s;
}
