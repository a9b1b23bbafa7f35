#include "proto/kbs_token.h"

#include "crypto/cert.h"
#include "proto/json_foreign.h"

#include <string.h>

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EAUTH, R_TOKEN, "token of a third party: %s", what);
}

/* ---- places ---- */

/* The next name of a pointer, which the policy checked. */
static bool next_name(struct span *pointer, char ret[JSON_NAME_MAX + 1])
{
    size_t n = 0;
    if (pointer->n == 0)
        return false;
    while (n + 1 < pointer->n && n < JSON_NAME_MAX && pointer->p[n + 1] != '/')
        n++;
    memcpy(ret, pointer->p + 1, n);
    ret[n] = 0;
    *pointer = (struct span){ pointer->p + n + 1, pointer->n - n - 1 };
    return true;
}

/* What stands there; empty: nothing, or null. */
static struct span find_at(struct span object, struct span pointer)
{
    char name[JSON_NAME_MAX + 1];
    while (next_name(&pointer, name)) {
        struct span v = { 0 };
        if (!jf_is_object(object) || !jf_members(object, &(struct jf_member){ name, &v }, 1))
            return (struct span){ 0 };
        object = v;
    }
    return jf_is_null(object) ? (struct span){ 0 } : object;
}

/* ---- who signed ---- */

static bool signed_by(const struct jws *j, const struct policy_issuer_key *k)
{
    SR_OWN(pubkey) key = { 0 };
    if (k->kid.n && !span_eq(k->kid, span_of(j->kid)))
        return false;
    return cert_spki_read(k->spki, &key) == SR_OK && jws_verify_pub(j, k->alg, &key, NULL) == SR_OK;
}

static bool signed_for(const struct jws *j, const struct policy_issuer *i)
{
    for (size_t k = 0; k < i->keys_n; k++)
        if (signed_by(j, &i->keys[k]))
            return true;
    return false;
}

/* Named by iss, about its kind of evidence. */
static bool means(const struct jws *j, const struct policy_issuer *i)
{
    struct span iss = { 0 }, payload = buf_span(&j->payload);
    return jf_members(payload, &(struct jf_member){ "iss", &iss }, 1) && jf_plain(iss, &iss) &&
           span_eq(iss, i->iss) && find_at(payload, i->evidence_at).n > 0;
}

static enum sr_err find_issuer(const struct jws *j, const struct policy *p, const struct policy_issuer **ret,
                               struct sr_why *why)
{
    size_t n, found = 0;
    const struct policy_issuer *all = policy_issuers(p, &n);
    for (size_t i = 0; i < n; i++)
        if (means(j, &all[i])) {
            *ret = &all[i];
            found++;
        }
    if (found != 1)
        return bad(why, found ? "several issuers could mean it" : "of nobody that the policy names");
    return signed_for(j, *ret) ? SR_OK : bad(why, "not signed by a pinned key of its issuer");
}

/* ---- for whom, and when ---- */

static bool names_audience(struct span aud, struct span wanted)
{
    struct jf_walk w = { .rest = aud };
    struct span one;
    if (jf_is_string(aud))
        return jf_plain(aud, &one) && span_eq(one, wanted);
    while (jf_next(&w, &one))
        if (jf_is_string(one) && jf_plain(one, &one) && span_eq(one, wanted))
            return true;
    return false;
}

/* RFC 7519, 4.1.3: a token for somebody counts nowhere else; and what is wanted must be there. */
static enum sr_err check_audience(const struct jws *j, const struct policy_issuer *i, struct sr_why *why)
{
    struct span aud = { 0 };
    (void)jf_members(buf_span(&j->payload), &(struct jf_member){ "aud", &aud }, 1);
    bool good = i->aud.n ? names_audience(aud, i->aud) : jf_is_null(aud);
    return good ? SR_OK : bad(why, "for somebody else");
}

static enum sr_err check_times(const struct jws *j, const struct policy_issuer *i, uint64_t now,
                               uint64_t *ret_made, uint64_t *ret_expires, struct sr_why *why)
{
    struct span exp = { 0 }, nbf = { 0 }, iat = { 0 };
    const struct jf_member m[] = { { "exp", &exp }, { "nbf", &nbf }, { "iat", &iat } };
    uint64_t until = 0, from = 0, made = 0;
    if (!jf_members(buf_span(&j->payload), m, 3) || !jf_u64(exp, JSON_INT_MAX, &until) ||
        !jf_u64(iat, JSON_INT_MAX, &made) || (nbf.n && !jf_u64(nbf, JSON_INT_MAX, &from)))
        return bad(why, "no exp, no iat, or times that are none");
    *ret_made = made;
    if (made > now + KBS_TOKEN_SKEW || from > now + KBS_TOKEN_SKEW)
        return bad(why, "from the future");
    *ret_expires = until < made + i->max_age ? until : made + i->max_age;
    if (now > *ret_expires)
        return sr_fail(why, SR_EAUTH, R_TOKEN_EXPIRED, "token of a third party: over, or too old");
    return SR_OK;
}

/* ---- what it says ---- */

/* An array of texts is a set, as claims have them: with commas between. */
static bool join_set(struct span array, struct buf *ret)
{
    struct jf_walk w = { .rest = array };
    struct span one, rest = array;
    for (bool first = true; jf_next(&w, &one); first = false) {
        if (!jf_is_string(one) || !jf_plain(one, &one) || one.n == 0 || memchr(one.p, ',', one.n))
            return false;
        wr_text(ret, first ? "" : ",");
        wr_span(ret, one);
    }
    return rest.n > 0 && *rest.p == '[' && buf_ok(ret);
}

static bool take_value(const char *name, struct span v, struct claims *ret)
{
    SR_OWN(buf) set = { 0 };
    struct span text;
    uint64_t number;
    bool yes = span_eq(v, SPAN_STR("true"));
    if (yes || span_eq(v, SPAN_STR("false")))
        claims_put_bool(ret, name, yes);
    else if (jf_u64(v, UINT64_MAX, &number))
        claims_put_uint(ret, name, number);
    else if (jf_is_string(v) && jf_plain(v, &text))
        claims_put_text(ret, name, text);
    else if (join_set(v, &set))
        claims_put_text(ret, name, buf_span(&set));
    else
        return false;
    return true;
}

static enum sr_err take_claims(const struct jws *j, const struct policy_issuer *i, struct claims *ret,
                               struct sr_why *why)
{
    claims_clear(ret);
    claims_put_text(ret, "type", i->type);
    claims_put_text(ret, "evidence", i->evidence);
    for (size_t c = 0; c < i->claims_n; c++) {
        char name[CLAIM_NAME_SIZE] = "";
        struct span v = find_at(buf_span(&j->payload), i->claims[c].at);
        memcpy(name, i->claims[c].claim.p, i->claims[c].claim.n);
        if (v.n && !take_value(name, v, ret))
            return bad(why, "a value that is no claim");
    }
    return claims_ok(ret) ? SR_OK : bad(why, "a value that no claim can have");
}

static enum sr_err take_key(const struct jws *j, const struct policy_issuer *i, struct jwk *ret,
                            struct sr_why *why)
{
    struct span v = find_at(buf_span(&j->payload), i->tee_key);
    if (!jf_is_object(v) || jwk_read(v, ret, NULL) != SR_OK || ret->alg == JWE_RSA1_5)
        return bad(why, "no key of a guest, or none that replies go to");
    return SR_OK;
}

enum sr_err kbs_token_read(struct span token, const struct policy *p, uint64_t now, struct kbs_token *ret,
                           struct sr_why *why)
{
    SR_OWN(jws) j = { 0 };
    const struct policy_issuer *issuer = NULL;
    size_t n;
    (void)policy_issuers(p, &n);
    if (n == 0)
        return bad(why, "the policy names no issuer");
    SR_TRY(jws_read_any(token, &j, why));
    SR_TRY(find_issuer(&j, p, &issuer, why));
    SR_TRY(check_audience(&j, issuer, why));
    SR_TRY(check_times(&j, issuer, now, &ret->made, &ret->expires, why));
    SR_TRY(take_key(&j, issuer, &ret->key, why));
    ret->id = sha256(j.signed_part);
    return take_claims(&j, issuer, &ret->claims, why);
}
