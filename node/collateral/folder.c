#include "node/collateral/folder.h"

#include "crypto/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void coll_folder_drop(struct coll_folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        buf_drop(&f->file[i].bytes);
    free(f->file);
    *f = (struct coll_folder){ 0 };
}

static enum sr_err add_name(struct coll_folder *f, const char *name, struct sr_why *why)
{
    if (f->n == COLLATERAL_FILES_MAX)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "more than %d files of collateral", COLLATERAL_FILES_MAX);
    struct coll_file *more = realloc(f->file, (f->n + 1) * sizeof *more);
    if (!more)
        return SR_ENOMEM;
    f->file = more;
    f->file[f->n] = (struct coll_file){ 0 };
    snprintf(f->file[f->n].name, sizeof f->file[f->n].name, "%s", name);
    f->n++;
    return SR_OK;
}

enum sr_err coll_folder_add(struct coll_folder *f, const char *name, struct span bytes, struct sr_why *why)
{
    SR_TRY(add_name(f, name, why));
    struct buf *to = &f->file[f->n - 1].bytes;
    wr_span(to, bytes);
    return buf_ok(to) ? SR_OK : SR_ENOMEM;
}

enum sr_err coll_folder_split(struct coll_folder *f, const char *name, struct span file, struct sr_why *why)
{
    if (!file.n || file.p[0] != '-')
        return coll_folder_add(f, name, file, why);
    for (;;) {
        SR_OWN(buf) der = { 0 };
        struct span label;
        enum sr_err e = cert_pem_next(&file, &label, &der);
        if (e == SR_ENOENT)
            return SR_OK;
        if (e != SR_OK)
            return sr_fail(why, e, R_COLLATERAL_FORMAT, "%.100s: not PEM all through", name);
        SR_TRY(coll_folder_add(f, name, buf_span(&der), why));
    }
}

static int by_name(const void *a, const void *b)
{
    const struct coll_file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static enum sr_err list(const char *dir, struct coll_folder *f, struct sr_why *why)
{
    enum sr_err e = SR_OK;
    DIR *d = opendir(dir);
    if (!d)
        return sr_fail(why, errno == ENOENT ? SR_ENOENT : SR_EIO, R_CONFIG, "%.100s: %s", dir,
                       strerror(errno));
    for (struct dirent *one = readdir(d); one && e == SR_OK; one = readdir(d))
        if (one->d_name[0] != '.')
            e = add_name(f, one->d_name, why);
    closedir(d);
    if (f->n)
        qsort(f->file, f->n, sizeof *f->file, by_name);
    return e;
}

/* Reads those that were listed; what can't be read is left out. */
static enum sr_err read_all(const char *dir, struct coll_folder *f, struct sr_why *why)
{
    size_t kept = 0, bytes = 0, listed = f->n;
    for (size_t i = 0; i < listed; i++) {
        char path[4096];
        struct coll_file one = f->file[i];
        int n = snprintf(path, sizeof path, "%s/%s", dir, one.name);
        enum sr_err e = n < 0 || (size_t)n >= sizeof path
                            ? SR_EIO
                            : file_read(path, COLLATERAL_FILE_MAX, &one.bytes, NULL);
        f->file[i].bytes = (struct buf){ 0 };
        if (e == SR_OK)
            f->file[kept++] = one;
        f->refused += e != SR_OK;
        bytes += one.bytes.n;
        if (e == SR_ENOMEM || bytes > COLL_FOLDER_MAX) {
            f->n = kept;
            return e == SR_ENOMEM ? e
                                  : sr_fail(why, SR_ETOOBIG, R_CONFIG, "%.100s: more than %d bytes", dir,
                                            COLL_FOLDER_MAX);
        }
    }
    f->n = kept;
    return SR_OK;
}

enum sr_err coll_folder_read(const char *dir, struct coll_folder *ret, struct sr_why *why)
{
    SR_OWN(coll_folder) f = { 0 };
    SR_TRY(list(dir, &f, why));
    SR_TRY(read_all(dir, &f, why));
    *ret = SR_TAKE(f);
    return SR_OK;
}

enum sr_err coll_folder_set(const struct coll_folder *f, const struct pins *roots, struct collateral **ret,
                            struct sr_why *why)
{
    struct span files[COLLATERAL_FILES_MAX];
    for (size_t i = 0; i < f->n; i++)
        files[i] = buf_span(&f->file[i].bytes);
    return collateral_make(files, f->n, roots, ret, why);
}
