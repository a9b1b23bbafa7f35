/* JSON of others, read where it stands. */
#include "proto/json_foreign.h"
#include "tests/t.h"

static const struct row {
    const char *text;
    enum sr_err want;
} rows[] = {
    { "{}", SR_OK },
    { " {\"a\" : null , \"b\":[1,-2,3.5e-7,0,-0.0,1E+9],\"c\":true}\n", SR_OK },
    { "{\"a\":18446744073709551615}", SR_OK },
    { "{\"a\":{\"b\":[]}}", SR_OK },
    { "null", SR_EFORMAT },
    { "[]", SR_EFORMAT },
    { "{\"a\":01}", SR_EFORMAT },
    { "{\"a\":.5}", SR_EFORMAT },
    { "{\"a\":1.}", SR_EFORMAT },
    { "{\"a\":1e}", SR_EFORMAT },
    { "{\"a\":-}", SR_EFORMAT },
    { "{\"a\":+1}", SR_EFORMAT },
    { "{\"a\":NaN}", SR_EFORMAT },
    { "{\"a\":nul}", SR_EFORMAT },
    { "{\"a\":nullx}", SR_EFORMAT },
    { "{\"a\":1,\"a\":2}", SR_EFORMAT },
    { "{\"a\":{\"b\":1,\"b\":2}}", SR_EFORMAT },
    { "{\"a\":\"\\u0000\"}", SR_EFORMAT },
    { "{\"\\u0061\":1}", SR_EFORMAT },
    { "{\"a\":1}{}", SR_EFORMAT },
    { "{\"a\":1,}", SR_EFORMAT },
    { "{\"a\":[1,]}", SR_EFORMAT },
    { "{\"a\":\"\xc3\x28\"}", SR_EFORMAT },
    { "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", SR_ETOOBIG },
};

static void test_walk(void)
{
    struct span text = SPAN_STR("{ \"x\" : [ 1 , [2,\"]\"], {\"k\":\"}\"} , null ] "
                                ",\"y\":\"a\\\"b\\\\\\u00e9\\ud83d\\ude00\\n\" , \"z\":7}");
    struct span x = { 0 }, y = { 0 }, z = { 0 }, no = { 0 }, one;
    const struct jf_member m[] = { { "x", &x }, { "y", &y }, { "z", &z }, { "no", &no } };
    SR_OWN(buf) s = { 0 };
    uint64_t n = 0;
    T(json_foreign_check(text, NULL) == SR_OK && jf_members(text, m, 4));
    static const char *const parts[] = { "1", "[2,\"]\"]", "{\"k\":\"}\"}", "null" };
    struct jf_walk w = { .rest = x };
    for (size_t i = 0; i < 4; i++)
        T_ROW(jf_next(&w, &one) && span_eq(one, span_of(parts[i])), parts[i]);
    T(!jf_next(&w, &one) && jf_is_null(SPAN_STR("null")) && jf_is_null(no) && !jf_is_null(z));
    T(jf_string(y, &s) && span_eq(buf_span(&s), SPAN_STR("a\"b\\\xc3\xa9\xf0\x9f\x98\x80\n")));
    T(!jf_plain(y, &one) && jf_plain(SPAN_STR("\"ab\""), &one) && span_eq(one, SPAN_STR("ab")));
    T(jf_u64(z, 7, &n) && n == 7 && !jf_u64(z, 6, &n) && !jf_u64(SPAN_STR("-1"), 9, &n) &&
      !jf_u64(SPAN_STR("1.0"), 9, &n));
    T(jf_u64(SPAN_STR("18446744073709551615"), UINT64_MAX, &n) && n == UINT64_MAX);
    T(!jf_u64(SPAN_STR("18446744073709551616"), UINT64_MAX, &n) && !jf_u64((struct span){ 0 }, 9, &n));
}

static void test_bytes(void)
{
    uint8_t b[3];
    SR_OWN(buf) s = { 0 };
    T(jf_bytes(SPAN_STR("[0,255, 7]"), b, 3) && b[1] == 255 && b[2] == 7);
    T(!jf_bytes(SPAN_STR("[0,256,7]"), b, 3) && !jf_bytes(SPAN_STR("[0,7]"), b, 3) &&
      !jf_bytes(SPAN_STR("[0,7,1,2]"), b, 3));
    T(!jf_bytes(SPAN_STR("\"abc\""), b, 3) && !jf_bytes((struct span){ 0 }, b, 3));
    T(jf_base64(SPAN_STR("\"aGk=\""), 2, &s) && span_eq(buf_span(&s), SPAN_STR("hi")));
    T(!jf_base64(SPAN_STR("\"aGk\""), 9, &s) && !jf_base64(SPAN_STR("\"aGk=\""), 1, &s) &&
      !jf_base64(SPAN_STR("7"), 9, &s));
}

/* Whatever a cut or changed text is, reading it stays within it. */
static void test_damaged(void)
{
    static const char text[] = "{\"a\":[1,{\"b\":\"\\u00e9\\ud83d\\ude00\"}],\"c\":null}";
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        struct span a = { 0 }, one;
        const struct jf_member m[] = { { "a", &a } };
        SR_OWN(buf) s = { 0 };
        struct jf_walk w = { 0 };
        T(json_foreign_check((struct span){ (const uint8_t *)text, cut }, NULL) != SR_OK);
        (void)!jf_members((struct span){ (const uint8_t *)text, cut }, m, 1);
        w.rest = a;
        while (jf_next(&w, &one))
            (void)!jf_string(one, &s);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_ROW(json_foreign_check(span_of(rows[i].text), NULL) == rows[i].want, rows[i].text);
    test_walk();
    test_bytes();
    test_damaged();
    return t_end();
}
