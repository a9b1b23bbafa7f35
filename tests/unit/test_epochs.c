/* A set of epochs is whole, counted, and swapped under those who go on with the one they hold. */
#include "tests/epochs_maker.h"
#include "tests/t.h"

#include <pthread.h>
#include <stdatomic.h>

enum { EPOCHS = 3, READERS = 3, SWAPS = 300 };

/* The masters of epochs lo to hi, each by its number. */
static struct keyring *ring(uint64_t lo, uint64_t hi)
{
    static const uint8_t salt[32] = { 9 };
    struct master_bundle b = { 0 };
    struct keyring *k = NULL;
    for (uint64_t e = lo; e <= hi; e++) {
        struct epoch_master *m = &b.epoch[b.n++];
        *m = (struct epoch_master){ .epoch = e, .state = e == hi ? EPOCH_ACTIVE : EPOCH_RETIRING };
        m->master.b[0] = (uint8_t)e;
    }
    T(keyring_install(&b, salt, &k) == SR_OK);
    return k;
}

static void a_set_is_a_copy(void)
{
    struct epoch_pubs pub[EPOCHS_MAX + 1] = { { .epoch = 1 }, { .epoch = 2 } };
    uint8_t chain[] = { 0, 0 };
    struct epochs *e = NULL;
    T(epochs_new(ring(1, 2), pub, 0, SPAN(chain), &e) != SR_OK && !e);
    T(epochs_new(ring(1, 2), pub, EPOCHS_MAX + 1, SPAN(chain), &e) != SR_OK && !e);
    T(epochs_new(ring(1, 2), pub, 2, SPAN(chain), &e) == SR_OK);
    pub[1].epoch = 0;
    chain[1] = 1;
    T(e->n == 2 && epochs_newest(e)->epoch == 2 && e->chain.n == 2 && e->chain.p[1] == 0);
    SR_OWN(epochs_hold) __attribute__((unused)) h = { e };
}

static void who_holds_goes_on(void)
{
    SR_OWN(epochs_hold) none = epochs_holder_get(NULL);
    struct epochs_holder *h = maker_epochs(ring(1, 1));
    SR_OWN(epochs_hold) before = epochs_holder_get(h);
    epochs_holder_swap(h, maker_epoch_set(ring(1, 2)));
    SR_OWN(epochs_hold) after = epochs_holder_get(h);
    epochs_holder_free(h);
    T(!none.e && before.e != after.e);
    T(keyring_newest(before.e->keyring) == 1 && epochs_newest(before.e)->epoch == 1);
    T(keyring_newest(after.e->keyring) == 2 && epochs_newest(after.e)->epoch == 2);
    T(keyring_pubs(before.e->keyring, 1) && !keyring_pubs(before.e->keyring, 2));
}

struct reading {
    struct epochs_holder *h;
    atomic_bool stop;
    atomic_uint looks, torn;
};

/* Keyring, public halves and number always belong together. */
static void *reads(void *arg)
{
    struct reading *r = arg;
    while (!atomic_load(&r->stop)) {
        SR_OWN(epochs_hold) now = epochs_holder_get(r->h);
        uint64_t newest = keyring_newest(now.e->keyring);
        const struct epoch_pubs *p = keyring_pubs(now.e->keyring, newest);
        if (now.e->n != newest || !p || memcmp(p, epochs_newest(now.e), sizeof *p) != 0)
            atomic_fetch_add(&r->torn, 1);
        atomic_fetch_add(&r->looks, 1);
    }
    return NULL;
}

static void swapped_under_readers(void)
{
    struct reading r = { .h = maker_epochs(ring(1, 1)) };
    pthread_t t[READERS];
    for (size_t i = 0; i < READERS; i++)
        T(pthread_create(&t[i], NULL, reads, &r) == 0);
    for (unsigned i = 0; i < SWAPS || atomic_load(&r.looks) < SWAPS; i++)
        epochs_holder_swap(r.h, maker_epoch_set(ring(1, 1 + i % EPOCHS)));
    atomic_store(&r.stop, true);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(t[i], NULL);
    T(atomic_load(&r.torn) == 0);
    epochs_holder_free(r.h);
    epochs_holder_free(NULL);
}

int main(void)
{
    T(secret_init() == SR_OK);
    a_set_is_a_copy();
    who_holds_goes_on();
    swapped_under_readers();
    return t_end();
}
