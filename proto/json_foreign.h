#pragma once
/* json_foreign.h - JSON as other people's programs write it, read where it stands: null, any number, members
 * that nobody expects. What could mean two things is refused all the same: repeated members, bad UTF-8, NUL,
 * names with escapes, more levels than JSON_DEPTH_MAX. Nothing is allocated; a value is the span of its text.
 * specs/json.md, "Foreign texts". The functions other than the check take spans of a text that was checked,
 * and answer safely for any other. */
#include "crypto/bytes.h"
#include "crypto/err.h"

enum { JSON_FOREIGN_MAX = 2 << 20 }; /* bytes */

/* One object and nothing around it. SR_ETOOBIG, R_TOO_LARGE; SR_EFORMAT, R_JSON_MEMBER or R_JSON_SYNTAX. */
enum sr_err json_foreign_check(struct span text, struct sr_why *why);

/* A member that is looked for: *ret is where its value stands, and stays as it was when there is none. */
struct jf_member {
    const char *name;
    struct span *ret;
};
/* Finds the members in one pass; others are passed over. False: not an object. */
bool jf_members(struct span object, const struct jf_member *m, size_t n);

/* Walks an array: {array} to begin with; false at its end, or for what is no array. */
struct jf_walk {
    struct span rest;
    bool begun;
};
bool jf_next(struct jf_walk *w, struct span *ret);
/* Walks an object: the name's bytes and the value. */
bool jf_next_member(struct jf_walk *w, struct span *ret_name, struct span *ret);

bool jf_is_null(struct span v); /* true also for the empty span: not there */
/* By the first byte: the value was scanned before. */
bool jf_is_object(struct span v);
bool jf_is_string(struct span v);
/* A string without escapes, borrowed. */
bool jf_plain(struct span v, struct span *ret);
/* A string, appended with its escapes resolved. */
bool jf_string(struct span v, struct buf *ret);
/* A whole number in decimal digits, at most max. */
bool jf_u64(struct span v, uint64_t max, uint64_t *ret);
/* An array of exactly n numbers from 0 to 255. */
bool jf_bytes(struct span v, uint8_t *ret, size_t n);
/* The same of any length up to max, appended. */
bool jf_byte_array(struct span v, size_t max, struct buf *ret);
/* A string of padded standard base64 (RFC 4648, 4), decoded and appended, at most max bytes. */
bool jf_base64(struct span v, size_t max, struct buf *ret);
