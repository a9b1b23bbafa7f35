#include "node/door_conn.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { DISCARD_MAX = 1 << 20 };

static bool empty(const struct block *b)
{
    return b->at == b->end;
}

static bool full(const struct block *b)
{
    return block_room(b) == 0;
}

/* ---- the end of it ---- */

void conn_close(struct conn *c)
{
    struct loop *l = c->loop;
    if (c->state == CONN_DEAD)
        return;
    engine_drop(c);
    wide_drop(c);
    SSL_free(c->tls);
    c->tls = NULL;
    loop_forget(l, &c->client);
    close(c->client.fd);
    block_drop(&c->in);
    block_drop(&c->up);
    block_drop(&c->down);
    if (c->peer.local)
        atomic_fetch_sub(&l->door->local, 1);
    if (c->tcp) {
        atomic_fetch_sub(&l->door->tcp, 1);
        sources_remove(l->door->sources, c->source);
    }
    c->state = CONN_DEAD;
    loop_bury(c);
}

static void linger(struct conn *c)
{
    engine_drop(c);
    wide_drop(c);
    block_drop(&c->in);
    block_drop(&c->up);
    block_drop(&c->down);
    io_end(c);
    c->state = CONN_LINGER;
    loop_timer(c, TIMER_LINGER);
}

void conn_refuse(struct conn *c, const struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct door *d = c->loop->door;
    char id[REQUEST_ID];
    if (c->said || !block_open(&c->down)) {
        conn_close(c);
        return;
    }
    engine_drop(c);
    door_request_id(id);
    door_say(why->reason, id, &text);
    c->down.at = c->down.end = 0;
    block_put(&c->down, buf_span(&text));
    c->pass = buf_span(&text).n;
    c->state = CONN_SAYING;
    d->o.refused(d->o.ctx, &(struct door_refusal){ &c->peer, door_status(why->reason), *why, id,
                                                   (unsigned)(c->loop->now - c->since) });
    loop_timer(c, TIMER_LINGER);
}

static void refuse_for(struct conn *c, enum sr_reason reason, const char *text)
{
    struct sr_why why = { .reason = reason };
    snprintf(why.text, sizeof why.text, "%s", text);
    conn_refuse(c, &why);
}

void conn_timeout(struct conn *c)
{
    switch (c->timer) {
    case TIMER_HEAD:
        if (!empty(&c->in)) {
            refuse_for(c, R_TIMEOUT, "a head that took too long");
            break;
        }
        [[fallthrough]];
    case TIMER_HANDSHAKE:
    case TIMER_IDLE:
    case TIMER_LINGER:
    case TIMERS: conn_close(c); return;
    case TIMER_BODY: refuse_for(c, R_TIMEOUT, "a body that took too long"); break;
    case TIMER_ANSWER: refuse_for(c, R_OUTCOME_UNKNOWN, "an answer that took too long"); break;
    }
    if (c->state != CONN_DEAD)
        conn_run(c);
}

/* ---- bytes from and to the client ---- */

/* True when something came. May close. */
static bool read_in(struct conn *c)
{
    size_t got = 0;
    if (c->client_eof || c->read_blocked || !(c->client_ready || io_pending(c)))
        return false;
    if (!block_open(&c->in)) {
        conn_close(c);
        return false;
    }
    size_t room = block_room(&c->in);
    if (room == 0)
        return false;
    if (room > BLOCK_SIZE) /* so that no more than that is left when a wide head ends */
        room = BLOCK_SIZE;
    enum io io = io_read(c, block_tail(&c->in), room, &got);
    block_grew(&c->in, got);
    c->client_ready = io == IO_OK && !c->tls && got == room;
    c->client_eof = io == IO_EOF;
    c->read_blocked = io == IO_WAIT_OUT;
    c->want_out |= io == IO_WAIT_OUT;
    if (io == IO_FAIL)
        conn_close(c);
    return io == IO_OK || io == IO_EOF;
}

/* True when something left. May close. */
static bool write_out(struct conn *c)
{
    size_t put = 0;
    if (c->pass == 0 || c->want_out)
        return false;
    enum io io = io_write(c, block_data(&c->down).p, c->pass, &put);
    block_take(&c->down, put);
    c->pass -= put;
    c->want_out = io == IO_WAIT_OUT;
    c->said |= c->answer.begun || c->want_out; /* what TLS holds back it will want to finish */
    if (io == IO_FAIL || io == IO_EOF)
        conn_close(c);
    return put > 0;
}

/* ---- a head ---- */

/* A connection between requests holds no buffers. */
static void park(struct conn *c)
{
    if (empty(&c->in))
        block_drop(&c->in);
    block_drop(&c->up);
    block_drop(&c->down);
    io_park(c);
}

static void begin(struct conn *c, const struct head *h)
{
    SR_OWN(buf) head = { 0 };
    head_write(h, &head);
    if (h->length > c->loop->door->o.max_body) {
        refuse_for(c, R_TOO_LARGE, "a Content-Length over any limit");
        return;
    }
    bool room = c->wide ? block_resize(&c->up, head.n + BLOCK_SIZE) : block_open(&c->up);
    if (!buf_ok(&head) || !room || !engine_get(c)) {
        refuse_for(c, R_BUSY, "nothing left to run a request with");
        return;
    }
    block_put(&c->up, buf_span(&head));
    c->last = h->close;
    c->chunked = h->framing == FRAMING_CHUNKED;
    c->chunk = (struct chunk){ 0 };
    c->body_left = h->length;
    c->body_done = h->framing == FRAMING_NONE;
    c->answer = (struct answer){ 0 };
    c->state = CONN_BUSY;
    loop_timer(c, c->body_done ? TIMER_ANSWER : TIMER_BODY);
}

static bool step_head(struct conn *c)
{
    struct sr_why why = { 0 };
    struct head h;
    read_in(c);
    if (c->state == CONN_DEAD)
        return false;
    struct span got = block_data(&c->in);
    if (got.n && c->timer == TIMER_IDLE)
        loop_timer(c, TIMER_HEAD);
    enum sr_err e = got.n ? head_find(got, &c->scanned, &why) : SR_EBUSY;
    if ((e == SR_OK || e == SR_EBUSY) && c->scanned > HEAD_MAX && !wide_take(c)) {
        refuse_for(c, R_BUSY, "no place for one more wide head");
        return c->state != CONN_DEAD;
    }
    got = block_data(&c->in);
    if (e == SR_EBUSY) {
        if (c->client_eof)
            conn_close(c);
        else
            park(c);
        return c->state != CONN_DEAD && (c->client_ready || io_pending(c));
    }
    if (e == SR_OK)
        e = head_parse((struct span){ got.p, c->scanned }, &h, &why);
    if (e == SR_OK)
        begin(c, &h);
    else
        conn_refuse(c, &why);
    block_take(&c->in, c->state == CONN_BUSY ? c->scanned : 0);
    if (c->state == CONN_BUSY && c->wide && !block_resize(&c->in, BLOCK_SIZE))
        conn_close(c);
    c->scanned = 0;
    return true;
}

/* ---- a request that runs ---- */

/* After an answer: the next request, or goodbye. */
static void next(struct conn *c)
{
    bool clean = c->body_done && empty(&c->up);
    if (c->last && clean && empty(&c->in)) {
        io_end(c);
        conn_close(c);
        return;
    }
    if (c->last || !clean || c->answer.close || atomic_load(&c->loop->door->draining)) {
        linger(c);
        return;
    }
    if (c->wide)
        wide_drop(c);
    else
        engine_keep(c);
    c->said = false;
    c->state = CONN_HEAD;
    park(c);
    loop_timer(c, empty(&c->in) ? TIMER_IDLE : TIMER_HEAD);
}

static bool step_busy(struct conn *c)
{
    bool moved = read_in(c);
    if (c->state == CONN_BUSY)
        moved |= pump_up(c);
    if (c->state != CONN_BUSY)
        return c->state != CONN_DEAD;
    moved |= pump_write(c);
    moved |= pump_read(c);
    if (!pump_follow(c)) {
        refuse_for(c, R_INTERNAL, "the engine gave no proper answer");
        return c->state != CONN_DEAD;
    }
    moved |= write_out(c);
    if (c->state == CONN_BUSY && c->answer.at == ANSWER_DONE && empty(&c->down)) {
        next(c);
        moved = true;
    }
    return c->state != CONN_DEAD && moved;
}

/* ---- the other states ---- */

static bool step_handshake(struct conn *c)
{
    enum io io = io_handshake(c);
    c->want_out = io == IO_WAIT_OUT;
    if (io == IO_WAIT || io == IO_WAIT_OUT)
        return false;
    if (io != IO_OK) {
        conn_close(c);
        return false;
    }
    c->client_ready = true;
    c->state = CONN_HEAD;
    loop_timer(c, TIMER_HEAD);
    return true;
}

static bool step_saying(struct conn *c)
{
    bool moved = write_out(c);
    if (c->state == CONN_SAYING && empty(&c->down)) {
        linger(c);
        return true;
    }
    return c->state != CONN_DEAD && moved;
}

static bool step_linger(struct conn *c)
{
    uint8_t lost[4096];
    ssize_t n = recv(c->client.fd, lost, sizeof lost, 0);
    if (n > 0)
        c->discarded += (size_t)n;
    if (n == 0 || c->discarded > DISCARD_MAX || (n < 0 && errno != EAGAIN && errno != EINTR))
        conn_close(c);
    return c->state != CONN_DEAD && n > 0;
}

static uint32_t client_wants(const struct conn *c)
{
    uint32_t out = c->want_out ? EPOLLOUT : 0;
    switch (c->state) {
    case CONN_HANDSHAKE: return out ? out : EPOLLIN;
    case CONN_HEAD:
    case CONN_BUSY: return out | (c->client_eof || c->read_blocked || full(&c->in) ? 0 : EPOLLIN);
    case CONN_SAYING: return out;
    case CONN_LINGER: return EPOLLIN;
    case CONN_DEAD: break;
    }
    return 0;
}

static uint32_t engine_wants(const struct conn *c)
{
    if (c->engine->eof)
        return 0;
    return (full(&c->down) ? 0 : EPOLLIN) | (empty(&c->up) || c->engine->deaf ? 0 : EPOLLOUT);
}

static bool step(struct conn *c)
{
    switch (c->state) {
    case CONN_HANDSHAKE: return step_handshake(c);
    case CONN_HEAD: return step_head(c);
    case CONN_BUSY: return step_busy(c);
    case CONN_SAYING: return step_saying(c);
    case CONN_LINGER: return step_linger(c);
    case CONN_DEAD: break;
    }
    return false;
}

void conn_run(struct conn *c)
{
    while (step(c))
        ;
    if (c->state == CONN_DEAD)
        return;
    loop_watch(c->loop, &c->client, client_wants(c));
    if (c->engine)
        loop_watch(c->loop, &c->engine->watch, engine_wants(c));
}
