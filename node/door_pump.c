#include "node/door_conn.h"

#include <errno.h>
#include <stdio.h>

static enum sr_err chunk_up(struct conn *c, struct sr_why *why)
{
    struct span in = block_data(&c->in), data;
    size_t used, room = block_room(&c->up) - 32; /* for the framing */
    char line[24];
    if (in.n > room)
        in.n = room;
    SR_TRY(chunk_next(&c->chunk, in, c->loop->door->o.max_body, &used, &data, why));
    if (data.n) {
        snprintf(line, sizeof line, "%zx\r\n", data.n);
        block_put(&c->up, span_of(line));
        block_put(&c->up, data);
        block_put(&c->up, SPAN_STR("\r\n"));
    }
    c->body_done = c->chunk.at == CHUNK_DONE;
    if (c->body_done)
        block_put(&c->up, SPAN_STR("0\r\n\r\n"));
    block_take(&c->in, used);
    return SR_OK;
}

static void plain_up(struct conn *c)
{
    struct span in = block_data(&c->in);
    size_t room = block_room(&c->up);
    in.n = in.n < room ? in.n : room;
    in.n = in.n < c->body_left ? in.n : (size_t)c->body_left;
    block_put(&c->up, in);
    block_take(&c->in, in.n);
    c->body_left -= in.n;
    c->body_done = c->body_left == 0;
}

/* Body bytes on their way to the engine, framed anew. True when some moved. May refuse or close. */
bool pump_up(struct conn *c)
{
    struct sr_why why = { 0 };
    bool moved = false;
    while (!c->body_done && !c->answer.begun && !c->engine->deaf && block_data(&c->in).n &&
           block_room(&c->up) > 64) {
        moved = true;
        if (!c->chunked) {
            plain_up(c);
        } else if (chunk_up(c, &why) != SR_OK) {
            conn_refuse(c, &why);
            return true;
        }
        if (c->body_done)
            loop_timer(c, TIMER_ANSWER);
    }
    if (!c->body_done && c->client_eof && block_data(&c->in).n == 0 && !c->answer.begun)
        conn_close(c); /* half a body */
    return moved;
}

bool pump_write(struct conn *c)
{
    struct span s = block_data(&c->up);
    if (s.n == 0 || c->engine->deaf)
        return false;
    ssize_t n = send(c->engine->watch.fd, s.p, s.n, MSG_NOSIGNAL);
    if (n > 0)
        block_take(&c->up, (size_t)n);
    else if (errno != EAGAIN && errno != EINTR)
        c->engine->deaf = true; /* it may still have answered */
    return n > 0;
}

bool pump_read(struct conn *c)
{
    if (!c->engine->ready || c->engine->eof || !block_open(&c->down) || block_room(&c->down) == 0)
        return false;
    size_t room = block_room(&c->down);
    ssize_t n = recv(c->engine->watch.fd, block_tail(&c->down), room, 0);
    c->engine->ready = n == (ssize_t)room;
    if (n > 0)
        block_grew(&c->down, (size_t)n);
    else
        c->engine->eof = n == 0 || (errno != EAGAIN && errno != EINTR);
    return n > 0 || c->engine->eof;
}

/* Follows what the engine said. False: it makes no sense, or ends too soon. */
bool pump_follow(struct conn *c)
{
    struct span all = block_data(&c->down);
    struct span fresh = { all.p ? all.p + c->pass : NULL, all.n - c->pass };
    size_t pass = 0;
    if (answer_next(&c->answer, fresh, BLOCK_SIZE, &pass) != SR_OK)
        return false;
    c->pass += pass;
    return c->answer.at == ANSWER_DONE || !c->engine->eof || block_room(&c->down) == 0;
}
