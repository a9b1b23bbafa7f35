#pragma once
/* package_known.h - remembers packages whose signature was found good, by their hash, which covers all of a
 * package and its signature too: a signature is good or not for ever. Any thread may call. */
#include "crypto/hash.h"

enum { PACKAGE_KNOWN = 1024 }; /* 32 bytes each */

struct package_known;
struct package_known *package_known_new(void);        /* NULL: no memory */
void package_known_free(struct package_known *known); /* NULL is fine */

/* Whether it was added, and stands still. */
bool package_known_has(struct package_known *known, const struct sha256 *hash);
/* In the place of another whose hash begins in the same way, if there is one. */
void package_known_add(struct package_known *known, const struct sha256 *hash);
