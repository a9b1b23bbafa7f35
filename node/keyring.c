#include "node/keyring_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(struct keyring_parts) % 8 == 0 && sizeof(struct epoch_keys) % 8 == 0 &&
                  sizeof(struct key) % 8 == 0,
              "a size that leaves the next part aligned");

static enum sr_err new_keyring(size_t epochs, struct keyring **ret)
{
    struct keyring *k = calloc(1, sizeof *k);
    if (!k)
        return SR_ENOMEM;
    if (secret_new(&k->memory, sizeof *k->parts + epochs * (sizeof *k->parts->keys + sizeof(struct key))) !=
        SR_OK) {
        free(k);
        return SR_ENOMEM;
    }
    memset(k->memory.p, 0, k->memory.n);
    k->parts = (struct keyring_parts *)(void *)k->memory.p;
    k->parts->keys = (struct epoch_keys *)(void *)(k->memory.p + sizeof *k->parts);
    k->parts->kbs_session = (struct key *)(void *)(k->parts->keys + epochs);
    *ret = k;
    return SR_OK;
}

void keyring_free(struct keyring *k)
{
    if (!k)
        return;
    keyring_kbs_drop(&k->kbs);
    secret_drop(&k->memory);
    free(k);
}

static enum sr_err lasting(struct keyring *k, const uint8_t salt[static 32])
{
    const struct master_bundle *m = &k->parts->masters;
    if (!master_bundle_lasts(m))
        return lasting_keys_derive(&m->epoch[0].master, salt, &k->parts->lasting);
    k->parts->lasting = m->lasting;
    return SR_OK;
}

static enum sr_err derive_all(struct keyring *k, const uint8_t salt[static 32], struct keyring **ret)
{
    enum sr_err e = SR_OK;
    struct master_bundle *m = &k->parts->masters;
    for (size_t i = 0; e == SR_OK && i < m->n; i++)
        e = epoch_keys_derive(&m->epoch[i].master, m->epoch[i].epoch, salt, &k->parts->keys[i]);
    if (e == SR_OK)
        e = lasting(k, salt);
    if (e == SR_OK)
        e = keyring_kbs_derive(k, salt, &k->kbs);
    if (e == SR_OK)
        *ret = k;
    else
        keyring_free(k);
    return e;
}

enum sr_err keyring_generate(const uint8_t salt[static 32], struct keyring **ret)
{
    struct keyring *k = NULL;
    SR_TRY(new_keyring(1, &k));
    struct epoch_master *first = &k->parts->masters.epoch[0];
    k->parts->masters.n = 1;
    first->epoch = 1;
    first->state = EPOCH_ACTIVE;
    random_fill(first->master.b, sizeof first->master.b);
    return derive_all(k, salt, ret);
}

enum sr_err keyring_install(const struct master_bundle *b, const uint8_t salt[static 32],
                            struct keyring **ret)
{
    struct keyring *k = NULL;
    if (b->n == 0 || b->n > EPOCHS_MAX)
        return SR_EBUG;
    SR_TRY(new_keyring(b->n, &k));
    k->parts->masters = *b;
    return derive_all(k, salt, ret);
}

const struct epoch_keys *keyring_keys(const struct keyring *k, uint64_t epoch)
{
    for (size_t i = 0; i < k->parts->masters.n; i++)
        if (k->parts->masters.epoch[i].epoch == epoch)
            return &k->parts->keys[i];
    return NULL;
}

const struct epoch_master *keyring_master(const struct keyring *k, uint64_t epoch)
{
    const struct master_bundle *m = &k->parts->masters;
    for (size_t i = 0; i < m->n; i++)
        if (m->epoch[i].epoch == epoch)
            return &m->epoch[i];
    return NULL;
}

const struct epoch_keys *keyring_active(const struct keyring *k)
{
    return &k->parts->keys[k->parts->masters.n - 1]; /* the newest, by the bundle's own rule */
}

uint64_t keyring_oldest(const struct keyring *k)
{
    return k->parts->masters.epoch[0].epoch;
}

uint64_t keyring_oldest_from(const struct keyring *k, uint64_t before)
{
    const struct master_bundle *m = &k->parts->masters;
    size_t i = 0;
    while (i + 1 < m->n && m->epoch[i].epoch < before)
        i++;
    return m->epoch[i].epoch;
}

uint64_t keyring_newest(const struct keyring *k)
{
    return k->parts->masters.epoch[k->parts->masters.n - 1].epoch;
}

const struct epoch_pubs *keyring_pubs(const struct keyring *k, uint64_t epoch)
{
    const struct epoch_keys *e = keyring_keys(k, epoch);
    return e ? &e->pub : NULL;
}
