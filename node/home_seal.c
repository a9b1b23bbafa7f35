#include "node/home.h"

void home_sealed_drop(struct home_sealed *s)
{
    buf_drop(&s->blob);
    buf_drop(&s->bundle);
}

enum sr_err home_seal(struct tpm_actor *tpm, const struct sha256 *cid, const struct keyring *k,
                      struct home_sealed *ret, struct sr_why *why)
{
    SR_OWN(home_sealed) s = { 0 };
    SR_OWN(key) kek = { 0 };
    struct sha256 pcrs;
    if (!tpm_actor_seals(tpm))
        return SR_OK;
    random_fill(kek.b, sizeof kek.b);
    SR_TRY(tpm_actor_seal(tpm, &kek, &s.blob, why));
    SR_TRY(tpm_actor_policy_digest(tpm, &pcrs, why));
    SR_TRY(keyring_seal(k, cid, &kek, &pcrs, &s.bundle));
    *ret = SR_TAKE(s);
    return SR_OK;
}

enum sr_err home_unseal(struct tpm_actor *tpm, const struct home_sealed *s, const struct keyring_home *home,
                        struct keyring **ret, struct sr_why *why)
{
    SR_OWN(key) kek = { 0 };
    struct sha256 pcrs;
    SR_TRY(tpm_actor_unseal(tpm, buf_span(&s->blob), &kek, why));
    SR_TRY(tpm_actor_policy_digest(tpm, &pcrs, why));
    return keyring_unseal(buf_span(&s->bundle), home, &kek, &pcrs, ret, why);
}
