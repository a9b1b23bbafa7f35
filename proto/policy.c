#include "proto/policy.h"

#include "crypto/text.h"
#include "proto/glob.h"
#include "proto/policy_body.h"
#include "proto/policy_issuers.h"

#include <stdlib.h>
#include <string.h>

enum { AK_CERT_AGE_LEAST = 60, AK_CERT_AGE_MOST = 7 * 86400, AK_CERT_AGE_USUAL = 86400 }; /* seconds */
enum { EPOCH_QUORUM_UNSAID = 2000, EPOCH_QUORUM_MOST = 1024 };

struct policy_block {
    struct policy_block *next;
    max_align_t bytes[];
};

void *policy_alloc(struct policy *p, size_t n, size_t size)
{
    if (size == 0 || n > POLICY_MAX) /* nothing here is longer than its document */
        return NULL;
    struct policy_block *b = calloc(1, sizeof *b + n * size);
    if (!b)
        return NULL;
    b->next = p->blocks;
    p->blocks = b;
    return b->bytes;
}

struct policy *policy_ref(struct policy *p)
{
    atomic_fetch_add_explicit(&p->holders, 1, memory_order_relaxed);
    return p;
}

void policy_unref(struct policy *p)
{
    if (!p || atomic_fetch_sub_explicit(&p->holders, 1, memory_order_acq_rel) != 1)
        return;
    for (struct policy_block *b = p->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    json_doc_drop(&p->json);
    buf_drop(&p->document);
    free(p);
}

void policy_hold_drop(struct policy_hold *h)
{
    policy_unref(h->p);
    h->p = NULL;
}

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "policy: %s", what);
}

static enum sr_err no_memory(struct sr_why *why)
{
    return sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
}

static bool zeros(const struct sha256 *h)
{
    return sodium_is_zero(h->b, sizeof h->b);
}

/* ---- tenants ---- */

static enum sr_err admins_read(struct policy *p, const struct json *array, struct policy_tenant *t,
                               struct sr_why *why)
{
    struct sign_pub *admins = policy_alloc(p, json_count(array), sizeof *admins);
    if (!admins)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        struct sign_pub *at = &admins[t->admins_n];
        if (json_type(v) != JSON_STR || hex_read(json_str(v), at->b, sizeof at->b) != SR_OK)
            return bad(why, "admins: not a key in hex");
        t->admins = admins;
        if (policy_tenant_admin(t, at))
            return bad(why, "admins: the same key twice");
        t->admins_n++;
    }
    return t->admins_n > 0 ? SR_OK : bad(why, "admins: none");
}

static enum sr_err tenant_read(struct policy *p, const struct json *v, struct sr_why *why)
{
    struct policy_tenant t = { 0 };
    const struct json *admins = NULL, *refs = NULL, *lease = NULL;
    const struct json_field fields[] = {
        { "admins", JSON_ARRAY, &admins, POLICY_ADMINS_MAX, false },
        { "lease", JSON_ANY, &lease, 0, true },
        { "max_bytes", JSON_U64, &t.max_bytes, 0, false },
        { "max_secrets", JSON_U64, &t.max_secrets, 0, false },
        { "name", JSON_TEXT, &t.name, GLOB_TENANT_MAX, false },
        { "reference_values", JSON_ARRAY, &refs, POLICY_REFS_MAX, true },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    if (!glob_tenant_ok(t.name))
        return bad(why, "not a tenant's name");
    if (policy_tenant(p, t.name))
        return bad(why, "the same tenant twice");
    SR_TRY(policy_key_lease_read(lease, &t.lease, why));
    SR_TRY(admins_read(p, admins, &t, why));
    SR_TRY(policy_tenant_refs_read(p, refs, &t, why));
    p->tenants[p->tenants_n++] = t;
    return SR_OK;
}

static enum sr_err tenants_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    p->tenants = policy_alloc(p, json_count(array), sizeof *p->tenants);
    if (!p->tenants)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        struct sr_why inner = { 0 };
        enum sr_err e = tenant_read(p, v, &inner);
        if (e != SR_OK)
            return sr_fail(why, e, inner.reason, "tenants[%zu]: %s", p->tenants_n, inner.text);
    }
    return SR_OK;
}

/* ---- the document ---- */

static enum sr_err roots_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    p->roots = policy_alloc(p, json_count(array), sizeof *p->roots);
    if (!p->roots)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        struct sha256 *at = &p->roots[p->roots_n++];
        if (json_type(v) != JSON_STR || hex_read(json_str(v), at->b, sizeof at->b) != SR_OK)
            return bad(why, "vendor_ak_roots: not a digest in hex");
    }
    return SR_OK;
}

static enum sr_err binding_read(struct span s, enum policy_binding *ret, struct sr_why *why)
{
    bool required = span_eq(s, SPAN_STR("required"));
    if (!required && !span_eq(s, SPAN_STR("optional")))
        return bad(why, "channel_binding: neither \"optional\" nor \"required\"");
    *ret = required ? POLICY_BINDING_REQUIRED : POLICY_BINDING_OPTIONAL;
    return SR_OK;
}

static enum sr_err numbers_check(const struct policy *p, uint64_t version, struct sr_why *why)
{
    if (version != 1)
        return bad(why, "version is not 1");
    if (p->number == 0 || (p->number == 1) != zeros(&p->previous))
        return bad(why, "number and previous do not go together");
    if (p->min_epoch == 0)
        return bad(why, "min_epoch is 0");
    if (p->destroy_before == 0 || p->destroy_before > p->min_epoch) /* what still counts is in use */
        return bad(why, "destroy_before is not 1 to min_epoch");
    if (p->epoch_quorum == 0)
        return bad(why, "epoch_quorum is 0");
    if (p->ak_cert_max_age < AK_CERT_AGE_LEAST || p->ak_cert_max_age > AK_CERT_AGE_MOST)
        return bad(why, "ak_cert_max_age is not 60 to 604800 seconds");
    return SR_OK;
}

/* Every rule speaks of a tenant that exists: a mistyped name must not wait for someone to take it. */
static enum sr_err tenants_exist(const struct policy *p, struct sr_why *why)
{
    for (size_t i = 0; i < p->release.n; i++)
        if (!policy_tenant(p, p->release.rules[i].tenant))
            return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "release[%zu]: no such tenant", i);
    return SR_OK;
}

static enum sr_err document_read(struct policy *p, struct sr_why *why)
{
    uint64_t version = 0;
    struct span binding = { 0 };
    const struct json *join = NULL, *release = NULL, *tenants = NULL, *roots = NULL, *issuers = NULL;
    const struct json *witnesses = NULL;
    struct policy_govern govern = { 0 };
    const struct json_field fields[] = {
        { "ak_cert_max_age", JSON_U64, &p->ak_cert_max_age, 0, true },
        { "channel_binding", JSON_TEXT, &binding, 16, false },
        { "destroy_before", JSON_U64, &p->destroy_before, 0, true },
        { "epoch_quorum", JSON_U64, &p->epoch_quorum, EPOCH_QUORUM_MOST, true },
        { "expelled", JSON_ARRAY, &govern.expelled, POLICY_EXPELLED_MAX, true },
        { "frozen", JSON_ARRAY, &govern.frozen, POLICY_FROZEN_MAX, true },
        { "hardware", JSON_ARRAY, &govern.hardware, POLICY_HARDWARE_MAX, true },
        { "join", JSON_ARRAY, &join, POLICY_RULES_MAX, false },
        { "join_delay", JSON_ANY, &govern.join_delay, 0, true },
        { "lease_quorum", JSON_ANY, &govern.lease_quorum, 0, true },
        { "member_lease", JSON_ANY, &govern.member_lease, 0, true },
        { "min_epoch", JSON_U64, &p->min_epoch, 0, false },
        { "number", JSON_U64, &p->number, 0, false },
        { "previous", JSON_HEX, p->previous.b, sizeof p->previous.b, false },
        { "release", JSON_ARRAY, &release, POLICY_RULES_MAX, false },
        { "tenants", JSON_ARRAY, &tenants, POLICY_TENANTS_MAX, false },
        { "token_issuers", JSON_ARRAY, &issuers, POLICY_ISSUERS_MAX, true },
        { "vendor_ak_roots", JSON_ARRAY, &roots, POLICY_ROOTS_MAX, true },
        { "version", JSON_U64, &version, 0, false },
        { "witnesses", JSON_OBJECT, &witnesses, 0, true },
        { 0 },
    };
    SR_TRY(json_fields(json_root(&p->json), fields, why));
    SR_TRY(numbers_check(p, version, why));
    SR_TRY(binding_read(binding, &p->binding, why));
    SR_TRY(roots_read(p, roots, why));
    if (witnesses)
        SR_TRY(policy_witnesses_read(p, witnesses, why));
    SR_TRY(policy_govern_read(p, &govern, why));
    SR_TRY(tenants_read(p, tenants, why));
    SR_TRY(policy_issuers_read(p, issuers, why));
    SR_TRY(policy_rules_read(p, join, "join", &p->join, why));
    SR_TRY(policy_rules_read(p, release, "release", &p->release, why));
    SR_TRY(policy_issuers_check(p, why));
    SR_TRY(policy_refs_check(p, why));
    return tenants_exist(p, why);
}

static struct sha256 document_hash(struct span document)
{
    struct hash256 h = hash256_start(L_POLICY);
    hash256_lp(&h, document);
    return hash256_end(&h);
}

enum sr_err policy_parse(struct span document, struct policy **ret, struct sr_why *why)
{
    if (document.n > POLICY_MAX)
        return sr_fail(why, SR_ETOOBIG, R_POLICY_FORMAT, "policy: %zu bytes", document.n);
    SR_TRY(json_check_canonical(document, why));
    SR_OWN(policy_hold) hold = { calloc(1, sizeof *hold.p) };
    struct policy *p = hold.p;
    if (!p)
        return no_memory(why);
    atomic_init(&p->holders, 1);
    p->ak_cert_max_age = AK_CERT_AGE_USUAL;
    p->epoch_quorum = EPOCH_QUORUM_UNSAID;
    p->destroy_before = 1;
    wr_span(&p->document, document);
    if (!buf_ok(&p->document))
        return no_memory(why);
    p->hash = document_hash(document);
    SR_TRY(json_parse(document, &p->json, why));
    SR_TRY(document_read(p, why));
    *ret = SR_TAKE(hold).p;
    return SR_OK;
}

struct span policy_document(const struct policy *p)
{
    return buf_span(&p->document);
}

const struct sha256 *policy_hash(const struct policy *p)
{
    return &p->hash;
}

const struct sha256 *policy_previous(const struct policy *p)
{
    return &p->previous;
}

uint64_t policy_number(const struct policy *p)
{
    return p->number;
}

uint64_t policy_destroy_before(const struct policy *p)
{
    return p->destroy_before;
}

uint64_t policy_epoch_quorum(const struct policy *p)
{
    return p->epoch_quorum == EPOCH_QUORUM_UNSAID ? 0 : p->epoch_quorum;
}

uint64_t policy_min_epoch(const struct policy *p)
{
    return p->min_epoch;
}

enum policy_binding policy_channel_binding(const struct policy *p)
{
    return p->binding;
}

uint64_t policy_ak_cert_max_age(const struct policy *p)
{
    return p->ak_cert_max_age;
}

const struct sha256 *policy_vendor_ak_roots(const struct policy *p, size_t *ret_n)
{
    *ret_n = p->roots_n;
    return p->roots;
}

const struct policy_tenant *policy_tenant(const struct policy *p, struct span name)
{
    for (size_t i = 0; i < p->tenants_n; i++)
        if (span_eq(p->tenants[i].name, name))
            return &p->tenants[i];
    return NULL;
}

bool policy_tenant_admin(const struct policy_tenant *t, const struct sign_pub *key)
{
    for (size_t i = 0; t && i < t->admins_n; i++)
        if (memcmp(t->admins[i].b, key->b, sizeof key->b) == 0)
            return true;
    return false;
}

bool policy_admin(const struct policy *p, const struct sign_pub *key)
{
    for (size_t i = 0; i < p->tenants_n; i++)
        if (policy_tenant_admin(&p->tenants[i], key))
            return true;
    return false;
}

static bool among(const struct sign_pub *keys, size_t n, const struct sign_pub *key)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(keys[i].b, key->b, sizeof key->b) == 0)
            return true;
    return false;
}

size_t policy_admins(const struct policy *p, struct sign_pub *ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < p->tenants_n; i++)
        for (size_t j = 0; j < p->tenants[i].admins_n && n < max; j++)
            if (!among(ret, n, &p->tenants[i].admins[j]))
                ret[n++] = p->tenants[i].admins[j];
    return n;
}
