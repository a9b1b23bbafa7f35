/* Tenants' packages, and the public halves of derived keys. */
#include "node/api.h"
#include "node/secrets.h"
#include "node/sync.h"

/* A tenant's administrator, or a member that passes on what it has. */
static enum sr_err source_of(const struct stand *s, const struct request *q, enum package_source *ret,
                             struct sr_why *why)
{
    struct package p;
    struct sign_pub key;
    SR_TRY(api_caller(q, &key, why));
    *ret = FROM_MEMBER;
    if (members_has_key(s->core->members, &key, s->policy.p))
        return SR_OK;
    *ret = FROM_TENANT;
    SR_TRY(package_read(q->body, &p, why));
    if (!policy_tenant_admin(policy_tenant(s->policy.p, span_of(p.tenant)), &key))
        return sr_fail(why, SR_EDENIED, R_FORBIDDEN, "the key is no administrator of the tenant");
    return SR_OK;
}

static bool stored_now(const struct package_stored *p)
{
    return p->verdict == PACKAGE_NEXT || p->verdict == PACKAGE_REPLACES;
}

static enum sr_err put(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) b = { 0 };
    enum package_source from;
    struct package_stored done;
    SR_TRY(stand_take(n, ACT_STORE, &s, why));
    SR_TRY(source_of(&s, q, &from, why));
    SR_TRY(secrets_take(s.core->secrets, s.policy.p, q->body, from, &done, why));
    jw_object(&b);
    jw_member_hex(&b, "hash", SPAN(done.hash.b));
    jw_member_bool(&b, "stored", stored_now(&done));
    jw_member_u64(&b, "version", done.version);
    jw_object_end(&b);
    if (stored_now(&done) && from == FROM_TENANT)
        sync_wake(n);
    return reply_json(r, 200, &b);
}

static enum sr_err write_one(void *ctx, const struct package *p)
{
    struct buf *b = ctx;
    jw_object(b);
    jw_member_u64(b, "created", p->created);
    jw_member_u64(b, "epoch", p->epoch);
    jw_member_hex(b, "hash", SPAN(p->hash.b));
    jw_member_text(b, "kind", p->kind == PACKAGE_TOMBSTONE ? "tombstone" : "value");
    jw_member_text(b, "path", p->path);
    jw_member_u64(b, "version", p->version);
    jw_object_end(b);
    return SR_OK;
}

static enum sr_err list(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) b = { 0 };
    struct sign_pub key;
    struct span tenant = api_query(q, "tenant");
    SR_TRY(stand_take(n, ACT_TALK, &s, why));
    SR_TRY(api_caller(q, &key, why));
    if (!policy_tenant_admin(policy_tenant(s.policy.p, tenant), &key))
        return sr_fail(why, SR_EDENIED, R_FORBIDDEN, "the key is no administrator of the tenant");
    jw_object(&b);
    jw_name(&b, "packages");
    jw_array(&b);
    SR_TRY(secrets_list(s.core->secrets, tenant, write_one, &b, why));
    jw_array_end(&b);
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

/* The attestation: the release key's signature over what the public half belongs to. */
static enum sr_err attest_public(const struct stand *s, const struct keyring_want *w, struct span pub,
                                 struct sig *ret)
{
    SR_OWN(buf) text = { 0 };
    wr_span(&text, SPAN(s->core->home.cid.b));
    wr_lp(&text, w->tenant);
    wr_lp(&text, w->path);
    wr_u32be(&text, w->version);
    wr_lp(&text, span_of(w->kind->name));
    wr_lp(&text, pub);
    if (!buf_ok(&text))
        return SR_ENOMEM;
    *ret = keyring_attest_derived(s->epochs.e->keyring, buf_span(&text));
    return SR_OK;
}

static enum sr_err read_want(const struct request *q, struct keyring_want *ret, struct sr_why *why)
{
    uint64_t version = 0;
    SR_TRY(api_query_u64(q, "version", 1, &version, why));
    *ret = (struct keyring_want){ .tenant = q->arg[0],
                                  .path = api_query(q, "path"),
                                  .version = (uint32_t)version,
                                  .kind = derived_kind_named(api_query(q, "kind")) };
    if (!glob_tenant_ok(ret->tenant) || !glob_path_ok(ret->path) || version < 1 || version > UINT32_MAX ||
        !ret->kind || ret->kind->public_size == 0)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "wanted: path, and a kind that has a public half");
    return SR_OK;
}

static enum sr_err public_half(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) pub = { 0 };
    SR_OWN(buf) b = { 0 };
    struct keyring_want w;
    struct sig sig;
    SR_TRY(stand_take(n, ACT_TALK, &s, why));
    SR_TRY(read_want(q, &w, why));
    if (!policy_tenant(s.policy.p, w.tenant))
        return sr_fail(why, SR_EDENIED, R_TENANT_UNKNOWN, "the policy has no such tenant");
    SR_TRY(keyring_workload_pub(s.epochs.e->keyring, &w, &pub, why));
    SR_TRY(attest_public(&s, &w, buf_span(&pub), &sig));
    jw_object(&b);
    jw_member_u64(&b, "epoch", keyring_newest(s.epochs.e->keyring));
    jw_member_text(&b, "kind", w.kind->name);
    jw_member_str(&b, "path", w.path);
    jw_member_hex(&b, "public", buf_span(&pub));
    jw_member_hex(&b, "sig", SPAN(sig.b));
    jw_member_str(&b, "tenant", w.tenant);
    jw_member_u64(&b, "version", w.version);
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

static const struct route routes[] = {
    { POST, "/sealring/v1/packages", ACCESS_SIGNED, PACKAGE_MAX, TYPE_BYTES, put },
    { GET, "/sealring/v1/packages", ACCESS_SIGNED, 0, NULL, list },
    { GET, "/sealring/v1/public/{}", ACCESS_ANYONE, 0, NULL, public_half },
};
const struct protocol protocol_secrets = {
    .name = "secrets", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
