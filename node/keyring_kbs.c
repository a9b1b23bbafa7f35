#include "node/keyring_kbs.h"

#include "crypto/aead.h"
#include "node/keyring_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCALAR_OKM = 48, KID_MAX = 32 };

static void kid_of(uint64_t epoch, char ret[KID_MAX])
{
    snprintf(ret, KID_MAX, "epoch-%llu", (unsigned long long)epoch);
}

void keyring_kbs_drop(struct keyring_kbs *s)
{
    for (size_t i = 0; i < EPOCHS_MAX; i++)
        jws_key_drop(&s->token[i]);
    token_seen_free(s->seen);
    s->seen = NULL;
}

/* d = okm mod (n - 1) + 1, as derived keys of that curve are made. */
static enum sr_err token_key(const struct key *master, struct span context, struct jws_key *ret)
{
    SR_OWN(key) seed = { 0 };
    SR_OWN(secret) okm = { 0 };
    SR_OWN(secret) scalar = { 0 };
    const struct derived_kind *p256 = derived_kind(DERIVED_P256);
    SR_TRY(derive_key(master, L_KBS_TOKEN_KEY, context, &seed));
    SR_TRY(secret_new(&okm, p256->okm_size));
    SR_TRY(hkdf(key_span(&seed), (struct span){ 0 }, SPAN_STR("ES256"), okm.p, okm.n));
    SR_TRY(p256->make(p256, secret_span(&okm), &scalar));
    return jws_key_make(secret_span(&scalar), ret);
}

enum sr_err keyring_kbs_derive(const struct keyring *k, const uint8_t salt[static 32],
                               struct keyring_kbs *ret)
{
    const struct master_bundle *m = &k->parts->masters;
    ret->seen = token_seen_new();
    for (size_t i = 0; i < m->n; i++) {
        SR_OWN(buf) context = { 0 };
        wr_span(&context, (struct span){ salt, 32 });
        wr_u64be(&context, m->epoch[i].epoch);
        if (!buf_ok(&context))
            return SR_ENOMEM;
        SR_TRY(derive_key(&m->epoch[i].master, L_KBS_SESSION_KEY, buf_span(&context),
                          &k->parts->kbs_session[i]));
        SR_TRY(token_key(&m->epoch[i].master, buf_span(&context), &ret->token[i]));
    }
    sign_from_seed(&k->parts->lasting.kbs_writer, &k->parts->kbs_writer, &ret->writer);
    return SR_OK;
}

static enum sr_err cookie_aad(const struct sha256 *cid, struct buf *ret)
{
    struct label_text l = label_text(L_KBS_COOKIE);
    wr_lp(ret, (struct span){ (const uint8_t *)l.b, l.n });
    wr_span(ret, SPAN(cid->b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err keyring_kbs_seal(const struct keyring *k, const struct sha256 *cid, struct span plain,
                             struct buf *ret)
{
    SR_OWN(buf) aad = { 0 };
    SR_TRY(cookie_aad(cid, &aad));
    return aead_seal(&k->parts->kbs_session[k->parts->masters.n - 1], buf_span(&aad), plain, ret);
}

enum sr_err keyring_kbs_open(const struct keyring *k, uint64_t min_epoch, const struct sha256 *cid,
                             struct span box, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) aad = { 0 };
    SR_TRY(cookie_aad(cid, &aad));
    for (size_t i = k->parts->masters.n; i-- > 0;)
        if (k->parts->masters.epoch[i].epoch >= min_epoch &&
            aead_open_buf(&k->parts->kbs_session[i], buf_span(&aad), box, ret) == SR_OK)
            return SR_OK;
    return sr_fail(why, SR_EAUTH, R_KBS_SESSION, "a cookie that no member of this network sealed");
}

enum sr_err keyring_kbs_sign(const struct keyring *k, struct span payload, struct buf *ret)
{
    char kid[KID_MAX];
    size_t newest = k->parts->masters.n - 1;
    kid_of(k->parts->masters.epoch[newest].epoch, kid);
    return jws_sign_es256(&k->kbs.token[newest], kid, payload, ret);
}

static enum sr_err verify_or_seen(const struct keyring *k, size_t i, const struct jws *token,
                                  struct sr_why *why)
{
    struct sha256 name = token_seen_name(k->parts->masters.epoch[i].epoch, token);
    if (token->alg == JWS_ES256 && token_seen_has(k->kbs.seen, &name))
        return SR_OK;
    SR_TRY(jws_verify_es256(token, &k->kbs.token[i], why));
    token_seen_add(k->kbs.seen, &name);
    return SR_OK;
}

enum sr_err keyring_kbs_verify(const struct keyring *k, uint64_t min_epoch, const struct jws *token,
                               struct sr_why *why)
{
    char kid[KID_MAX];
    for (size_t i = 0; i < k->parts->masters.n; i++) {
        kid_of(k->parts->masters.epoch[i].epoch, kid);
        if (k->parts->masters.epoch[i].epoch >= min_epoch && strcmp(kid, token->kid) == 0)
            return verify_or_seen(k, i, token, why);
    }
    return sr_fail(why, SR_EAUTH, R_TOKEN, "token: of no key of ours");
}

void keyring_kbs_jwks(const struct keyring *k, struct buf *ret)
{
    char kid[KID_MAX];
    wr_text(ret, "{\"keys\":[");
    for (size_t i = 0; i < k->parts->masters.n; i++) {
        kid_of(k->parts->masters.epoch[i].epoch, kid);
        wr_text(ret, i ? "," : "");
        jws_key_write(&k->kbs.token[i], kid, ret);
    }
    wr_text(ret, "]}");
}

struct sign_pub keyring_kbs_writer(const struct keyring *k)
{
    return k->kbs.writer;
}

enum sr_err keyring_kbs_package(const struct keyring *k, struct package *p, struct span value,
                                struct buf *ret, struct sr_why *why)
{
    SR_OWN(kem_key) eph = { 0 };
    const struct epoch_keys *e = keyring_active(k);
    const struct package_keys keys = { &e->pub.network, &eph, &k->parts->kbs_writer, &k->kbs.writer };
    random_fill(eph.b, sizeof eph.b);
    p->epoch = e->pub.epoch;
    return package_make(p, value, &keys, ret, why);
}
