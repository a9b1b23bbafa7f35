#include "client/evidence_input.h"
#include "client/cli.h"
#include "crypto/text.h"
#include "node/collateral/folder.h"
#include "proto/verified.h"

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

enum sr_err collateral_read_dir(const char *dir, const struct pins *roots, struct collateral **ret,
                                struct sr_why *why)
{
    SR_OWN(coll_folder) f = { 0 };
    SR_TRY(coll_folder_read(dir, &f, why));
    return coll_folder_set(&f, roots, ret, why);
}
