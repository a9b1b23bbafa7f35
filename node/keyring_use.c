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
    if (!e)
        return sr_fail(why, SR_EPROOF, R_EPOCH, "a package of epoch %llu", (unsigned long long)p->epoch);
    return package_open_by(p, &e->network, &e->pub.network, ret, why);
}

static enum sr_err tenant_root(const struct keyring *k, struct span tenant, struct key *ret)
{
    return derive_tenant_root(&k->parts->masters.epoch[0].master, tenant, ret);
}

enum sr_err keyring_workload(const struct keyring *k, const struct keyring_want *w, struct secret *ret)
{
    SR_OWN(key) root = { 0 };
    SR_TRY(tenant_root(k, w->tenant, &root));
    return derive_workload_key(&root, w->path, w->version, w->kind, w->size, ret);
}

enum sr_err keyring_workload_pub(const struct keyring *k, const struct keyring_want *w, struct buf *ret)
{
    SR_OWN(key) root = { 0 };
    SR_TRY(tenant_root(k, w->tenant, &root));
    return derive_workload_pub(&root, w->path, w->version, w->kind, ret);
}

struct sig keyring_attest_derived(const struct keyring *k, struct span text)
{
    return sign_label(&keyring_active(k)->release, L_DERIVED_SIGN, text);
}

struct sha256 keyring_leaf_id(const struct keyring *k, enum leaf_id_kind kind, struct span id)
{
    return leaf_id(&k->parts->keys[0].log_salt, kind, id);
}

void keyring_keystore(const struct keyring *k, struct keystore_options *o,
                      struct keystore_epoch older[static EPOCHS_MAX], size_t *ret_older)
{
    size_t n = k->parts->masters.n;
    for (size_t i = 0; i + 1 < n; i++)
        older[i] = (struct keystore_epoch){ (uint32_t)k->parts->keys[i].pub.epoch, k->parts->keys[i].kek };
    o->index = k->parts->keys[0].index;
    o->kek = k->parts->keys[n - 1].kek;
    o->epoch = (uint32_t)k->parts->keys[n - 1].pub.epoch;
    *ret_older = n - 1;
}
