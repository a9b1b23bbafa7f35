/* fuzz_json.c - what the scanner passes becomes a tree, and written again it is canonical and stays so. */
#include "proto/json.h"

#include <stdlib.h>

static void must(bool held)
{
    if (!held)
        abort();
}

static void fields_of(struct span text)
{
    char name[8];
    uint8_t hex[4];
    uint64_t n;
    bool up;
    SR_OWN(secret) key = { 0 };
    const struct json_field fields[] = {
        { "b", JSON_BOOL, &up, 0, true },           { "h", JSON_HEX, hex, sizeof hex, true },
        { "k", JSON_B64, &key, 32, true },          { "n", JSON_U64, &n, 1000, true },
        { "s", JSON_STR, name, sizeof name, true }, { 0 },
    };
    (void)!json_read(text, fields, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = { data, size };
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(buf) once = { 0 };
    SR_OWN(buf) twice = { 0 };
    if (secret_init() != SR_OK)
        return 0;
    bool good = json_check(text, NULL) == SR_OK;
    must(good || !json_is_canonical(text));
    must((json_parse(text, &doc, NULL) == SR_OK) == good);
    fields_of(text);
    if (!good)
        return 0;
    must(json_type(json_root(&doc)) == JSON_OBJECT);
    enum sr_err e = json_canonical(text, &once, NULL);
    must(e == SR_OK && json_canonical(buf_span(&once), &twice, NULL) == SR_OK);
    must(json_is_canonical(buf_span(&once)) && span_eq(buf_span(&once), buf_span(&twice)));
    must(json_is_canonical(text) == span_eq(buf_span(&once), text));
    return 0;
}
