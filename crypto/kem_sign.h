#pragma once
/* kem_sign.h - an X25519 key from an Ed25519 key, so that who has one for signing can be a recovery holder
 * with it. The map between the curves is RFC 7748, section 4.1; the private half is the scalar that RFC 8032,
 * section 5.1.5 makes of the seed. Both uses of a key are hashed under labels that differ. */
#include "crypto/hpke.h"
#include "crypto/sign.h"

/* SR_EPROOF: not a point, of small order or not in the prime-order group: nothing sealed to it would be safe.
 */
enum sr_err kem_sign_pub(const struct sign_pub *from, struct kem_pub *ret);
enum sr_err kem_sign_key(const struct sign_key *from, struct kem_key *ret);
