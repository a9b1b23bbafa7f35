#include "node/recovery_key.h"

#include "node/node.h"
#include "proto/recovery_file.h"

#define SETTING_VERIFIED "recovery-verified" /* SHA-256 of the genesis bundle whose evidence verified */

static struct sha256 bundle_hash(const struct core *c)
{
    return sha256(buf_span(&c->bundle));
}

static bool noted(struct core *c)
{
    SR_OWN(buf) b = { 0 };
    struct sha256 h = bundle_hash(c);
    return home_get(&c->home, SETTING_VERIFIED, &b, NULL) == SR_OK && span_eq(buf_span(&b), SPAN(h.b));
}

static enum sr_err note(struct core *c)
{
    SR_OWN(keystore_txn) txn = { 0 };
    struct keystore_txn *const txns[] = { &txn };
    enum sr_err result = SR_OK;
    struct sha256 h = bundle_hash(c);
    home_put(&txn, SETTING_VERIFIED, SPAN(h.b));
    SR_TRY(keystore_commit(c->home.ks, &(struct keystore_group){ txns, &result, 1, NULL, NULL }, NULL));
    return result;
}

static enum sr_err verify(struct node *n, struct core *c, const struct genesis_checked *g, struct sr_why *why)
{
    struct claims claims = { 0 };
    SR_OWN(collateral_hold) held = collateral_holder_get(n->collateral);
    SR_TRY(genesis_verify(g, collateral_held(&held), &claims, why));
    return note(c);
}

enum sr_err recovery_key_get(struct node *n, struct core *c, struct kem_pub *ret, struct sr_why *why)
{
    struct genesis_checked g;
    if (!c->home.genesis.params.recovery.n)
        return sr_fail(why, SR_ENOENT, R_RECOVERY_NONE, "this network has no recovery, for ever");
    if (!c->bundle.n)
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "this member has no copy of the genesis bundle");
    SR_TRY(genesis_check(buf_span(&c->bundle), &c->home.cid, (struct span){ 0 }, &g, why));
    if (!noted(c))
        SR_TRY(verify(n, c, &g, why));
    *ret = g.recovery.pub;
    return SR_OK;
}

enum sr_err recovery_key_told(struct core *c, struct span file, struct sr_why *why)
{
    struct recovery_file f;
    struct recovery_epochs epochs;
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    SR_TRY(recovery_file_decode(file, &f, why));
    if (!f.cert.n || !span_eq(f.bundle, buf_span(&c->bundle)))
        return sr_fail(why, SR_EPROOF, R_RECOVERY_FILE, "nobody's word, or not about our bundle");
    SR_TRY(recovery_file_check(&f, &c->home.cid, &c->home.genesis, &epochs, why));
    if (epochs.n < now.e->n)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "the word of a member of epoch %zu", epochs.n);
    return note(c);
}

enum sr_err recovery_key_ask(struct node *n, struct core *c, struct peer_link *p, struct sr_why *why)
{
    struct kem_pub key;
    enum sr_err e = recovery_key_get(n, c, &key, NULL);
    if (e == SR_OK || e == SR_ENOENT)
        return SR_OK;
    if (peer_get(p, "/sealring/v1/recovery", why) != SR_OK) /* it can't either */
        return SR_OK;
    return recovery_key_told(c, buf_span(&p->reply.body), why);
}
