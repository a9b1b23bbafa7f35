#pragma once
/* claims_file.h - claims as a JSON object, one member a claim: what `verify-evidence --json` prints and
 * `policy explain` reads. Numbers over 2^53 - 1 stand as {"uint":"digits"}. */
#include "crypto/err.h"
#include "proto/claims.h"

/* Appends a canonical object; sorts c by name first. */
void claims_write_json(struct claims *c, struct buf *ret);
/* Appends one line a claim, "  name value". */
void claims_write_text(const struct claims *c, struct buf *ret);
/* Reads an object of text, numbers and truth values; of an object with a member "claims", that one. */
enum sr_err claims_read_json(struct span text, struct claims *ret, struct sr_why *why);
