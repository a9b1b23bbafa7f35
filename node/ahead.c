#include "node/ahead.h"

#include "store/keystore.h"

struct row {
    struct buf bytes;
    struct span what, blob, bundle; /* borrow from bytes */
};

static void row_drop(struct row *r)
{
    buf_drop(&r->bytes);
}

static enum sr_err read_row(struct store *store, struct row *ret, struct sr_why *why)
{
    SR_TRY(keystore_clear_get(store, KC_AHEAD, &ret->bytes));
    if (ret->bytes.n == 0) /* forgotten */
        return SR_ENOENT;
    struct reader r = rd_init(buf_span(&ret->bytes));
    ret->what = rd_lp(&r, ANNOUNCEMENT_MAX);
    ret->blob = rd_lp(&r, PLATFORM_SEALED_MAX);
    ret->bundle = rd_lp(&r, KEYRING_BLOB_MAX);
    return rd_end(&r) ? SR_OK : sr_fail(why, SR_EPROOF, R_UNSEAL, "what is sealed ahead is malformed");
}

enum sr_err ahead_seal(struct store *store, struct tpm_actor *tpm, const struct ahead *a, struct sr_why *why)
{
    SR_OWN(key) kek = { 0 };
    SR_OWN(buf) what = { 0 };
    SR_OWN(buf) blob = { 0 };
    SR_OWN(buf) bundle = { 0 };
    SR_OWN(buf) row = { 0 };
    struct sha256 digest;
    random_fill(kek.b, sizeof kek.b);
    announcement_write(a->what, &what);
    SR_TRY(tpm_actor_seal_ahead(tpm, a->what, &kek, &blob, &digest, why));
    SR_TRY(keyring_seal(a->keyring, &a->cid, &kek, &digest, &bundle));
    wr_lp(&row, buf_span(&what));
    wr_lp(&row, buf_span(&blob));
    wr_lp(&row, buf_span(&bundle));
    return buf_ok(&row) ? keystore_clear_put(store, KC_AHEAD, buf_span(&row)) : SR_ENOMEM;
}

enum sr_err ahead_unseal(struct store *store, struct tpm_actor *tpm, const struct keyring_home *home,
                         struct keyring **ret, struct sr_why *why)
{
    SR_OWN(row) r = { 0 };
    SR_OWN(key) kek = { 0 };
    struct sha256 digest;
    SR_TRY(read_row(store, &r, why));
    SR_TRY(tpm_actor_unseal(tpm, r.blob, &kek, why));
    SR_TRY(tpm_actor_policy_digest(tpm, &digest, why));
    return keyring_unseal(r.bundle, home, &kek, &digest, ret, why);
}

enum sr_err ahead_what(struct store *store, struct announcement *ret, struct sr_why *why)
{
    SR_OWN(row) r = { 0 };
    SR_TRY(read_row(store, &r, why));
    return announcement_read(r.what, ret, why);
}

enum sr_err ahead_forget(struct store *store)
{
    SR_OWN(buf) was = { 0 };
    enum sr_err e = keystore_clear_get(store, KC_AHEAD, &was);
    if (e == SR_ENOENT || (e == SR_OK && was.n == 0))
        return SR_OK;
    return e == SR_OK ? keystore_clear_put(store, KC_AHEAD, (struct span){ 0 }) : e;
}
