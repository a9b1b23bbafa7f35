#include "node/chunk.h"

static int hex_digit(uint8_t b)
{
    if (b >= '0' && b <= '9')
        return b - '0';
    if ((b | 0x20) >= 'a' && (b | 0x20) <= 'f')
        return (b | 0x20) - 'a' + 10;
    return -1;
}

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_HTTP_CHUNK, "chunk: %s", what);
}

static enum sr_err size_byte(struct chunk *c, uint8_t b, uint64_t max, struct sr_why *why)
{
    int d = hex_digit(b);
    if (d >= 0) {
        if (c->digits == 8 || (c->digits == 1 && c->left == 0))
            return bad(why, "a size that is not canonical");
        c->left = c->left << 4 | (uint64_t)d;
        c->digits++;
        return SR_OK;
    }
    if (b != '\r' || c->digits == 0)
        return bad(why, "a size line with more than a size");
    if (c->left > max || c->total > max - c->left)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "a chunked body over its limit");
    c->total += c->left;
    c->digits = 0;
    c->at = CHUNK_SIZE_LF;
    return SR_OK;
}

/* One byte of framing: it must be the one expected. */
static enum sr_err frame_byte(struct chunk *c, uint8_t b, struct sr_why *why)
{
    bool last = c->at == CHUNK_SIZE_LF && c->left == 0;
    uint8_t want = c->at == CHUNK_CR || c->at == CHUNK_END_CR ? '\r' : '\n';
    if (b != want)
        return bad(why, "framing where none fits");
    c->at = c->at == CHUNK_LF ? CHUNK_SIZE : last ? CHUNK_END_CR : c->at + 1;
    return SR_OK;
}

static void take_data(struct chunk *c, struct span in, size_t *used, struct span *data)
{
    size_t n = in.n - *used < c->left ? in.n - *used : (size_t)c->left;
    *data = (struct span){ in.p + *used, n };
    *used += n;
    c->left -= n;
    if (c->left == 0)
        c->at = CHUNK_CR;
}

enum sr_err chunk_next(struct chunk *c, struct span in, uint64_t max, size_t *used, struct span *data,
                       struct sr_why *why)
{
    *used = 0;
    *data = (struct span){ 0 };
    while (*used < in.n && c->at != CHUNK_DONE && data->n == 0) {
        if (c->at == CHUNK_DATA)
            take_data(c, in, used, data);
        else if (c->at == CHUNK_SIZE)
            SR_TRY(size_byte(c, in.p[(*used)++], max, why));
        else
            SR_TRY(frame_byte(c, in.p[(*used)++], why));
    }
    return SR_OK;
}
