#include "node/door_conn.h"

#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

struct entry {
    struct entry *next;
    struct origin who;
    unsigned n;
};

struct sources {
    pthread_mutex_t lock;
    uint8_t seed[crypto_shorthash_KEYBYTES]; /* addresses are the attacker's choice, buckets are not */
    struct entry *bucket[BUCKETS];
};

struct sources *sources_new(void)
{
    struct sources *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    randombytes_buf(s->seed, sizeof s->seed);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void sources_free(struct sources *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *e = s->bucket[i], *next; e; e = next) {
            next = e->next;
            free(e);
        }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Where the pointer to who's entry is, or would be. */
static struct entry **place(struct sources *s, struct origin who)
{
    uint8_t h[crypto_shorthash_BYTES];
    crypto_shorthash(h, who.b, sizeof who.b, s->seed);
    struct entry **at = &s->bucket[(h[0] | (unsigned)h[1] << 8) % BUCKETS];
    while (*at && memcmp((*at)->who.b, who.b, sizeof who.b) != 0)
        at = &(*at)->next;
    return at;
}

bool sources_add(struct sources *s, struct origin who, unsigned max)
{
    pthread_mutex_lock(&s->lock);
    struct entry **at = place(s, who);
    if (!*at && (*at = calloc(1, sizeof **at)))
        (*at)->who = who;
    bool ok = *at && (*at)->n < max;
    if (ok)
        (*at)->n++;
    pthread_mutex_unlock(&s->lock);
    return ok;
}

void sources_remove(struct sources *s, struct origin who)
{
    pthread_mutex_lock(&s->lock);
    struct entry **at = place(s, who);
    struct entry *e = *at;
    if (e && --e->n == 0) {
        *at = e->next;
        free(e);
    }
    pthread_mutex_unlock(&s->lock);
}

static bool private4(const uint8_t *a)
{
    return a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ||
           (a[0] == 169 && a[1] == 254);
}

static enum source class4(const uint8_t *a)
{
    return a[0] == 127 ? SOURCE_LOOPBACK : private4(a) ? SOURCE_PRIVATE : SOURCE_PUBLIC;
}

static enum source of4(const uint8_t *a, struct origin *ret)
{
    *ret = (struct origin){ { 0, 0, 0, 0, a[0], a[1], a[2], a[3] } };
    return class4(a);
}

static enum source of6(const struct in6_addr *a, struct origin *ret)
{
    if (IN6_IS_ADDR_V4MAPPED(a))
        return of4(a->s6_addr + 12, ret);
    memcpy(ret->b, a->s6_addr, sizeof ret->b);
    if (IN6_IS_ADDR_LOOPBACK(a))
        return SOURCE_LOOPBACK;
    return (a->s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(a) ? SOURCE_PRIVATE : SOURCE_PUBLIC;
}

enum source source_of(const struct sockaddr_storage *a, struct origin *ret)
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    *ret = (struct origin){ 0 };
    switch (a->ss_family) {
    case AF_UNIX: return SOURCE_UNIX;
    case AF_INET: memcpy(&in4, a, sizeof in4); return of4((const uint8_t *)&in4.sin_addr, ret);
    case AF_INET6: memcpy(&in6, a, sizeof in6); return of6(&in6.sin6_addr, ret);
    default: return SOURCE_NONE;
    }
}
