#pragma once
/* claims.h - what a verifier found out, flat and the same for every kind of evidence, so that policy is
 * written once. A claim is a name and one value: text (printable ASCII; binary as lower-case hex), an
 * unsigned number, or a truth value. specs/evidence-*.md list the names that each kind gives.
 *
 * A list is filled with claims_put_*(); the first put that does not fit (112 claims, 31-byte names, 639 bytes
 * of text, a name twice, text that is not printable ASCII) makes the list bad, and a bad list finds nothing.
 * Ask claims_ok() once, at the end. A list owns no memory; it is large (about 77 KB), so that what is on the
 * way of every release starts it with claims_clear() and copies it with claims_copy(), which touch no more
 * than is used. */
#include "crypto/bytes.h"

enum { CLAIMS_MAX = 112, CLAIM_NAME_SIZE = 32, CLAIM_TEXT_SIZE = 640 };
enum claim_kind { CLAIM_TEXT, CLAIM_UINT, CLAIM_BOOL };

struct claim {
    char name[CLAIM_NAME_SIZE]; /* a-z 0-9 . _ - and NUL */
    enum claim_kind kind;
    char text[CLAIM_TEXT_SIZE]; /* of CLAIM_TEXT, with its NUL; else empty */
    uint64_t num;               /* of CLAIM_UINT; of CLAIM_BOOL 0 or 1; else 0 */
};

struct claims {
    struct claim c[CLAIMS_MAX];
    size_t n;
    bool bad;
};

void claims_clear(struct claims *c);                             /* as {0} does, for what was never read */
void claims_copy(struct claims *ret, const struct claims *from); /* replaces what ret holds */

/* Each adds one claim at the end, or makes the list bad. */
void claims_put_text(struct claims *c, const char *name, struct span text);
void claims_put_hex(struct claims *c, const char *name, struct span binary); /* as lower-case hex text */
void claims_put_uint(struct claims *c, const char *name, uint64_t value);
void claims_put_bool(struct claims *c, const char *name, bool value);
/* A copy of one claim, whatever its kind. */
void claims_put(struct claims *c, const struct claim *one);

/* Did every put fit? */
bool claims_ok(const struct claims *c);
/* NULL: there is none of that name, or the list is bad. Borrows from c. */
const struct claim *claims_find(const struct claims *c, struct span name);
