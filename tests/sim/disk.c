#include "tests/sim/disk.h"

#include "store/sqlite.h"
#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>

/* Rows never change once written, so that states share them; nothing is freed before the process ends. */
struct row {
    struct span key, value;
    uint64_t create_rev, mod_rev;
};
struct state {
    struct row *rows;
    size_t n;
    uint64_t rev;
};
struct disk {
    int host;
    struct state now, *kept;
    size_t n_kept;
    enum disk_fault fault;
    uint64_t delay_us;
};
struct opened {
    struct store store;
    struct disk *disk;
    bool failed;
    const void *writer; /* one at a time */
};

static void *need(void *p)
{
    if (!p)
        abort();
    return p;
}

static struct opened *of(struct store *s)
{
    return (struct opened *)s;
}

static struct span copy(struct span s)
{
    uint8_t *p = need(malloc(s.n + 1));
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct span){ p, s.n };
}

static struct state state_copy(const struct state *s)
{
    struct state c = *s;
    c.rows = need(malloc((s->n + 1) * sizeof *c.rows));
    if (s->n)
        memcpy(c.rows, s->rows, s->n * sizeof *c.rows);
    return c;
}

struct disk *disk_new(int host)
{
    struct disk *d = need(calloc(1, sizeof *d));
    d->host = host;
    d->delay_us = 2000;
    return d;
}

void disk_set(struct disk *d, enum disk_fault f, uint64_t delay_us)
{
    d->fault = f;
    d->delay_us = delay_us;
}

size_t disk_states(const struct disk *d)
{
    return d->n_kept;
}

void disk_keep(struct disk *d)
{
    d->kept = need(reallocarray(d->kept, d->n_kept + 1, sizeof *d->kept));
    d->kept[d->n_kept++] = state_copy(&d->now);
}

void disk_back(struct disk *d, size_t state)
{
    d->now = state_copy(&d->kept[state]);
}

void disk_empty(struct disk *d)
{
    d->now = (struct state){ 0 };
    d->n_kept = 0;
}

/* The first row not before key; *ret_found: it is key's. */
static size_t find(const struct state *s, struct span key, bool *ret_found)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (span_cmp(s->rows[mid].key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_found = low < s->n && span_eq(s->rows[low].key, key);
    return low;
}

struct span disk_row(const struct disk *d, struct span key)
{
    bool found;
    size_t i = find(&d->now, key, &found);
    return found ? d->now.rows[i].value : (struct span){ 0 };
}

/* ---- the store's interface ---- */

static enum sr_err disk_open(const char *where, struct store **ret, struct sr_why *why)
{
    struct host *m = host_of(fiber_host());
    (void)where;
    if (!m)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "no machine");
    struct opened *o = need(calloc(1, sizeof *o));
    *o = (struct opened){ .store.ops = &store_sqlite, .disk = m->disk };
    *ret = &o->store;
    return SR_OK;
}

static void disk_close(struct store *s)
{
    free(of(s));
}

static enum sr_err disk_get(struct store *s, struct span key, struct buf *ret, uint64_t *ret_mod_rev)
{
    const struct state *now = &of(s)->disk->now;
    bool found;
    size_t i = find(now, key, &found);
    if (of(s)->failed)
        return SR_EIO;
    if (!found)
        return SR_ENOENT;
    buf_drop(ret);
    wr_span(ret, now->rows[i].value);
    if (ret_mod_rev)
        *ret_mod_rev = now->rows[i].mod_rev;
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err disk_list(struct store *s, const struct store_list *l, uint64_t *ret_rev)
{
    const struct state now = of(s)->disk->now;
    size_t left = l->limit;
    if (of(s)->failed)
        return SR_EIO;
    for (size_t i = 0; i < now.n && left; i++) {
        const struct row *r = &now.rows[i];
        if (r->key.n < l->prefix.n || memcmp(r->key.p, l->prefix.p, l->prefix.n) != 0)
            continue;
        if (l->after.n && span_cmp(r->key, l->after) <= 0)
            continue;
        SR_TRY(l->visit(l->ctx, &(struct store_item){ r->key, r->value, r->create_rev, r->mod_rev }));
        left--;
    }
    if (ret_rev)
        *ret_rev = now.rev;
    return SR_OK;
}

static bool compare(const struct state *s, const struct store_txn *t)
{
    for (size_t i = 0; i < t->n_cmps; i++) {
        bool found;
        size_t at = find(s, t->cmps[i].key, &found);
        if ((found ? s->rows[at].mod_rev : 0) != t->cmps[i].mod_rev)
            return false;
    }
    return true;
}

static void apply_one(struct state *s, const struct store_op *op)
{
    bool found;
    size_t i = find(s, op->key, &found);
    if (op->kind == STORE_DEL) {
        if (found)
            memmove(&s->rows[i], &s->rows[i + 1], (--s->n - i) * sizeof *s->rows);
        return;
    }
    if (!found) {
        s->rows = need(reallocarray(s->rows, s->n + 1, sizeof *s->rows));
        memmove(&s->rows[i + 1], &s->rows[i], (s->n++ - i) * sizeof *s->rows);
        s->rows[i] = (struct row){ .key = copy(op->key), .create_rev = s->rev };
    }
    s->rows[i].value = copy(op->value);
    s->rows[i].mod_rev = s->rev;
}

static void apply(struct disk *d, const struct store_txn *t)
{
    d->now.rev++;
    for (size_t i = 0; i < t->n_ops; i++)
        apply_one(&d->now, &t->ops[i]);
    for (size_t i = 0; i < t->n_ops; i++)
        if (t->ops[i].kind == STORE_PUT)
            oracle_written(d->host, t->ops[i].key, t->ops[i].value);
}

static void pause_some(struct disk *d)
{
    struct world *w = world();
    fiber_sleep(rng_below(&w->disk, d->delay_us) + 10);
}

/* Power fails once. */
static void crash_if(struct disk *d, enum disk_fault when)
{
    if (d->fault != when)
        return;
    d->fault = DISK_GOOD;
    trace(d->host, "power fails %s a write", when == DISK_CRASH_AFTER ? "after" : "before");
    host_crash(host_of(d->host));
}

static enum sr_err half(struct opened *o, const struct store_txn *t)
{
    struct disk *d = o->disk;
    bool done = rng_chance(&world()->disk, 500);
    d->fault = DISK_GOOD;
    o->failed = true;
    oracle_disturbed(d->host);
    if (done)
        apply(d, t);
    trace(d->host, "a write fails: it was %sdone", done ? "" : "not ");
    return SR_EUNKNOWN;
}

static enum sr_err write_one(struct opened *o, const struct store_txn *t)
{
    struct disk *d = o->disk;
    pause_some(d);
    if (o->failed)
        return SR_EIO;
    if (!compare(&d->now, t))
        return SR_ESTALE;
    if (d->fault == DISK_FULL) {
        oracle_disturbed(d->host);
        return SR_EIO;
    }
    if (d->fault == DISK_UNKNOWN)
        return half(o, t);
    crash_if(d, DISK_CRASH_BEFORE);
    apply(d, t);
    crash_if(d, DISK_CRASH_AFTER);
    pause_some(d);
    return SR_OK;
}

static enum sr_err disk_txn(struct store *s, const struct store_txn *t, uint64_t *ret_rev)
{
    struct opened *o = of(s);
    while (o->writer)
        (void)fiber_wait(&o->writer, FOREVER);
    o->writer = fiber_self();
    enum sr_err e = write_one(o, t);
    if (ret_rev)
        *ret_rev = o->disk->now.rev;
    o->writer = NULL;
    fiber_wake(&o->writer, true);
    return e;
}

static enum sr_err disk_watch(struct store *s, const struct store_watch *w, uint64_t *ret_next)
{
    (void)s;
    *ret_next = w->from_rev;
    return SR_OK;
}

static enum sr_err disk_sync(struct store *s, uint64_t *ret_rev)
{
    if (ret_rev)
        *ret_rev = of(s)->disk->now.rev;
    return of(s)->failed ? SR_EIO : SR_OK;
}

static enum sr_err disk_compact(struct store *s, uint64_t before_rev)
{
    (void)s, (void)before_rev;
    return SR_OK;
}

const struct store_ops store_sqlite = {
    .scheme = "sqlite",
    .open = disk_open,
    .close = disk_close,
    .get = disk_get,
    .list = disk_list,
    .txn = disk_txn,
    .watch = disk_watch,
    .sync = disk_sync,
    .compact = disk_compact,
};
