#pragma once
/* lines.h - what C2SP's texts (checkpoints, proofs, witness requests) are made of: lines, decimal numbers,
 * hashes in base64. Loose on purpose where a reader writes again what it read and compares: one spelling is
 * left then. */
#include "crypto/hash.h"

/* The next line without its end, borrowed. A last one without an end makes the reader bad. */
struct span lines_next(struct reader *r);
/* At most 15 digits, as MERKLE_SIZE_MAX has; other spellings give some number, and fall to the comparison. */
uint64_t lines_number(struct span s);
/* SR_EFORMAT: not base64, or not of 32 bytes. */
enum sr_err lines_hash(struct span base64, struct sha256 *ret);
