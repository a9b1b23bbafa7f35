#pragma once
/* keyring_parts.h - what is inside a keyring. For keyring*.c alone. */
#include "node/keyring_kbs.h"
#include "node/token_seen.h"

/* [i] belongs to masters.epoch[i]: as many as there are masters, in the same memory. */
struct keyring_parts {
    struct master_bundle masters; /* but for the cid: the keyring is made before there is one */
    struct epoch_keys *keys;
    struct key *kbs_session;
    struct lasting_keys lasting; /* of epoch 1, whether or not its master is there */
    struct sign_key kbs_writer;
};

/* What OpenSSL keeps, and public halves. */
struct keyring_kbs {
    struct jws_key token[EPOCHS_MAX];
    struct token_seen *seen; /* the one thing here that changes; it has a lock of its own */
    struct sign_pub writer;
};

struct keyring {
    struct secret memory; /* guarded, locked pages: all of parts, and what it points to */
    struct keyring_parts *parts;
    struct keyring_kbs kbs;
};

const struct epoch_keys *keyring_keys(const struct keyring *k, uint64_t epoch);     /* NULL: no such */
const struct epoch_master *keyring_master(const struct keyring *k, uint64_t epoch); /* NULL: no such */
/* The keys of the newest epoch. */
const struct epoch_keys *keyring_active(const struct keyring *k);
/* Once, when the keyring is made. salt: the genesis parameters'. */
enum sr_err keyring_kbs_derive(const struct keyring *k, const uint8_t salt[static 32],
                               struct keyring_kbs *ret);
void keyring_kbs_drop(struct keyring_kbs *s);
