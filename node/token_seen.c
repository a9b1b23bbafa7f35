#include "node/token_seen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 2048 }; /* 64 KiB */

struct token_seen {
    pthread_mutex_t lock;
    struct sha256 row[ROWS]; /* zero: none */
};

struct token_seen *token_seen_new(void)
{
    struct token_seen *s = calloc(1, sizeof *s);
    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

void token_seen_free(struct token_seen *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct sha256 token_seen_name(uint64_t epoch, const struct jws *token)
{
    struct sha256 text = sha256(token->signed_part);
    SR_OWN(buf) b = { 0 };
    wr_u64be(&b, epoch);
    wr_span(&b, SPAN(text.b));
    wr_span(&b, buf_span(&token->sig));
    return buf_ok(&b) ? sha256(buf_span(&b)) : (struct sha256){ 0 };
}

/* The hash is uniform: where a token goes nobody chooses. */
static struct sha256 *place(struct token_seen *s, const struct sha256 *name)
{
    uint32_t at;
    memcpy(&at, name->b, sizeof at);
    return &s->row[at % ROWS];
}

static bool is_none(const struct sha256 *name)
{
    static const struct sha256 none;
    return sha256_eq(name, &none);
}

bool token_seen_has(struct token_seen *s, const struct sha256 *name)
{
    if (!s || is_none(name))
        return false;
    pthread_mutex_lock(&s->lock);
    bool has = sha256_eq(place(s, name), name);
    pthread_mutex_unlock(&s->lock);
    return has;
}

void token_seen_add(struct token_seen *s, const struct sha256 *name)
{
    if (!s || is_none(name))
        return;
    pthread_mutex_lock(&s->lock);
    *place(s, name) = *name;
    pthread_mutex_unlock(&s->lock);
}
