#include "client/evidence_input.h"
#include "client/cli.h"
#include "crypto/text.h"
#include "proto/verified.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEXT_MAX = HANDSHAKE_EVIDENCE_MAX * 3 };

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The text without its blanks; not ok when a byte is no text at all. */
static bool squeeze(struct span s, struct buf *ret)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_blank(s.p[i]) && (s.p[i] < 0x21 || s.p[i] > 0x7e))
            return false;
        if (!is_blank(s.p[i]))
            wr_u8(ret, s.p[i]);
    }
    return ret->n > 0 && buf_ok(ret);
}

static bool from_hex(struct span text, struct buf *ret)
{
    SR_OWN(buf) lower = { 0 };
    for (size_t i = 0; i < text.n; i++)
        wr_u8(&lower, text.p[i] >= 'A' && text.p[i] <= 'F' ? (uint8_t)(text.p[i] | 0x20) : text.p[i]);
    uint8_t *room = text.n % 2 == 0 ? wr_room(ret, text.n / 2) : NULL;
    if (room && hex_read(buf_span(&lower), room, text.n / 2) == SR_OK)
        return true;
    buf_drop(ret);
    return false;
}

enum sr_err evidence_read_file(const char *path, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) file = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) decoded = { 0 };
    SR_TRY(cli_read_file(path, TEXT_MAX, &file, why));
    bool is_text = squeeze(buf_span(&file), &text) &&
                   (from_hex(buf_span(&text), &decoded) || base64_read(buf_span(&text), &decoded) == SR_OK);
    *ret = is_text ? SR_TAKE(decoded) : SR_TAKE(file);
    return SR_OK;
}

/* ---- a folder ---- */

struct folder {
    struct buf file[COLLATERAL_FILES_MAX];
    size_t n;
};

static void folder_drop(struct folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        buf_drop(&f->file[i]);
    f->n = 0;
}

static enum sr_err read_one(const char *dir, const char *name, struct folder *ret, struct sr_why *why)
{
    char path[4096];
    struct stat st;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path || stat(path, &st) != 0 ||
        !S_ISREG(st.st_mode) || st.st_size > COLLATERAL_FILE_MAX)
        return SR_OK;
    if (ret->n == COLLATERAL_FILES_MAX)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "%s: more than %d files", dir, COLLATERAL_FILES_MAX);
    SR_TRY(cli_read_file(path, COLLATERAL_FILE_MAX, &ret->file[ret->n], why));
    ret->n++;
    return SR_OK;
}

static enum sr_err read_folder(const char *dir, struct folder *ret, struct sr_why *why)
{
    enum sr_err e = SR_OK;
    DIR *d = opendir(dir);
    if (!d)
        return sr_fail(why, SR_EIO, R_CONFIG, "%s: %s", dir, strerror(errno));
    for (struct dirent *one = readdir(d); one && e == SR_OK; one = readdir(d))
        e = read_one(dir, one->d_name, ret, why);
    closedir(d);
    return e;
}

static enum sr_err make(const struct folder *f, const struct pins *roots, struct collateral **ret,
                        struct sr_why *why)
{
    struct span files[COLLATERAL_FILES_MAX];
    for (size_t i = 0; i < f->n; i++)
        files[i] = buf_span(&f->file[i]);
    return collateral_make(files, f->n, roots, ret, why);
}

enum sr_err collateral_read_dir(const char *dir, const struct pins *roots, struct collateral **ret,
                                struct sr_why *why)
{
    SR_OWN(folder) f = { 0 };
    SR_TRY(read_folder(dir, &f, why));
    return make(&f, roots, ret, why);
}
