#include "node/home.h"

#include "node/ahead.h"
#include "node/clock.h"

#include <assert.h>
#include <string.h>

enum { GENESIS_FILE_MAX = RECORD_MAX + EPOCH_CHAIN_MAX + 8 };
static_assert((int)GENESIS_FILE_MAX <= (int)STORE_VALUE_MAX, "the longest chain is one value of the store");
static_assert((int)KEYSTORE_EPOCHS == (int)EPOCHS_MAX, "the keystore takes every epoch's key");

void home_drop(struct home *h)
{
    keystore_close(h->ks);
    epochs_holder_free(h->epochs);
    sign_key_drop(&h->member);
    buf_drop(&h->record);
    *h = (struct home){ 0 };
}

static struct keystore_name setting(const char *name)
{
    return (struct keystore_name){ .table = KT_SETTING, .name = span_of(name) };
}

enum sr_err home_get(struct home *h, const char *name, struct buf *ret, struct sr_why *why)
{
    SR_OWN(keystore_item) item = { 0 };
    struct keystore_name n = setting(name);
    enum sr_err e = keystore_get(h->ks, &n, &item, why);
    if (e == SR_ENOENT)
        return sr_fail(why, e, R_NOT_FOUND, "no setting %s", name);
    SR_TRY(e);
    wr_span(ret, secret_span(&item.value));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

void home_put(struct keystore_txn *t, const char *name, struct span value)
{
    struct keystore_name n = setting(name);
    keystore_txn_put(t, &n, 1, clock_unix(), value);
}

/* The chain and what it says, before there is a keyring to go with it. */
struct known {
    struct span chain;
    struct epoch_pubs pub[EPOCHS_MAX];
    size_t n;
};

/* The record and what follows from it in public: cid, genesis, epochs. */
static enum sr_err read_public(struct home *h, const struct sha256 *want, struct span record,
                               struct known *epochs, struct sr_why *why)
{
    h->cid = genesis_cid(record);
    SR_TRY(genesis_pinned(record, want ? want : &h->cid, &h->genesis, why));
    struct approvers approvers = genesis_approvers(&h->genesis);
    SR_TRY(epoch_chain_check(epochs->chain, &h->cid, &h->genesis.first, &approvers, epochs->pub, &epochs->n,
                             why));
    wr_span(&h->record, record);
    return buf_ok(&h->record) ? SR_OK : SR_ENOMEM;
}

/* Takes the keyring. */
static enum sr_err hold_epochs(struct home *h, struct keyring *keyring, const struct known *epochs)
{
    struct epochs *e = NULL;
    SR_TRY(epochs_new(keyring, epochs->pub, epochs->n, epochs->chain, &e));
    return epochs_holder_new(e, &h->epochs);
}

static enum sr_err open_keystore(struct home *h, struct store *store, struct sr_why *why)
{
    struct keystore_options o = { .store = store, .cid = h->cid };
    struct keystore_epoch older[EPOCHS_MAX];
    size_t n = 0;
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    keyring_keystore(now.e->keyring, &o, older, &n);
    enum sr_err e = keystore_create(&o, &h->ks, why);
    if (e == SR_ESTALE)
        e = keystore_open(&o, older, n, &h->ks, why);
    sodium_memzero(&o, sizeof o);
    sodium_memzero(older, sizeof older);
    return e;
}

enum sr_err home_spared(struct home *h, const struct keyring *k, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    enum sr_err e = home_get(h, HOME_DESTROYED, &b, NULL);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    struct reader r = rd_init(buf_span(&b));
    uint64_t before = rd_u64be(&r);
    if (!rd_end(&r))
        return sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "what is destroyed here is unclear");
    return keyring_oldest(k) >= before
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_EPOCH_DESTROYED, "masters that were destroyed here");
}

static enum sr_err open_home(struct home *h, struct store *store, struct sr_why *why)
{
    SR_TRY(open_keystore(h, store, why));
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    return home_spared(h, now.e->keyring, why);
}

static enum sr_err load_member_key(struct home *h, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(key) seed = { 0 };
    SR_TRY(home_get(h, HOME_MEMBER_KEY, &b, why));
    if (b.n != sizeof h->member.b)
        return sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "the member key is not one");
    memcpy(seed.b, b.p, sizeof seed.b);
    sign_from_seed(&seed, &h->member, &h->member_pub);
    h->id = member_id_of(&h->member_pub);
    h->has_member = true;
    return SR_OK;
}

static enum sr_err unseal_now(const struct home *h, struct store *store, struct tpm_actor *tpm,
                              const struct known *epochs, struct keyring **ret, struct sr_why *why)
{
    SR_OWN(home_sealed) s = { 0 };
    const struct keyring_home home = { h->cid, h->genesis.params.salt, epochs->pub, epochs->n };
    SR_TRY(keystore_clear_get(store, KC_TPM_BLOB, &s.blob));
    SR_TRY(keystore_clear_get(store, KC_MASTER_BUNDLE, &s.bundle));
    return home_unseal(tpm, &s, &home, ret, why);
}

/* A machine that was started otherwise than the last time may have been announced. */
static enum sr_err unseal(struct home *h, struct store *store, struct tpm_actor *tpm,
                          const struct known *epochs, struct sr_why *why)
{
    struct keyring *keyring = NULL;
    struct sr_why ahead = { 0 };
    const struct keyring_home home = { h->cid, h->genesis.params.salt, epochs->pub, epochs->n };
    enum sr_err e = unseal_now(h, store, tpm, epochs, &keyring, why);
    if (e == SR_EPROOF && why->reason == R_UNSEAL &&
        ahead_unseal(store, tpm, &home, &keyring, &ahead) == SR_OK) {
        h->started_anew = true;
        e = SR_OK;
    }
    return e == SR_OK ? hold_epochs(h, keyring, epochs) : e;
}

static enum sr_err load(struct home *h, struct store *store, struct tpm_actor *tpm, const struct sha256 *want,
                        struct sr_why *why)
{
    SR_OWN(buf) file = { 0 };
    SR_OWN(buf) sealed = { 0 };
    SR_TRY(
        keystore_clear_get(store, KC_MASTER_BUNDLE, &sealed)); /* written last: without it, nothing counts */
    SR_TRY(keystore_clear_get(store, KC_GENESIS, &file));
    struct reader r = rd_init(buf_span(&file));
    struct span record = rd_lp(&r, RECORD_MAX);
    struct known epochs = { .chain = rd_lp(&r, EPOCH_CHAIN_MAX) };
    if (!rd_end(&r))
        return sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "the genesis record on disk is malformed");
    SR_TRY(read_public(h, want, record, &epochs, why));
    SR_TRY(unseal(h, store, tpm, &epochs, why));
    return open_home(h, store, why);
}

enum sr_err home_genesis_file(const struct home *h, struct span chain, struct buf *ret)
{
    wr_lp(ret, buf_span(&h->record));
    wr_lp(ret, chain);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* In this order: the masters' blob is what says that all is there. */
static enum sr_err seal(struct home *h, struct store *store, struct tpm_actor *tpm, struct sr_why *why)
{
    SR_OWN(home_sealed) s = { 0 };
    SR_OWN(buf) file = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    SR_TRY(home_genesis_file(h, buf_span(&now.e->chain), &file));
    SR_TRY(home_seal(tpm, &h->cid, now.e->keyring, &s, why));
    if (!s.blob.n) /* the masters stay in memory: the next start asks another member */
        return keystore_clear_put(store, KC_GENESIS, buf_span(&file));
    SR_TRY(keystore_clear_put(store, KC_TPM_BLOB, buf_span(&s.blob)));
    SR_TRY(keystore_clear_put(store, KC_GENESIS, buf_span(&file)));
    return keystore_clear_put(store, KC_MASTER_BUNDLE, buf_span(&s.bundle));
}

/* The announced start has come: from here on the masters are sealed to it like to any other. */
static enum sr_err settle_in(struct home *h, struct store *store, struct tpm_actor *tpm, struct sr_why *why)
{
    if (!h->started_anew)
        return SR_OK;
    SR_TRY(seal(h, store, tpm, why));
    return ahead_forget(store);
}

enum sr_err home_load(struct store *store, struct tpm_actor *tpm, const struct sha256 *want, struct home *ret,
                      struct sr_why *why)
{
    SR_OWN(home) h = { 0 };
    SR_TRY(load(&h, store, tpm, want, why));
    SR_TRY(settle_in(&h, store, tpm, why));
    enum sr_err e = load_member_key(&h, why);
    if (e != SR_OK && e != SR_ENOENT)
        return e;
    *ret = SR_TAKE(h);
    return SR_OK;
}

static enum sr_err commit(struct keystore *ks, struct keystore_txn *txn)
{
    enum sr_err result = SR_OK;
    struct keystore_txn *const txns[] = { txn };
    struct keystore_group g = { .txns = txns, .results = &result, .n = 1 };
    SR_TRY(keystore_commit(ks, &g, NULL));
    return result;
}

static enum sr_err put_member(struct home *h, const struct sign_key *member, struct sr_why *why)
{
    SR_OWN(keystore_txn) txn = { 0 };
    home_put(&txn, HOME_MEMBER_KEY, SPAN(member->b));
    SR_TRY(commit(h->ks, &txn));
    return load_member_key(h, why);
}

enum sr_err home_keep_member(struct home *h, const struct sign_key *member, const struct sign_pub *pub,
                             struct sr_why *why)
{
    enum sr_err e = load_member_key(h, why);
    if (e == SR_OK && memcmp(&h->member_pub, pub, sizeof h->member_pub) != 0)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "another member key is stored here");
    return e == SR_ENOENT ? put_member(h, member, why) : e;
}

enum sr_err home_renew(struct home *h, const struct sign_key *member, struct keystore_txn *with,
                       struct sr_why *why)
{
    home_put(with, HOME_MEMBER_KEY, SPAN(member->b));
    SR_TRY(commit(h->ks, with));
    return load_member_key(h, why);
}

/* Fresh masters under a keystore that may be a member's already. */
static enum sr_err settle(struct home *h, const struct sign_key *member, struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    enum sr_err e = load_member_key(h, why);
    if (e == SR_ENOENT)
        return put_member(h, member, why);
    SR_TRY(e);
    e = home_get(h, HOME_MEMBER_CERT, &cert, why);
    h->was_member = e == SR_OK;
    return e == SR_ENOENT ? put_member(h, member, why) : e;
}

enum sr_err home_make(struct store *store, struct tpm_actor *tpm, const struct home_parts *parts,
                      struct home *ret, struct sr_why *why)
{
    SR_OWN(home) h = { 0 };
    struct known epochs = { .chain = parts->chain };
    enum sr_err e = read_public(&h, NULL, parts->record, &epochs, why);
    if (e != SR_OK) {
        keyring_free(parts->keyring);
        return e;
    }
    SR_TRY(hold_epochs(&h, parts->keyring, &epochs));
    SR_TRY(seal(&h, store, tpm, why));
    SR_TRY(open_home(&h, store, why));
    SR_TRY(settle(&h, parts->member, why));
    *ret = SR_TAKE(h);
    return SR_OK;
}
