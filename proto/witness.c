#include "proto/witness.h"

#include "crypto/text.h"
#include "proto/lines.h"

#include <string.h>

void witness_request_write(const struct witness_request *q, struct buf *ret)
{
    wr_fmt(ret, "old %llu\n", (unsigned long long)q->old);
    for (size_t i = 0; i < q->n; i++) {
        wr_base64(ret, SPAN(q->hash[i].b));
        wr_u8(ret, '\n');
    }
    wr_u8(ret, '\n');
    wr_span(ret, q->note);
}

static enum sr_err add_hash(struct span base64, struct witness_request *q)
{
    return q->n < WITNESS_HASHES_MAX ? lines_hash(base64, &q->hash[q->n++]) : SR_EFORMAT;
}

enum sr_err witness_request_read(struct span s, struct witness_request *ret)
{
    struct reader r = rd_init(s);
    struct span word = rd_span(&r, sizeof "old " - 1);
    struct witness_request q = { .old = lines_number(lines_next(&r)) };
    if (s.n > WITNESS_REQUEST_MAX || r.bad || !span_eq(word, SPAN_STR("old ")))
        return SR_EFORMAT;
    for (struct span l; (l = lines_next(&r)).n != 0;)
        SR_TRY(add_hash(l, &q));
    q.note = rd_span(&r, rd_left(&r));
    SR_OWN(buf) again = { 0 };
    witness_request_write(&q, &again);
    if (r.bad || q.note.n == 0 || q.note.n > NOTE_MAX || !span_eq(buf_span(&again), s))
        return SR_EFORMAT;
    *ret = q;
    return SR_OK;
}

void witness_size_write(uint64_t size, struct buf *ret)
{
    wr_fmt(ret, "%llu\n", (unsigned long long)size);
}

enum sr_err witness_size_read(struct span s, uint64_t *ret)
{
    SR_OWN(buf) again = { 0 };
    uint64_t size = s.n > 0 ? lines_number((struct span){ s.p, s.n - 1 }) : 0;
    witness_size_write(size, &again);
    if (!span_eq(buf_span(&again), s) || size > MERKLE_SIZE_MAX)
        return SR_EFORMAT;
    *ret = size;
    return SR_OK;
}

/* The note's text with the empty line behind it. */
static struct span text_of(struct span note, const struct note_open *open)
{
    return (struct span){ note.p, open->body.n + 1 };
}

/* One line alone is a note with one signature; the others are by somebody else. */
static bool is_by(struct span text, struct span one, const struct note_key *witness, uint64_t *ret_time)
{
    SR_OWN(buf) b = { 0 };
    struct note_open open;
    wr_span(&b, text);
    wr_span(&b, one);
    if (!buf_ok(&b) || note_open(buf_span(&b), witness, 1, &open, NULL) != SR_OK)
        return false;
    *ret_time = open.time[0];
    return true;
}

enum sr_err witness_answer_open(struct span note, struct span answer, const struct note_key *witness,
                                struct witness_line *ret, struct sr_why *why)
{
    SR_OWN(buf) whole = { 0 };
    struct note_open open;
    const uint8_t *gap = note.n > 2 ? memmem(note.p, note.n, "\n\n", 2) : NULL;
    if (!gap || witness->type != NOTE_COSIGNATURE)
        return sr_fail(why, SR_EFORMAT, R_NOTE_FORMAT, "witness: no note that can be cosigned");
    wr_span(&whole, (struct span){ note.p, (size_t)(gap - note.p) + 2 });
    wr_span(&whole, answer);
    if (!buf_ok(&whole))
        return SR_ENOMEM;
    SR_TRY(note_open(buf_span(&whole), witness, 1, &open, why));
    struct reader r = rd_init(answer);
    while (rd_left(&r)) {
        const uint8_t *from = r.p;
        (void)lines_next(&r);
        struct span one = { from, (size_t)(r.p - from) };
        if (!r.bad && is_by(text_of(buf_span(&whole), &open), one, witness, &ret->time)) {
            ret->line = one;
            return SR_OK;
        }
    }
    return sr_fail(why, SR_EPROOF, R_NOTE_SIGNATURE, "witness: no line of its own");
}

/* A proof of more hashes than any tree of ours has can't be right. */
static enum sr_err extends(const struct witness_state *have, const struct witness_request *q,
                           const struct checkpoint *c)
{
    struct merkle_proof p = { .n = q->n };
    struct sha256 empty = sha256((struct span){ 0 });
    if (q->n > MERKLE_PROOF_MAX)
        return SR_EPROOF;
    memcpy(p.hash, q->hash, q->n * sizeof q->hash[0]);
    return merkle_check_consistency(&p, q->old, have->size ? &have->root : &empty, c->size, &c->root);
}

enum sr_err witness_judge(const struct witness_state *have, const struct witness_request *q,
                          const struct checkpoint *c, struct sr_why *why)
{
    if (q->old > c->size)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "witness: old is over the checkpoint's size");
    if (have->forked)
        return sr_fail(why, SR_EDENIED, R_LOG_FORK, "witness: this log has two histories");
    if (c->size == have->size && have->size > 0 && !sha256_eq(&c->root, &have->root))
        return sr_fail(why, SR_ESTALE, R_LOG_FORK, "witness: another root at the size we cosigned");
    if (q->old != have->size)
        return sr_fail(why, SR_ESTALE, R_WITNESS_SIZE, "witness: old is not what we cosigned last");
    if (extends(have, q, c) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_WITNESS_PROOF, "witness: not shown to extend what we cosigned");
    return SR_OK;
}
