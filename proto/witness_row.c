#include "proto/witness.h"

#include <string.h>

enum { ROW_VERSION = 1 };

void witness_row_drop(struct witness_row *r)
{
    buf_drop(&r->note);
    buf_drop(&r->other);
}

void witness_row_write(const struct witness_row *w, struct buf *ret)
{
    wr_u8(ret, ROW_VERSION);
    wr_u64be(ret, w->state.size);
    wr_span(ret, SPAN(w->state.root.b));
    wr_u64be(ret, w->state.time);
    wr_u64be(ret, w->state.start);
    wr_span(ret, SPAN(w->state.boot));
    wr_u8(ret, w->state.forked);
    wr_lp(ret, buf_span(&w->note));
    wr_lp(ret, buf_span(&w->other));
    ret->bad |= w->note.bad | w->other.bad;
}

enum sr_err witness_row_read(struct span s, struct witness_row *ret)
{
    SR_OWN(witness_row) w = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    w.state.size = rd_u64be(&r);
    rd_copy(&r, w.state.root.b, sizeof w.state.root.b);
    w.state.time = rd_u64be(&r);
    w.state.start = rd_u64be(&r);
    rd_copy(&r, w.state.boot, sizeof w.state.boot);
    uint8_t forked = rd_u8(&r);
    wr_span(&w.note, rd_lp(&r, NOTE_MAX));
    wr_span(&w.other, rd_lp(&r, NOTE_MAX));
    if (!rd_end(&r) || version != ROW_VERSION || forked > 1)
        return SR_EPROOF;
    if (!buf_ok(&w.note) || !buf_ok(&w.other))
        return SR_ENOMEM;
    w.state.forked = forked == 1;
    *ret = SR_TAKE(w);
    return SR_OK;
}
