#pragma once
/* rollback.h - how a member finds out that its disk is of the past, as it says in its evidence: by a counter
 * in its TPM, by asking other members, by both or not at all. Bound by the report data of that evidence, so
 * it is the word of measured code; what it is worth: specs/log.md, "Rollback". */
#include "crypto/hash.h"
#include "proto/claims.h"

enum rollback_level { ROLLBACK_NONE = 0, ROLLBACK_PEERS = 1, ROLLBACK_TPM = 2, ROLLBACK_PEERS_TPM = 3 };
enum { ROLLBACK_SIZE = 9 }; /* bytes: u8 level || u64 count */

struct rollback {
    uint8_t level;
    uint64_t count; /* what the TPM's counter said last; 0: not begun. 0 without ROLLBACK_TPM */
};

/* "none", "peers", "tpm", "peers-tpm": in status, claims and logs. */
const char *rollback_text(enum rollback_level level);

/* Appends its 9 bytes. */
void wr_rollback(struct buf *b, const struct rollback *r);
/* Fails the reader unless it is one of the four levels, with a count only where there is a counter. */
struct rollback rd_rollback(struct reader *r);

void hash512_rollback(struct hash512 *h, const struct rollback *r); /* its 9 bytes */

/* Adds "rollback", and "rollback.count" where there is a counter. Evidence that has such a claim of its own
 * makes the list bad. */
void rollback_claims(const struct rollback *r, struct claims *c);
