#pragma once
/* glob.h - names of keys and the patterns of them that a policy may hold. specs/policy.md, "Names" and
 * "Patterns". There is one spelling of a name: what is not canonical is refused, never folded. */
#include "crypto/bytes.h"

enum {
    GLOB_PATH_MAX = 200,  /* bytes of a key's path or a pattern */
    GLOB_TENANT_MAX = 63, /* bytes of a tenant's name */
};

/* Segments of [a-z0-9._-] joined by '/': none empty, none "." or "..". */
bool glob_path_ok(struct span path);
/* [a-z0-9-], first and last not '-'. */
bool glob_tenant_ok(struct span name);

/* A path in which '*' may stand for any characters, also none, within its segment, and the last segment may
 * be "**", which stands for one or more whole segments. No other character is special, nothing is escaped. */
bool glob_ok(struct span pattern);
/* False as well when the pattern or the path is not a valid one. */
bool glob_match(struct span pattern, struct span path);
