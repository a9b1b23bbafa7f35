#include "crypto/secret.h"
#include "crypto/arena.h"

#include <sodium.h>
#include <string.h>

enum sr_err secret_init(void)
{
    if (sodium_init() < 0)
        return SR_EBUG;
    (void)arena_open(); /* without it every secret has pages of its own */
    return SR_OK;
}

void key_drop(struct key *k)
{
    sodium_memzero(k, sizeof *k);
}

enum sr_err secret_new(struct secret *ret, size_t n)
{
    uint8_t *p = arena_take(n);
    if (!p)
        p = sodium_malloc(n);
    if (!p)
        return SR_ENOMEM;
    *ret = (struct secret){ p, n };
    return SR_OK;
}

enum sr_err secret_copy(struct secret *ret, struct span from)
{
    SR_OWN(secret) s = { 0 };
    SR_TRY(secret_new(&s, from.n));
    if (from.n)
        memcpy(s.p, from.p, from.n);
    *ret = SR_TAKE(s);
    return SR_OK;
}

void secret_drop(struct secret *s)
{
    if (!arena_give(s->p))
        sodium_free(s->p); /* wipes, and takes NULL */
    *s = (struct secret){ 0 };
}

void random_fill(void *out, size_t n)
{
    randombytes_buf(out, n);
}
