#include "proto/epoch.h"

#include <string.h>

void epoch_keys_drop(struct epoch_keys *k)
{
    sodium_memzero(k, sizeof *k);
}

void lasting_keys_drop(struct lasting_keys *k)
{
    sodium_memzero(k, sizeof *k);
}

static enum sr_err derive_signer(const struct key *master, enum label l, struct span context,
                                 struct sign_key *ret, struct sign_pub *ret_pub)
{
    SR_OWN(key) seed = { 0 };
    SR_TRY(derive_key(master, l, context, &seed));
    sign_from_seed(&seed, ret, ret_pub);
    return SR_OK;
}

static enum sr_err derive_kem(const struct key *master, struct span context, struct kem_key *ret,
                              struct kem_pub *ret_pub)
{
    SR_OWN(key) k = { 0 };
    SR_TRY(derive_key(master, L_NETWORK_KEY, context, &k));
    memcpy(ret->b, k.b, sizeof ret->b);
    kem_pub_of(ret, ret_pub);
    return SR_OK;
}

static enum sr_err context_of(const uint8_t salt[32], uint64_t epoch, struct buf *ret)
{
    wr_span(ret, (struct span){ salt, 32 });
    wr_u64be(ret, epoch);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err epoch_keys_derive(const struct key *master, uint64_t epoch, const uint8_t salt[32],
                              struct epoch_keys *ret)
{
    SR_OWN(epoch_keys) k = { 0 };
    SR_OWN(buf) context = { 0 };
    SR_TRY(context_of(salt, epoch, &context));
    struct span c = buf_span(&context);
    k.pub.epoch = epoch;
    k.pub.commit = master_commit(salt, epoch, master);
    SR_TRY(derive_key(master, L_KEK, c, &k.kek));
    SR_TRY(derive_signer(master, L_RELEASE_KEY, c, &k.release, &k.pub.release));
    SR_TRY(derive_signer(master, L_AKCA_KEY, c, &k.akca, &k.pub.akca));
    SR_TRY(derive_signer(master, L_MEMBER_KEY, c, &k.member_ca, &k.pub.member_ca));
    SR_TRY(derive_kem(master, c, &k.network, &k.pub.network));
    *ret = k;
    return SR_OK;
}

enum sr_err lasting_keys_derive(const struct key *first, const uint8_t salt[32], struct lasting_keys *ret)
{
    SR_OWN(lasting_keys) k = { 0 };
    SR_OWN(buf) context = { 0 };
    SR_TRY(context_of(salt, 1, &context));
    SR_TRY(derive_key(first, L_INDEX, buf_span(&context), &k.index));
    SR_TRY(derive_key(first, L_LOG_SALT, buf_span(&context), &k.log_salt));
    SR_TRY(derive_key(first, L_KBS_WRITER_KEY, buf_span(&context), &k.kbs_writer));
    *ret = k;
    return SR_OK;
}

struct sha512 master_commit(const uint8_t salt[32], uint64_t epoch, const struct key *master)
{
    struct hash512 h = hash512_start(L_MASTER_COMMIT);
    hash512_lp(&h, (struct span){ salt, 32 });
    hash512_u64(&h, epoch);
    hash512_lp(&h, key_span(master));
    struct sha512 d = hash512_end(&h);
    sodium_memzero(&h, sizeof h);
    return d;
}
