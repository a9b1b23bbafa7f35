#include "crypto/text.h"
#include "proto/lines.h"
#include "proto/log.h"

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

static enum sr_err add_hash(struct span base64, struct merkle_proof *p)
{
    return p->n < MERKLE_PROOF_MAX ? lines_hash(base64, &p->hash[p->n++]) : SR_EFORMAT;
}

enum sr_err log_proof_read(struct span text, struct log_proof *ret)
{
    struct reader r = rd_init(text);
    struct span header = rd_span(&r, sizeof HEADER - 1);
    struct log_proof p = { .index = lines_number(lines_next(&r)) };
    if (r.bad || !span_eq(header, SPAN_STR(HEADER)) || p.index >= MERKLE_SIZE_MAX)
        return SR_EFORMAT;
    for (struct span s; (s = lines_next(&r)).n != 0;)
        SR_TRY(add_hash(s, &p.path));
    p.note = rd_span(&r, rd_left(&r));
    SR_OWN(buf) again = { 0 };
    log_proof_write(&p, &again);
    if (r.bad || p.note.n == 0 || p.note.n > NOTE_MAX || !span_eq(buf_span(&again), text))
        return SR_EFORMAT;
    *ret = p;
    return SR_OK;
}
