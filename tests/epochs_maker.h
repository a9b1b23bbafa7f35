#pragma once
/* epochs_maker.h - the set of epochs of a home that a test puts together by hand. */
#include "node/home.h"

#include <stdlib.h>

/* A set of the keyring's epochs, without a chain. Takes the keyring. */
static inline struct epochs *maker_epoch_set(struct keyring *k)
{
    static const uint8_t chain[2] = { 0, 0 };
    struct epoch_pubs pub[EPOCHS_MAX] = { 0 };
    struct epochs *e = NULL;
    for (uint64_t i = keyring_oldest(k); i <= keyring_newest(k); i++)
        pub[i - 1] = *keyring_pubs(k, i);
    if (epochs_new(k, pub, keyring_newest(k), SPAN(chain), &e) != SR_OK)
        abort();
    return e;
}

static inline struct epochs_holder *maker_epochs(struct keyring *k)
{
    struct epochs_holder *h = NULL;
    if (epochs_holder_new(maker_epoch_set(k), &h) != SR_OK)
        abort();
    return h;
}

/* The set in use, borrowed: for tests that swap nothing meanwhile. */
static inline const struct epochs *maker_epochs_of(const struct home *h)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    return now.e;
}

static inline const struct keyring *maker_keyring(const struct home *h)
{
    return maker_epochs_of(h)->keyring;
}
