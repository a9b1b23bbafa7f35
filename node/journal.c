#include "node/journal_parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    QUEUE = 1024,         /* entries waiting, unless said otherwise */
    COUNT_MS = 60 * 1000, /* between two leaves of counted refusals */
    GROUP = 64,           /* entries of one commit */
    GROUP_BYTES = 8 << 20 /* of their transactions, roughly */
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
    j->stage = j->edge;
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

static void answer(struct journal *j, struct waiting *w, enum sr_err result)
{
    w->result = result;
    if (result == SR_OK) {
        struct journal_receipt r = { .index = w->index, .leaf_hash = w->hash, .revision = j->revision };
        r.size = j->edge.tree.size;
        r.checkpoint_n = j->head.n;
        memcpy(r.checkpoint, j->head.text, j->head.n);
        w->receipt = r;
    }
    w->done = true;
    pthread_cond_signal(&w->wake);
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
        j->edge = j->stage;
        j->head = j->stage_head;
        j->revision = seq;
    }
    j->failed = e != SR_OK;
    j->unknown |= e == SR_EUNKNOWN;
    for (size_t i = 0; i < g->n; i++)
        if (!g->again || g->results[i] != SR_ESTALE)
            answer(j, g->who[i], e != SR_OK && g->results[i] == SR_OK ? e : g->results[i]);
    pthread_mutex_unlock(&j->lock);
}

static void commit_once(struct group *g)
{
    uint64_t seq = 0;
    struct keystore_group kg = {
        .txns = g->txns, .results = g->results, .n = g->n, .last = add_leaves, .ctx = g
    };
    enum sr_err e = g->j->unknown ? SR_EIO : keystore_commit(g->j->ks, &kg, &seq);
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

/* ---- counted refusals */

static uint64_t take_counts(struct journal *j, struct leaf *l)
{
    uint64_t all = 0;
    for (int r = 0; r < SR_REASON_COUNT; r++) {
        uint32_t n = atomic_exchange(&j->counts[r], 0);
        if (n == 0)
            continue;
        struct leaf_count c = { .count = n };
        leaf_set_reason(&c.reason, (enum sr_reason)r);
        size_t at = l->counts.n++;
        for (; at > 0 && strcmp(l->counts.row[at - 1].reason, c.reason) > 0; at--)
            l->counts.row[at] = l->counts.row[at - 1];
        l->counts.row[at] = c;
        all += n;
    }
    return all;
}

static void give_back(struct journal *j, const struct leaf *l)
{
    for (size_t i = 0; i < l->counts.n; i++)
        for (int r = 0; r < SR_REASON_COUNT; r++)
            if (strcmp(sr_reason_text((enum sr_reason)r), l->counts.row[i].reason) == 0)
                atomic_fetch_add(&j->counts[r], l->counts.row[i].count);
}

static void log_counts(struct journal *j)
{
    struct leaf l = { .type = LEAF_REFUSALS_COUNTED, .time = (uint64_t)time(NULL), .since = j->since };
    SR_OWN(buf) b = { 0 };
    j->since = l.time;
    if (take_counts(j, &l) == 0)
        return;
    struct waiting w = { .txn = &w.none, .result = SR_EBUG };
    pthread_cond_init(&w.wake, NULL);
    if (leaf_encode(&l, &b) == SR_OK) {
        w.leaf = buf_span(&b);
        struct group g = { .j = j, .n = 1, .who = { &w }, .txns = { w.txn } };
        commit(&g);
    }
    if (w.result != SR_OK)
        give_back(j, &l);
    pthread_cond_destroy(&w.wake);
}

void journal_count_refusal(struct journal *j, enum sr_reason reason)
{
    if ((int)reason >= 0 && reason < SR_REASON_COUNT)
        atomic_fetch_add(&j->counts[reason], 1);
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

static struct timespec after_ms(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
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

static void *run(void *ctx)
{
    struct journal *j = ctx;
    struct timespec due = after_ms(j->count_ms);
    for (bool more = true; more;) {
        struct group g = { .j = j };
        pthread_mutex_lock(&j->lock);
        while (!j->first && !j->stop && !is_past(&due))
            pthread_cond_timedwait(&j->more, &j->lock, &due);
        take_group(j, &g);
        more = !j->stop || j->first || g.n;
        pthread_mutex_unlock(&j->lock);
        if (g.n)
            commit(&g);
        if (!more || is_past(&due)) {
            log_counts(j);
            due = after_ms(j->count_ms);
        }
    }
    return NULL;
}

static enum sr_err enqueue(struct journal *j, struct waiting *w)
{
    if (j->unknown || j->stop)
        return SR_EIO;
    if (j->queued >= j->queue_max)
        return SR_EBUSY;
    *j->end = w;
    j->end = &w->next;
    j->queued++;
    pthread_cond_signal(&j->more);
    while (!w->done)
        pthread_cond_wait(&w->wake, &j->lock);
    return w->result;
}

enum sr_err journal_submit(struct journal *j, const struct journal_entry *e, struct journal_receipt *ret)
{
    struct waiting w = { .txn = e->txn, .leaf = e->leaf };
    struct leaf l;
    SR_TRY(leaf_decode(e->leaf, &l, NULL));
    if (!w.txn)
        w.txn = &w.none;
    pthread_cond_init(&w.wake, NULL);
    pthread_mutex_lock(&j->lock);
    enum sr_err result = enqueue(j, &w);
    pthread_mutex_unlock(&j->lock);
    pthread_cond_destroy(&w.wake);
    if (result == SR_OK && ret)
        *ret = w.receipt;
    return result;
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
