/* Resources of the KBS protocol: repo/type/tag is the secret type/tag of the tenant repo, the same store,
 * rules and log as everywhere. The table of routes is in api_kbs.c. */
#include "node/clock.h"
#include "node/cosigners.h"
#include "node/kbs.h"
#include "node/references.h"
#include "node/secrets.h"
#include "node/sync.h"

#include <stdio.h>
#include <string.h>

/* Names are the network's own: small letters, digits and ".-_". Others are nobody's. */
static enum sr_err name_of(const struct request *q, struct kbs_name *ret, struct sr_why *why)
{
    *ret = (struct kbs_name){ .tenant = q->arg[0] };
    for (size_t i = 0; i < 3; i++)
        if (!kbs_segment_ok(q->arg[i]))
            return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "a path that is no resource's");
    int n = snprintf(ret->path, sizeof ret->path, "%.*s/%.*s", (int)q->arg[1].n, (const char *)q->arg[1].p,
                     (int)q->arg[2].n, (const char *)q->arg[2].p);
    if (n < 0 || (size_t)n >= sizeof ret->path || !glob_tenant_ok(ret->tenant) ||
        !glob_path_ok(span_of(ret->path)))
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "a name that no secret can have");
    return SR_OK;
}

/* ---- to guests ---- */

static struct sha512 transcript_of(const struct request *q, const struct guest *g,
                                   const struct kbs_name *name)
{
    SR_OWN(buf) key = { 0 };
    struct hash512 h = hash512_start(L_KBS_RELEASE);
    jwk_write(&g->s.key, JWK_SORTED, &key);
    hash512_lp(&h, SPAN(g->s.nonce));
    hash512_lp(&h, buf_span(&key));
    hash512_lp(&h, name->tenant);
    hash512_lp(&h, span_of(name->path));
    hash512_lp(&h, span_of(q->id));
    return hash512_end(&h);
}

/* A guest has no lease of its own to keep: what is given for a while goes to tokens that are younger. */
static enum sr_err young_enough(const struct guest *g, uint64_t lease, struct sr_why *why)
{
    return lease && clock_unix() > g->since + lease
               ? sr_fail(why, SR_EAUTH, R_TOKEN_EXPIRED, "token: older than the resource's lease")
               : SR_OK;
}

static enum sr_err allow(struct node *n, struct core *c, const struct policy *p, const struct guest *g,
                         const struct kbs_name *name, struct sr_why *why)
{
    SR_OWN(policy_refs) refs = { 0 };
    struct policy_verdict v;
    struct policy_want w = {
        .tenant = name->tenant, .path = span_of(name->path), .usage = POLICY_SECRET, .refs = &refs
    };
    SR_TRY(references_take(c, p, name->tenant, &refs, why));
    SR_TRY(policy_release(p, &g->claims, &n->self, &w, &v, why));
    return young_enough(g, v.lease, why);
}

/* Under another policy than the one that was asked, everything is asked again: also whose word a token is. */
static enum sr_err allow_again(struct node *n, const struct stand *s, const struct request *q,
                               const struct kbs_name *name, struct sr_why *why)
{
    SR_OWN(policy_hold) now = policy_holder_get(s->core->policy);
    SR_OWN(guest_hold) again = guest_hold_new();
    if (policy_number(now.p) == policy_number(s->policy.p))
        return SR_OK;
    if (!again.g)
        return SR_ENOMEM;
    SR_TRY(kbs_guest_find(s->core, now.p, q, again.g, why));
    return allow(n, s->core, now.p, again.g, name, why);
}

/* On disk, and witnessed, before there is a reply. */
static enum sr_err write_leaf(const struct stand *s, const struct guest *g, const struct kbs_name *name,
                              const struct sha512 *th, struct sr_why *why)
{
    SR_OWN(buf) id = { 0 };
    SR_OWN(buf) note = { 0 };
    struct journal_receipt receipt;
    struct leaf l = { .type = LEAF_RELEASE,
                      .time = clock_unix(),
                      .transcript = *th,
                      .policy_number = policy_number(s->policy.p) };
    wr_lp(&id, name->tenant);
    wr_lp(&id, span_of(name->path));
    if (!buf_ok(&id))
        return SR_ENOMEM;
    struct sha256 key = keyring_leaf_id(s->epochs.e->keyring, LEAF_ID_KEY, buf_span(&id));
    appraise_leaf(s->epochs.e->keyring, &g->claims, &l);
    leaf_set_reason(&l.outcome, R_NONE);
    SR_TRY(leaf_add_key(&l, &key));
    SR_TRY(api_log(s->core, &l, &receipt));
    return cosigners_wait(s->core, &receipt, COSIGNED_ALL, &note, why);
}

static enum sr_err seal(const struct guest *g, const struct secret *value, struct reply *r)
{
    SR_OWN(jwe_random) random = { 0 };
    SR_OWN(buf) b = { 0 };
    jwe_random_draw(&g->s.key, &random);
    SR_TRY(jwe_seal(&g->s.key, kbs_reply_form(g->s.version), secret_span(value), &random, &b));
    return reply_json(r, 200, &b);
}

enum sr_err kbs_resource_get(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(secret) value = { 0 };
    SR_OWN(guest_hold) h = guest_hold_new();
    struct kbs_name name;
    uint32_t version;
    if (!h.g)
        return SR_ENOMEM;
    SR_TRY(stand_take(n, ACT_RELEASE, &s, why));
    SR_TRY(kbs_guest_find(s.core, s.policy.p, q, h.g, why));
    SR_TRY(name_of(q, &name, why));
    struct sha512 th = transcript_of(q, h.g, &name);
    enum sr_err e = allow(n, s.core, s.policy.p, h.g, &name, why);
    if (e == SR_OK)
        e = secrets_open_value(s.core->secrets, name.tenant, span_of(name.path), 0, &value, &version, why);
    if (e == SR_EDENIED || e == SR_ENOENT) {
        struct nonce challenge = kbs_nonce(&h.g->s);
        struct api_refusal refusal = { "kbs-resource", &challenge, &th, &h.g->claims,
                                       policy_number(s.policy.p) };
        return api_proven(n, s.core, &refusal, e, why);
    }
    SR_TRY(e);
    SR_TRY(write_leaf(&s, h.g, &name, &th, why)); /* on disk before there is a reply */
    SR_TRY(allow_again(n, &s, q, &name, why));
    metrics_add(&n->metrics, M_RELEASES, 1);
    metrics_add(&n->metrics, M_KEYS, 1);
    return seal(h.g, &value, r);
}

/* ---- from administrators ---- */

static enum sr_err store(struct node *n, const struct request *q, enum package_kind kind, struct reply *r,
                         struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) nothing = { 0 };
    struct kbs_name name;
    SR_TRY(stand_take(n, ACT_STORE, &s, why));
    SR_TRY(name_of(q, &name, why));
    SR_TRY(kbs_may_write(&s, q, name.tenant, why));
    SR_TRY(kbs_store(&s, &name, kind, q->body, why));
    sync_wake(n);
    return reply_json(r, 200, &nothing);
}

enum sr_err kbs_resource_post(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    return store(n, q, PACKAGE_VALUE, r, why);
}

enum sr_err kbs_resource_delete(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    return store(n, q, PACKAGE_TOMBSTONE, r, why);
}
