#pragma once
/* recovery_wrap.h - 32 secret bytes for one reader, by HPKE in mode base: info is LP(label), aad all that
 * they are about. For recovery*.c alone. */
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
