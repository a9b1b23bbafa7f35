#include "proto/package_known.h"

#include <pthread.h>
#include <stdlib.h>

struct package_known {
    pthread_mutex_t lock;
    struct sha256 at[PACKAGE_KNOWN]; /* zeros: none */
};

struct package_known *package_known_new(void)
{
    struct package_known *k = calloc(1, sizeof *k);
    if (k)
        pthread_mutex_init(&k->lock, NULL);
    return k;
}

void package_known_free(struct package_known *known)
{
    if (!known)
        return;
    pthread_mutex_destroy(&known->lock);
    free(known);
}

static size_t place(const struct sha256 *hash)
{
    return ((size_t)hash->b[0] << 8 | hash->b[1]) % PACKAGE_KNOWN;
}

bool package_known_has(struct package_known *known, const struct sha256 *hash)
{
    pthread_mutex_lock(&known->lock);
    bool has = sha256_eq(&known->at[place(hash)], hash);
    pthread_mutex_unlock(&known->lock);
    return has;
}

void package_known_add(struct package_known *known, const struct sha256 *hash)
{
    pthread_mutex_lock(&known->lock);
    known->at[place(hash)] = *hash;
    pthread_mutex_unlock(&known->lock);
}
