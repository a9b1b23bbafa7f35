#include "crypto/sign.h"

void sign_key_drop(struct sign_key *k)
{
    sodium_memzero(k, sizeof *k);
}

void sign_from_seed(const struct key *seed, struct sign_key *ret, struct sign_pub *ret_pub)
{
    (void)crypto_sign_seed_keypair(ret_pub->b, ret->b, seed->b);
}

void sign_random(struct sign_key *ret, struct sign_pub *ret_pub)
{
    (void)crypto_sign_keypair(ret_pub->b, ret->b);
}

struct sig sign_raw(const struct sign_key *k, struct span msg)
{
    struct sig s;
    (void)crypto_sign_detached(s.b, NULL, msg.p, msg.n, k->b);
    return s;
}

enum sr_err sign_check_raw(const struct sign_pub *k, struct span msg, const struct sig *sig)
{
    return crypto_sign_verify_detached(sig->b, msg.p, msg.n, k->b) == 0 ? SR_OK : SR_EPROOF;
}

void sign_text(enum label l, struct span msg, struct buf *ret)
{
    struct label_text t = label_text(l);
    wr_lp(ret, (struct span){ (const uint8_t *)t.b, t.n });
    wr_span(ret, msg);
}

struct sig sign_label(const struct sign_key *k, enum label l, struct span msg)
{
    SR_OWN(buf) b = { 0 };
    sign_text(l, msg, &b);
    return buf_ok(&b) ? sign_raw(k, buf_span(&b)) : (struct sig){ 0 };
}

enum sr_err sign_check(const struct sign_pub *k, enum label l, struct span msg, const struct sig *sig)
{
    SR_OWN(buf) b = { 0 };
    sign_text(l, msg, &b);
    return buf_ok(&b) ? sign_check_raw(k, buf_span(&b), sig) : SR_ENOMEM;
}
