#include "crypto/text.h"

#include <sodium.h>
#include <string.h>

void hex_text(struct span s, char *ret)
{
    sodium_bin2hex(ret, s.n * 2 + 1, s.n ? s.p : (const uint8_t *)"", s.n);
}

void wr_hex(struct buf *b, struct span s)
{
    uint8_t *at = wr_room(b, s.n * 2 + 1);
    if (!at)
        return;
    hex_text(s, (char *)at);
    b->n--;
}

static bool lower_hex(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 'A' && text.p[i] <= 'F')
            return false;
    return true;
}

enum sr_err hex_read(struct span text, void *ret, size_t n)
{
    size_t got = 0;
    if (text.n != n * 2 || !lower_hex(text))
        return SR_EFORMAT;
    if (n && (sodium_hex2bin(ret, n, (const char *)text.p, text.n, NULL, &got, NULL) != 0 || got != n))
        return SR_EFORMAT;
    return SR_OK;
}

static void encode(struct buf *b, struct span s, int variant)
{
    size_t n = sodium_base64_encoded_len(s.n, variant);
    uint8_t *at = wr_room(b, n);
    if (!at)
        return;
    sodium_bin2base64((char *)at, n, s.n ? s.p : (const uint8_t *)"", s.n, variant);
    b->n--;
}

void wr_base64(struct buf *b, struct span s)
{
    encode(b, s, sodium_base64_VARIANT_ORIGINAL);
}

void wr_base64url(struct buf *b, struct span s)
{
    encode(b, s, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* libsodium 1.0.18 takes some bytes over 7f for characters of the alphabet. */
static bool ascii(struct span text)
{
    uint8_t all = 0;
    for (size_t i = 0; i < text.n; i++)
        all |= text.p[i];
    return all < 0x80;
}

static enum sr_err decode(struct span text, struct buf *ret, int variant)
{
    size_t at = ret->n, got = 0;
    if (!ascii(text))
        return SR_EFORMAT;
    uint8_t *out = wr_room(ret, text.n / 4 * 3 + 3);
    if (!out)
        return SR_ENOMEM;
    int bad = text.n ? sodium_base642bin(out, text.n / 4 * 3 + 3, (const char *)text.p, text.n, NULL, &got,
                                         NULL, variant)
                     : 0;
    ret->n = at + (bad ? 0 : got);
    return bad ? SR_EFORMAT : SR_OK;
}

enum sr_err base64_read(struct span text, struct buf *ret)
{
    return decode(text, ret, sodium_base64_VARIANT_ORIGINAL);
}

enum sr_err base64url_read(struct span text, struct buf *ret)
{
    return decode(text, ret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
