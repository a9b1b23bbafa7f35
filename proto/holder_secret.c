#include "proto/holder_secret.h"

#include <string.h>

void holder_secret_drop(struct holder_secret *s)
{
    rsa_key_drop(&s->rsa);
    sodium_memzero(s, sizeof *s);
}

static enum sr_err rsa_pub(const struct rsa_key *k, struct holder *ret)
{
    SR_OWN(buf) n = { 0 };
    SR_TRY(rsa_key_modulus(k, &n));
    for (enum holder_kind kind = HOLDER_RSA_2048; kind <= HOLDER_RSA_4096; kind++) {
        struct holder h = { .kind = kind };
        if (holder_key(&h).n != n.n)
            continue;
        memcpy(h.key, n.p, n.n);
        *ret = h;
        return SR_OK;
    }
    return SR_EFORMAT;
}

enum sr_err holder_secret_pub(const struct holder_secret *s, struct holder *ret)
{
    struct holder h = { .kind = HOLDER_X25519 };
    struct kem_pub pub;
    switch (s->kind) {
    case HOLDER_SECRET_RSA: return rsa_pub(&s->rsa, ret);
    case HOLDER_SECRET_X25519:
        kem_pub_of(&s->x25519, &pub);
        memcpy(h.key, pub.b, sizeof pub.b);
        *ret = h;
        return SR_OK;
    case HOLDER_SECRET_NONE:
    case HOLDER_SECRET_SEED: break;
    }
    return SR_EFORMAT;
}
