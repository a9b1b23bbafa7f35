#include "proto/cid.h"

#include "crypto/mode.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS = 52, CHECK = 6 }; /* five bits each */

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* BIP 173's code over GF(32), one step. */
static uint32_t step(uint32_t c, uint32_t v)
{
    static const uint32_t gen[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
    uint32_t top = c >> 25;
    c = (c & 0x1ffffff) << 5 ^ v;
    for (int i = 0; i < 5; i++)
        if (top >> i & 1)
            c ^= gen[i];
    return c;
}

/* The part in front of the separator. */
static struct span human_part(void)
{
    struct span s = span_of(sr_mode.cid_prefix);
    return (struct span){ s.p, s.n - 1 };
}

static uint32_t polymod(const uint8_t *values, size_t n)
{
    struct span hrp = human_part();
    uint32_t c = 1;
    for (size_t i = 0; i < hrp.n; i++)
        c = step(c, hrp.p[i] >> 5);
    c = step(c, 0);
    for (size_t i = 0; i < hrp.n; i++)
        c = step(c, hrp.p[i] & 31);
    for (size_t i = 0; i < n; i++)
        c = step(c, values[i]);
    return c;
}

static const uint32_t bech32m = 0x2bc830a3;

void cid_text(const struct sha256 *cid, char ret[CID_TEXT_MAX])
{
    uint8_t v[GROUPS + CHECK] = { 0 };
    char text[GROUPS + CHECK + 1] = { 0 };
    for (size_t bit = 0; bit < sizeof cid->b * 8; bit++)
        if (cid->b[bit / 8] >> (7 - bit % 8) & 1)
            v[bit / 5] |= (uint8_t)(16 >> bit % 5);
    uint32_t sum = polymod(v, sizeof v) ^ bech32m;
    for (size_t i = 0; i < CHECK; i++)
        v[GROUPS + i] = sum >> 5 * (CHECK - 1 - i) & 31;
    for (size_t i = 0; i < sizeof v; i++)
        text[i] = alphabet[v[i]];
    snprintf(ret, CID_TEXT_MAX, "%s%s", sr_mode.cid_prefix, text);
}

static enum sr_err wrong(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_CID_TEXT, "network id: %s", what);
}

enum sr_err cid_parse(struct span text, struct sha256 *ret, struct sr_why *why)
{
    struct span prefix = span_of(sr_mode.cid_prefix);
    uint8_t v[GROUPS + CHECK];
    struct sha256 cid = { 0 };
    if (text.n < prefix.n || memcmp(text.p, prefix.p, prefix.n) != 0)
        return wrong(why, "does not begin as this mode's ids do");
    if (text.n != prefix.n + sizeof v)
        return wrong(why, "wrong length");
    for (size_t i = 0; i < sizeof v; i++) {
        uint8_t c = text.p[prefix.n + i];
        const char *at = c ? strchr(alphabet, c) : NULL;
        if (!at)
            return wrong(why, "a character that is never used");
        v[i] = (uint8_t)(at - alphabet);
    }
    if (polymod(v, sizeof v) != bech32m)
        return wrong(why, "mistyped: the checksum is wrong");
    if (v[GROUPS - 1] & 15) /* four bits that carry nothing */
        return wrong(why, "not canonical");
    for (size_t bit = 0; bit < sizeof cid.b * 8; bit++)
        if (v[bit / 5] & 16 >> bit % 5)
            cid.b[bit / 8] |= (uint8_t)(128 >> bit % 8);
    *ret = cid;
    return SR_OK;
}
