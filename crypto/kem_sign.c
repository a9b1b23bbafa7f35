#include "crypto/kem_sign.h"

enum sr_err kem_sign_pub(const struct sign_pub *from, struct kem_pub *ret)
{
    struct kem_pub k;
    if (crypto_sign_ed25519_pk_to_curve25519(k.b, from->b) != 0)
        return SR_EPROOF;
    *ret = k;
    return SR_OK;
}

enum sr_err kem_sign_key(const struct sign_key *from, struct kem_key *ret)
{
    return crypto_sign_ed25519_sk_to_curve25519(ret->b, from->b) == 0 ? SR_OK : SR_EBUG;
}
