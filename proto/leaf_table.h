#pragma once
/* leaf_table.h - the leaf format as data: which fields each type has, in which order. Private to leaf*.c. */
#include "proto/leaf.h"

enum leaf_kind {
    RAW,    /* bytes of fixed size */
    U64,    /* u64be */
    TEXT,   /* LP, printable ASCII, may be empty */
    WORD,   /* LP, lower-case letters, digits, hyphens; not empty */
    KEYS,   /* u16be n, n x 32 bytes, rising */
    COUNTS, /* u16be n, n x { WORD, u32be not 0 }, rising by word */
};
struct leaf_field {
    const char *name;
    enum leaf_kind kind;
    size_t at, size; /* in struct leaf */
};

/* The fields of a type in the order of the encoding; returns how many, 0: there is no such type. */
enum { LEAF_FIELDS_MAX = 12 };
size_t leaf_fields(enum leaf_type t, const struct leaf_field *ret[LEAF_FIELDS_MAX]);
