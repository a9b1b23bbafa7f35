#include "bootstrap/recovery_files.h"

#include "crypto/file.h"

#include <dirent.h>
#include <stdio.h>

enum { PATH_TEXT = 4096 };

static struct sha256 mark_of(const char *name, struct span content)
{
    SR_OWN(buf) b = { 0 };
    wr_lp(&b, span_of(name));
    wr_span(&b, content);
    return sha256(buf_span(&b));
}

/* true: new, and noted. When the table is full nothing is new: the folder holds more than holders write. */
static bool note(struct recovery_files *f, const struct sha256 *mark)
{
    for (size_t i = 0; i < f->n; i++)
        if (sha256_eq(&f->seen[i], mark))
            return false;
    if (f->n == RECOVERY_FILES_MAX)
        return false;
    f->seen[f->n++] = *mark;
    return true;
}

static void say(const struct logger *log, const char *name, enum sr_err e, uint8_t x,
                const struct sr_why *why)
{
    struct logline l = log_start(log, e == SR_OK ? LOG_INFO : LOG_WARN, "recovery-share");
    log_text(&l, "file", name);
    if (e == SR_OK)
        log_num(&l, "holder", x);
    else
        log_why(&l, e, why);
    log_end(&l);
}

static void take(struct recovery_files *f, const char *folder, const char *name, struct recovery_gather *g,
                 const struct logger *log)
{
    SR_OWN(buf) content = { 0 };
    struct sr_why why = { 0 };
    char path[PATH_TEXT];
    uint8_t x = 0;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return;
    enum sr_err e = file_read(path, RECOVERY_TRANSFER_MAX, &content, &why);
    struct sha256 mark = mark_of(name, buf_span(&content));
    if (!note(f, &mark))
        return;
    if (e == SR_OK)
        e = recovery_gather_add(g, buf_span(&content), &x, &why);
    say(log, name, e, x, &why);
}

enum sr_err recovery_files_look(struct recovery_files *f, const char *folder, struct recovery_gather *g,
                                const struct logger *log, struct sr_why *why)
{
    DIR *d = opendir(folder);
    if (!d)
        return sr_fail(why, SR_EIO, R_CONFIG, "recover-shares: %s can not be read", folder);
    for (const struct dirent *one = readdir(d); one && g->n < g->set->t; one = readdir(d))
        if (one->d_name[0] != '.') /* and not what is still being copied under a hidden name */
            take(f, folder, one->d_name, g, log);
    closedir(d);
    return SR_OK;
}
