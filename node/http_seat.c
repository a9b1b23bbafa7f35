#include "node/http_parts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

struct row {
    struct seat seat;
    atomic_int held;
    struct row *next, *next_free;
};
_Static_assert(offsetof(struct row, seat) == 0 && offsetof(struct seat, peer) == 0,
               "one address for all three");

struct seats {
    pthread_mutex_t lock;
    struct row *all, *free;
};

struct seats *seats_new(void)
{
    struct seats *s = calloc(1, sizeof *s);
    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

void seats_free(struct seats *all)
{
    if (!all)
        return;
    for (struct row *r; (r = all->all);) {
        all->all = r->next;
        free(r);
    }
    pthread_mutex_destroy(&all->lock);
    free(all);
}

struct seat *seat_take(struct seats *all)
{
    pthread_mutex_lock(&all->lock);
    struct row *r = all->free;
    if (r) {
        all->free = r->next_free;
    } else if ((r = calloc(1, sizeof *r))) {
        r->next = all->all;
        all->all = r;
    }
    pthread_mutex_unlock(&all->lock);
    if (!r)
        return NULL;
    atomic_store(&r->held, 2);
    return &r->seat;
}

struct seat *seat_of_peer(struct peer *p)
{
    return (struct seat *)p;
}

void seat_leave(struct seats *all, struct seat *s)
{
    struct row *r = (struct row *)s;
    if (atomic_fetch_sub(&r->held, 1) != 1)
        return;
    s->peer = (struct peer){ 0 };
    pthread_mutex_lock(&all->lock);
    r->next_free = all->free;
    all->free = r;
    pthread_mutex_unlock(&all->lock);
}
