#include "crypto/bytes.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span span_of(const char *text)
{
    return (struct span){ (const uint8_t *)text, text ? strlen(text) : 0 };
}

bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool span_eq_secret(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

int span_cmp(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

struct reader rd_init(struct span s)
{
    static const uint8_t none[1];
    const uint8_t *p = s.p ? s.p : none;
    return (struct reader){ .p = p, .end = p + s.n };
}

/* The one bounds check. */
struct span rd_span(struct reader *r, size_t n)
{
    if (r->bad || n > (size_t)(r->end - r->p)) {
        r->bad = true;
        return (struct span){ 0 };
    }
    struct span s = { r->p, n };
    r->p += n;
    return s;
}

static uint64_t le(struct reader *r, size_t n)
{
    struct span s = rd_span(r, n);
    uint64_t v = 0;
    for (size_t i = s.n; i-- > 0;)
        v = v << 8 | s.p[i];
    return v;
}

static uint64_t be(struct reader *r, size_t n)
{
    struct span s = rd_span(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    return v;
}

uint8_t rd_u8(struct reader *r)
{
    return (uint8_t)le(r, 1);
}

uint16_t rd_u16le(struct reader *r)
{
    return (uint16_t)le(r, 2);
}

uint32_t rd_u32le(struct reader *r)
{
    return (uint32_t)le(r, 4);
}

uint64_t rd_u64le(struct reader *r)
{
    return le(r, 8);
}

uint16_t rd_u16be(struct reader *r)
{
    return (uint16_t)be(r, 2);
}

uint32_t rd_u32be(struct reader *r)
{
    return (uint32_t)be(r, 4);
}

uint64_t rd_u64be(struct reader *r)
{
    return be(r, 8);
}

struct span rd_lp(struct reader *r, size_t max)
{
    size_t n = rd_u32be(r);
    if (n > max)
        r->bad = true;
    return rd_span(r, n);
}

void rd_copy(struct reader *r, void *out, size_t n)
{
    struct span s = rd_span(r, n);
    memset(out, 0, n);
    if (s.n)
        memcpy(out, s.p, s.n);
}

void rd_zeros(struct reader *r, size_t n)
{
    struct span s = rd_span(r, n);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != 0)
            r->bad = true;
}

struct reader rd_sub(struct reader *r, size_t n)
{
    struct reader sub = rd_init(rd_span(r, n));
    sub.bad = r->bad;
    return sub;
}

bool rd_end(const struct reader *r)
{
    return !r->bad && r->p == r->end;
}

void buf_drop(struct buf *b)
{
    if (b->p)
        sodium_memzero(b->p, b->cap);
    free(b->p);
    *b = (struct buf){ 0 };
}

bool buf_ok(const struct buf *b)
{
    return !b->bad;
}

struct span buf_span(const struct buf *b)
{
    return b->bad ? (struct span){ 0 } : (struct span){ b->p, b->n };
}

/* realloc() would leave the old bytes behind, so the move is ours. */
static bool grow(struct buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : 128;
    while (cap < need)
        cap *= 2;
    uint8_t *p = malloc(cap);
    if (!p)
        return false;
    if (b->n)
        memcpy(p, b->p, b->n);
    if (b->p)
        sodium_memzero(b->p, b->cap);
    free(b->p);
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *wr_room(struct buf *b, size_t n)
{
    if (b->bad || n > BUF_MAX - b->n || (b->n + n > b->cap && !grow(b, b->n + n))) {
        b->bad = true;
        return NULL;
    }
    if (n == 0)
        return b->p;
    uint8_t *at = b->p + b->n;
    memset(at, 0, n);
    b->n += n;
    return at;
}

void wr_span(struct buf *b, struct span s)
{
    if (s.n == 0)
        return;
    uint8_t *at = wr_room(b, s.n);
    if (at)
        memcpy(at, s.p, s.n);
}

static void wr_be(struct buf *b, uint64_t v, size_t n)
{
    uint8_t *at = wr_room(b, n);
    for (size_t i = n; at && i-- > 0; v >>= 8)
        at[i] = (uint8_t)v;
}

void wr_u8(struct buf *b, uint8_t v)
{
    wr_be(b, v, 1);
}

void wr_u16be(struct buf *b, uint16_t v)
{
    wr_be(b, v, 2);
}

void wr_u32be(struct buf *b, uint32_t v)
{
    wr_be(b, v, 4);
}

void wr_u64be(struct buf *b, uint64_t v)
{
    wr_be(b, v, 8);
}

void wr_lp(struct buf *b, struct span s)
{
    if (s.n > UINT32_MAX)
        b->bad = true;
    wr_u32be(b, (uint32_t)s.n);
    wr_span(b, s);
}

void wr_text(struct buf *b, const char *text)
{
    wr_span(b, span_of(text));
}

/* Into the room there is; mostly that is enough, and else the length is known. */
static bool fmt_fits(struct buf *b, const char *fmt, va_list ap, int *ret_n)
    __attribute__((format(printf, 2, 0)));
static bool fmt_fits(struct buf *b, const char *fmt, va_list ap, int *ret_n)
{
    size_t room = b->bad ? 0 : b->cap - b->n;
    *ret_n = vsnprintf(room ? (char *)b->p + b->n : NULL, room, fmt, ap);
    if (*ret_n < 0 || (size_t)*ret_n >= room)
        return false;
    b->n += (size_t)*ret_n;
    return true;
}

void wr_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    int n;
    va_start(ap, fmt);
    va_copy(again, ap);
    bool done = fmt_fits(b, fmt, ap, &n);
    va_end(ap);
    uint8_t *at = done || n < 0 ? NULL : wr_room(b, (size_t)n + 1);
    if (at) {
        vsnprintf((char *)at, (size_t)n + 1, fmt, again);
        b->n--;
    } else if (!done) {
        b->bad = true;
    }
    va_end(again);
}
