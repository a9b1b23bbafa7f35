#pragma once
/* json.h - JSON, read strictly and written canonically. The only home of cJSON. specs/json.md.
 *
 * Every text is checked by our own scanner before cJSON sees it: one object and nothing around it, valid
 * UTF-8, no NUL, no null, no repeated member at any level, whole numbers from 0 to 2^53 - 1 only, and the
 * limits below. The scan is linear and allocates nothing, so that a JSON bomb costs no more than its bytes.
 * Memory of cJSON is wiped as it is freed. Pure and thread safe. */
#include "crypto/hash.h"

enum {
    JSON_SIZE_MAX = 1 << 20, /* bytes of a text */
    JSON_DEPTH_MAX = 16,     /* objects and arrays within one another, the root included */
    JSON_VALUES_MAX = 16384, /* values in a text, the root included */
    JSON_MEMBERS_MAX = 256,  /* members of one object */
    JSON_NAME_MAX = 64,      /* bytes of a member's name: printable ASCII without " and \ */
};
#define JSON_INT_MAX UINT64_C(9007199254740991) /* 2^53 - 1 */

/* SR_ETOOBIG (R_TOO_LARGE) over a limit; SR_EFORMAT with R_JSON_MEMBER for a repeated or bad name, else with
 * R_JSON_SYNTAX. */
enum sr_err json_check(struct span text, struct sr_why *why);

/* The bytes of the value of one member of the root, as they stand: what a signature over an inner object
 * covers. Borrows. Checks the whole text as json_check() does; SR_ENOENT (R_JSON_MEMBER): no such member. */
enum sr_err json_member_bytes(struct span text, const char *name, struct span *ret, struct sr_why *why);

/* True when the text is what canonical writing gives: valid as above, members sorted bytewise, no whitespace,
 * the shortest escapes. Then equal meaning is equal bytes. */
bool json_is_canonical(struct span text);
enum sr_err json_check_canonical(struct span text, struct sr_why *why); /* adds R_JSON_CANONICAL */

/* Appends the canonical form of a strict text: what an operator wrote by hand, ready to be signed. */
enum sr_err json_canonical(struct span text, struct buf *ret, struct sr_why *why);

/* The first four and OBJECT are also what a value is. */
enum json_type {
    JSON_END,    /* end of a list of fields; the type of no value (NULL) */
    JSON_STR,    /* ret: char[max], NUL included. No control characters */
    JSON_U64,    /* ret: uint64_t. max: greatest value, 0 for any */
    JSON_BOOL,   /* ret: bool */
    JSON_ARRAY,  /* ret: const struct json *. max: most elements */
    JSON_OBJECT, /* ret: const struct json * */
    JSON_TEXT,   /* ret: struct span, borrowed from the tree. max: most bytes. No control characters */
    JSON_B64,    /* ret: struct secret, at most max bytes; standard alphabet, padded */
    JSON_HEX,    /* ret: uint8_t[max], exactly that many; lower case */
    JSON_ANY,    /* ret: const struct json * */
};

struct json_field {
    const char *name;
    enum json_type type;
    void *ret;
    size_t max;
    bool optional; /* absent: ret stays as it was. Of columns, a forgotten one is "required" */
};
enum { JSON_FIELDS_MAX = 64 };

/* A parsed text, read only. The owner drops it; everything borrowed from it ends then. */
struct json;
struct json_doc {
    void *tree;
};
void json_doc_drop(struct json_doc *d);
enum sr_err json_parse(struct span text, struct json_doc *ret, struct sr_why *why);
const struct json *json_root(const struct json_doc *d);

/* Safe on NULL and on values of another type: they give NULL, 0, false or the empty span. */
enum json_type json_type(const struct json *v); /* JSON_END for NULL, else STR, U64, BOOL, ARRAY, OBJECT */
size_t json_count(const struct json *v);        /* elements or members */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *v);
const struct json *json_get(const struct json *object, const char *name); /* case matters */
struct span json_name(const struct json *member);
struct span json_str(const struct json *v);
uint64_t json_u64(const struct json *v);
bool json_bool(const struct json *v);

/* Reads one object against the list of the members we expect, in one look. Unknown, missing or mistyped
 * members are SR_EFORMAT, oversized ones SR_ETOOBIG, both with R_JSON_MEMBER; the text names the member and
 * never its value. Members are filled as they are read, so ret always points at locals of the caller. */
enum sr_err json_fields(const struct json *object, const struct json_field *fields, struct sr_why *why);

/* json_parse and json_fields for a flat request: JSON_TEXT, ARRAY, OBJECT and ANY would outlive the tree and
 * are SR_EBUG here. */
enum sr_err json_read(struct span text, const struct json_field *fields, struct sr_why *why);

/* Writing: commas come by themselves, escapes are canonical. The caller writes members in bytewise order.
 * Text that is not UTF-8 or holds a NUL, and numbers over JSON_INT_MAX, make the buffer bad. The buffer holds
 * this one text from its first byte. */
void jw_object(struct buf *b);
void jw_object_end(struct buf *b);
void jw_array(struct buf *b);
void jw_array_end(struct buf *b);
void jw_name(struct buf *b, const char *name); /* then one value */
void jw_str(struct buf *b, struct span s);
void jw_text(struct buf *b, const char *s);
void jw_u64(struct buf *b, uint64_t v);
void jw_bool(struct buf *b, bool v);
void jw_hex(struct buf *b, struct span s);
void jw_base64(struct buf *b, struct span s);
void jw_raw(struct buf *b, struct span json);       /* a value that is canonical JSON already */
void jw_value(struct buf *b, const struct json *v); /* a parsed value, canonically; NULL makes it bad */
/* name and value in one */
void jw_member_str(struct buf *b, const char *name, struct span s);
void jw_member_text(struct buf *b, const char *name, const char *s);
void jw_member_u64(struct buf *b, const char *name, uint64_t v);
void jw_member_bool(struct buf *b, const char *name, bool v);
void jw_member_hex(struct buf *b, const char *name, struct span s);
