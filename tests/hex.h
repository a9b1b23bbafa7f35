#pragma once
/* hex.h - bytes of test vectors, written as hex. */
#include "crypto/text.h"
#include "tests/t.h"

/* Decodes into a buffer the caller drops; a bad vector fails the test. */
static inline struct span unhex(struct buf *into, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *at = wr_room(into, n);
    T_ROW((at || n == 0) && hex_read(span_of(hex), at, n) == SR_OK, hex);
    return n ? (struct span){ at, n } : (struct span){ 0 };
}

/* The same for one vector of a fixed size. */
static inline void unhex_n(void *out, size_t n, const char *hex)
{
    T_ROW(hex_read(span_of(hex), out, n) == SR_OK, hex);
}

static inline bool is_hex(struct span s, const char *hex)
{
    char text[4096];
    if (s.n * 2 + 1 > sizeof text)
        return false;
    hex_text(s, text);
    return strcmp(text, hex) == 0;
}
