/* json_scan.c - the strict reading that every text passes before cJSON builds a tree of it. specs/json.md.
 * It allocates nothing: names of the objects that are open stand on one bounded stack. */
#include "proto/json.h"
#include "proto/json_foreign.h"
#include "proto/json_utf8.h"

#include <string.h>

enum { NAMES_MAX = 1024 }; /* of all objects that are open at once */

struct scan {
    struct span text;
    size_t at;
    size_t depth, values;
    bool canonical, foreign;
    struct span names[NAMES_MAX];
    size_t names_n;
    struct span want, found; /* a member of the root, and its value's bytes */
    struct sr_why *why;
};

static enum sr_err syntax(const struct scan *s, const char *what)
{
    return sr_fail(s->why, SR_EFORMAT, R_JSON_SYNTAX, "JSON: %s at byte %zu", what, s->at);
}

static enum sr_err too_large(const struct scan *s, const char *what)
{
    return sr_fail(s->why, SR_ETOOBIG, R_TOO_LARGE, "JSON: too many %s at byte %zu", what, s->at);
}

static enum sr_err other_form(const struct scan *s, const char *what)
{
    return sr_fail(s->why, SR_EFORMAT, R_JSON_CANONICAL, "JSON: %s at byte %zu is not canonical", what,
                   s->at);
}

static int peek(const struct scan *s)
{
    return s->at < s->text.n ? s->text.p[s->at] : -1;
}

static bool skip(struct scan *s, char c)
{
    if (peek(s) != (unsigned char)c)
        return false;
    s->at++;
    return true;
}

static bool skip_word(struct scan *s, struct span word)
{
    if (s->text.n - s->at < word.n || memcmp(s->text.p + s->at, word.p, word.n) != 0)
        return false;
    s->at += word.n;
    return true;
}

static enum sr_err space(struct scan *s)
{
    size_t from = s->at;
    for (int c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s))
        s->at++;
    return s->canonical && s->at != from ? other_form(s, "whitespace") : SR_OK;
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* After the backslash and the u: four digits, or -1. */
static int unit(struct scan *s)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(peek(s));
        if (d < 0)
            return -1;
        v = v * 16 + d;
        s->at++;
    }
    return v;
}

/* Only what has no shorter way is written \u00xx, with small digits. */
static bool unit_is_shortest(const struct scan *s, int v)
{
    int last = s->text.p[s->at - 1];
    return v < 0x20 && !strchr("\b\t\n\f\r", v) && !(last >= 'A' && last <= 'F');
}

static enum sr_err escape_unit(struct scan *s)
{
    int v = unit(s);
    if (v <= 0)
        return syntax(s, v ? "bad escape" : "NUL");
    if (s->canonical && !unit_is_shortest(s, v))
        return other_form(s, "escape");
    if (v >= 0xdc00 && v <= 0xdfff)
        return syntax(s, "lone surrogate");
    if (v < 0xd800 || v > 0xdbff)
        return SR_OK;
    if (!skip(s, '\\') || !skip(s, 'u'))
        return syntax(s, "lone surrogate");
    v = unit(s);
    return v >= 0xdc00 && v <= 0xdfff ? SR_OK : syntax(s, "lone surrogate");
}

static enum sr_err escape(struct scan *s)
{
    int c = peek(s);
    if (c <= 0 || !strchr("\"\\/bfnrtu", c))
        return syntax(s, "bad escape");
    s->at++;
    if (c == 'u')
        return escape_unit(s);
    return s->canonical && c == '/' ? other_form(s, "escape") : SR_OK;
}

static enum sr_err string(struct scan *s)
{
    s->at++; /* the quote */
    for (;;) {
        int c = peek(s);
        if (c < 0x20)
            return syntax(s, c < 0 ? "open string" : "control character");
        if (c >= 0x80) {
            size_t n = json_utf8(s->text, s->at);
            if (n == 0)
                return syntax(s, "not UTF-8");
            s->at += n;
            continue;
        }
        s->at++;
        if (c == '"')
            return SR_OK;
        if (c == '\\')
            SR_TRY(escape(s));
    }
}

/* 0 to 2^53 - 1 in its one spelling. */
static enum sr_err number(struct scan *s)
{
    uint64_t v = 0;
    size_t from = s->at;
    for (int c = peek(s); c >= '0' && c <= '9'; c = peek(s)) {
        v = v * 10 + (uint64_t)(c - '0');
        if (v > JSON_INT_MAX || (s->at > from && s->text.p[from] == '0'))
            return syntax(s, "number out of range");
        s->at++;
    }
    int c = peek(s);
    return c == '.' || c == 'e' || c == 'E' ? syntax(s, "not a whole number") : SR_OK;
}

static size_t digits(struct scan *s)
{
    size_t from = s->at;
    for (int c = peek(s); c >= '0' && c <= '9'; c = peek(s))
        s->at++;
    return s->at - from;
}

/* Any number of RFC 8259: what it is worth is for whoever reads it. */
static enum sr_err foreign_number(struct scan *s)
{
    (void)skip(s, '-');
    if (!skip(s, '0') && digits(s) == 0)
        return syntax(s, "no value that we take");
    if (skip(s, '.') && digits(s) == 0)
        return syntax(s, "bad number");
    if (skip(s, 'e') || skip(s, 'E')) {
        if (!skip(s, '+'))
            (void)skip(s, '-');
        if (digits(s) == 0)
            return syntax(s, "bad number");
    }
    return SR_OK;
}

/* The name of a member, kept until its object closes. */
static enum sr_err name(struct scan *s, size_t base)
{
    if (peek(s) != '"')
        return syntax(s, "no name");
    size_t from = s->at + 1;
    SR_TRY(string(s));
    struct span n = { s->text.p + from, s->at - 1 - from };
    if (n.n == 0 || n.n > JSON_NAME_MAX)
        return sr_fail(s->why, SR_EFORMAT, R_JSON_MEMBER, "JSON: name of %zu bytes at byte %zu", n.n, from);
    for (size_t i = 0; i < n.n; i++)
        if (n.p[i] == '\\' || n.p[i] > 0x7e)
            return sr_fail(s->why, SR_EFORMAT, R_JSON_MEMBER, "JSON: name not plain at byte %zu", from);
    for (size_t i = base; i < s->names_n; i++)
        if (span_eq(s->names[i], n))
            return sr_fail(s->why, SR_EFORMAT, R_JSON_MEMBER, "JSON: repeated member at byte %zu", from);
    if (s->canonical && s->names_n > base && span_cmp(s->names[s->names_n - 1], n) > 0)
        return other_form(s, "order of members");
    if (s->names_n == NAMES_MAX || s->names_n - base == JSON_MEMBERS_MAX)
        return too_large(s, "members");
    s->names[s->names_n++] = n;
    return SR_OK;
}

static enum sr_err value(struct scan *s);

/* What follows an element: true when there is another one. */
static enum sr_err next(struct scan *s, char close, bool *ret_more)
{
    SR_TRY(space(s));
    if (skip(s, ',')) {
        SR_TRY(space(s));
        return SR_OK;
    }
    if (!skip(s, close))
        return syntax(s, "no comma and no end");
    *ret_more = false;
    return SR_OK;
}

static enum sr_err object(struct scan *s)
{
    size_t base = s->names_n;
    s->at++;
    SR_TRY(space(s));
    for (bool more = !skip(s, '}'); more;) {
        SR_TRY(name(s, base));
        SR_TRY(space(s));
        if (!skip(s, ':'))
            return syntax(s, "no colon");
        SR_TRY(space(s));
        size_t from = s->at;
        SR_TRY(value(s));
        if (s->depth == 1 && s->want.n && span_eq(s->names[s->names_n - 1], s->want))
            s->found = (struct span){ s->text.p + from, s->at - from };
        SR_TRY(next(s, '}', &more));
    }
    s->names_n = base;
    return SR_OK;
}

static enum sr_err array(struct scan *s)
{
    s->at++;
    SR_TRY(space(s));
    for (bool more = !skip(s, ']'); more;) {
        SR_TRY(value(s));
        SR_TRY(next(s, ']', &more));
    }
    return SR_OK;
}

static enum sr_err nested(struct scan *s, enum sr_err (*read)(struct scan *))
{
    if (s->depth == JSON_DEPTH_MAX)
        return too_large(s, "levels");
    s->depth++;
    SR_TRY(read(s));
    s->depth--;
    return SR_OK;
}

static enum sr_err value(struct scan *s)
{
    if (++s->values > JSON_VALUES_MAX && !s->foreign)
        return too_large(s, "values");
    int c = peek(s);
    if (c == '"')
        return string(s);
    if (c == '{')
        return nested(s, object);
    if (c == '[')
        return nested(s, array);
    if (s->foreign && skip_word(s, SPAN_STR("null")))
        return SR_OK;
    if (s->foreign && (c == '-' || (c >= '0' && c <= '9')))
        return foreign_number(s);
    if (c >= '0' && c <= '9')
        return number(s);
    if (skip_word(s, SPAN_STR("true")) || skip_word(s, SPAN_STR("false")))
        return SR_OK;
    return syntax(s, "no value that we take");
}

/* One value and nothing around it. */
static enum sr_err whole(struct scan *s)
{
    SR_TRY(space(s));
    if (peek(s) != '{')
        return syntax(s, "no object");
    SR_TRY(value(s));
    SR_TRY(space(s));
    return s->at == s->text.n ? SR_OK : syntax(s, "something after the object");
}

static void begin(struct scan *s, struct span text, struct sr_why *why)
{
    s->text = text;
    s->at = s->depth = s->values = s->names_n = 0;
    s->canonical = s->foreign = false;
    s->want = s->found = (struct span){ 0 };
    s->why = why;
}

/* want, ret_found: a member of the root and where its value stands; empty and NULL for none. */
static enum sr_err scan_for(struct span text, bool canonical, struct span want, struct span *ret_found,
                            struct sr_why *why)
{
    struct scan s;
    begin(&s, text, why);
    s.canonical = canonical;
    s.want = want;
    if (text.n > JSON_SIZE_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "JSON: %zu bytes", text.n);
    SR_TRY(whole(&s));
    if (ret_found)
        *ret_found = s.found;
    return SR_OK;
}

enum sr_err json_foreign_check(struct span text, struct sr_why *why)
{
    struct scan s;
    begin(&s, text, why);
    s.foreign = true;
    if (text.n > JSON_FOREIGN_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "JSON: %zu bytes", text.n);
    return whole(&s);
}

static enum sr_err scan(struct span text, bool canonical, struct sr_why *why)
{
    return scan_for(text, canonical, (struct span){ 0 }, NULL, why);
}

enum sr_err json_check(struct span text, struct sr_why *why)
{
    return scan(text, false, why);
}

enum sr_err json_check_canonical(struct span text, struct sr_why *why)
{
    return scan(text, true, why);
}

bool json_is_canonical(struct span text)
{
    return scan(text, true, NULL) == SR_OK;
}

enum sr_err json_member_bytes(struct span text, const char *name, struct span *ret, struct sr_why *why)
{
    struct span found = { 0 };
    SR_TRY(scan_for(text, false, span_of(name), &found, why));
    if (!found.p)
        return sr_fail(why, SR_ENOENT, R_JSON_MEMBER, "JSON: no member %s", name);
    *ret = found;
    return SR_OK;
}
