/* Guests' sessions: cookies that only members can make, tokens that anybody can check. */
#include "crypto/text.h"
#include "node/clock.h"
#include "node/kbs.h"
#include "node/keyring_kbs.h"
#include "node/version.h"
#include "proto/cid.h"
#include "proto/json_foreign.h"
#include "proto/kbs_token.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COOKIE_NAME "kbs-session-id"

struct guest_hold guest_hold_new(void)
{
    struct guest *g = malloc(sizeof *g);
    if (g) {
        g->s = (struct kbs_session){ 0 };
        g->since = 0;
        claims_clear(&g->claims);
    }
    return (struct guest_hold){ g };
}

void guest_hold_drop(struct guest_hold *h)
{
    free(h->g);
    h->g = NULL;
}

/* Sessions under an older master count no more. */
static uint64_t min_epoch(const struct core *c)
{
    SR_OWN(policy_hold) p = policy_holder_get(c->policy);
    return p.p ? policy_min_epoch(p.p) : UINT64_MAX;
}

/* Ours, in a cookie or in a token: it began as long before its end as sessions last. */
static enum sr_err session_read(struct span bytes, struct guest *ret, struct sr_why *why)
{
    SR_TRY(kbs_session_decode(bytes, clock_unix(), &ret->s, &ret->claims, why));
    ret->since = ret->s.expires - KBS_SESSION_SECONDS;
    return SR_OK;
}

/* ---- cookies ---- */

/* The value in "a=1; kbs-session-id=...; b=2". */
static struct span cookie_value(struct span cookie)
{
    while (cookie.n) {
        const uint8_t *end = memchr(cookie.p, ';', cookie.n);
        struct span one = { cookie.p, end ? (size_t)(end - cookie.p) : cookie.n };
        size_t used = one.n + (end ? 1 : 0), n = sizeof COOKIE_NAME - 1;
        cookie = (struct span){ cookie.p + used, cookie.n - used };
        while (one.n && *one.p == ' ')
            one = (struct span){ one.p + 1, one.n - 1 };
        if (one.n > n && memcmp(one.p, COOKIE_NAME "=", n + 1) == 0)
            return (struct span){ one.p + n + 1, one.n - n - 1 };
    }
    return (struct span){ 0 };
}

enum sr_err kbs_cookie_read(const struct core *c, const struct request *q, struct guest *ret,
                            struct sr_why *why)
{
    SR_OWN(buf) box = { 0 };
    SR_OWN(buf) plain = { 0 };
    struct span value = cookie_value(q->cookie);
    if (!value.n)
        return sr_fail(why, SR_EAUTH, R_KBS_SESSION, "no session");
    if (base64url_read(value, &box) != SR_OK)
        return sr_fail(why, SR_EAUTH, R_KBS_SESSION, "a cookie of another form");
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    SR_TRY(keyring_kbs_open(now.e->keyring, min_epoch(c), &c->home.cid, buf_span(&box), &plain, why));
    return session_read(buf_span(&plain), ret, why);
}

/* IMF-fixdate (RFC 9110, 5.6.7), in English whatever the locale. */
static void write_date(uint64_t unix_seconds, struct buf *b)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)unix_seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    wr_fmt(b, "%.3s, %02d %.3s %d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday, tm.tm_mday,
           months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

enum sr_err kbs_cookie_write(const struct core *c, const struct kbs_session *s, const struct claims *claims,
                             struct reply *r)
{
    SR_OWN(buf) plain = { 0 };
    SR_OWN(buf) box = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_TRY(kbs_session_encode(s, claims, &plain));
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    SR_TRY(keyring_kbs_seal(now.e->keyring, &c->home.cid, buf_span(&plain), &box));
    wr_text(&text, COOKIE_NAME "=");
    wr_base64url(&text, buf_span(&box));
    wr_text(&text, "; Expires=");
    write_date(s->expires, &text);
    wr_u8(&text, 0);
    if (!buf_ok(&text))
        return SR_ENOMEM;
    if (text.n > sizeof r->cookie)
        return SR_ETOOBIG;
    memcpy(r->cookie, text.p, text.n);
    return SR_OK;
}

struct nonce kbs_nonce(const struct kbs_session *s)
{
    uint64_t now = clock_unix(), left = s->expires >= now ? s->expires - now : 0;
    return (struct nonce){ .id = sha256(SPAN(s->nonce)), .expires_ms = clock_boot_ms() + (left + 1) * 1000 };
}

/* ---- tokens ---- */

/* What relying parties know to look for. Our own word is in "sealring". */
static void write_evidence(const struct guest *g, struct buf *b)
{
    SR_OWN(buf) nonce = { 0 };
    const struct claim *m = claims_find(&g->claims, SPAN_STR("measurement"));
    const struct claim *rd = claims_find(&g->claims, SPAN_STR("report_data"));
    const struct claim *init = claims_find(&g->claims, SPAN_STR("init-data"));
    kbs_nonce_text(g->s.nonce, &nonce);
    wr_fmt(b, "{\"%s\":{", g->s.tee->name);
    wr_fmt(b, "\"measurement\":\"%s\"}", m && m->kind == CLAIM_TEXT ? m->text : "");
    if (init && init->kind == CLAIM_TEXT)
        wr_fmt(b, ",\"init_data\":\"%s\"", init->text);
    wr_fmt(b, ",\"report_data\":\"%s\"", rd && rd->kind == CLAIM_TEXT ? rd->text : "");
    wr_text(b, ",\"runtime_data_claims\":{\"nonce\":\"");
    wr_span(b, buf_span(&nonce));
    wr_text(b, "\",\"tee-pubkey\":");
    jwk_write(&g->s.key, JWK_SORTED, b);
    wr_text(b, "}}");
}

/* AR4SI: genuine hardware, which keeps its memory to itself; or contraindicated. */
static int hardware_tier(const struct claims *c)
{
    const struct claim *debug = claims_find(c, SPAN_STR("debug"));
    return debug && debug->kind == CLAIM_BOOL && debug->num == 0 ? 2 : 96;
}

static enum sr_err write_payload(const struct core *c, const struct guest *g, struct buf *b)
{
    SR_OWN(buf) session = { 0 };
    char cid[CID_TEXT_MAX];
    uint64_t now = clock_unix();
    SR_TRY(kbs_session_encode(&g->s, &g->claims, &session));
    cid_text(&c->home.cid, cid);
    wr_text(b, "{\"eat_profile\":\"tag:github.com,2024:confidential-containers/Trustee\"");
    wr_fmt(b, ",\"ear.verifier-id\":{\"build\":\"sealring %s\",\"developer\":\"sealring\"}",
           SEALRING_VERSION);
    wr_fmt(b, ",\"exp\":%llu,\"iat\":%llu,\"iss\":\"%s\",\"sealring\":\"", (unsigned long long)g->s.expires,
           (unsigned long long)now, cid);
    wr_base64url(b, buf_span(&session));
    wr_fmt(b,
           "\",\"submods\":{\"cpu0\":{\"ear.appraisal-policy-id\":\"none\",\"ear.status\":\"none\","
           "\"ear.trustworthiness-vector\":{\"hardware\":%d},\"ear.veraison.annotated-evidence\":",
           hardware_tier(&g->claims));
    write_evidence(g, b);
    wr_text(b, "}}}");
    return buf_ok(b) ? SR_OK : SR_ENOMEM;
}

enum sr_err kbs_token_write(const struct core *c, const struct guest *g, struct buf *ret)
{
    SR_OWN(buf) payload = { 0 };
    SR_TRY(write_payload(c, g, &payload));
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    return keyring_kbs_sign(now.e->keyring, buf_span(&payload), ret);
}

static struct span bearer(const struct request *q)
{
    struct span a = q->authorization;
    if (a.n <= 7 || memcmp(a.p, "Bearer ", 7) != 0)
        return (struct span){ 0 };
    return (struct span){ a.p + 7, a.n - 7 };
}

static enum sr_err token_read(const struct core *c, struct span token, struct guest *ret, struct sr_why *why)
{
    SR_OWN(jws) j = { 0 };
    SR_OWN(buf) session = { 0 };
    struct span text = { 0 };
    SR_TRY(jws_read(token, JWS_ES256, &j, why));
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    SR_TRY(keyring_kbs_verify(now.e->keyring, min_epoch(c), &j, why));
    if (!jf_members(buf_span(&j.payload), &(struct jf_member){ "sealring", &text }, 1) ||
        !jf_plain(text, &text) || base64url_read(text, &session) != SR_OK)
        return sr_fail(why, SR_EAUTH, R_TOKEN, "token: of another form");
    if (session_read(buf_span(&session), ret, why) == SR_OK)
        return SR_OK;
    return sr_fail(why, SR_EAUTH, R_TOKEN_EXPIRED, "token: over");
}

struct token_hold {
    struct kbs_token *t;
};
static void token_hold_drop(struct token_hold *h)
{
    free(h->t);
    h->t = NULL;
}

/* A session that another began: its kind of TEE is in the claims alone. */
static enum sr_err third_party(const struct policy *p, struct span token, struct guest *ret,
                               struct sr_why *why)
{
    SR_OWN(token_hold) h = { malloc(sizeof *h.t) };
    if (!h.t)
        return SR_ENOMEM;
    SR_TRY(kbs_token_read(token, p, clock_unix(), h.t, why));
    ret->s = (struct kbs_session){
        .version = KBS_0_4_0, .expires = h.t->expires, .attested = true, .key = h.t->key
    };
    ret->since = h.t->made;
    memcpy(ret->s.nonce, h.t->id.b, sizeof ret->s.nonce);
    claims_copy(&ret->claims, &h.t->claims);
    return SR_OK;
}

/* Ours, or of somebody whom the policy names. */
static enum sr_err bearer_read(const struct core *c, const struct policy *p, struct span token,
                               struct guest *ret, struct sr_why *why)
{
    size_t issuers = 0;
    enum sr_err e = token_read(c, token, ret, why);
    (void)policy_issuers(p, &issuers);
    if (e == SR_OK || why->reason != R_TOKEN || issuers == 0)
        return e;
    *why = (struct sr_why){ 0 };
    return third_party(p, token, ret, why);
}

enum sr_err kbs_guest_find(const struct core *c, const struct policy *p, const struct request *q,
                           struct guest *ret, struct sr_why *why)
{
    struct span token = bearer(q);
    enum sr_err e = kbs_cookie_read(c, q, ret, why);
    if ((e != SR_OK || !ret->s.attested) && token.n)
        e = bearer_read(c, p, token, ret, why);
    SR_TRY(e);
    return ret->s.attested ? SR_OK : sr_fail(why, SR_EAUTH, R_KBS_SESSION, "not attested yet");
}

/* ---- administrators ---- */

enum { BEARER_LIFE = 24 * 60 * 60, BEARER_SKEW = 60 };

static enum sr_err bearer_time(const struct jws *j, struct sr_why *why)
{
    struct span exp = { 0 }, nbf = { 0 };
    const struct jf_member m[] = { { "exp", &exp }, { "nbf", &nbf } };
    uint64_t until = 0, from = 0, now = clock_unix();
    if (!jf_members(buf_span(&j->payload), m, 2) || !jf_u64(exp, UINT64_MAX, &until) ||
        (nbf.n && !jf_u64(nbf, UINT64_MAX, &from)))
        return sr_fail(why, SR_EAUTH, R_TOKEN, "bearer: no exp, or times that are none");
    if (now > until || until - now > BEARER_LIFE || from > now + BEARER_SKEW)
        return sr_fail(why, SR_EAUTH, R_TOKEN_EXPIRED, "bearer: over, not yet, or for longer than a day");
    return SR_OK;
}

/* A network that a bearer names must be this one: the signature itself names none. */
static enum sr_err bearer_audience(const struct core *c, const struct jws *j, struct sr_why *why)
{
    struct span aud = { 0 }, one;
    char cid[CID_TEXT_MAX];
    (void)jf_members(buf_span(&j->payload), &(struct jf_member){ "aud", &aud }, 1);
    if (jf_is_null(aud))
        return SR_OK;
    cid_text(&c->home.cid, cid);
    struct jf_walk w = { .rest = aud };
    if (jf_is_string(aud) && jf_plain(aud, &one) && span_eq(one, span_of(cid)))
        return SR_OK;
    while (!jf_is_string(aud) && jf_next(&w, &one))
        if (jf_plain(one, &one) && span_eq(one, span_of(cid)))
            return SR_OK;
    return sr_fail(why, SR_EAUTH, R_TOKEN, "bearer: for somebody else");
}

enum sr_err kbs_bearer_check(const struct core *c, const struct request *q, const struct sign_pub *admins,
                             size_t n, struct sign_pub *ret, struct sr_why *why)
{
    SR_OWN(jws) j = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    struct sign_pub writer = keyring_kbs_writer(now.e->keyring);
    SR_TRY(jws_read(bearer(q), JWS_EDDSA, &j, why));
    SR_TRY(bearer_time(&j, why));
    SR_TRY(bearer_audience(c, &j, why));
    for (size_t i = 0; i < n; i++)
        if (!span_eq(SPAN(admins[i].b), SPAN(writer.b)) && jws_verify_eddsa(&j, &admins[i], NULL) == SR_OK) {
            if (ret)
                *ret = admins[i];
            return SR_OK;
        }
    return sr_fail(why, SR_EAUTH, R_TOKEN, "bearer: signed by no administrator");
}

/* ---- before any body ---- */

static enum sr_err open_session(const struct core *c, const struct request *q, struct sr_why *why)
{
    SR_OWN(guest_hold) g = guest_hold_new();
    if (!g.g)
        return SR_ENOMEM;
    return kbs_cookie_read(c, q, g.g, why);
}

enum sr_err kbs_admit(struct node *n, enum access access, const struct request *q, struct sr_why *why)
{
    SR_OWN(jws) j = { 0 };
    struct core *c = NULL;
    SR_TRY(node_core(n, &c, why));
    if (access == ACCESS_SESSION)
        return open_session(c, q, why);
    SR_TRY(jws_read(bearer(q), JWS_EDDSA, &j, why));
    return bearer_time(&j, why);
}
