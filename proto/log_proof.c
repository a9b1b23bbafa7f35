#include "crypto/text.h"
#include "proto/log.h"

#include <string.h>

#define HEADER "c2sp.org/tlog-proof@v1\nindex "

void log_proof_write(const struct log_proof *p, struct buf *ret)
{
    wr_fmt(ret, HEADER "%llu\n", (unsigned long long)p->index);
    for (size_t i = 0; i < p->path.n; i++) {
        wr_base64(ret, SPAN(p->path.hash[i].b));
        wr_u8(ret, '\n');
    }
    wr_u8(ret, '\n');
    wr_span(ret, p->note);
}

static struct span line(struct reader *r)
{
    const uint8_t *at = rd_left(r) ? memchr(r->p, '\n', rd_left(r)) : NULL;
    struct span s = rd_span(r, at ? (size_t)(at - r->p) : SIZE_MAX);
    (void)rd_u8(r);
    return s;
}

/* At most 15 digits; other spellings fall to the comparison afterwards. */
static uint64_t number(struct span s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && i < 15; i++)
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    return v;
}

static enum sr_err add_hash(struct span base64, struct merkle_proof *p)
{
    SR_OWN(buf) b = { 0 };
    SR_TRY(base64_read(base64, &b));
    struct reader r = rd_init(buf_span(&b));
    if (p->n == MERKLE_PROOF_MAX)
        return SR_EFORMAT;
    rd_copy(&r, p->hash[p->n++].b, sizeof p->hash[0].b);
    return rd_end(&r) ? SR_OK : SR_EFORMAT;
}

enum sr_err log_proof_read(struct span text, struct log_proof *ret)
{
    struct reader r = rd_init(text);
    struct span header = rd_span(&r, sizeof HEADER - 1);
    struct log_proof p = { .index = number(line(&r)) };
    if (r.bad || !span_eq(header, SPAN_STR(HEADER)) || p.index >= MERKLE_SIZE_MAX)
        return SR_EFORMAT;
    for (struct span s; (s = line(&r)).n != 0;)
        SR_TRY(add_hash(s, &p.path));
    p.note = rd_span(&r, rd_left(&r));
    SR_OWN(buf) again = { 0 };
    log_proof_write(&p, &again);
    if (r.bad || p.note.n == 0 || p.note.n > NOTE_MAX || !span_eq(buf_span(&again), text))
        return SR_EFORMAT;
    *ret = p;
    return SR_OK;
}
