/* json_write.c - canonical JSON. A comma is due unless the last byte opened something: no other state. */
#include "crypto/text.h"
#include "proto/json.h"
#include "proto/json_utf8.h"

#include <stdlib.h>

static void comma(struct buf *b)
{
    int last = b->n && !b->bad ? b->p[b->n - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        wr_u8(b, ',');
}

void jw_object(struct buf *b)
{
    comma(b);
    wr_u8(b, '{');
}

void jw_object_end(struct buf *b)
{
    wr_u8(b, '}');
}

void jw_array(struct buf *b)
{
    comma(b);
    wr_u8(b, '[');
}

void jw_array_end(struct buf *b)
{
    wr_u8(b, ']');
}

static void control(struct buf *b, uint8_t c)
{
    static const char shorter[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };
    if (c == 0)
        b->bad = true;
    else if (shorter[c])
        wr_fmt(b, "\\%c", shorter[c]);
    else
        wr_fmt(b, "\\u%04x", c);
}

static void character(struct buf *b, uint8_t c)
{
    if (c < 0x20) {
        control(b, c);
        return;
    }
    if (c == '"' || c == '\\')
        wr_u8(b, '\\');
    wr_u8(b, c);
}

void jw_str(struct buf *b, struct span s)
{
    comma(b);
    wr_u8(b, '"');
    if (!json_utf8_all(s))
        b->bad = true;
    for (size_t i = 0; i < s.n && !b->bad; i++)
        character(b, s.p[i]);
    wr_u8(b, '"');
}

void jw_name(struct buf *b, const char *name)
{
    jw_text(b, name);
    wr_u8(b, ':');
}

void jw_text(struct buf *b, const char *s)
{
    jw_str(b, span_of(s));
}

void jw_u64(struct buf *b, uint64_t v)
{
    comma(b);
    if (v > JSON_INT_MAX)
        b->bad = true;
    wr_fmt(b, "%llu", (unsigned long long)v);
}

void jw_bool(struct buf *b, bool v)
{
    comma(b);
    wr_text(b, v ? "true" : "false");
}

void jw_hex(struct buf *b, struct span s)
{
    comma(b);
    wr_u8(b, '"');
    wr_hex(b, s);
    wr_u8(b, '"');
}

void jw_base64(struct buf *b, struct span s)
{
    comma(b);
    wr_u8(b, '"');
    wr_base64(b, s);
    wr_u8(b, '"');
}

void jw_raw(struct buf *b, struct span json)
{
    comma(b);
    wr_span(b, json);
}

void jw_member_str(struct buf *b, const char *name, struct span s)
{
    jw_name(b, name);
    jw_str(b, s);
}

void jw_member_text(struct buf *b, const char *name, const char *s)
{
    jw_name(b, name);
    jw_text(b, s);
}

void jw_member_u64(struct buf *b, const char *name, uint64_t v)
{
    jw_name(b, name);
    jw_u64(b, v);
}

void jw_member_bool(struct buf *b, const char *name, bool v)
{
    jw_name(b, name);
    jw_bool(b, v);
}

void jw_member_hex(struct buf *b, const char *name, struct span s)
{
    jw_name(b, name);
    jw_hex(b, s);
}

/* ---- a tree, written again ---- */

static int by_name(const void *a, const void *b)
{
    return span_cmp(json_name(*(const struct json *const *)a), json_name(*(const struct json *const *)b));
}

static void rewrite_object(struct buf *b, const struct json *v)
{
    const struct json *members[JSON_MEMBERS_MAX];
    size_t n = 0;
    for (const struct json *m = json_first(v); m && n < JSON_MEMBERS_MAX; m = json_next(m))
        members[n++] = m;
    qsort(members, n, sizeof *members, by_name);
    jw_object(b);
    for (size_t i = 0; i < n; i++) {
        jw_str(b, json_name(members[i]));
        wr_u8(b, ':');
        jw_value(b, members[i]);
    }
    jw_object_end(b);
}

static void rewrite_array(struct buf *b, const struct json *v)
{
    jw_array(b);
    for (const struct json *e = json_first(v); e; e = json_next(e))
        jw_value(b, e);
    jw_array_end(b);
}

void jw_value(struct buf *b, const struct json *v)
{
    switch (json_type(v)) {
    case JSON_OBJECT: rewrite_object(b, v); break;
    case JSON_ARRAY: rewrite_array(b, v); break;
    case JSON_STR: jw_str(b, json_str(v)); break;
    case JSON_U64: jw_u64(b, json_u64(v)); break;
    case JSON_BOOL: jw_bool(b, json_bool(v)); break;
    default: b->bad = true; break;
    }
}

enum sr_err json_canonical(struct span text, struct buf *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_TRY(json_parse(text, &doc, why));
    jw_value(&out, json_root(&doc));
    wr_span(ret, buf_span(&out));
    return buf_ok(&out) && buf_ok(ret) ? SR_OK : sr_fail(why, SR_ENOMEM, R_INTERNAL, "JSON: no memory");
}
