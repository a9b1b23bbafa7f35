#include "proto/json.h"
#include "proto/leaf_table.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void say_u64(uint64_t v, struct buf *b)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    if (v <= JSON_INT_MAX)
        jw_u64(b, v);
    else
        jw_text(b, text); /* a hostile log must not be able to hide by being unprintable */
}

static void say_keys(const struct leaf *l, struct buf *b)
{
    jw_array(b);
    for (size_t i = 0; i < l->keys.n && i < LEAF_KEYS_MAX; i++)
        jw_hex(b, SPAN(l->keys.id[i].b));
    jw_array_end(b);
}

static void say_counts(const struct leaf *l, struct buf *b)
{
    jw_object(b);
    for (size_t i = 0; i < l->counts.n && i < LEAF_COUNTS_MAX; i++)
        jw_member_u64(b, l->counts.row[i].reason, l->counts.row[i].count);
    jw_object_end(b);
}

static void say_field(const struct leaf *l, const struct leaf_field *f, struct buf *b)
{
    const uint8_t *at = (const uint8_t *)l + f->at;
    uint64_t v;
    jw_name(b, f->name);
    switch (f->kind) {
    case RAW: jw_hex(b, (struct span){ at, f->size }); break;
    case U64:
        memcpy(&v, at, sizeof v);
        say_u64(v, b);
        break;
    case TEXT:
    case WORD: jw_text(b, (const char *)at); break;
    case KEYS: say_keys(l, b); break;
    case COUNTS: say_counts(l, b); break;
    }
}

/* Puts f in its place among the n that are sorted by name already. */
static void insert(const struct leaf_field *f, const struct leaf_field **at, size_t n)
{
    for (; n > 0 && strcmp(at[n - 1]->name, f->name) > 0; n--)
        at[n] = at[n - 1];
    at[n] = f;
}

void leaf_describe(const struct leaf *l, struct buf *ret)
{
    static const struct leaf_field time = { "time", U64, offsetof(struct leaf, time), sizeof l->time };
    static const struct leaf_field type = { "type", TEXT, 0, 0 };
    const struct leaf_field *f[LEAF_FIELDS_MAX], *sorted[LEAF_FIELDS_MAX + 2];
    size_t n = leaf_fields(l->type, f);
    SR_OWN(buf) b = { 0 };
    for (size_t i = 0; i < n; i++)
        insert(f[i], sorted, i);
    insert(&time, sorted, n);
    insert(&type, sorted, n + 1);
    jw_object(&b);
    for (size_t i = 0; i < n + 2; i++) {
        if (sorted[i] == &type)
            jw_member_text(&b, type.name, leaf_type_text(l->type));
        else
            say_field(l, sorted[i], &b);
    }
    jw_object_end(&b);
    wr_span(ret, buf_span(&b));
    ret->bad |= b.bad || n == 0;
}
