#include "client/backup_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct input {
    FILE *f;
};
static void input_drop(struct input *i)
{
    if (i->f)
        fclose(i->f);
    i->f = NULL;
}

static enum sr_err read_input(void *ctx, void *p, size_t n, size_t *ret_n)
{
    struct input *i = ctx;
    *ret_n = fread(p, 1, n, i->f);
    return ferror(i->f) ? SR_EIO : SR_OK;
}

enum sr_err backup_input_verify(const char *path, const struct sha256 *cid, struct backup *ret,
                                struct sr_why *why)
{
    SR_OWN(input) i = { fopen(path, "re") };
    SR_OWN(backup) b = { 0 };
    const struct backup_source source = { read_input, &i };
    if (!i.f)
        return sr_fail(why, errno == ENOENT ? SR_ENOENT : SR_EIO, R_CONFIG, "%s: %s", path, strerror(errno));
    SR_TRY(backup_read(&source, NULL, &b, why));
    if (cid && !sha256_eq(cid, &b.m.cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "the backup is of another network");
    *ret = SR_TAKE(b);
    return SR_OK;
}
