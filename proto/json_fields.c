/* json_fields.c - members taken into the caller's variables, as a table says. */
#include "crypto/text.h"
#include "proto/json.h"

#include <string.h>

/* Control characters would forge lines of logs and terminals. */
static bool plain(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

static enum sr_err take_str(const struct json *v, const struct json_field *f)
{
    struct span s = json_str(v);
    if (json_type(v) != JSON_STR || !plain(s))
        return SR_EFORMAT;
    if (s.n >= f->max)
        return SR_ETOOBIG;
    memcpy(f->ret, s.p, s.n + 1); /* with its NUL */
    return SR_OK;
}

static enum sr_err take_text(const struct json *v, const struct json_field *f)
{
    struct span s = json_str(v);
    if (json_type(v) != JSON_STR || !plain(s))
        return SR_EFORMAT;
    if (s.n > f->max)
        return SR_ETOOBIG;
    *(struct span *)f->ret = s;
    return SR_OK;
}

static enum sr_err take_u64(const struct json *v, const struct json_field *f)
{
    if (json_type(v) != JSON_U64)
        return SR_EFORMAT;
    if (f->max != 0 && json_u64(v) > f->max)
        return SR_ETOOBIG;
    *(uint64_t *)f->ret = json_u64(v);
    return SR_OK;
}

static enum sr_err take_bool(const struct json *v, const struct json_field *f)
{
    if (json_type(v) != JSON_BOOL)
        return SR_EFORMAT;
    *(bool *)f->ret = json_bool(v);
    return SR_OK;
}

static enum sr_err take_tree(const struct json *v, const struct json_field *f)
{
    if (f->type != JSON_ANY && json_type(v) != f->type)
        return SR_EFORMAT;
    if (f->type == JSON_ARRAY && json_count(v) > f->max)
        return SR_ETOOBIG;
    *(const struct json **)f->ret = v;
    return SR_OK;
}

static enum sr_err take_b64(const struct json *v, const struct json_field *f)
{
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(secret) s = { 0 };
    if (json_type(v) != JSON_STR)
        return SR_EFORMAT;
    SR_TRY(base64_read(json_str(v), &bytes));
    if (bytes.n > f->max)
        return SR_ETOOBIG;
    SR_TRY(secret_copy(&s, buf_span(&bytes)));
    secret_drop(f->ret);
    *(struct secret *)f->ret = SR_TAKE(s);
    return SR_OK;
}

static enum sr_err take_hex(const struct json *v, const struct json_field *f)
{
    return json_type(v) == JSON_STR ? hex_read(json_str(v), f->ret, f->max) : SR_EFORMAT;
}

static enum sr_err take(const struct json *v, const struct json_field *f)
{
    switch (f->type) {
    case JSON_STR: return take_str(v, f);
    case JSON_TEXT: return take_text(v, f);
    case JSON_U64: return take_u64(v, f);
    case JSON_BOOL: return take_bool(v, f);
    case JSON_B64: return take_b64(v, f);
    case JSON_HEX: return take_hex(v, f);
    case JSON_ARRAY:
    case JSON_OBJECT:
    case JSON_ANY: return take_tree(v, f);
    case JSON_END: break;
    }
    return SR_EBUG;
}

static size_t find(const struct json_field *fields, struct span name)
{
    size_t i = 0;
    while (fields[i].type != JSON_END && !span_eq(span_of(fields[i].name), name))
        i++;
    return i;
}

enum sr_err json_fields(const struct json *object, const struct json_field *fields, struct sr_why *why)
{
    uint64_t seen = 0;
    if (json_type(object) != JSON_OBJECT)
        return sr_fail(why, SR_EFORMAT, R_JSON_MEMBER, "JSON: not an object");
    for (const struct json *v = json_first(object); v; v = json_next(v)) {
        size_t i = find(fields, json_name(v));
        if (fields[i].type == JSON_END || i >= JSON_FIELDS_MAX)
            return sr_fail(why, SR_EFORMAT, R_JSON_MEMBER, "JSON: unknown member");
        enum sr_err e = take(v, &fields[i]);
        if (e != SR_OK)
            return sr_fail(why, e, R_JSON_MEMBER, "JSON: %s: %s", fields[i].name, sr_strerror(e));
        seen |= UINT64_C(1) << i; /* each name occurs once: the scanner's promise */
    }
    for (size_t i = 0; fields[i].type != JSON_END; i++)
        if (!fields[i].optional && (i >= JSON_FIELDS_MAX || !(seen >> i & 1)))
            return sr_fail(why, SR_EFORMAT, R_JSON_MEMBER, "JSON: %s: missing", fields[i].name);
    return SR_OK;
}

enum sr_err json_read(struct span text, const struct json_field *fields, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    for (const struct json_field *f = fields; f->type != JSON_END; f++)
        if (f->type == JSON_TEXT || f->type == JSON_ARRAY || f->type == JSON_OBJECT || f->type == JSON_ANY)
            return sr_fail(why, SR_EBUG, R_INTERNAL, "JSON: %s would outlive its tree", f->name);
    SR_TRY(json_parse(text, &doc, why));
    return json_fields(json_root(&doc), fields, why);
}
