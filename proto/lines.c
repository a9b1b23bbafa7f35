#include "proto/lines.h"

#include "crypto/text.h"

#include <string.h>

struct span lines_next(struct reader *r)
{
    const uint8_t *at = rd_left(r) ? memchr(r->p, '\n', rd_left(r)) : NULL;
    struct span s = rd_span(r, at ? (size_t)(at - r->p) : SIZE_MAX);
    (void)rd_u8(r);
    return s;
}

uint64_t lines_number(struct span s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && i < 15; i++)
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    return v;
}

enum sr_err lines_hash(struct span base64, struct sha256 *ret)
{
    SR_OWN(buf) b = { 0 };
    SR_TRY(base64_read(base64, &b));
    struct reader r = rd_init(buf_span(&b));
    rd_copy(&r, ret->b, sizeof ret->b);
    return rd_end(&r) ? SR_OK : SR_EFORMAT;
}
