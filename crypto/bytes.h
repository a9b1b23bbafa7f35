#pragma once
/* bytes.h - borrowed bytes, one cursor to read them with, one buffer to write them to. */
#include "crypto/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that someone else owns. */
struct span {
    const uint8_t *p;
    size_t n;
};

#define SPAN(array)   ((struct span){ (const uint8_t *)(array), sizeof(array) })
#define SPAN_STR(lit) ((struct span){ (const uint8_t *)("" lit ""), sizeof(lit) - 1 })

struct span span_of(const char *text);             /* a C string without its NUL; NULL is empty */
bool span_eq(struct span a, struct span b);        /* public data: stops at the first difference */
bool span_eq_secret(struct span a, struct span b); /* constant time for equal lengths */
int span_cmp(struct span a, struct span b); /* bytewise, a prefix first: the order of canonical lists */

/* Reads from the front of a span. The first read past the end makes the reader bad: it and every later read
 * give zeros. So parse straight through, then ask rd_end() once. */
struct reader {
    const uint8_t *p, *end;
    bool bad;
};

/* Reads from the start; the span stays the caller's. Numbers and bytes past the end are zero, and bad then.
 */
struct reader rd_init(struct span s);
uint8_t rd_u8(struct reader *r);
uint16_t rd_u16le(struct reader *r);
uint32_t rd_u32le(struct reader *r);
uint64_t rd_u64le(struct reader *r);
uint16_t rd_u16be(struct reader *r);
uint32_t rd_u32be(struct reader *r);
uint64_t rd_u64be(struct reader *r);
struct span rd_span(struct reader *r, size_t n); /* borrows: lives as long as the input */
struct span rd_lp(struct reader *r, size_t max); /* u32be length, then that many bytes; bad when over max */
/* Exactly n bytes; zeros when there are fewer. */
void rd_copy(struct reader *r, void *out, size_t n);
void rd_zeros(struct reader *r, size_t n);        /* reserved bytes: bad unless all zero */
struct reader rd_sub(struct reader *r, size_t n); /* the next n bytes as a reader of their own */
bool rd_end(const struct reader *r);              /* true: nothing was short, nothing is left */
static inline size_t rd_left(const struct reader *r)
{
    return r->bad ? 0 : (size_t)(r->end - r->p);
}

/* A growing buffer that wipes what it leaves behind. The first failed write makes it bad and later writes do
 * nothing; ask buf_ok() once, at the end. The owner drops it. */
struct buf {
    uint8_t *p;
    size_t n, cap;
    bool bad;
};

enum { BUF_MAX = 64 << 20 }; /* bytes; a write that would pass it makes the buffer bad */

/* Wipes and frees; whether all writes so far had room; what was written. */
void buf_drop(struct buf *b);
bool buf_ok(const struct buf *b);
struct span buf_span(const struct buf *b); /* borrows, until the next write */
/* All append. One that finds no room makes the buffer bad, and those behind it write nothing. */
void wr_u8(struct buf *b, uint8_t v);
void wr_u16be(struct buf *b, uint16_t v);
void wr_u32be(struct buf *b, uint32_t v);
void wr_u64be(struct buf *b, uint64_t v);
void wr_span(struct buf *b, struct span s);
void wr_lp(struct buf *b, struct span s); /* LP(x): u32be length, then x */
/* Text without its NUL. */
void wr_text(struct buf *b, const char *text);
void wr_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
uint8_t *wr_room(struct buf *b, size_t n); /* n zero bytes to be filled by the caller; NULL when bad */
