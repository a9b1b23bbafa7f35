/* The threads: who is a witness, what is to be asked of whom next, and what comes of the answer. All with the
 * lock held but the call itself. */
#include "node/cosigners_parts.h"

#include "crypto/text.h"
#include "node/clock.h"
#include "proto/log.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 200,   /* between looks at whether there is something to do */
    IDLE_MS = 1000,  /* between rounds for which nobody waits */
    ROUND_MS = 3000, /* a round that was not enough is given up for a newer one */
    AGAIN_MS = 100,  /* after a failure; doubled each time */
    AGAIN_MOST = 10000,
};

/* ---- who */

/* One key is one witness, whoever names it. */
static struct cosigner *find(struct cosigners *w, const struct sign_pub *key)
{
    for (size_t i = 0; i < w->n; i++)
        if (memcmp(&w->v[i]->key.pub, key, sizeof *key) == 0)
            return w->v[i];
    return NULL;
}

static struct cosigner *add(struct cosigners *w, const struct note_key *key, bool outside)
{
    struct cosigner *at = find(w, &key->pub);
    struct cosigner **v = at ? w->v : realloc(w->v, (w->n + 1) * sizeof(struct cosigner *));
    if (at || !v)
        return at;
    w->v = v;
    at = calloc(1, sizeof *at);
    if (!at)
        return NULL;
    at->key = *key;
    at->outside = outside;
    w->v[w->n++] = at;
    return at;
}

static void add_member(struct cosigners *w, const struct member_cert *m)
{
    SR_OWN(buf) name = { 0 };
    struct note_key key;
    struct member_id id = member_id_of(&m->key);
    log_origin(&w->core->home.cid, id.b, &name);
    wr_u8(&name, '\0');
    if (!buf_ok(&name) || memcmp(&id, &w->core->home.id, sizeof id) == 0 ||
        note_key_of((const char *)name.p, NOTE_COSIGNATURE, &m->key, &key) != SR_OK)
        return;
    struct cosigner *at = add(w, &key, false);
    if (!at || at->outside || at->busy || strcmp(at->base, m->address) == 0)
        return;
    peer_link_drop(&at->link); /* it has moved */
    snprintf(at->base, sizeof at->base, "%s", m->address);
    strcpy(at->prefix, "/sealring/v1/witness");
}

/* "NAME URL" of the configuration, for the key of that name in policy. */
static const char *url_of(const struct cosigners *w, const char *name)
{
    const struct config_list *l = &w->node->config->witness;
    size_t n = strlen(name);
    for (size_t i = 0; i < l->n; i++)
        if (strncmp(l->v[i], name, n) == 0 && l->v[i][n] == ' ')
            return l->v[i] + n + 1;
    return NULL;
}

size_t cosigners_nowhere(const struct cosigners *w, const struct policy *p)
{
    const struct policy_witnesses *pw = policy_witnesses(p);
    size_t n = 0;
    for (size_t i = 0; w && pw && i < pw->outside_n; i++)
        n += url_of(w, pw->outside[i].name) == NULL;
    return n;
}

static void add_outside(struct cosigners *w, const struct note_key *key)
{
    const char *url = url_of(w, key->name);
    struct cosigner *at = url ? add(w, key, true) : NULL;
    const char *host = url ? strstr(url, "://") : NULL;
    const char *path = host ? strchr(host + 3, '/') : NULL;
    if (!at || !at->outside || at->busy)
        return;
    snprintf(at->base, sizeof at->base, "%.*s", (int)(path ? path - url : (ptrdiff_t)strlen(url)), url);
    snprintf(at->prefix, sizeof at->prefix, "%s", path ? path : "");
}

static bool counts(struct cosigners *w, const struct cosigner *at, const struct policy *p)
{
    const struct policy_witnesses *pw = policy_witnesses(p);
    if (!at->outside)
        return members_has_key(w->core->members, &at->key.pub, p);
    for (size_t i = 0; pw && i < pw->outside_n; i++)
        if (memcmp(&pw->outside[i], &at->key, sizeof at->key) == 0)
            return true;
    return false;
}

static void look_around(struct cosigners *w, const struct policy *p)
{
    const struct policy_witnesses *pw = policy_witnesses(p);
    struct member_cert m;
    uint64_t now = clock_boot_ms();
    if (w->looked_ms && now - w->looked_ms < LOOK_MS)
        return;
    w->looked_ms = now;
    for (size_t i = 0; members_at(w->core->members, i, &m) == SR_OK; i++)
        add_member(w, &m);
    for (size_t i = 0; pw && i < pw->outside_n; i++)
        add_outside(w, &pw->outside[i]);
}

/* ---- rounds */

static bool any_busy(const struct cosigners *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->v[i]->busy)
            return true;
    return false;
}

/* Is it time for a newer checkpoint? One that has enough makes room for the next at once when somebody waits;
 * one that has not keeps its place while answers may still come. */
static bool due(const struct cosigners *w, const struct policy *p, uint64_t now)
{
    const struct round *r = &w->round;
    if (r->id == 0)
        return true;
    if (w->waiting == 0 && now - r->began_ms < IDLE_MS)
        return false;
    return r->n >= cosigners_enough(w, p, COSIGNED_KNOWN) || !any_busy(w) || now - r->began_ms > ROUND_MS;
}

static void begin_round(struct cosigners *w, const struct policy *p)
{
    SR_OWN(buf) note = { 0 };
    struct round r = { .id = w->round.id + 1, .began_ms = clock_boot_ms(), .began = clock_unix() };
    if (!due(w, p, r.began_ms) || journal_size(w->core->journal) <= w->round.at.size ||
        journal_checkpoint(w->core->journal, &note) != SR_OK || note.n > sizeof r.note ||
        checkpoint_open(buf_span(&note), w->origin, &w->core->home.member_pub, &r.at, NULL) != SR_OK)
        return;
    memcpy(r.note, note.p, note.n);
    r.note_n = note.n;
    buf_drop(&w->round.lines);
    w->round = r;
}

/* What has come so far is what is handed out, once it is enough. */
static void hand_out(struct cosigners *w, const struct policy *p)
{
    const struct round *r = &w->round;
    if (r->n == 0 || r->n < cosigners_enough(w, p, COSIGNED_KNOWN))
        return;
    SR_OWN(buf) note = { 0 };
    wr_span(&note, (struct span){ (const uint8_t *)r->note, r->note_n });
    wr_span(&note, buf_span(&r->lines));
    if (!buf_ok(&note))
        return;
    buf_drop(&w->done);
    w->done = SR_TAKE(note);
    w->done_size = r->at.size;
    w->done_n = r->n;
    pthread_cond_broadcast(&w->news);
}

/* ---- what next */

static bool wants(struct cosigners *w, const struct cosigner *at, bool submitting)
{
    if (at->busy || at->next_ms > clock_boot_ms() || !at->base[0])
        return false;
    if (!at->outside && !at->asked)
        return true;
    return submitting && at->round != w->round.id && w->round.n < COSIGN_LINES;
}

size_t cosigners_answers(struct cosigners *w, const struct policy *p)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += w->v[i]->answered && counts(w, w->v[i], p);
    return n;
}

static bool enough_asked(struct cosigners *w, const struct policy *p)
{
    const struct policy_witnesses *pw = policy_witnesses(p);
    size_t known = cosigners_others(w, p);
    return cosigners_answers(w, p) >= (pw->restart < known ? pw->restart : known);
}

/* Whose log has ended has nothing more to ask or to show. */
static bool next_errand(struct cosigners *w, struct errand *e)
{
    if (w->ended != R_NONE)
        return false;
    SR_OWN(policy_hold) now = policy_holder_get(w->core->policy);
    const struct policy_witnesses *pw = policy_witnesses(now.p);
    struct cosigner *best = NULL;
    look_around(w, now.p);
    bool submitting = pw && enough_asked(w, now.p);
    if (submitting)
        begin_round(w, now.p);
    for (size_t i = 0; i < w->n; i++)
        if (counts(w, w->v[i], now.p) && wants(w, w->v[i], submitting) &&
            (!best || w->v[i]->fails < best->fails))
            best = w->v[i];
    if (!best)
        return false;
    *e = (struct errand){ .to = best, .ask = !best->outside && !best->asked, .what = w->round };
    e->what.lines = (struct buf){ 0 };
    best->busy = true;
    return true;
}

/* ---- what came of it */

static void say(struct cosigners *w, const struct errand *e, enum sr_err err, const struct sr_why *why)
{
    enum log_level level = err == SR_OK || e->to->fails > 0 ? LOG_DEBUG : LOG_INFO;
    struct logline l = log_start(&w->node->log, level, e->ask ? "witness-asked" : "witness");
    log_text(&l, "witness", e->to->base);
    log_num(&l, "size", e->ask ? e->to->size : e->what.at.size);
    log_why(&l, err, why);
    log_end(&l);
}

static void end(struct cosigners *w, const struct errand *e)
{
    if (w->ended == R_NONE) {
        struct logline l = log_start(&w->node->log, LOG_ERROR, "log-ended");
        log_text(&l, "reason", sr_reason_text(e->verdict));
        log_text(&l, "witness", e->to->base);
        log_num(&l, "witnessed", e->to->size);
        log_num(&l, "size", journal_size(w->core->journal));
        log_end(&l);
        w->ended = e->verdict;
    }
    pthread_cond_broadcast(&w->news);
}

static void asked(struct cosigners *w, const struct errand *e)
{
    if (e->verdict != R_NONE) {
        end(w, e);
        return;
    }
    e->to->asked = true;
    e->to->answered = true;
}

static void cosigned(struct cosigners *w, struct errand *e)
{
    SR_OWN(policy_hold) now = policy_holder_get(w->core->policy);
    const struct policy_witnesses *pw = policy_witnesses(now.p);
    e->to->round = e->what.id;
    if (!pw || e->what.id != w->round.id || !counts(w, e->to, now.p) || w->round.n == COSIGN_LINES)
        return;
    wr_span(&w->round.lines, buf_span(&e->line_bytes));
    w->round.n++;
    hand_out(w, now.p);
}

static void settle(struct cosigners *w, struct errand *e, enum sr_err err, const struct sr_why *why)
{
    struct cosigner *to = e->to;
    to->busy = false;
    say(w, e, err, why);
    if (err == SR_OK) {
        to->fails = 0;
        if (e->ask)
            asked(w, e);
        else
            cosigned(w, e);
        return;
    }
    unsigned ms = to->fails < 7 ? (unsigned)AGAIN_MS << to->fails : (unsigned)AGAIN_MOST;
    to->next_ms = clock_boot_ms() + ms;
    to->fails++;
    if (!e->ask && !to->outside && err != SR_EIO && err != SR_EBUSY)
        to->asked = false; /* it does not want our checkpoint: why is its signed word alone */
}

static struct timespec after_ms(long ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

void *cosigners_run(void *arg)
{
    struct cosigners *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        SR_OWN(errand) e = { 0 };
        struct sr_why why = { 0 };
        if (!next_errand(w, &e)) {
            struct timespec until = after_ms(LOOK_MS);
            pthread_cond_timedwait(&w->work, &w->lock, &until);
            continue;
        }
        pthread_mutex_unlock(&w->lock);
        enum sr_err err = errand_run(w, &e, &why);
        pthread_mutex_lock(&w->lock);
        settle(w, &e, err, &why);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}
