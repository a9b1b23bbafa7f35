/* The Key Broker Service protocol of Confidential Containers: its routes, auth, attest. specs/kbs.md. */
#include "node/clock.h"
#include "node/kbs.h"
#include "node/keyring_kbs.h"

#include <stdlib.h>
#include <string.h>

static enum sr_err auth(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    struct kbs_request req;
    struct kbs_session s = { .expires = clock_unix() + KBS_SESSION_SECONDS };
    SR_TRY(node_core(n, &c, why));
    SR_TRY(kbs_request_read(q->body, &req, why));
    if (!req.tee->type)
        return sr_fail(why, SR_EPROOF, R_TEE_REFUSED, "%s", req.tee->refused);
    s.version = req.version;
    s.tee = req.tee;
    random_fill(s.nonce, sizeof s.nonce);
    kbs_challenge_write(s.nonce, &b);
    SR_TRY(kbs_cookie_write(c, &s, NULL, r));
    metrics_add(&n->metrics, M_CHALLENGES, 1);
    return reply_json(r, 200, &b);
}

/* One attestation on its way to a token. Large: on the heap, and the lists of claims start by claims_clear().
 */
struct attempt {
    struct guest guest;
    struct kbs_attestation asked;
    struct appraisal found;
};

struct attempt_hold {
    struct attempt *a;
};

static struct attempt_hold attempt_hold_new(void)
{
    struct attempt *a = malloc(sizeof *a);
    if (a) {
        a->guest.s = (struct kbs_session){ 0 };
        claims_clear(&a->guest.claims);
        a->asked = (struct kbs_attestation){ 0 };
        claims_clear(&a->found.claims);
    }
    return (struct attempt_hold){ a };
}

static void attempt_hold_drop(struct attempt_hold *h)
{
    if (h->a)
        kbs_attestation_drop(&h->a->asked);
    free(h->a);
    h->a = NULL;
}

static enum sr_err check_nonce(const struct attempt *a, struct span text, struct sr_why *why)
{
    if (a->guest.s.attested)
        return sr_fail(why, SR_EAUTH, R_NONCE_USED, "the session has attested");
    if (a->asked.nonce_sent && !span_eq(buf_span(&a->asked.nonce), text))
        return sr_fail(why, SR_EAUTH, R_NONCE_FORGED, "another nonce than the session's");
    return SR_OK;
}

/* Against each digest that this version's clients may have made. */
static enum sr_err verify(const struct stand *s, struct attempt *a, struct span nonce, struct sr_why *why)
{
    SR_OWN(buf) evidence = { 0 };
    struct kbs_digests d;
    struct appraiser by = api_appraiser(s);
    enum sr_err e = SR_EPROOF;
    SR_TRY(kbs_devices_check(&a->asked, why));
    SR_TRY(kbs_tee_convert(a->guest.s.tee, a->asked.evidence, &evidence, why));
    SR_TRY(kbs_digests(a->guest.s.version, nonce, &a->asked, &d));
    for (size_t i = 0; i < d.n && e != SR_OK && (i == 0 || why->reason == R_REPORT_DATA); i++) {
        *why = (struct sr_why){ 0 };
        e = appraise(&by, span_of(a->guest.s.tee->type), buf_span(&evidence), &d.rd[i], &a->found, why);
    }
    return e;
}

/* Init-data that came along counts only when the launch had measured it. */
static enum sr_err check_init_data(struct attempt *a, struct sr_why *why)
{
    struct kbs_init_digest d;
    const char *name = a->guest.s.tee->init_claim;
    const struct claim *field = name ? claims_find(&a->found.claims, span_of(name)) : NULL;
    if (!a->asked.init_data_sent)
        return SR_OK;
    SR_TRY(kbs_init_digest(buf_span(&a->asked.init_data), &d, why));
    if (!name)
        return SR_OK; /* nothing vouches for it: no claim either */
    if (!field || field->kind != CLAIM_TEXT || !kbs_init_matches(&d, span_of(field->text)))
        return sr_fail(why, SR_EPROOF, R_INIT_DATA, "init-data that the launch did not measure");
    claims_put_hex(&a->found.claims, "init-data", (struct span){ d.b, d.n });
    return claims_ok(&a->found.claims) ? SR_OK : SR_EBUG;
}

static enum sr_err consume(struct node *n, const struct kbs_session *s, struct sr_why *why)
{
    struct nonce nonce = kbs_nonce(s);
    return nonce_consume(n->nonces, &nonce, clock_boot_ms(), NULL, why);
}

static enum sr_err judge(struct node *n, const struct stand *s, const struct request *q, struct attempt *a,
                         struct sr_why *why)
{
    SR_OWN(buf) nonce = { 0 };
    SR_TRY(kbs_cookie_read(s->core, q, &a->guest, why));
    SR_TRY(kbs_attestation_read(a->guest.s.version, q->body, &a->asked, why));
    kbs_nonce_text(a->guest.s.nonce, &nonce);
    SR_TRY(check_nonce(a, buf_span(&nonce), why));
    SR_TRY(verify(s, a, buf_span(&nonce), why));
    SR_TRY(check_init_data(a, why));
    return consume(n, &a->guest.s, why);
}

static enum sr_err attest(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(attempt_hold) h = attempt_hold_new();
    if (!h.a)
        return SR_ENOMEM;
    SR_TRY(stand_take(n, ACT_RELEASE, &s, why));
    enum sr_err e = judge(n, &s, q, h.a, why);
    if (e != SR_OK)
        return api_unproven(n, s.core, e, why);
    struct guest *g = &h.a->guest;
    g->s.attested = true;
    g->s.key = h.a->asked.key;
    claims_copy(&g->claims, &h.a->found.claims);
    SR_TRY(kbs_cookie_write(s.core, &g->s, &g->claims, r));
    wr_text(&b, "{\"token\":\"");
    SR_TRY(kbs_token_write(s.core, g, &b));
    wr_text(&b, "\"}");
    metrics_add(&n->metrics, M_KBS_TOKENS, 1);
    return reply_json(r, 200, &b);
}

/* ---- for those who check tokens, and those who write policies ---- */

static enum sr_err jwks(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    (void)q;
    SR_TRY(node_core(n, &c, why));
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    keyring_kbs_jwks(now.e->keyring, &b);
    return reply_json(r, 200, &b);
}

static enum sr_err writer(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    (void)q;
    SR_TRY(node_core(n, &c, why));
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    struct sign_pub key = keyring_kbs_writer(now.e->keyring);
    jw_object(&b);
    jw_member_hex(&b, "writer", SPAN(key.b));
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

static const struct route routes[] = {
    { POST, "/kbs/v0/auth", ACCESS_ANYONE, KBS_REQUEST_MAX, TYPE_JSON, auth },
    { POST, "/kbs/v0/attest", ACCESS_SESSION, KBS_ATTESTATION_MAX, TYPE_JSON, attest },
    { GET, "/kbs/v0/resource/{}/{}/{}", ACCESS_ANYONE, 0, NULL, kbs_resource_get },
    { POST, "/kbs/v0/resource/{}/{}/{}", ACCESS_TOKEN, PACKAGE_VALUE_MAX, NULL, kbs_resource_post },
    { DELETE, "/kbs/v0/resource/{}/{}/{}", ACCESS_TOKEN, 0, NULL, kbs_resource_delete },
    { POST, "/kbs/v0/resource-policy", ACCESS_TOKEN, KBS_ADMIN_MAX, NULL, kbs_resource_policy_post },
    { GET, "/kbs/v0/resource-policy", ACCESS_TOKEN, 0, NULL, kbs_resource_policy_get },
    { POST, "/kbs/v0/attestation-policy", ACCESS_TOKEN, KBS_ADMIN_MAX, NULL, kbs_attestation_policy_post },
    { POST, "/kbs/v0/reference-value", ACCESS_TOKEN, KBS_ADMIN_MAX, NULL, kbs_reference_value_post },
    { GET, "/kbs/v0/reference-value/{}", ACCESS_TOKEN, 0, NULL, kbs_reference_value_get },
    { GET, "/kbs/v0/reference-value/{}/{}", ACCESS_TOKEN, 0, NULL, kbs_reference_value_get },
    { GET, "/kbs/v0/jwks", ACCESS_ANYONE, 0, NULL, jwks },
    { GET, "/kbs/v0/writer", ACCESS_ANYONE, 0, NULL, writer },
};
const struct protocol protocol_kbs = {
    .name = "kbs", .routes = routes, .n = sizeof routes / sizeof *routes, .error = kbs_error
};
