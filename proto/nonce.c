#include "proto/nonce.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum sr_err nonce_mac(const struct key *boot_key, struct span purpose, const struct sha512 *context,
                      struct span challenge, struct sha256 *ret)
{
    static const struct sha512 none;
    SR_OWN(buf) b = { 0 };
    wr_lp(&b, purpose);
    wr_span(&b, context ? SPAN(context->b) : SPAN(none.b));
    wr_lp(&b, challenge);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    *ret = hmac_label(boot_key, L_NONCE, buf_span(&b));
    return SR_OK;
}

enum sr_err nonce_check(const struct key *boot_key, struct span purpose, const struct sha512 *context,
                        struct span challenge, const struct sha256 *mac, struct sr_why *why)
{
    struct sha256 own;
    SR_TRY(nonce_mac(boot_key, purpose, context, challenge, &own));
    if (!span_eq_secret(SPAN(own.b), SPAN(mac->b)))
        return sr_fail(why, SR_EAUTH, R_NONCE_FORGED, "not a challenge of this node since its start");
    return SR_OK;
}

enum sr_err nonce_age(uint64_t ts_ms, uint32_t ttl_ms, uint64_t now_ms, struct sr_why *why)
{
    if (ts_ms > now_ms || now_ms - ts_ms > ttl_ms)
        return sr_fail(why, SR_EAUTH, R_NONCE_EXPIRED, "the challenge is too old");
    return SR_OK;
}

/* Names in chains by bucket, cells from a free list: no allocation after the start. */
struct cell {
    struct nonce nonce;
    uint32_t next; /* index + 1; 0 ends the chain */
};

struct nonce_set {
    pthread_mutex_t lock;
    uint8_t seed[crypto_shorthash_KEYBYTES];
    size_t max;      /* cells */
    uint32_t mask;   /* buckets - 1 */
    uint32_t spare;  /* free cells: index + 1 */
    uint64_t oldest; /* nothing in the set expires before this */
    uint32_t *bucket;
    struct cell *cell;
};

static void set_empty(struct nonce_set *s)
{
    for (size_t i = 0; i < s->max; i++)
        s->cell[i].next = (uint32_t)i;
    s->spare = (uint32_t)s->max; /* chained downwards to 0 */
    s->oldest = UINT64_MAX;
}

enum sr_err nonce_set_new(size_t max, const uint8_t seed[16], struct nonce_set **ret)
{
    if (max < 1 || max > NONCE_SET_MAX)
        return SR_ETOOBIG;
    uint32_t buckets = 1;
    while (buckets < max)
        buckets *= 2;
    struct nonce_set *s = calloc(1, sizeof *s);
    if (!s)
        return SR_ENOMEM;
    s->bucket = calloc(buckets, sizeof *s->bucket);
    s->cell = calloc(max, sizeof *s->cell);
    if (!s->bucket || !s->cell || pthread_mutex_init(&s->lock, NULL) != 0) {
        free(s->bucket);
        free(s->cell);
        free(s);
        return SR_ENOMEM;
    }
    memcpy(s->seed, seed, sizeof s->seed);
    s->max = max;
    s->mask = buckets - 1;
    set_empty(s);
    *ret = s;
    return SR_OK;
}

void nonce_set_free(struct nonce_set *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s->bucket);
    free(s->cell);
    free(s);
}

static uint32_t *bucket_of(struct nonce_set *s, const struct sha256 *id)
{
    uint8_t h[crypto_shorthash_BYTES];
    uint32_t v;
    crypto_shorthash(h, id->b, sizeof id->b, s->seed);
    memcpy(&v, h, sizeof v);
    return &s->bucket[v & s->mask];
}

/* Frees the expired cells of one chain; the rest say when it is worth looking again. */
static void sweep_chain(struct nonce_set *s, uint32_t *at, uint64_t now_ms)
{
    while (*at) {
        struct cell *c = &s->cell[*at - 1];
        if (c->nonce.expires_ms < now_ms) {
            uint32_t gone = *at;
            *at = c->next;
            c->next = s->spare;
            s->spare = gone;
        } else {
            if (c->nonce.expires_ms < s->oldest)
                s->oldest = c->nonce.expires_ms;
            at = &c->next;
        }
    }
}

static void sweep(struct nonce_set *s, uint64_t now_ms)
{
    s->oldest = UINT64_MAX;
    for (size_t i = 0; i <= s->mask; i++)
        sweep_chain(s, &s->bucket[i], now_ms);
}

static enum sr_err insert(struct nonce_set *s, const struct nonce *n, uint64_t now_ms, struct sr_why *why)
{
    uint32_t *head = bucket_of(s, &n->id);
    for (uint32_t i = *head; i; i = s->cell[i - 1].next)
        if (sha256_eq(&s->cell[i - 1].nonce.id, &n->id))
            return sr_fail(why, SR_EAUTH, R_NONCE_USED, "used before");
    if (!s->spare && s->oldest < now_ms)
        sweep(s, now_ms);
    if (!s->spare)
        return sr_fail(why, SR_EBUSY, R_NONCES_FULL, "too many at once: try again later");
    uint32_t fresh = s->spare;
    struct cell *c = &s->cell[fresh - 1];
    s->spare = c->next;
    *c = (struct cell){ *n, *head };
    *head = fresh;
    if (n->expires_ms < s->oldest)
        s->oldest = n->expires_ms;
    return SR_OK;
}

enum sr_err nonce_consume(struct nonce_set *s, const struct nonce *n, uint64_t now_ms,
                          struct nonce_spent *ret, struct sr_why *why)
{
    if (n->expires_ms < now_ms)
        return sr_fail(why, SR_EAUTH, R_NONCE_EXPIRED, "too old");
    pthread_mutex_lock(&s->lock);
    enum sr_err e = insert(s, n, now_ms, why);
    pthread_mutex_unlock(&s->lock);
    if (e == SR_OK && ret)
        ret->id = n->id;
    return e;
}
