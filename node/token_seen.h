#pragma once
/* token_seen.h - tokens whose signature verified, by their hash: the same token again costs a hash instead of
 * an ECDSA verification. That a token is here says that these very bytes were signed by that epoch's key, and
 * nothing else: whether it is over, whether the epoch still counts and what policy says is asked every time.
 * Bounded; a token that falls out is verified again. From any thread. */
#include "proto/jose.h"

struct token_seen;

struct token_seen *token_seen_new(void); /* NULL: no memory; then nothing is ever seen */
void token_seen_free(struct token_seen *s);
/* What stands for a token under a key: SHA-256 over the epoch, all that is signed, and the signature. */
struct sha256 token_seen_name(uint64_t epoch, const struct jws *token);
bool token_seen_has(struct token_seen *s, const struct sha256 *name);
void token_seen_add(struct token_seen *s, const struct sha256 *name);
