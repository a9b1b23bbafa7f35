#pragma once
/* holder_secret.h - what opens a recovery holder's package: a private key, or what a token made with one. */
#include "crypto/rsa_key.h"
#include "proto/holder.h"

enum holder_secret_kind { HOLDER_SECRET_NONE, HOLDER_SECRET_X25519, HOLDER_SECRET_RSA, HOLDER_SECRET_SEED };

/* Secret; the owner drops it. */
struct holder_secret {
    enum holder_secret_kind kind;
    struct kem_key x25519;
    struct rsa_key rsa;
    struct key seed; /* of one package */
};
void holder_secret_drop(struct holder_secret *s);

/* The public half. SR_EFORMAT: a seed has none, nor has an RSA key of a size that is no holder's. */
enum sr_err holder_secret_pub(const struct holder_secret *s, struct holder *ret);
