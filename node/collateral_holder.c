#include "node/collateral_holder.h"

#include "node/collateral/shelf.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ROOTS_MAX = GENESIS_TYPES_MAX * GENESIS_ROOTS_MAX };

struct root_list {
    struct sha256 v[ROOTS_MAX];
    size_t n;
};

struct collateral_shared {
    atomic_uint holders;
    struct root_list roots;
    struct collateral *set;
};

struct collateral_holder {
    struct collateral_holder_options o;
    pthread_mutex_t make; /* one set at a time is made; guards the three below */
    struct root_list roots;
    struct coll_shelf shelf;
    struct coll_folder loose; /* of the administrator's folder, what could not be verified: a quote may bring
                                 who vouches for it */
    pthread_mutex_t swap;     /* guards now, for the length of a reference */
    struct collateral_shared *now;
};

static void unref(struct collateral_shared *s)
{
    if (!s || atomic_fetch_sub(&s->holders, 1) != 1)
        return;
    collateral_free(s->set);
    free(s);
}

void collateral_hold_drop(struct collateral_hold *h)
{
    unref(h->s);
    h->s = NULL;
}

const struct collateral *collateral_held(const struct collateral_hold *h)
{
    return h->s ? h->s->set : NULL;
}

struct pins collateral_held_roots(const struct collateral_hold *h)
{
    return h->s ? (struct pins){ h->s->roots.v, h->s->roots.n } : (struct pins){ 0 };
}

enum sr_err collateral_holder_new(const struct collateral_holder_options *o, struct collateral_holder **ret)
{
    struct collateral_holder *h = calloc(1, sizeof *h);
    if (!h)
        return SR_ENOMEM;
    h->o = *o;
    pthread_mutex_init(&h->make, NULL);
    pthread_mutex_init(&h->swap, NULL);
    *ret = h;
    return SR_OK;
}

void collateral_holder_free(struct collateral_holder *h)
{
    if (!h)
        return;
    unref(h->now);
    coll_shelf_drop(&h->shelf);
    coll_folder_drop(&h->loose);
    pthread_mutex_destroy(&h->make);
    pthread_mutex_destroy(&h->swap);
    free(h);
}

struct collateral_hold collateral_holder_get(struct collateral_holder *h)
{
    pthread_mutex_lock(&h->swap);
    struct collateral_hold one = { h->now };
    if (one.s)
        atomic_fetch_add(&one.s->holders, 1);
    pthread_mutex_unlock(&h->swap);
    return one;
}

/* Takes the set. */
static enum sr_err swap(struct collateral_holder *h, struct collateral *set)
{
    struct collateral_shared *s = calloc(1, sizeof *s);
    if (!s) {
        collateral_free(set);
        return SR_ENOMEM;
    }
    s->set = set;
    s->roots = h->roots;
    atomic_init(&s->holders, 1);
    pthread_mutex_lock(&h->swap);
    struct collateral_shared *old = h->now;
    h->now = s;
    pthread_mutex_unlock(&h->swap);
    unref(old);
    return SR_OK;
}

/* ---- making a set, with h->make held ---- */

/* What came of one put. */
struct taking {
    struct collateral_holder *h;
    const struct coll_folder *pieces;
    size_t at;
    struct coll_folder loose;
    size_t stored;
    struct sr_why refused;
};

static void say_refused(const struct logger *log, const struct shelf_outcome *o)
{
    char name[ITEM_TEXT_MAX];
    struct logline l = log_start(log, LOG_WARN, "collateral-refused");
    log_text(&l, "file", o->name);
    if (o->item) {
        coll_item_text(o->item, name);
        log_text(&l, "about", name);
    }
    log_why(&l, o->err, o->why);
    log_end(&l);
}

/* In the order of the pieces. */
static void on_outcome(void *ctx, const struct shelf_outcome *o)
{
    struct taking *t = ctx;
    const struct coll_file *piece = &t->pieces->file[t->at++];
    t->stored += o->fate == SHELF_STORED;
    if (o->fate != SHELF_REFUSED)
        return;
    say_refused(t->h->o.log, o);
    t->refused = *o->why;
    if (o->why->reason != R_COLLATERAL_OLDER &&
        coll_folder_add(&t->loose, piece->name, buf_span(&piece->bytes), NULL) != SR_OK)
        return; /* without it evidence that needs it is refused, as if it had not come */
}

static enum sr_err make(struct collateral_holder *h, struct sr_why *why)
{
    const struct coll_folder *from[] = { &h->shelf.files, &h->loose };
    const struct pins roots = { h->roots.v, h->roots.n };
    struct span files[COLLATERAL_FILES_MAX];
    struct collateral *set = NULL;
    size_t n = 0;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < from[k]->n && n < COLLATERAL_FILES_MAX; i++)
            files[n++] = buf_span(&from[k]->file[i].bytes);
    SR_TRY(collateral_make(files, n, &roots, &set, why));
    return swap(h, set);
}

static void say(const struct collateral_holder *h, const struct taking *t)
{
    struct logline l = log_start(h->o.log, LOG_INFO, "collateral");
    log_num(&l, "certificates", h->now->set->ncert);
    log_num(&l, "lists", h->now->set->ncrl);
    log_num(&l, "tcb-infos", h->now->set->ntcb);
    log_num(&l, "qe-identities", h->now->set->nqe);
    log_num(&l, "new", t->stored);
    log_end(&l);
}

static enum sr_err read_pieces(const char *dir, struct coll_folder *ret, struct sr_why *why)
{
    SR_OWN(coll_folder) f = { 0 };
    if (!dir[0])
        return SR_OK;
    SR_TRY(coll_folder_read(dir, &f, why));
    for (size_t i = 0; i < f.n; i++) {
        enum sr_err e = coll_folder_split(ret, f.file[i].name, buf_span(&f.file[i].bytes), why);
        if (e == SR_EFORMAT)
            e = coll_folder_add(ret, f.file[i].name, buf_span(&f.file[i].bytes), why);
        SR_TRY(e);
    }
    return SR_OK;
}

static enum sr_err read_again(struct collateral_holder *h, struct sr_why *why)
{
    SR_OWN(coll_folder) pieces = { 0 };
    struct taking t = { .h = h, .pieces = &pieces };
    SR_TRY(read_pieces(h->o.dir, &pieces, why));
    enum sr_err e = coll_shelf_put(&h->shelf, &pieces, on_outcome, &t, why);
    if (e != SR_OK) {
        coll_folder_drop(&t.loose);
        return e;
    }
    coll_folder_drop(&h->loose);
    h->loose = SR_TAKE(t.loose);
    SR_TRY(make(h, why));
    say(h, &t);
    return SR_OK;
}

/* ---- roots ---- */

/* A TPM's roots have nothing to say here: its certificates come with its enrolment. */
static struct root_list list_of(const struct genesis_params *p)
{
    struct root_list l = { 0 };
    for (size_t i = 0; i < p->ntypes; i++)
        for (size_t k = 0; k < p->types[i].n && strcmp(p->types[i].type, "tpm") != 0; k++)
            l.v[l.n++] = p->types[i].root[k];
    return l;
}

/* A network of TPMs alone: nothing is read, kept or fetched. */
static enum sr_err make_none(struct collateral_holder *h, struct sr_why *why)
{
    struct collateral *set = NULL;
    SR_TRY(collateral_make(NULL, 0, &(struct pins){ 0 }, &set, why));
    return swap(h, set);
}

/* Nobody waits at the doors of a node for a folder to be put right: refused evidence says what is missing. */
static enum sr_err trust(struct collateral_holder *h, const struct root_list *roots, struct sr_why *why)
{
    struct sr_why unread = { 0 };
    h->roots = *roots;
    coll_shelf_drop(&h->shelf);
    if (!h->roots.n)
        return make_none(h, why);
    SR_TRY(coll_shelf_open(h->o.keep, 0600, &(struct pins){ h->roots.v, h->roots.n }, &h->shelf, why));
    enum sr_err e = read_again(h, &unread);
    if (e == SR_OK)
        return SR_OK;
    log_refusal(h->o.log, LOG_ERROR, "collateral-unreadable", e, &unread);
    return make(h, why);
}

enum sr_err collateral_holder_trust(struct collateral_holder *h, const struct genesis_params *p,
                                    struct sr_why *why)
{
    const struct root_list roots = list_of(p);
    pthread_mutex_lock(&h->make);
    bool same = h->now && roots.n == h->roots.n && memcmp(roots.v, h->roots.v, sizeof roots.v) == 0;
    enum sr_err e = same ? SR_OK : trust(h, &roots, why);
    pthread_mutex_unlock(&h->make);
    return e;
}

enum sr_err collateral_holder_reload(struct collateral_holder *h, struct sr_why *why)
{
    pthread_mutex_lock(&h->make);
    enum sr_err e = h->now && h->roots.n ? read_again(h, why) : SR_OK;
    pthread_mutex_unlock(&h->make);
    return e;
}

/* ---- what was fetched ---- */

static enum sr_err take(struct collateral_holder *h, struct taking *t, struct sr_why *why)
{
    if (!h->now || !h->roots.n)
        return sr_fail(why, SR_EBUSY, R_NOT_READY, "no roots are known that could vouch for it");
    SR_TRY(coll_shelf_put(&h->shelf, t->pieces, on_outcome, t, why));
    return t->stored ? make(h, why) : SR_OK;
}

enum sr_err collateral_holder_take(struct collateral_holder *h, const struct coll_folder *pieces,
                                   struct sr_why *ret_why, struct sr_why *why)
{
    struct taking t = { .h = h, .pieces = pieces };
    pthread_mutex_lock(&h->make);
    enum sr_err e = take(h, &t, why);
    pthread_mutex_unlock(&h->make);
    coll_folder_drop(&t.loose);
    if (ret_why)
        *ret_why = t.refused;
    return e;
}
