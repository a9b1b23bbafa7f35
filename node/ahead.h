#pragma once
/* ahead.h - masters sealed ahead: to this machine as it will be started the next time, beside those sealed to
 * it as it is. On disk in one row, so that there is all of it or nothing. Whether it may be done is not asked
 * here: node/upgrade.h. specs/upgrade.md, "Sealing ahead". */
#include "node/keyring.h"
#include "node/tpm_actor.h"

struct store;

/* Seals under a fresh key to the announced start and takes the place of what was sealed ahead before. cid and
 * k are the network's. SR_ENOENT R_CONFIG: the platform does not tell ahead. */
struct ahead {
    struct sha256 cid;
    const struct keyring *keyring;
    const struct announcement *what;
};
enum sr_err ahead_seal(struct store *store, struct tpm_actor *tpm, const struct ahead *a, struct sr_why *why);

/* Opens what was sealed ahead, if this machine was started as announced. SR_ENOENT: nothing was. SR_EPROOF
 * R_UNSEAL: it was started otherwise; what the row says beyond that is checked as in keyring_unseal(). */
enum sr_err ahead_unseal(struct store *store, struct tpm_actor *tpm, const struct keyring_home *home,
                         struct keyring **ret, struct sr_why *why);

/* The announcement that was sealed to. SR_ENOENT. */
enum sr_err ahead_what(struct store *store, struct announcement *ret, struct sr_why *why);
/* Nothing is sealed ahead any more, on this disk: a copy of the row opens all the same. */
enum sr_err ahead_forget(struct store *store);
