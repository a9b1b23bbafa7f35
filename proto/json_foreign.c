#include "proto/json_foreign.h"

#include "crypto/text.h"

#include <string.h>

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void cut(struct span *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

static void space(struct span *s)
{
    while (s->n && is_space(*s->p))
        cut(s, 1);
}

static size_t string_end(struct span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '"')
            return i + 1;
        if (s.p[i] == '\\')
            i++;
    }
    return s.n;
}

/* Brackets are counted, of whichever kind: the text was checked. */
static size_t nested_end(struct span s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"') {
            i += string_end((struct span){ s.p + i, s.n - i }) - 1;
            continue;
        }
        if (s.p[i] == '{' || s.p[i] == '[')
            depth++;
        if ((s.p[i] == '}' || s.p[i] == ']') && --depth == 0)
            return i + 1;
    }
    return s.n;
}

static size_t word_end(struct span s)
{
    size_t n = 0;
    while (n < s.n && !is_space(s.p[n]) && !strchr(",]}", s.p[n]))
        n++;
    return n;
}

/* The value at the front, which is cut off. */
static struct span value(struct span *s)
{
    size_t n = 0;
    if (s->n && *s->p == '"')
        n = string_end(*s);
    else if (s->n && (*s->p == '{' || *s->p == '['))
        n = nested_end(*s);
    else
        n = word_end(*s);
    struct span v = { s->p, n };
    cut(s, n);
    return v;
}

/* To the next element, or false. */
static bool step(struct jf_walk *w, uint8_t open)
{
    space(&w->rest);
    if (!w->rest.n || *w->rest.p != (w->begun ? ',' : open))
        return false;
    w->begun = true;
    cut(&w->rest, 1);
    space(&w->rest);
    return w->rest.n && *w->rest.p != ']' && *w->rest.p != '}';
}

bool jf_next(struct jf_walk *w, struct span *ret)
{
    if (!step(w, '['))
        return false;
    *ret = value(&w->rest);
    return ret->n > 0;
}

bool jf_next_member(struct jf_walk *w, struct span *ret_name, struct span *ret)
{
    if (!step(w, '{') || *w->rest.p != '"')
        return false;
    struct span name = value(&w->rest);
    space(&w->rest);
    if (name.n < 2 || !w->rest.n || *w->rest.p != ':')
        return false;
    cut(&w->rest, 1);
    space(&w->rest);
    *ret_name = (struct span){ name.p + 1, name.n - 2 };
    *ret = value(&w->rest);
    return ret->n > 0;
}

bool jf_members(struct span object, const struct jf_member *m, size_t n)
{
    struct jf_walk w = { .rest = object };
    struct span name, v;
    if (!jf_is_object(object))
        return false;
    while (jf_next_member(&w, &name, &v))
        for (size_t i = 0; i < n; i++)
            if (span_eq(name, span_of(m[i].name)))
                *m[i].ret = v;
    return true;
}

bool jf_is_null(struct span v)
{
    return v.n == 0 || span_eq(v, SPAN_STR("null"));
}

bool jf_is_object(struct span v)
{
    return v.n && *v.p == '{';
}

bool jf_is_string(struct span v)
{
    return v.n >= 2 && *v.p == '"' && v.p[v.n - 1] == '"';
}

bool jf_plain(struct span v, struct span *ret)
{
    if (!jf_is_string(v) || memchr(v.p, '\\', v.n))
        return false;
    *ret = (struct span){ v.p + 1, v.n - 2 };
    return true;
}

static uint32_t unit(const uint8_t *p)
{
    uint32_t v = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t c = p[i];
        v = v << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return v;
}

static void put_utf8(struct buf *b, uint32_t c)
{
    if (c < 0x80) {
        wr_u8(b, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        wr_u8(b, (uint8_t)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            wr_u8(b, (uint8_t)(0xe0 | c >> 12));
        } else {
            wr_u8(b, (uint8_t)(0xf0 | c >> 18));
            wr_u8(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        }
        wr_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    }
    wr_u8(b, (uint8_t)(0x80 | (c & 0x3f)));
}

/* What stands behind a backslash; the bytes of it. 0: cut short. */
static size_t escape(struct span s, struct buf *ret)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *at = s.n && *s.p ? strchr(from, *s.p) : NULL;
    if (!s.n)
        return 0;
    if (*s.p != 'u') {
        wr_u8(ret, at ? (uint8_t)to[at - from] : *s.p);
        return 1;
    }
    if (s.n < 5)
        return 0;
    uint32_t c = unit(s.p + 1);
    if (c < 0xd800 || c > 0xdbff) {
        put_utf8(ret, c);
        return 5;
    }
    if (s.n < 11)
        return 0;
    put_utf8(ret, 0x10000 + ((c - 0xd800) << 10) + (unit(s.p + 7) - 0xdc00));
    return 11;
}

bool jf_string(struct span v, struct buf *ret)
{
    if (!jf_is_string(v))
        return false;
    struct span s = { v.p + 1, v.n - 2 };
    while (s.n) {
        const uint8_t *slash = memchr(s.p, '\\', s.n);
        size_t n = slash ? (size_t)(slash - s.p) : s.n;
        wr_span(ret, (struct span){ s.p, n });
        cut(&s, n);
        if (!s.n)
            break;
        cut(&s, 1);
        n = escape(s, ret);
        if (!n)
            return false;
        cut(&s, n);
    }
    return buf_ok(ret);
}

bool jf_u64(struct span v, uint64_t max, uint64_t *ret)
{
    uint64_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9' || __builtin_mul_overflow(n, UINT64_C(10), &n) ||
            __builtin_add_overflow(n, (uint64_t)(v.p[i] - '0'), &n))
            return false;
    if (!v.n || n > max)
        return false;
    *ret = n;
    return true;
}

bool jf_byte_array(struct span v, size_t max, struct buf *ret)
{
    struct jf_walk w = { .rest = v };
    struct span one;
    size_t n = 0;
    if (!v.n || *v.p != '[')
        return false;
    for (uint64_t byte; jf_next(&w, &one); n++) {
        if (n == max || !jf_u64(one, 255, &byte))
            return false;
        wr_u8(ret, (uint8_t)byte);
    }
    return buf_ok(ret);
}

bool jf_bytes(struct span v, uint8_t *ret, size_t n)
{
    SR_OWN(buf) b = { 0 };
    if (!jf_byte_array(v, n, &b) || b.n != n)
        return false;
    if (n)
        memcpy(ret, b.p, n);
    return true;
}

bool jf_base64(struct span v, size_t max, struct buf *ret)
{
    struct span text;
    size_t before = ret->n;
    return jf_plain(v, &text) && base64_read(text, ret) == SR_OK && ret->n - before <= max;
}
