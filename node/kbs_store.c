/* What administrators put over the KBS protocol: packages of the network's writer, for tenants whose policy
 * names it. specs/kbs.md, "Administration". */
#include "node/clock.h"
#include "node/kbs.h"
#include "node/keyring_kbs.h"
#include "node/secrets.h"

#include <string.h>

enum { TRIES = 4 };

enum sr_err kbs_may_write(const struct stand *s, const struct request *q, struct span tenant,
                          struct sr_why *why)
{
    const struct policy_tenant *t = policy_tenant(s->policy.p, tenant);
    struct sign_pub writer = keyring_kbs_writer(s->epochs.e->keyring);
    SR_TRY(kbs_bearer_check(s->core, q, t ? t->admins : NULL, t ? t->admins_n : 0, NULL, why));
    if (!policy_tenant_admin(t, &writer))
        return sr_fail(why, SR_EDENIED, R_KBS_WRITER,
                       "the tenant's policy does not name the network's writer");
    return SR_OK;
}

static enum sr_err store_once(const struct stand *s, const struct kbs_name *name, enum package_kind kind,
                              struct span value, struct sr_why *why)
{
    SR_OWN(buf) bytes = { 0 };
    struct secrets_newest now;
    struct package_stored done;
    struct package p = { .cid = s->core->home.cid, .kind = kind, .created = clock_unix() };
    SR_TRY(secrets_newest(s->core->secrets, name->tenant, span_of(name->path), &now, why));
    if (kind == PACKAGE_TOMBSTONE && (!now.there || now.kind == PACKAGE_TOMBSTONE))
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no such secret");
    p.version = now.there ? now.version + 1 : 1;
    if (now.there)
        p.prev = now.hash;
    memcpy(p.tenant, name->tenant.p, name->tenant.n);
    memcpy(p.path, name->path, sizeof p.path);
    SR_TRY(keyring_kbs_package(s->epochs.e->keyring, &p, value, &bytes, why));
    return secrets_take(s->core->secrets, s->policy.p, buf_span(&bytes), FROM_TENANT, &done, why);
}

enum sr_err kbs_store(const struct stand *s, const struct kbs_name *name, enum package_kind kind,
                      struct span value, struct sr_why *why)
{
    enum sr_err e = SR_ESTALE;
    for (int i = 0; i < TRIES && e == SR_ESTALE; i++) { /* another writer was faster */
        *why = (struct sr_why){ 0 };
        e = store_once(s, name, kind, value, why);
    }
    return e;
}
