/* Handing keys to attested workloads: W1, and W2 to W3. All wanted keys or none. specs/release.md. */
#include "node/api.h"
#include "node/clock.h"
#include "node/cosigners.h"
#include "node/references.h"
#include "node/secrets.h"

#include <stdlib.h>
#include <string.h>

static enum sr_err challenge(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) w1 = { 0 };
    uint8_t rand[16];
    (void)q;
    SR_TRY(stand_take(n, ACT_RELEASE, &s, why));
    struct core_look at = stand_look(&s);
    struct releaser by = core_releaser(n, s.core, &at);
    random_fill(rand, sizeof rand);
    SR_TRY(release_challenge(&by, rand, clock_boot_ms(), &w1));
    metrics_add(&n->metrics, M_CHALLENGES, 1);
    return reply_bytes(r, 200, TYPE_BYTES, &w1);
}

/* One W2 on its way to W3. Large: on the heap. */
struct attempt {
    struct release_request request;
    struct appraisal appraisal;
    struct nonce_spent spent;
    struct release_values values;
};

struct attempt_hold {
    struct attempt *a;
};

/* The list of claims, 77 KB of it, is cleared and not zeroed. */
static struct attempt_hold attempt_hold_new(void)
{
    struct attempt *a = malloc(sizeof *a);
    if (a) {
        a->request = (struct release_request){ 0 };
        a->appraisal.verified = (struct verified){ 0 };
        claims_clear(&a->appraisal.claims);
        a->spent = (struct nonce_spent){ 0 };
        a->values = (struct release_values){ 0 };
    }
    return (struct attempt_hold){ a };
}

static void attempt_hold_drop(struct attempt_hold *h)
{
    if (!h->a)
        return;
    release_values_drop(&h->a->values);
    free(h->a);
    h->a = NULL;
}

static const struct {
    enum policy_usage usage;
    enum derived_type derived;
} kinds[WANT_KIND_COUNT] = {
    [WANT_SECRET] = { POLICY_SECRET, DERIVED_COUNT },
    [WANT_RAW] = { POLICY_RAW, DERIVED_RAW },
    [WANT_ED25519] = { POLICY_ED25519, DERIVED_ED25519 },
    [WANT_X25519] = { POLICY_X25519, DERIVED_X25519 },
    [WANT_P256] = { POLICY_P256, DERIVED_P256 },
    [WANT_SECP256K1] = { POLICY_SECP256K1, DERIVED_SECP256K1 },
};

/* Every want, and for how long each may be held. */
static enum sr_err allow_all(struct node *n, const struct stand *s, struct attempt *a, struct sr_why *why)
{
    struct policy_verdict v;
    const struct want_list *l = &a->request.wants;
    for (size_t i = 0; i < l->n; i++) {
        SR_OWN(policy_refs) refs = { 0 };
        struct policy_want w = { .tenant = span_of(l->want[i].tenant),
                                 .path = span_of(l->want[i].path),
                                 .usage = kinds[l->want[i].kind].usage,
                                 .refs = &refs };
        SR_TRY(references_take(s->core, s->policy.p, w.tenant, &refs, why));
        SR_TRY(policy_release(s->policy.p, &a->appraisal.claims, &n->self, &w, &v, why));
        a->values.v[i].lease = (uint32_t)v.lease;
    }
    return SR_OK;
}

static enum sr_err value_of(const struct stand *s, const struct want *w, struct release_value *ret,
                            struct sr_why *why)
{
    struct span tenant = span_of(w->tenant), path = span_of(w->path);
    ret->want = *w;
    if (w->kind == WANT_SECRET)
        return secrets_open_value(s->core->secrets, tenant, path, w->version, &ret->value, &ret->version,
                                  why);
    SR_OWN(buf) pub = { 0 };
    struct keyring_want k = { tenant, path, w->version, derived_kind(kinds[w->kind].derived), w->size };
    SR_TRY(keyring_workload(s->epochs.e->keyring, &k, &ret->value, why));
    ret->version = w->version;
    if (w->kind == WANT_RAW)
        return SR_OK;
    SR_TRY(keyring_workload_pub(s->epochs.e->keyring, &k, &pub, why));
    if (!buf_ok(&pub) || pub.n > sizeof ret->pub)
        return SR_EBUG;
    memcpy(ret->pub, pub.p, pub.n);
    ret->npub = pub.n;
    return SR_OK;
}

/* Every wanted value, before the nonce is spent: a workload that asks for what is not there may ask again. */
static enum sr_err gather(const struct stand *s, struct attempt *a, struct sr_why *why)
{
    for (size_t i = 0; i < a->request.wants.n; i++) {
        a->values.n = i + 1;
        SR_TRY(value_of(s, &a->request.wants.want[i], &a->values.v[i], why));
    }
    return SR_OK;
}

static enum sr_err judge(struct node *n, const struct stand *s, const struct request *q, struct attempt *a,
                         struct sr_why *why)
{
    struct core_look at = stand_look(s);
    struct releaser by = core_releaser(n, s->core, &at);
    struct binding binding = api_binding(q);
    enum sr_err e = release_open_request(&by, q->body, &binding, clock_boot_ms(), &a->request, why);
    if (e == SR_OK)
        e = api_appraise(n, s, a->request.type, a->request.evidence, &a->request.rd, &a->appraisal, why);
    if (e != SR_OK)
        return api_unproven(n, s->core, e, why);
    e = allow_all(n, s, a, why);
    if (e == SR_OK)
        e = gather(s, a, why);
    if (e == SR_OK)
        e = nonce_consume(n->nonces, &a->request.nonce, clock_boot_ms(), &a->spent, why);
    if (e == SR_OK || e == SR_EBUSY)
        return e;
    struct api_refusal refusal = { "release", &a->request.nonce, &a->request.th, &a->appraisal.claims,
                                   policy_number(s->policy.p) };
    return api_proven(n, s->core, &refusal, e, why);
}

static enum sr_err name_keys(const struct keyring *k, const struct want_list *l, struct leaf *leaf)
{
    for (size_t i = 0; i < l->n; i++) {
        SR_OWN(buf) name = { 0 };
        wr_lp(&name, span_of(l->want[i].tenant));
        wr_lp(&name, span_of(l->want[i].path));
        if (!buf_ok(&name))
            return SR_ENOMEM;
        struct sha256 id = keyring_leaf_id(k, LEAF_ID_KEY, buf_span(&name));
        SR_TRY(leaf_add_key(leaf, &id));
    }
    return SR_OK;
}

static enum sr_err write_leaf(const struct stand *s, const struct attempt *a, struct buf *ret)
{
    struct leaf l = { .type = LEAF_RELEASE,
                      .time = clock_unix(),
                      .transcript = a->request.th,
                      .policy_number = policy_number(s->policy.p) };
    appraise_leaf(s->epochs.e->keyring, &a->appraisal.claims, &l);
    leaf_set_reason(&l.outcome, R_NONE);
    SR_TRY(name_keys(s->epochs.e->keyring, &a->request.wants, &l));
    return leaf_encode(&l, ret);
}

/* The leaf is on disk, and witnessed, before W3 exists; policy and epoch are looked at once more. */
static enum sr_err answer(struct node *n, const struct stand *s, struct attempt *a, struct buf *ret,
                          struct sr_why *why)
{
    SR_OWN(buf) leaf = { 0 };
    SR_OWN(buf) note = { 0 };
    struct journal_receipt receipt;
    SR_TRY(write_leaf(s, a, &leaf));
    SR_TRY(journal_submit(s->core->journal, &(struct journal_entry){ NULL, buf_span(&leaf) }, &receipt));
    SR_TRY(cosigners_wait(s->core, &receipt, COSIGNED_ALL, &note, why));
    SR_OWN(policy_hold) policy = policy_holder_get(s->core->policy);
    SR_OWN(epochs_hold) epochs = epochs_holder_get(s->core->home.epochs);
    const struct core_look now = { epochs.e, policy.p };
    SR_TRY(permit_check(n, s->core, &now, ACT_RELEASE, why));
    struct releaser by = core_releaser(n, s->core, &now);
    struct release_promise promise = { .leaf_index = receipt.index,
                                       .leaf = buf_span(&leaf),
                                       .checkpoint = buf_span(&note) };
    return keyring_release(epochs.e->keyring, &by, &a->request, &a->appraisal.verified, &a->spent, &a->values,
                           &promise, ret, why);
}

static enum sr_err release(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) w3 = { 0 };
    SR_OWN(attempt_hold) h = attempt_hold_new();
    if (!h.a)
        return SR_ENOMEM;
    SR_TRY(stand_take(n, ACT_RELEASE, &s, why));
    SR_TRY(judge(n, &s, q, h.a, why));
    SR_TRY(answer(n, &s, h.a, &w3, why));
    metrics_add(&n->metrics, M_RELEASES, 1);
    metrics_add(&n->metrics, M_KEYS, h.a->values.n);
    return reply_bytes(r, 200, TYPE_BYTES, &w3);
}

static const struct route routes[] = {
    { GET, "/sealring/v1/release/challenge", ACCESS_ANYONE, 0, NULL, challenge },
    { POST, "/sealring/v1/release/challenge", ACCESS_ANYONE, 0, NULL, challenge },
    { POST, "/sealring/v1/release", ACCESS_ANYONE, W2_MAX, TYPE_BYTES, release },
};
const struct protocol protocol_release = {
    .name = "release", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
