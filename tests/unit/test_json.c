#include "crypto/text.h"
#include "proto/json.h"
#include "tests/t.h"

#include <stdlib.h>
#include <time.h>

#define S(lit) SPAN_STR(lit)

/* Texts: what the scanner says of them, and whether they are canonical as well. */
static const struct row {
    const char *label;
    struct span text;
    enum sr_reason want; /* R_NONE: taken */
    enum sr_reason canonical;
} rows[] = {
    { "empty object", S("{}"), R_NONE, R_NONE },
    { "flat", S("{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":false}"), R_NONE, R_NONE },
    { "nested", S("{\"a\":[{\"b\":[]},{},\"\"],\"b\":{\"a\":0}}"), R_NONE, R_NONE },
    { "spaces", S(" {\t\"a\" :\n[ 1 , 2 ]\r} "), R_NONE, R_JSON_CANONICAL },
    { "a space before", S(" {}"), R_NONE, R_JSON_CANONICAL },
    { "a newline after", S("{}\n"), R_NONE, R_JSON_CANONICAL },
    { "space in an empty object", S("{ }"), R_NONE, R_JSON_CANONICAL },
    { "space in an empty array", S("{\"a\":[ ]}"), R_NONE, R_JSON_CANONICAL },
    { "unsorted", S("{\"b\":1,\"a\":1}"), R_NONE, R_JSON_CANONICAL },
    { "unsorted within", S("{\"a\":{\"b\":1,\"B\":1}}"), R_NONE, R_JSON_CANONICAL },
    { "a prefix sorts first", S("{\"a\":1,\"aa\":1}"), R_NONE, R_NONE },
    { "a prefix last", S("{\"aa\":1,\"a\":1}"), R_NONE, R_JSON_CANONICAL },
    { "case is not folded", S("{\"A\":1,\"a\":1}"), R_NONE, R_NONE },
    { "UTF-8", S("{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\"}"), R_NONE, R_NONE },
    { "short escapes", S("{\"a\":\"\\\"\\\\\\b\\f\\n\\r\\t\"}"), R_NONE, R_NONE },
    { "control escape", S("{\"a\":\"\\u0001\\u001f\"}"), R_NONE, R_NONE },
    { "control escape, capital", S("{\"a\":\"\\u001F\"}"), R_NONE, R_JSON_CANONICAL },
    { "long form of a short escape", S("{\"a\":\"\\u000a\"}"), R_NONE, R_JSON_CANONICAL },
    { "escaped letter", S("{\"a\":\"\\u0061\"}"), R_NONE, R_JSON_CANONICAL },
    { "every hex digit", S("{\"a\":\"\\u0123\\u4567\\u89ab\\ucdef\\uABCD\\uEF01\"}"), R_NONE,
      R_JSON_CANONICAL },
    { "first and last pair", S("{\"a\":\"\\ud800\\udc00\\udbff\\udfff\"}"), R_NONE, R_JSON_CANONICAL },
    { "lead byte before a letter", S("{\"a\":\"\xe2z\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "lead byte before two letters", S("{\"a\":\"\xc3zz\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "past the hex digits", S("{\"a\":\"\\u000G\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "before the hex digits", S("{\"a\":\"\\u000@\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "between the hex digits", S("{\"a\":\"\\u000:\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "escaped slash", S("{\"a\":\"\\/\"}"), R_NONE, R_JSON_CANONICAL },
    { "escaped pair", S("{\"a\":\"\\ud83d\\udd11\"}"), R_NONE, R_JSON_CANONICAL },
    { "DEL stands as it is", S("{\"a\":\"\x7f\"}"), R_NONE, R_NONE },
    { "largest number", S("{\"a\":9007199254740991}"), R_NONE, R_NONE },
    { "name of 64", S("{\"0123456789012345678901234567890123456789012345678901234567890123\":0}"), R_NONE,
      R_NONE },

    { "nothing", S(""), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "no bytes at all", { NULL, 0 }, R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "array", S("[]"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "string", S("\"a\""), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "number", S("1"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "byte order mark", S("\xef\xbb\xbf{}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "two objects", S("{}{}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "junk after", S("{} x"), R_JSON_SYNTAX, R_JSON_CANONICAL },
    { "NUL after", S("{}\0"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "NUL before", S("\0{}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "NUL in a string", S("{\"a\":\"x\0y\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "escaped NUL", S("{\"a\":\"x\\u0000y\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "escaped NUL in a name", S("{\"a\\u0000b\":1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "an escaped backslash before u0000", S("{\"a\":\"\\\\u0000\"}"), R_NONE, R_NONE },
    { "null", S("{\"a\":null}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "NaN", S("{\"a\":NaN}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "capital true", S("{\"a\":True}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "half a word", S("{\"a\":tru}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "word and more", S("{\"a\":truex}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "single quotes", S("{'a':1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "comment", S("{/**/}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "bare name", S("{a:1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "comma at the end of an object", S("{\"a\":1,}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "comma at the end of an array", S("{\"a\":[1,]}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "comma first", S("{,\"a\":1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "no comma", S("{\"a\":1\"b\":1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "no colon", S("{\"a\"1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "no value", S("{\"a\":}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "closed by the other one", S("{\"a\":[1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "open object", S("{\"a\":1"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "open string", S("{\"a"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "vertical tab", S("{\v}"), R_JSON_SYNTAX, R_JSON_SYNTAX },

    { "minus", S("{\"a\":-1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "minus zero", S("{\"a\":-0}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "plus", S("{\"a\":+1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "fraction", S("{\"a\":1.0}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "exponent", S("{\"a\":1e3}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "capital exponent", S("{\"a\":1E0}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "leading zero", S("{\"a\":01}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "two zeros", S("{\"a\":00}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "hexadecimal", S("{\"a\":0x1}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "2^53", S("{\"a\":9007199254740992}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "2^53 + 1", S("{\"a\":9007199254740993}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "2^64 + 1", S("{\"a\":18446744073709551617}"), R_JSON_SYNTAX, R_JSON_SYNTAX },

    { "raw newline in a string", S("{\"a\":\"\n\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "unknown escape", S("{\"a\":\"\\x41\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "short unit", S("{\"a\":\"\\u12\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "unit that is no hex", S("{\"a\":\"\\u00g0\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "high surrogate alone", S("{\"a\":\"\\ud83d\"}"), R_JSON_SYNTAX, R_JSON_CANONICAL },
    { "high surrogate twice", S("{\"a\":\"\\ud83d\\ud83d\"}"), R_JSON_SYNTAX, R_JSON_CANONICAL },
    { "low surrogate alone", S("{\"a\":\"\\udd11\"}"), R_JSON_SYNTAX, R_JSON_CANONICAL },
    { "lone continuation", S("{\"a\":\"\x80\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "overlong slash", S("{\"a\":\"\xc0\xaf\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "overlong in three", S("{\"a\":\"\xe0\x80\xaf\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "overlong in four", S("{\"a\":\"\xf0\x80\x80\xaf\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "surrogate in UTF-8", S("{\"a\":\"\xed\xa0\x80\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "past U+10FFFF", S("{\"a\":\"\xf4\x90\x80\x80\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },
    { "cut character", S("{\"a\":\"\xe2\x82\"}"), R_JSON_SYNTAX, R_JSON_SYNTAX },

    { "repeated", S("{\"a\":1,\"a\":1}"), R_JSON_MEMBER, R_JSON_MEMBER },
    { "repeated, another value", S("{\"a\":1,\"b\":2,\"a\":3}"), R_JSON_MEMBER, R_JSON_MEMBER },
    { "repeated deep", S("{\"a\":[{\"b\":{\"c\":1,\"c\":1}}]}"), R_JSON_MEMBER, R_JSON_MEMBER },
    { "repeated by escape", S("{\"a\":1,\"\\u0061\":1}"), R_JSON_MEMBER, R_JSON_CANONICAL },
    { "the same name in two objects", S("{\"a\":{\"x\":1},\"b\":{\"x\":1}}"), R_NONE, R_NONE },
    { "the same name inside", S("{\"a\":{\"a\":{\"a\":1}}}"), R_NONE, R_NONE },
    { "empty name", S("{\"\":1}"), R_JSON_MEMBER, R_JSON_MEMBER },
    { "name of 65", S("{\"01234567890123456789012345678901234567890123456789012345678901234\":0}"),
      R_JSON_MEMBER, R_JSON_MEMBER },
    { "name beyond ASCII", S("{\"\xc3\xa9\":1}"), R_JSON_MEMBER, R_JSON_MEMBER },
};

static enum sr_reason reason(enum sr_err (*check)(struct span, struct sr_why *), struct span text)
{
    struct sr_why why = { 0 };
    enum sr_err e = check(text, &why);
    return (e == SR_OK) == (why.reason == R_NONE) ? why.reason : R_INTERNAL;
}

static void texts_are_taken_strictly(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        SR_OWN(json_doc) doc = { 0 };
        T_ROW(reason(json_check, r->text) == r->want, r->label);
        T_ROW(reason(json_check_canonical, r->text) == r->canonical, r->label);
        T_ROW(json_is_canonical(r->text) == (r->canonical == R_NONE), r->label);
        T_ROW((json_parse(r->text, &doc, NULL) == SR_OK) == (r->want == R_NONE), r->label);
        T_ROW((json_root(&doc) != NULL) == (r->want == R_NONE), r->label);
    }
}

/* Writing a strict text canonically gives a fixed point, and the text itself when it was canonical. */
static void canonical_writing_is_a_fixed_point(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) once = { 0 };
        SR_OWN(buf) twice = { 0 };
        if (rows[i].want != R_NONE)
            continue;
        T_ROW(json_canonical(rows[i].text, &once, NULL) == SR_OK, rows[i].label);
        T_ROW(json_is_canonical(buf_span(&once)), rows[i].label);
        T_ROW(json_canonical(buf_span(&once), &twice, NULL) == SR_OK, rows[i].label);
        T_ROW(span_eq(buf_span(&once), buf_span(&twice)), rows[i].label);
        T_ROW(span_eq(buf_span(&once), rows[i].text) == (rows[i].canonical == R_NONE), rows[i].label);
    }
}

static void every_shorter_length_is_refused(void)
{
    struct span whole = S("{\"a\":[{\"b\":\"\xe2\x82\xac\\u001f\"},12,true],\"b\":{\"a\":0}}");
    T(json_check(whole, NULL) == SR_OK);
    for (size_t n = 0; n < whole.n; n++)
        T(json_check((struct span){ whole.p, n }, NULL) == SR_EFORMAT);
}

/* Flips may give other valid texts; none may be read in another way by the two passes. */
static void a_flipped_bit_never_parses_without_passing_the_scan(void)
{
    struct span whole = S("{\"a\":[{\"b\":\"\xe2\x82\xac\\u001f\"},12,true],\"b\":{\"a\":0}}");
    for (size_t bit = 0; bit < whole.n * 8; bit++) {
        uint8_t copy[128];
        SR_OWN(json_doc) doc = { 0 };
        memcpy(copy, whole.p, whole.n);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct span s = { copy, whole.n };
        T((json_check(s, NULL) == SR_OK) == (json_parse(s, &doc, NULL) == SR_OK));
    }
}

/* ---- bombs: refused in the time it takes to look, with nothing allocated ---- */

static double refused(struct span text, enum sr_reason want, const char *label)
{
    struct timespec a, b;
    struct sr_why why = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &a);
    T_ROW(json_parse(text, &doc, &why) != SR_OK, label);
    clock_gettime(CLOCK_MONOTONIC, &b);
    T_ROW(why.reason == want, label);
    return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}

static void bomb(struct buf *b, const char *head, const char *piece, size_t times)
{
    wr_text(b, head);
    for (size_t i = 0; i < times; i++)
        wr_text(b, piece);
}

static void bombs_are_refused_fast(void)
{
    static const struct {
        const char *label, *head, *piece;
        size_t times;
        enum sr_reason want;
    } bombs[] = {
        { "deep arrays", "{\"a\":", "[", 100000, R_TOO_LARGE },
        { "deep objects", "", "{\"a\":", 50000, R_TOO_LARGE },
        { "a million members", "{", "\"a\":1,", 1000000, R_TOO_LARGE },
        { "repeated members under the size limit", "{", "\"a\":1,", 40000, R_JSON_MEMBER },
        { "a number of a megabyte", "{\"a\":", "1", 1 << 20, R_TOO_LARGE },
        { "a number under the size limit", "{\"a\":", "1", 200000, R_JSON_SYNTAX },
        { "many values", "{\"a\":[", "0,", 100000, R_TOO_LARGE },
        { "many empty objects", "{\"a\":[", "{},", 80000, R_TOO_LARGE },
        { "spaces without end", "", " ", 260000, R_JSON_SYNTAX },
        { "a long string without end", "{\"a\":\"", "x", 260000, R_JSON_SYNTAX },
    };
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        SR_OWN(buf) b = { 0 };
        bomb(&b, bombs[i].head, bombs[i].piece, bombs[i].times);
        T_ROW(buf_ok(&b), bombs[i].label);
        T_ROW(refused(buf_span(&b), bombs[i].want, bombs[i].label) < 100, bombs[i].label);
    }
}

/* Distinct names: the comparison within an object is quadratic, so its limit is what keeps it small. */
static void many_members_stop_at_the_limit(void)
{
    for (size_t n = JSON_MEMBERS_MAX; n <= JSON_MEMBERS_MAX + 1; n++) {
        SR_OWN(buf) b = { 0 };
        jw_object(&b);
        for (size_t i = 0; i < n; i++) {
            char name[16];
            snprintf(name, sizeof name, "n%04zu", i);
            jw_member_u64(&b, name, i);
        }
        jw_object_end(&b);
        T(json_is_canonical(buf_span(&b)) == (n == JSON_MEMBERS_MAX));
        struct sr_why why = { 0 };
        T(json_check(buf_span(&b), &why) == (n == JSON_MEMBERS_MAX ? SR_OK : SR_ETOOBIG));
    }
}

static void depth_and_count_stop_at_their_limits(void)
{
    for (size_t over = 0; over <= 1; over++) {
        SR_OWN(buf) deep = { 0 };
        SR_OWN(buf) wide = { 0 };
        bomb(&deep, "{\"a\":", "[", JSON_DEPTH_MAX - 1 + over);
        bomb(&deep, "", "]", JSON_DEPTH_MAX - 1 + over);
        wr_text(&deep, "}");
        T(json_check(buf_span(&deep), NULL) == (over ? SR_ETOOBIG : SR_OK));
        bomb(&wide, "{\"a\":[0", ",0", JSON_VALUES_MAX - 3 + over);
        wr_text(&wide, "]}");
        T(json_check(buf_span(&wide), NULL) == (over ? SR_ETOOBIG : SR_OK));
    }
}

static void the_size_limit_is_exact(void)
{
    SR_OWN(buf) b = { 0 };
    bomb(&b, "{\"a\":\"", "x", JSON_SIZE_MAX - 8);
    wr_text(&b, "\"}");
    T(b.n == JSON_SIZE_MAX && json_is_canonical(buf_span(&b)));
    wr_text(&b, " ");
    T(json_check(buf_span(&b), NULL) == SR_ETOOBIG);
}

/* ---- fields ---- */

static const struct field_row {
    const char *label, *text;
    enum sr_err want;
} field_rows[] = {
    { "good", "{\"hex\":\"0aff\",\"key\":\"AAEC\",\"n\":7,\"name\":\"a\"}", SR_OK },
    { "optional", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":9,\"name\":\"\",\"up\":true}", SR_OK },
    { "missing", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7}", SR_EFORMAT },
    { "unknown", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"name\":\"a\",\"x\":1}", SR_EFORMAT },
    { "another case", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"Name\":\"a\"}", SR_EFORMAT },
    { "mistyped text", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"name\":1}", SR_EFORMAT },
    { "mistyped number", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":\"7\",\"name\":\"a\"}", SR_EFORMAT },
    { "mistyped key", "{\"hex\":\"0aff\",\"key\":7,\"n\":7,\"name\":\"a\"}", SR_EFORMAT },
    { "mistyped hex", "{\"hex\":[],\"key\":\"\",\"n\":7,\"name\":\"a\"}", SR_EFORMAT },
    { "control character first", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"name\":\"\\n\"}", SR_EFORMAT },
    { "mistyped bool", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"name\":\"a\",\"up\":1}", SR_EFORMAT },
    { "number over its limit", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":10,\"name\":\"a\"}", SR_ETOOBIG },
    { "text too long", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"name\":\"aaaaaaaa\"}", SR_ETOOBIG },
    { "text just fits", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"name\":\"aaaaaaa\"}", SR_OK },
    { "control character", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"name\":\"a\\u001b\"}", SR_EFORMAT },
    { "DEL", "{\"hex\":\"0aff\",\"key\":\"\",\"n\":7,\"name\":\"a\x7f\"}", SR_EFORMAT },
    { "key too long", "{\"hex\":\"0aff\",\"key\":\"AAAAAAAA\",\"n\":7,\"name\":\"a\"}", SR_ETOOBIG },
    { "not base64", "{\"hex\":\"0aff\",\"key\":\"A_-=\",\"n\":7,\"name\":\"a\"}", SR_EFORMAT },
    { "base64 without padding", "{\"hex\":\"0aff\",\"key\":\"AAE\",\"n\":7,\"name\":\"a\"}", SR_EFORMAT },
    { "base64 with loose bits", "{\"hex\":\"0aff\",\"key\":\"AAF=\",\"n\":7,\"name\":\"a\"}", SR_EFORMAT },
    { "hex too short", "{\"hex\":\"0a\",\"key\":\"\",\"n\":7,\"name\":\"a\"}", SR_EFORMAT },
    { "hex too long", "{\"hex\":\"0aff00\",\"key\":\"\",\"n\":7,\"name\":\"a\"}", SR_EFORMAT },
    { "capital hex", "{\"hex\":\"0AFF\",\"key\":\"\",\"n\":7,\"name\":\"a\"}", SR_EFORMAT },
};

static void fields_are_read_as_the_table_says(void)
{
    for (size_t i = 0; i < sizeof field_rows / sizeof *field_rows; i++) {
        char name[8];
        uint8_t hex[2];
        uint64_t n;
        bool up = false;
        SR_OWN(secret) key = { 0 };
        const struct json_field fields[] = {
            { "name", JSON_STR, name, sizeof name, false },
            { "n", JSON_U64, &n, 9, false },
            { "key", JSON_B64, &key, 4, false },
            { "hex", JSON_HEX, hex, sizeof hex, false },
            { "up", JSON_BOOL, &up, 0, true },
            { 0 },
        };
        struct sr_why why = { 0 };
        enum sr_err e = json_read(span_of(field_rows[i].text), fields, &why);
        T_ROW(e == field_rows[i].want, field_rows[i].label);
        T_ROW(why.reason == (e == SR_OK ? R_NONE : R_JSON_MEMBER), field_rows[i].label);
    }
}

static void what_was_read_is_what_was_there(void)
{
    char name[16];
    uint8_t hex[2];
    uint64_t n = 0;
    bool up = false;
    SR_OWN(secret) key = { 0 };
    const struct json_field fields[] = {
        { "name", JSON_STR, name, sizeof name, false },
        { "n", JSON_U64, &n, 0, false },
        { "key", JSON_B64, &key, 4, false },
        { "hex", JSON_HEX, hex, sizeof hex, false },
        { "up", JSON_BOOL, &up, 0, true },
        { 0 },
    };
    struct span text = S("{\"hex\":\"0aff\",\"key\":\"AAEC\",\"n\":9007199254740991,\"name\":\"\\u00e9\\/\","
                         "\"up\":true}");
    T(json_read(text, fields, NULL) == SR_OK);
    T(strcmp(name, "\xc3\xa9/") == 0 && n == JSON_INT_MAX && up);
    T(span_eq(SPAN(hex), S("\x0a\xff")) && span_eq(secret_span(&key), S("\0\1\2")));
}

static void borrowed_types_are_not_for_a_tree_that_goes(void)
{
    const struct json *v = NULL;
    const struct json_field fields[] = { { "a", JSON_ARRAY, &v, 4, false }, { 0 } };
    T(json_read(S("{\"a\":[]}"), fields, NULL) == SR_EBUG && v == NULL);
}

static void trees_are_walked_safely(void)
{
    SR_OWN(json_doc) doc = { 0 };
    const struct json *a = NULL, *o = NULL;
    struct span t = { 0 };
    const struct json_field fields[] = {
        { "a", JSON_ARRAY, &a, 3, false },
        { "o", JSON_OBJECT, &o, 0, false },
        { "t", JSON_TEXT, &t, 2, false },
        { 0 },
    };
    T(json_parse(S("{\"a\":[1,\"x\",true],\"o\":{\"k\":5},\"t\":\"hi\"}"), &doc, NULL) == SR_OK);
    T(json_fields(json_root(&doc), fields, NULL) == SR_OK);
    T(json_count(a) == 3 && json_u64(json_first(a)) == 1 && json_type(json_first(a)) == JSON_U64);
    T(span_eq(json_str(json_next(json_first(a))), S("x")) && span_eq(t, S("hi")));
    T(json_bool(json_next(json_next(json_first(a)))));
    T(json_next(json_next(json_next(json_first(a)))) == NULL);
    T(json_u64(json_get(o, "k")) == 5 && json_get(o, "K") == NULL &&
      span_eq(json_name(json_first(o)), S("k")));
    T(json_get(a, "k") == NULL && json_first(json_first(a)) == NULL && json_str(o).n == 0 &&
      json_u64(o) == 0);
    T(json_type(NULL) == JSON_END && json_count(NULL) == 0 && json_next(NULL) == NULL && !json_bool(NULL));
    T(json_name(NULL).n == 0 && json_get(NULL, "a") == NULL && json_str(NULL).n == 0);
    const struct json_field tight[] = { { "a", JSON_ARRAY, &a, 2, false }, { 0 } };
    T(json_fields(json_root(&doc), tight, NULL) == SR_ETOOBIG);
    T(json_fields(a, fields, NULL) == SR_EFORMAT);
    const struct json_field wrong_array[] = { { "o", JSON_ARRAY, &a, 3, false },
                                              { "a", JSON_ANY, &o, 0, true },
                                              { "t", JSON_ANY, &o, 0, true },
                                              { 0 } };
    const struct json_field wrong_object[] = { { "a", JSON_OBJECT, &o, 0, false }, { 0 } };
    T(json_fields(json_root(&doc), wrong_array, NULL) == SR_EFORMAT);
    T(json_fields(json_root(&doc), wrong_object, NULL) == SR_EFORMAT);
}

/* ---- writing ---- */

static void written_texts_are_canonical_and_read_back(void)
{
    SR_OWN(buf) b = { 0 };
    jw_object(&b);
    jw_name(&b, "a");
    jw_array(&b);
    jw_array(&b);
    jw_array_end(&b);
    jw_object(&b);
    jw_object_end(&b);
    jw_u64(&b, 0);
    jw_u64(&b, JSON_INT_MAX);
    jw_text(&b, "{[:");
    jw_text(&b, "");
    jw_raw(&b, S("{\"x\":1}"));
    jw_base64(&b, S("\0\1\2"));
    jw_array_end(&b);
    jw_member_bool(&b, "b", false);
    jw_member_hex(&b, "c", S("\x0a\xff"));
    jw_member_str(&b, "d", S("\"\\\b\t\n\f\r\x01\x1f/\x7f\xc3\xa9"));
    jw_member_text(&b, "e", "plain");
    jw_member_u64(&b, "f", 7);
    jw_object_end(&b);
    T(buf_ok(&b) && json_is_canonical(buf_span(&b)));
    T(span_eq(
        buf_span(&b),
        S("{\"a\":[[],{},0,9007199254740991,\"{[:\",\"\",{\"x\":1},\"AAEC\"],\"b\":false,\"c\":\"0aff\","
          "\"d\":\"\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001f/\x7f\xc3\xa9\",\"e\":\"plain\",\"f\":7}")));
}

static void what_json_can_not_say_makes_the_buffer_bad(void)
{
    SR_OWN(buf) nul = { 0 };
    SR_OWN(buf) latin = { 0 };
    SR_OWN(buf) big = { 0 };
    SR_OWN(buf) cut = { 0 };
    jw_str(&cut, (struct span){ (const uint8_t *)"\xc3\xa9", 1 }); /* what follows in memory is not its */
    T(!buf_ok(&cut));
    jw_str(&nul, S("a\0b"));
    jw_str(&latin, S("caf\xe9"));
    jw_u64(&big, JSON_INT_MAX + 1);
    T(!buf_ok(&nul) && !buf_ok(&latin) && !buf_ok(&big));
}

int main(void)
{
    T(secret_init() == SR_OK);
    texts_are_taken_strictly();
    canonical_writing_is_a_fixed_point();
    every_shorter_length_is_refused();
    a_flipped_bit_never_parses_without_passing_the_scan();
    bombs_are_refused_fast();
    many_members_stop_at_the_limit();
    depth_and_count_stop_at_their_limits();
    the_size_limit_is_exact();
    fields_are_read_as_the_table_says();
    what_was_read_is_what_was_there();
    borrowed_types_are_not_for_a_tree_that_goes();
    trees_are_walked_safely();
    written_texts_are_canonical_and_read_back();
    what_json_can_not_say_makes_the_buffer_bad();
    return t_end();
}
