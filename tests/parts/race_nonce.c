/* race_nonce.c - 64 threads, one nonce, 10,000 times: each time exactly one of them gets it. */
#include "proto/nonce.h"
#include "tests/t.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 64, ROUNDS = 10000 };

static struct nonce_set *set;
static atomic_uint won[ROUNDS], lost[ROUNDS];
static pthread_barrier_t start;

static struct nonce name_of(uint32_t round)
{
    struct nonce n = { .expires_ms = 1000 };
    memcpy(n.id.b, &round, sizeof round);
    return n;
}

/* Each thread walks the rounds from another place, so that they meet everywhere. */
static void *run(void *arg)
{
    unsigned me = *(unsigned *)arg;
    pthread_barrier_wait(&start);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t round = me % 2 ? i : ROUNDS - 1 - i;
        struct nonce n = name_of(round);
        struct sr_why why = { 0 };
        if (nonce_consume(set, &n, 1, NULL, &why) == SR_OK)
            atomic_fetch_add(&won[round], 1);
        else if (why.reason == R_NONCE_USED)
            atomic_fetch_add(&lost[round], 1);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread[THREADS];
    unsigned name[THREADS];
    uint8_t seed[16] = { 0 };
    size_t right = 0;
    if (secret_init() != SR_OK || nonce_set_new(ROUNDS, seed, &set) != SR_OK)
        return 1;
    if (pthread_barrier_init(&start, NULL, THREADS) != 0)
        return 1;
    for (unsigned i = 0; i < THREADS; i++) {
        name[i] = i;
        T(pthread_create(&thread[i], NULL, run, &name[i]) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        T(pthread_join(thread[i], NULL) == 0);
    for (size_t i = 0; i < ROUNDS; i++)
        right += won[i] == 1 && lost[i] == THREADS - 1;
    T(right == ROUNDS);
    nonce_set_free(set);
    return t_end();
}
