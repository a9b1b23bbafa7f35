/* Enrolment of machines: E1 to E2, E3 to E4. specs/enrolment.md. */
#include "node/api.h"
#include "node/clock.h"

static enum sr_err challenge(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) e2 = { 0 };
    struct enrol_rand rand;
    SR_TRY(stand_take_epoch(n, ACT_ENROL, q, &s, why));
    struct enroller by = core_enroller(n, s.core, s.policy.p);
    random_fill(rand.b, sizeof rand.b);
    enum sr_err e = enrol_challenge(&by, &rand, q->body, &e2, why);
    if (e != SR_OK)
        return api_unproven(n, s.core, e, why);
    metrics_add(&n->metrics, M_CHALLENGES, 1);
    return reply_bytes(r, 200, TYPE_BYTES, &e2);
}

/* One leaf for each E3, whoever sends it again while its challenge lasts: it has one spelling, so its hash is
 * its name. */
static enum sr_err once(struct node *n, struct span e3, struct sr_why *why)
{
    struct nonce name = { sha256(e3), clock_boot_ms() + ENROL_AGE_MAX * 1000 };
    return nonce_consume(n->enrolled, &name, clock_boot_ms(), NULL, why);
}

static enum sr_err certify(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) e4 = { 0 };
    struct ak_cert cert;
    SR_TRY(stand_take_epoch(n, ACT_ENROL, q, &s, why));
    struct enroller by = core_enroller(n, s.core, s.policy.p);
    enum sr_err e = keyring_certify_ak(s.epochs.e->keyring, &by, q->body, &e4, &cert, why);
    if (e == SR_OK)
        e = once(n, q->body, why);
    if (e != SR_OK)
        return api_unproven(n, s.core, e, why);
    SR_TRY(
        core_log_enrolment(s.core, s.epochs.e->keyring, &cert)); /* on disk before the certificate leaves */
    metrics_add(&n->metrics, M_ENROLMENTS, 1);
    return reply_bytes(r, 200, TYPE_BYTES, &e4);
}

static const struct route routes[] = {
    { POST, "/sealring/v1/enrol/challenge", ACCESS_ANYONE, ENROL_E1_MAX, TYPE_BYTES, challenge },
    { POST, "/sealring/v1/enrol/certify", ACCESS_ANYONE, ENROL_E3_MAX, TYPE_BYTES, certify },
};
const struct protocol protocol_enrol = {
    .name = "enrol", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
