/* What the keys of an epoch are used for. */
#include "node/keyring_parts.h"

enum sr_err keyring_certify_ak(const struct keyring *k, const struct enroller *by, struct span e3,
                               struct buf *ret_e4, struct ak_cert *ret_cert, struct sr_why *why)
{
    const struct epoch_keys *e = keyring_active(k);
    return enrol_certify_network(by, e3, e->pub.epoch, &e->akca, &e->pub.akca, ret_e4, ret_cert, why);
}

enum sr_err keyring_certify_member(const struct keyring *k, struct member_cert *c, struct buf *ret)
{
    const struct epoch_keys *e = keyring_active(k);
    c->epoch = e->pub.epoch;
    return member_cert_make(c, &e->member_ca, ret);
}

enum sr_err keyring_release(const struct keyring *k, const struct releaser *r,
                            const struct release_request *q, const struct verified *verified,
                            const struct nonce_spent *spent, const struct release_values *values,
                            const struct release_promise *promise, struct buf *ret, struct sr_why *why)
{
    SR_OWN(kem_key) eph = { 0 };
    const struct epoch_keys *e = keyring_keys(k, r->epoch);
    if (!e)
        return sr_fail(why, SR_ESTALE, R_STALE_CHALLENGE, "no keys of epoch %llu",
                       (unsigned long long)r->epoch);
    random_fill(eph.b, sizeof eph.b);
    struct release_keys keys = { .eph = &eph, .key = &e->release };
    return release_w3(r, q, verified, spent, values, promise, &keys, ret, why);
}

enum sr_err keyring_open_package(const struct keyring *k, const struct package *p, struct secret *ret,
                                 struct sr_why *why)
{
    const struct epoch_keys *e = keyring_keys(k, p->epoch);
    if (!e && p->epoch < keyring_newest(k))
        return sr_fail(why, SR_ENOENT, R_EPOCH_DESTROYED, "a package of epoch %llu, which is destroyed",
                       (unsigned long long)p->epoch);
    if (!e)
        return sr_fail(why, SR_EPROOF, R_EPOCH, "a package of epoch %llu", (unsigned long long)p->epoch);
    return package_open_by(p, &e->network, &e->pub.network, ret, why);
}

/* A version is an epoch: who learnt an earlier master makes no later version with it. */
static enum sr_err tenant_root(const struct keyring *k, const struct keyring_want *w, struct key *ret,
                               struct sr_why *why)
{
    const struct epoch_master *m = keyring_master(k, w->version);
    if (w->version < 1 || w->version > keyring_newest(k))
        return sr_fail(why, SR_ENOENT, R_KEY_VERSION, "a derived key of version %u, and no such epoch",
                       w->version);
    if (!m)
        return sr_fail(why, SR_ENOENT, R_KEY_DESTROYED, "a derived key of epoch %u, which is destroyed",
                       w->version);
    return derive_tenant_root(&m->master, w->tenant, ret);
}

enum sr_err keyring_workload(const struct keyring *k, const struct keyring_want *w, struct secret *ret,
                             struct sr_why *why)
{
    SR_OWN(key) root = { 0 };
    SR_TRY(tenant_root(k, w, &root, why));
    return derive_workload_key(&root, w->path, w->version, w->kind, w->size, ret);
}

enum sr_err keyring_workload_pub(const struct keyring *k, const struct keyring_want *w, struct buf *ret,
                                 struct sr_why *why)
{
    SR_OWN(key) root = { 0 };
    SR_TRY(tenant_root(k, w, &root, why));
    return derive_workload_pub(&root, w->path, w->version, w->kind, ret);
}

struct sig keyring_attest_derived(const struct keyring *k, struct span text)
{
    return sign_label(&keyring_active(k)->release, L_DERIVED_SIGN, text);
}

struct sha256 keyring_leaf_id(const struct keyring *k, enum leaf_id_kind kind, struct span id)
{
    return leaf_id(&k->parts->lasting.log_salt, kind, id);
}

void keyring_keystore(const struct keyring *k, struct keystore_options *o,
                      struct keystore_epoch older[static EPOCHS_MAX], size_t *ret_older)
{
    size_t n = k->parts->masters.n;
    for (size_t i = 0; i + 1 < n; i++)
        older[i] = (struct keystore_epoch){ (uint32_t)k->parts->keys[i].pub.epoch, k->parts->keys[i].kek };
    o->index = k->parts->lasting.index;
    o->kek = k->parts->keys[n - 1].kek;
    o->epoch = (uint32_t)k->parts->keys[n - 1].pub.epoch;
    *ret_older = n - 1;
}
