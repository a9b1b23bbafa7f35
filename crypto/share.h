#pragma once
/* share.h - a 32-byte secret in n shares: any t of them give it back, fewer tell nothing about it. Shamir's
 * scheme (Communications of the ACM 22, 1979, p. 612), byte by byte over GF(2^8) with the polynomial of FIPS
 * 197, section 4.2. No table, no branch and no index depends on a secret. specs/recovery.md, "Shares". */
#include "crypto/secret.h"

enum {
    SHARE_LEAST = 2, /* t = 1 would be a copy for each holder, and is refused */
    SHARE_MOST = 16,
};

/* The polynomials' value at x, for 32 polynomials. x is public, 1..16; it is the holder's place in the list.
 */
struct share {
    uint8_t x;
    struct key y;
};
void share_drop(struct share *s);

/* The coefficients of x, x^2, ..., row by row; t - 1 rows are used. All 256 values of a byte are as likely,
 * 0 too, in every row: that is what makes t - 1 shares tell nothing. Secret; one use. */
struct share_rand {
    uint8_t b[SHARE_MOST - 1][32];
};
void share_rand_drop(struct share_rand *r);

/* Fills ret[0..n) with x = 1..n. SR_EFORMAT unless 2 <= t <= n <= 16. */
enum sr_err share_split(const struct key *secret, size_t t, size_t n, const struct share_rand *rand,
                        struct share ret[static SHARE_MOST]);
/* From exactly the shares given: with fewer than t, or a wrong one among them, the result is another secret,
 * which only the caller's commitment can tell. SR_EFORMAT: not 2..16 shares, an x out of range or given
 * twice. */
enum sr_err share_combine(const struct share *shares, size_t n, struct key *ret);
