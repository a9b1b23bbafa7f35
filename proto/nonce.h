#pragma once
/* nonce.h - challenges that cost the server no memory until evidence has verified: a MAC under a per-boot key
 * over the purpose and everything the challenge says; and the bounded set of the ones that were used.
 * Times are milliseconds of a clock that never steps (CLOCK_BOOTTIME). specs/join.md, "Challenges". */
#include "crypto/err.h"
#include "crypto/hash.h"

/* A challenge that came back: the MAC is its name. */
struct nonce {
    struct sha256 id;
    uint64_t expires_ms; /* the last millisecond at which it counts */
};

/* Says that this nonce was taken from the set by nonce_consume(), which alone makes it. */
struct nonce_spent {
    struct sha256 id;
};

/* MAC over LP(purpose) || context || LP(challenge without its mac). */
enum sr_err nonce_mac(const struct key *boot_key, struct span purpose, const struct sha512 *context,
                      struct span challenge, struct sha256 *ret);
/* SR_EAUTH, R_NONCE_FORGED. */
enum sr_err nonce_check(const struct key *boot_key, struct span purpose, const struct sha512 *context,
                        struct span challenge, const struct sha256 *mac, struct sr_why *why);
/* Counts from ts to ts + ttl, both included. SR_EAUTH, R_NONCE_EXPIRED else, and for a ts to come. */
enum sr_err nonce_age(uint64_t ts_ms, uint32_t ttl_ms, uint64_t now_ms, struct sr_why *why);

/* At most max names until they expire. Thread safe: one mutex inside, held for one look-up (a sweep of the
 * whole set when it is full and something in it has expired). */
struct nonce_set;
enum { NONCE_SET_MAX = 1 << 20 };

/* seed: random, so that nobody can choose names that collide in the table. SR_ETOOBIG, SR_ENOMEM. */
enum sr_err nonce_set_new(size_t max, const uint8_t seed[16], struct nonce_set **ret);
void nonce_set_free(struct nonce_set *s); /* takes NULL */
/* Exactly one caller gets SR_OK for a name. SR_EAUTH with R_NONCE_EXPIRED or R_NONCE_USED; SR_EBUSY with
 * R_NONCES_FULL: nothing was consumed. ret and why may be NULL. */
enum sr_err nonce_consume(struct nonce_set *s, const struct nonce *n, uint64_t now_ms,
                          struct nonce_spent *ret, struct sr_why *why);
