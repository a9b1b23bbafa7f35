#include "node/answer.h"
#include "node/chunk.h"
#include "tests/t.h"

#include <stdlib.h>

static const struct row {
    const char *sent, *body;
    enum sr_reason want;
    bool done;
} rows[] = {
    { "0\r\n\r\n", "", R_NONE, true },
    { "5\r\nhello\r\n0\r\n\r\n", "hello", R_NONE, true },
    { "1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n", "a0123456789", R_NONE, true },
    { "a\r\n0123456789\r\n0\r\n\r\n", "0123456789", R_NONE, true },
    { "5\r\nhel", "hel", R_NONE, false },
    { "5\r\nhello\r\n", "hello", R_NONE, false },
    { "0\r\n", "", R_NONE, false },
    { "3\r\n\r\n\n\r\n0\r\n\r\n", "\r\n\n", R_NONE, true },
    { "5;x=1\r\nhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "5 \r\nhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { " 5\r\nhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "05\r\nhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "0x5\r\nhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "+5\r\nhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "-1\r\nhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "5\nhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "5\rhello\r\n0\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "5\r\nhello0\r\n\r\n", "hello", R_HTTP_CHUNK, false },
    { "5\r\nhello\n0\r\n\r\n", "hello", R_HTTP_CHUNK, false },
    { "5\r\nhello\r0\r\n\r\n", "hello", R_HTTP_CHUNK, false },
    { "\r\n", "", R_HTTP_CHUNK, false },
    { "g\r\n", "", R_HTTP_CHUNK, false },
    { "5\r\nhello\r\n\r\n", "hello", R_HTTP_CHUNK, false },
    { "00\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "0\r\nX: y\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "0\r\nContent-Length: 5\r\n\r\n", "", R_HTTP_CHUNK, false },
    { "0\r\n\n", "", R_HTTP_CHUNK, false },
    { "0\n\n", "", R_HTTP_CHUNK, false },
    { "123456789\r\n", "", R_HTTP_CHUNK, false },
    { "ffffffff\r\n", "", R_TOO_LARGE, false },
    { "101\r\n", "", R_TOO_LARGE, false },
    { "1\r\na\r\n100\r\n", "a", R_TOO_LARGE, false },
};

/* Feeds s in pieces of at most step bytes; what comes out is in body. */
static enum sr_err feed(struct span s, size_t step, struct chunk *c, struct buf *body, struct sr_why *why,
                        size_t *left)
{
    *c = (struct chunk){ 0 };
    *why = (struct sr_why){ 0 };
    while (s.n && c->at != CHUNK_DONE) {
        struct span data;
        size_t used;
        SR_TRY(chunk_next(c, (struct span){ s.p, s.n < step ? s.n : step }, 256, &used, &data, why));
        wr_span(body, data);
        s.p += used;
        s.n -= used;
    }
    *left = s.n;
    return SR_OK;
}

static void chunks_are_read_the_same_in_pieces_of_any_size(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step < 20; step++) {
            SR_OWN(buf) body = { 0 };
            struct sr_why why;
            struct chunk c;
            size_t left = 0;
            enum sr_err e = feed(span_of(rows[i].sent), step, &c, &body, &why, &left);
            T_ROW((e == SR_OK) == (rows[i].want == R_NONE) && why.reason == rows[i].want, rows[i].sent);
            T_ROW(span_eq(buf_span(&body), span_of(rows[i].body)), rows[i].sent);
            T_ROW((c.at == CHUNK_DONE) == rows[i].done && left == 0, rows[i].sent);
        }
}

static void what_follows_the_last_chunk_is_left_alone(void)
{
    SR_OWN(buf) body = { 0 };
    struct sr_why why;
    struct chunk c;
    size_t left = 0;
    T(feed(SPAN_STR("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1"), 100, &c, &body, &why, &left) == SR_OK);
    T(c.at == CHUNK_DONE && left == 14);
}

static void a_flipped_bit_never_makes_a_body_longer_than_its_bytes(void)
{
    static const char sent[] = "5\r\nhello\r\na\r\n0123456789\r\n0\r\n\r\n";
    for (size_t bit = 0; bit < (sizeof sent - 1) * 8; bit++) {
        SR_OWN(buf) body = { 0 };
        struct sr_why why;
        struct chunk c;
        size_t left;
        uint8_t *copy = malloc(sizeof sent - 1);
        memcpy(copy, sent, sizeof sent - 1);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum sr_err e = feed((struct span){ copy, sizeof sent - 1 }, 7, &c, &body, &why, &left);
        T((e == SR_OK || why.reason != R_NONE) && body.n < sizeof sent);
        free(copy);
    }
}

static const struct said {
    const char *said;
    size_t pass;
    int at;
    bool ok, close;
} answers[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 43, ANSWER_DONE, true, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", 40, ANSWER_BODY, true, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38, ANSWER_DONE, true, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", 0, ANSWER_HEAD, true, false },
    { "HTTP/1.1 204 No Content\r\n\r\n", 27, ANSWER_DONE, true, false },
    { "HTTP/1.1 100 Continue\r\n\r\n", 25, ANSWER_HEAD, true, false },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 63, ANSWER_DONE, true,
      false },
    { "HTTP/1.1 400 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 57, ANSWER_DONE, true, true },
    { "", 0, ANSWER_HEAD, true, false },
    { "HTTP/1.1 200 OK\r\n\r\n", 0, 0, false, false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0, false, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 0, 0, false, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, 0, false, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", 0, 0, false, false },
    { "HTTP/1.1 101 Switching Protocols\r\n\r\n", 0, 0, false, false },
    { "HTTP/1.1 abc\r\n\r\n", 0, 0, false, false },
    { "HELLO\r\n\r\n", 0, 0, false, false },
    { "\r\n\r\n", 0, 0, false, false },
};

static void the_end_of_an_answer_is_known(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct answer a = { 0 };
        struct span s = span_of(answers[i].said);
        char *copy = malloc(s.n ? s.n : 1);
        size_t pass;
        memcpy(copy, s.p, s.n);
        enum sr_err e = answer_next(&a, (struct span){ (uint8_t *)copy, s.n }, 1000, &pass);
        T_ROW((e == SR_OK) == answers[i].ok, answers[i].said);
        if (e == SR_OK)
            T_ROW(pass == answers[i].pass && (int)a.at == answers[i].at && a.close == answers[i].close,
                  answers[i].said);
        free(copy);
    }
    struct answer a = { 0 };
    size_t pass;
    T(answer_next(&a, SPAN_STR("HTTP/1.1 200 OK\r\nX: "), 20, &pass) == SR_ETOOBIG);
}

int main(void)
{
    chunks_are_read_the_same_in_pieces_of_any_size();
    what_follows_the_last_chunk_is_left_alone();
    a_flipped_bit_never_makes_a_body_longer_than_its_bytes();
    the_end_of_an_answer_is_known();
    return t_end();
}
