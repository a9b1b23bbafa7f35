#include "node/collateral/shelf.h"

#include "crypto/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VEKS_MAX = 256,    /* certificates of chips and providers; more push out the oldest */
    OLD_LISTS_MAX = 6, /* of one issuer, kept because they name what the newest no longer does */
    PATH_SIZE = 512 + ITEM_FILE_MAX + 2
};

void coll_shelf_drop(struct coll_shelf *s)
{
    coll_folder_drop(&s->files);
    collateral_free(s->set);
    s->set = NULL;
}

static enum sr_err reread(struct coll_shelf *s, struct sr_why *why)
{
    SR_OWN(coll_folder) files = { 0 };
    struct collateral *set = NULL;
    SR_TRY(coll_folder_read(s->dir, &files, why));
    SR_TRY(coll_folder_set(&files, &s->roots, &set, why));
    coll_shelf_drop(s);
    s->files = SR_TAKE(files);
    s->set = set;
    return SR_OK;
}

enum sr_err coll_shelf_open(const char *dir, unsigned mode, const struct pins *roots, struct coll_shelf *ret,
                            struct sr_why *why)
{
    SR_OWN(coll_shelf) s = { .mode = mode, .roots = *roots };
    if ((size_t)snprintf(s.dir, sizeof s.dir, "%s", dir) >= sizeof s.dir)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "path too long");
    if (mkdir(dir, 0755) && errno != EEXIST)
        return sr_fail(why, SR_EIO, R_CONFIG, "%.100s: %s", dir, strerror(errno));
    SR_TRY(reread(&s, why));
    *ret = SR_TAKE(s);
    return SR_OK;
}

/* ---- one put ---- */

/* All that is on the shelf and all that would go there, judged together: who vouches for one may be among
 * the others. */
struct put {
    struct coll_shelf *shelf;
    struct collateral *all;
    bool *held; /* of each item of all: it is on the shelf and counts */
    size_t n;
};

static void put_drop(struct put *p)
{
    collateral_free(p->all);
    free(p->held);
    *p = (struct put){ 0 };
}

static bool is_on_shelf(const struct coll_shelf *s, const struct sha256 *id)
{
    struct coll_item one;
    for (size_t i = 0; collateral_item(s->set, i, &one); i++)
        if (sha256_eq(&one.id, id))
            return true;
    return false;
}

static enum sr_err judge_together(struct put *p, const struct coll_folder *pieces, struct sr_why *why)
{
    const struct coll_folder *from[] = { &p->shelf->files, pieces };
    struct span files[COLLATERAL_FILES_MAX];
    struct coll_item one;
    size_t n = 0;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < from[k]->n; i++) {
            if (n == COLLATERAL_FILES_MAX)
                return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "more than %d files of collateral",
                               COLLATERAL_FILES_MAX);
            files[n++] = buf_span(&from[k]->file[i].bytes);
        }
    SR_TRY(collateral_make(files, n, &p->shelf->roots, &p->all, why));
    while (collateral_item(p->all, p->n, &one))
        p->n++;
    p->held = calloc(p->n + 1, sizeof *p->held);
    if (!p->held)
        return SR_ENOMEM;
    for (size_t i = 0; collateral_item(p->all, i, &one); i++)
        p->held[i] = one.standing->verdict == SR_OK && is_on_shelf(p->shelf, &one.id);
    return SR_OK;
}

static bool find(const struct put *p, const struct sha256 *id, size_t *ret_i, struct coll_item *ret)
{
    for (*ret_i = 0; collateral_item(p->all, *ret_i, ret); ++*ret_i)
        if (sha256_eq(&ret->id, id))
            return true;
    return false;
}

/* How it stands to all that is held: one newer thing is enough to refuse it. */
static enum item_order order(const struct put *p, const struct coll_item *item)
{
    struct coll_item other;
    enum item_order so_far = ITEM_NEWER;
    for (size_t i = 0; collateral_item(p->all, i, &other); i++) {
        enum item_order one = p->held[i] ? coll_item_order(item, &other) : ITEM_UNRELATED;
        if (one == ITEM_OLDER)
            return ITEM_OLDER;
        if (one == ITEM_SAME)
            so_far = ITEM_SAME;
    }
    return so_far;
}

static void path_of(const struct put *p, const struct coll_item *item, char ret[static PATH_SIZE])
{
    char name[ITEM_FILE_MAX];
    coll_item_file(item, name);
    snprintf(ret, PATH_SIZE, "%s/%s", p->shelf->dir, name);
}

/* What a disk does not let go of is dealt with when it is read again: nothing newer is lost by it. */
static void forget(struct put *p, size_t i, const struct coll_item *item)
{
    char path[PATH_SIZE];
    path_of(p, item, path);
    p->held[i] = unlink(path) != 0 && errno != ENOENT;
}

/* Older lists of the same issuer go, unless they name a certificate that this one does not: lists have been
 * seen to lose entries, and revoked is for ever. */
static void forget_lists(struct put *p, const struct coll_item *newest)
{
    struct coll_item old;
    size_t kept = 0;
    for (size_t i = 0; collateral_item(p->all, i, &old); i++) {
        if (!p->held[i] || old.kind != ITEM_LIST || coll_item_order(&old, newest) != ITEM_OLDER)
            continue;
        if (cert_crl_covers(&newest->crl->crl, &old.crl->crl) || ++kept > OLD_LISTS_MAX)
            forget(p, i, &old);
    }
}

static bool is_vek(const struct coll_item *item)
{
    return item->kind == ITEM_CERTIFICATE && item->cert->role == ROLE_AMD_VEK;
}

/* Evidence makes a node fetch these, so they have a limit of their own. */
static void make_room(struct put *p)
{
    struct coll_item one, oldest = { 0 };
    size_t n = 0, at = 0;
    for (size_t i = 0; collateral_item(p->all, i, &one); i++) {
        if (!p->held[i] || !is_vek(&one))
            continue;
        n++;
        if (!oldest.cert || one.standing->valid.from < oldest.standing->valid.from) {
            oldest = one;
            at = i;
        }
    }
    if (n >= VEKS_MAX)
        forget(p, at, &oldest);
}

static enum sr_err store(struct put *p, size_t i, const struct coll_item *item, struct span bytes,
                         struct sr_why *why)
{
    char path[PATH_SIZE];
    if (is_vek(item))
        make_room(p);
    path_of(p, item, path);
    SR_TRY(file_write(path, p->shelf->mode, bytes, why));
    p->held[i] = true;
    if (item->kind == ITEM_LIST)
        forget_lists(p, item);
    return SR_OK;
}

static void tell(const struct shelf_outcome *o, shelf_report *report, void *ctx)
{
    if (report)
        report(ctx, o);
}

/* The fate of one that was read and judged. */
static enum sr_err decide(struct put *p, size_t i, const struct coll_item *item, struct span bytes,
                          struct shelf_outcome *ret, struct sr_why *refusal, struct sr_why *why)
{
    const struct standing *s = item->standing;
    ret->item = item;
    ret->fate = SHELF_REFUSED;
    ret->err = s->verdict;
    ret->why = &s->why;
    if (s->verdict != SR_OK)
        return SR_OK;
    ret->why = refusal;
    switch (order(p, item)) {
    case ITEM_OLDER:
        ret->err = sr_fail(refusal, SR_ESTALE, R_COLLATERAL_OLDER, "something newer is held");
        return SR_OK;
    case ITEM_SAME: ret->fate = SHELF_KNOWN; return SR_OK;
    case ITEM_NEWER:
    case ITEM_UNRELATED: break;
    }
    ret->fate = SHELF_STORED;
    return store(p, i, item, bytes, why);
}

static enum sr_err put_one(struct put *p, const struct coll_file *piece, shelf_report *report, void *ctx,
                           struct sr_why *why)
{
    struct sr_why refusal = { 0 };
    struct coll_item item;
    struct span bytes = buf_span(&piece->bytes);
    struct sha256 id = sha256(bytes);
    struct shelf_outcome o = { .name = piece->name, .fate = SHELF_REFUSED, .why = &refusal };
    size_t i;
    if (find(p, &id, &i, &item))
        SR_TRY(decide(p, i, &item, bytes, &o, &refusal, why));
    else
        o.err = sr_fail(&refusal, SR_EFORMAT, R_COLLATERAL_FORMAT,
                        "no certificate, revocation list or document that is known here");
    tell(&o, report, ctx);
    return SR_OK;
}

enum sr_err coll_shelf_put(struct coll_shelf *s, const struct coll_folder *pieces, shelf_report *report,
                           void *ctx, struct sr_why *why)
{
    SR_OWN(put) p = { .shelf = s };
    enum sr_err e = judge_together(&p, pieces, why);
    for (size_t i = 0; e == SR_OK && i < pieces->n; i++)
        e = put_one(&p, &pieces->file[i], report, ctx, why);
    enum sr_err again = reread(s, e == SR_OK ? why : NULL);
    return e != SR_OK ? e : again;
}
