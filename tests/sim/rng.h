#pragma once
/* rng.h - numbers from a seed: xoshiro256**, seeded by splitmix64 (Blackman and Vigna, public domain).
 * Streams of their own for the script, the schedule, the network, the disks and each machine, so that an
 * event taken out of a script changes as little else as can be. */
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

static inline struct rng rng_new(uint64_t seed, uint64_t stream)
{
    struct rng r;
    uint64_t x = seed * 0x9e3779b97f4a7c15U + stream * 0xd1342543de82ef95U + 1;
    for (int i = 0; i < 4; i++) {
        uint64_t z = x += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        r.s[i] = z ^ (z >> 31);
    }
    return r;
}

static inline uint64_t rng_rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s, ret = rng_rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotl(s[3], 45);
    return ret;
}

static inline uint64_t rng_below(struct rng *r, uint64_t n) /* 0..n-1; 0 for n = 0 */
{
    return n ? rng_next(r) % n : 0;
}

static inline int rng_chance(struct rng *r, unsigned permille)
{
    return rng_below(r, 1000) < permille;
}
