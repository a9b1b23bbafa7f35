#pragma once
/* secret.h - bytes that must not outlive their use. */
#include "crypto/bytes.h"
#include "crypto/err.h"
#include "crypto/own.h"

/* First thing in main(): without it sodium_malloc() aborts. Any thread, any number of times. */
enum sr_err secret_init(void);

/* A 32-byte symmetric key. A type of its own, so that a nonce or a digest can't be passed for one. */
struct key {
    uint8_t b[32];
};
void key_drop(struct key *k);

static inline struct span key_span(const struct key *k)
{
    return (struct span){ k->b, sizeof k->b };
}

/* Secret bytes of any length: guarded, locked, wiped memory (arena.h; long ones have pages of their own). At
 * any alignment. The owner drops them. */
struct secret {
    uint8_t *p;
    size_t n;
};
enum sr_err secret_new(struct secret *ret, size_t n);
enum sr_err secret_copy(struct secret *ret, struct span from);
void secret_drop(struct secret *s);

static inline struct span secret_span(const struct secret *s)
{
    return (struct span){ s->p, s->n };
}

/* n bytes from the kernel's generator. Never fails: without randomness the process ends. */
void random_fill(void *out, size_t n);
