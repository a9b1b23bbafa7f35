#pragma once
/* recovery_wrap.h - 32 secret bytes for one reader, by HPKE in mode base: info is LP(label), aad all that
 * they are about; for RSA holders by a seed under RSA-OAEP, which makes the key. For recovery*.c alone. */
#include "proto/recovery.h"

struct recovery_wrap {
    enum label label;
    const struct buf *about;
};
/* SR_EPROOF: the reader's key is a point of small order. */
enum sr_err recovery_wrap_seal(const struct recovery_wrap *w, const struct kem_pub *to,
                               const struct kem_key *eph, const uint8_t plain[static 32],
                               struct recovery_sealed *ret);
/* SR_EPROOF, R_SEAL_OPEN. */
enum sr_err recovery_wrap_open(const struct recovery_wrap *w, const struct kem_key *me,
                               const struct recovery_sealed *s, uint8_t ret[static 32], struct sr_why *why);

/* What every opening says that fails: SR_EPROOF, R_SEAL_OPEN. */
enum sr_err recovery_wrap_closed(struct sr_why *why);

/* A share for the holder of its place, of whatever kind. eph: for RSA the seed. SR_EPROOF: nothing can be
 * sealed to that key. */
enum sr_err recovery_wrap_seal_share(const struct recovery_of *of, const struct kem_pub *pub,
                                     const struct share *share, const struct kem_key *eph,
                                     struct holder_sealed *ret);
/* The one at place i, from 0. SR_EPROOF, R_SEAL_OPEN. */
enum sr_err recovery_wrap_open_share(const struct recovery_set *s, const struct recovery_of *of, size_t i,
                                     const struct holder_secret *me, struct share *ret, struct sr_why *why);
