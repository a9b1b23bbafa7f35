#pragma once
/* keyring_parts.h - what is inside a keyring. For keyring*.c alone. */
#include "node/keyring.h"

struct keyring_parts {
    struct master_bundle masters; /* but for the cid: the keyring is made before there is one */
    struct epoch_keys keys[EPOCHS_MAX];
};

struct keyring {
    struct secret memory; /* guarded, locked pages: all of parts */
    struct keyring_parts *parts;
};

const struct epoch_keys *keyring_keys(const struct keyring *k, uint64_t epoch); /* NULL: no such */
const struct epoch_keys *keyring_active(const struct keyring *k);
