#include "node/journal_parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    QUEUE = 1024,          /* entries waiting, unless said otherwise */
    COUNT_MS = 60 * 1000,  /* between two leaves of counted refusals */
    GROUP = 64,            /* entries of one commit */
    GROUP_BYTES = 8 << 20, /* of their transactions, roughly */
    GATHER_US = 4000       /* that a commit waits for others who are likely to come */
};

/* ---- one commit */

struct group {
    struct journal *j;
    bool again; /* entries left out get another try: they are not answered yet */
    size_t n;
    struct waiting *who[GROUP];
    struct keystore_txn *txns[GROUP];
    enum sr_err results[GROUP];
};

static enum sr_err put_tile(void *ctx, const struct tile *t, const struct sha256 *hashes)
{
    SR_OWN(buf) path = { 0 };
    tile_path(t, &path);
    keystore_txn_raw(ctx, KR_TREE, buf_span(&path),
                     (struct span){ hashes[0].b, TILE_WIDTH * sizeof *hashes });
    return buf_ok(&path) ? SR_OK : SR_ENOMEM;
}

static enum sr_err put_leaf(struct journal *j, struct waiting *w, struct keystore_txn *add)
{
    struct tile_sink sink = { put_tile, add };
    SR_OWN(buf) row = { 0 };
    w->index = j->stage.tree.size;
    w->hash = merkle_leaf(w->leaf);
    struct leaf_key k = leaf_key(w->index);
    wr_span(&row, SPAN(w->hash.b));
    wr_span(&row, w->leaf);
    keystore_txn_raw(add, KR_LEAF, SPAN(k.b), buf_span(&row));
    return buf_ok(&row) ? edge_push(&j->stage, &w->hash, &sink) : SR_ENOMEM;
}

static enum sr_err sign_head(struct journal *j, const struct edge *e, struct head_note *ret)
{
    struct checkpoint c = { .size = e->tree.size, .root = merkle_root(&e->tree) };
    SR_OWN(buf) note = { 0 };
    memcpy(c.origin, j->origin, sizeof c.origin);
    checkpoint_sign(&c, &j->key, &j->pub, &note);
    if (!buf_ok(&note) || note.n > sizeof ret->text)
        return SR_EBUG;
    ret->n = note.n;
    memcpy(ret->text, note.p, note.n);
    return SR_OK;
}

/* Called by the keystore when it is known which transactions are in; perhaps more than once. */
static enum sr_err add_leaves(void *ctx, const enum sr_err *results, size_t n, struct keystore_txn *add)
{
    struct group *g = ctx;
    struct journal *j = g->j;
    struct keystore_name name = head_name();
    edge_copy(&j->stage, &j->edge);
    for (size_t i = 0; i < n; i++)
        if (results[i] == SR_OK)
            SR_TRY(put_leaf(j, g->who[i], add));
    if (j->stage.tree.size == j->edge.tree.size)
        return SR_OK;
    SR_TRY(sign_head(j, &j->stage, &j->stage_head));
    struct span note = { (const uint8_t *)j->stage_head.text, j->stage_head.n };
    keystore_txn_put(add, &name, j->stage.tree.size, (uint64_t)time(NULL), note);
    return SR_OK;
}

/* The caller may be gone as soon as it is told. */
static void answer(const struct journal *j, struct waiting *w, enum sr_err result)
{
    w->result = result;
    if (result == SR_OK) {
        w->receipt.index = w->index;
        w->receipt.leaf_hash = w->hash;
        w->receipt.revision = j->revision;
        w->receipt.size = j->edge.tree.size;
        w->receipt.checkpoint_n = j->head.n;
        memcpy(w->receipt.checkpoint, j->head.text, j->head.n);
    }
    sem_post(&w->done);
}

/* What was staged becomes what is. */
static void settle(struct group *g, enum sr_err e, uint64_t seq)
{
    struct journal *j = g->j;
    bool any = false;
    for (size_t i = 0; i < g->n; i++)
        any |= e == SR_OK && g->results[i] == SR_OK;
    pthread_mutex_lock(&j->lock);
    if (any) {
        edge_copy(&j->edge, &j->stage);
        j->head = j->stage_head;
        j->revision = seq;
    }
    j->failed = e != SR_OK;
    j->unknown |= e == SR_EUNKNOWN;
    pthread_mutex_unlock(&j->lock);
    for (size_t i = 0; i < g->n; i++) /* what they are told is changed by this thread alone */
        if (!g->again || g->results[i] != SR_ESTALE)
            answer(j, g->who[i], e != SR_OK && g->results[i] == SR_OK ? e : g->results[i]);
}

static void commit_once(struct group *g)
{
    uint64_t seq = 0;
    struct keystore_group kg = {
        .txns = g->txns, .results = g->results, .n = g->n, .last = add_leaves, .ctx = g
    };
    enum sr_err e = g->j->unknown ? SR_EIO : keystore_commit(g->j->ks, &kg, &seq);
    if (e == SR_OK && g->j->on_disk && g->j->on_disk(g->j->on_disk_ctx) != SR_OK)
        e = SR_EUNKNOWN;
    settle(g, e, seq);
}

/* Two entries of one group that touch one row are no conflict between their callers: the later one is left
 * out and gets a commit of its own, where SR_ESTALE is the truth. */
static void commit(struct group *g)
{
    g->again = g->n > 1;
    commit_once(g);
    for (size_t i = 0; i < g->n; i++)
        if (g->again && g->results[i] == SR_ESTALE) {
            struct group one = { .j = g->j, .n = 1, .who = { g->who[i] }, .txns = { g->txns[i] } };
            commit_once(&one);
        }
}

enum sr_err commit_alone(struct journal *j, struct span leaf)
{
    struct waiting w = { .txn = &w.none, .leaf = leaf, .result = SR_EBUG };
    struct group g = { .j = j, .n = 1, .who = { &w }, .txns = { w.txn } };
    sem_init(&w.done, 0, 0);
    commit(&g);
    sem_destroy(&w.done);
    return w.result;
}

/* ---- the thread */

/* Called with the lock held. */
static void take_group(struct journal *j, struct group *g)
{
    size_t bytes = 0;
    while (j->first && g->n < GROUP && bytes < GROUP_BYTES) {
        struct waiting *w = j->first;
        j->first = w->next;
        j->queued--;
        bytes += w->txn->ops.n + w->leaf.n;
        g->who[g->n] = w;
        g->txns[g->n++] = w->txn;
    }
    if (!j->first)
        j->end = &j->first;
}

static struct timespec after_us(unsigned long us)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(us / 1000000);
    t.tv_nsec += (long)(us % 1000000) * 1000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static bool is_past(const struct timespec *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

/* Called with the lock held: until so many wait, or the time is there. */
static void wait_for(struct journal *j, size_t n, const struct timespec *until)
{
    j->wake_at = n;
    while (j->queued < n && !j->stop && !is_past(until))
        pthread_cond_timedwait(&j->more, &j->lock, until);
}

/* Callers who come at the same time come so again: after a commit that several shared, the next one waits a
 * moment for as many as there can be. One who comes alone never waits for others. */
static void gather(struct journal *j)
{
    size_t all = j->callers < GROUP ? j->callers : GROUP;
    if (j->shared < 2 || j->queued >= all)
        return;
    struct timespec until = after_us(GATHER_US);
    wait_for(j, all, &until);
}

static void *run(void *ctx)
{
    struct journal *j = ctx;
    struct timespec due = after_us(j->count_ms * 1000UL);
    for (bool more = true; more;) {
        struct group g = { .j = j };
        pthread_mutex_lock(&j->lock);
        wait_for(j, 1, &due);
        if (j->first)
            gather(j);
        take_group(j, &g);
        j->shared = g.n ? g.n + j->queued : j->shared;
        more = !j->stop || j->first || g.n;
        pthread_mutex_unlock(&j->lock);
        if (g.n)
            commit(&g);
        if (!more || is_past(&due)) {
            counts_log(j);
            due = after_us(j->count_ms * 1000UL);
        }
    }
    return NULL;
}

/* Called with the lock held. */
static enum sr_err enqueue(struct journal *j, struct waiting *w)
{
    if (j->unknown || j->stop)
        return SR_EIO;
    if (j->queued >= j->queue_max)
        return SR_EBUSY;
    *j->end = w;
    j->end = &w->next;
    j->queued++;
    if (j->queued >= j->wake_at)
        pthread_cond_signal(&j->more);
    return SR_OK;
}

static void wait_until_told(struct waiting *w)
{
    while (sem_wait(&w->done) != 0) /* a signal came */
        ;
}

enum sr_err journal_submit(struct journal *j, const struct journal_entry *e, struct journal_receipt *ret)
{
    struct waiting w = { .txn = e->txn, .leaf = e->leaf };
    struct leaf l;
    SR_TRY(leaf_decode(e->leaf, &l, NULL));
    if (!w.txn)
        w.txn = &w.none;
    sem_init(&w.done, 0, 0);
    pthread_mutex_lock(&j->lock);
    w.result = enqueue(j, &w);
    bool queued = w.result == SR_OK; /* from here on the thread may write to w */
    pthread_mutex_unlock(&j->lock);
    if (queued)
        wait_until_told(&w);
    sem_destroy(&w.done);
    if (w.result == SR_OK && ret)
        *ret = w.receipt;
    return w.result;
}

/* ---- open and close */

static enum sr_err load_head(struct journal *j, struct checkpoint *ret, struct sr_why *why)
{
    struct keystore_item item = { 0 };
    struct keystore_name name = head_name();
    enum sr_err e = keystore_get(j->ks, &name, &item, why);
    if (e == SR_ENOENT) {
        *ret = (struct checkpoint){ .root = sha256((struct span){ 0 }) };
        return sign_head(j, &j->edge, &j->head);
    }
    if (e != SR_OK)
        return e;
    e = checkpoint_open(secret_span(&item.value), j->origin, &j->pub, ret, why);
    if (item.value.n > sizeof j->head.text)
        e = SR_EPROOF;
    if (e == SR_OK) {
        j->head.n = item.value.n;
        memcpy(j->head.text, item.value.p, item.value.n);
    }
    keystore_item_drop(&item);
    return e;
}

static enum sr_err load(struct journal *j, const struct checkpoint *verified, struct sr_why *why)
{
    struct checkpoint head;
    SR_TRY(load_head(j, &head, why));
    struct verify v = { .ks = j->ks, .head = &head, .from = verified };
    return verify_rows(&v, &j->edge, NULL, why);
}

static void journal_free(struct journal *j)
{
    pthread_cond_destroy(&j->more);
    pthread_mutex_destroy(&j->lock);
    sign_key_drop(&j->key);
    free(j);
}

static struct journal *journal_new(const struct journal_options *o)
{
    struct journal *j = calloc(1, sizeof *j);
    pthread_condattr_t attr;
    if (!j)
        return NULL;
    j->ks = o->ks;
    j->key = *o->key;
    j->pub = *o->pub;
    j->queue_max = o->queue_max ? o->queue_max : QUEUE;
    j->count_ms = o->count_ms ? o->count_ms : COUNT_MS;
    j->callers = o->callers;
    j->on_disk = o->on_disk;
    j->on_disk_ctx = o->on_disk_ctx;
    j->wake_at = 1;
    j->end = &j->first;
    j->since = (uint64_t)time(NULL);
    strcpy(j->origin, o->origin);
    pthread_mutex_init(&j->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&j->more, &attr);
    pthread_condattr_destroy(&attr);
    return j;
}

enum sr_err journal_open(const struct journal_options *o, struct journal **ret, struct sr_why *why)
{
    struct note_key k;
    if (note_key_of(o->origin, NOTE_ED25519, o->pub, &k) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_NOTE_ORIGIN, "log: the origin is no name");
    struct journal *j = journal_new(o);
    if (!j)
        return SR_ENOMEM;
    enum sr_err e = load(j, o->verified, why);
    if (e == SR_OK && pthread_create(&j->thread, NULL, run, j) != 0)
        e = sr_fail(why, SR_ENOMEM, R_INTERNAL, "log: no thread");
    if (e == SR_OK)
        *ret = j;
    else
        journal_free(j);
    return e;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    pthread_cond_signal(&j->more);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    journal_free(j);
}
