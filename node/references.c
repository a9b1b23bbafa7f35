#include "node/references.h"

#include "node/secrets.h"

#include <stdio.h>

void references_path(struct span name, char ret[static GLOB_PATH_MAX + 1])
{
    snprintf(ret, GLOB_PATH_MAX + 1, POLICY_REF_FOLDER "%.*s", (int)name.n, (const char *)name.p);
}

static enum sr_err take_one(struct core *c, struct span tenant, struct span name, struct policy_refs *ret,
                            struct sr_why *why)
{
    SR_OWN(secret) value = { 0 };
    char path[GLOB_PATH_MAX + 1];
    struct sr_why bad = { 0 };
    uint32_t version;
    references_path(name, path);
    enum sr_err e = secrets_open_value(c->secrets, tenant, span_of(path), 0, &value, &version, why);
    if (e == SR_ENOENT) {
        *why = (struct sr_why){ 0 };
        return SR_OK;
    }
    SR_TRY(e);
    e = policy_refs_add(ret, name, secret_span(&value), &bad);
    return e == SR_ENOMEM ? e : SR_OK; /* what is no list equals nothing */
}

enum sr_err references_take(struct core *c, const struct policy *p, struct span tenant,
                            struct policy_refs *ret, struct sr_why *why)
{
    const struct span *names;
    size_t n = policy_tenant_refs(policy_tenant(p, tenant), &names);
    for (size_t i = 0; i < n; i++)
        SR_TRY(take_one(c, tenant, names[i], ret, why));
    return SR_OK;
}
