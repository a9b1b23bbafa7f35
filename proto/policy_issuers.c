/* policy_issuers.c - the issuers of a policy, read from its document. specs/policy.md, "Token issuers". */
#include "proto/policy_issuers.h"

#include "crypto/cert.h"
#include "crypto/text.h"
#include "proto/policy_body.h"

#include <string.h>

enum { AGE_LEAST = 60, AGE_MOST = 86400, SPKI_MAX = 1200, ALG_MAX = 8, CLAIM_MAX = 31 };

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "%s", what);
}

static enum sr_err no_memory(struct sr_why *why)
{
    return sr_fail(why, SR_ENOMEM, R_INTERNAL, "no memory");
}

/* Printable ASCII that needs no escape in JSON, so that a token spells it in one way alone. */
static bool plain_ok(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == '"' || s.p[i] == '\\')
            return false;
    return s.n > 0;
}

/* Of RFC 6901, with neither escapes nor empty names: "/submods/cpu0". */
static bool pointer_ok(struct span s)
{
    size_t begun = 0;
    if (!plain_ok(s) || s.p[0] != '/' || memchr(s.p, '~', s.n))
        return false;
    for (size_t i = 1; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '/')
            continue;
        if (i - begun < 2 || i - begun - 1 > JSON_NAME_MAX)
            return false;
        begun = i;
    }
    return true;
}

/* ---- keys ---- */

static enum sr_err spki_read(struct policy *p, struct span hex, struct policy_issuer_key *k,
                             struct sr_why *why)
{
    SR_OWN(pubkey) key = { 0 };
    uint8_t *der = policy_alloc(p, hex.n / 2 + 1, 1);
    if (!der)
        return no_memory(why);
    k->spki = (struct span){ der, hex.n / 2 };
    if (hex_read(hex, der, hex.n / 2) != SR_OK || cert_spki_read(k->spki, &key) != SR_OK)
        return bad(why, "spki: not a public key in hex, or one that is too weak");
    return pubkey_type(&key) == jws_alg_key(k->alg) ? SR_OK : bad(why, "spki: a key of another algorithm");
}

static enum sr_err key_read(struct policy *p, const struct json *v, struct policy_issuer_key *k,
                            struct sr_why *why)
{
    struct span alg = { 0 }, spki = { 0 };
    const struct json_field fields[] = {
        { "alg", JSON_TEXT, &alg, ALG_MAX, false },
        { "kid", JSON_TEXT, &k->kid, POLICY_KID_MAX, true },
        { "spki", JSON_TEXT, &spki, 2 * SPKI_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    if (!jws_alg_find(alg, &k->alg) || jws_alg_key(k->alg) == PUBKEY_NONE)
        return bad(why, "alg: not ES256, ES384, RS256, RS384, PS256 or PS384");
    if (json_get(v, "kid") && !plain_ok(k->kid))
        return bad(why, "kid: empty, or not plain");
    return spki_read(p, spki, k, why);
}

static enum sr_err keys_read(struct policy *p, const struct json *array, struct policy_issuer *ret,
                             struct sr_why *why)
{
    struct policy_issuer_key *keys = policy_alloc(p, json_count(array), sizeof *keys);
    if (!keys)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v))
        SR_TRY(key_read(p, v, &keys[ret->keys_n++], why));
    ret->keys = keys;
    return ret->keys_n > 0 ? SR_OK : bad(why, "keys: none");
}

/* ---- claims ---- */

/* What says whose word all this is never comes out of the word itself. */
static bool is_ours(struct span claim)
{
    return span_eq(claim, SPAN_STR("type")) || span_eq(claim, SPAN_STR("evidence"));
}

static bool claim_ok(struct span s)
{
    return policy_word_ok(s, CLAIM_MAX) && s.p[0] >= 'a' && s.p[0] <= 'z' && !is_ours(s);
}

static bool is_there(const struct policy_issuer_claim *c, size_t n, struct span claim)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(c[i].claim, claim))
            return true;
    return false;
}

static enum sr_err claims_read(struct policy *p, const struct json *array, struct policy_issuer *ret,
                               struct sr_why *why)
{
    struct policy_issuer_claim *c = policy_alloc(p, json_count(array), sizeof *c);
    if (!c)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        struct policy_issuer_claim one = { 0 };
        const struct json_field fields[] = {
            { "at", JSON_TEXT, &one.at, POLICY_POINTER_MAX, false },
            { "claim", JSON_TEXT, &one.claim, CLAIM_MAX, false },
            { 0 },
        };
        SR_TRY(json_fields(v, fields, why));
        if (!pointer_ok(one.at) || !claim_ok(one.claim) || is_there(c, ret->claims_n, one.claim))
            return bad(why, "claims: not a pointer, not a claim's name, or the same one twice");
        c[ret->claims_n++] = one;
    }
    ret->claims = c;
    return ret->claims_n > 0 ? SR_OK : bad(why, "claims: none");
}

/* ---- issuers ---- */

static enum sr_err texts_check(const struct json *v, const struct policy_issuer *i, struct sr_why *why)
{
    if (!policy_word_ok(i->name, POLICY_ISSUER_NAME_MAX) || !policy_word_ok(i->evidence, POLICY_TYPE_MAX))
        return bad(why, "name or evidence: not a word");
    if (!plain_ok(i->iss) || (json_get(v, "aud") && !plain_ok(i->aud)))
        return bad(why, "iss or aud: empty, or not plain");
    if (!pointer_ok(i->evidence_at) || !pointer_ok(i->tee_key))
        return bad(why, "evidence_at or tee_key: not a pointer");
    return i->max_age >= AGE_LEAST && i->max_age <= AGE_MOST ? SR_OK
                                                             : bad(why, "max_age is not 60 to 86400 seconds");
}

static enum sr_err type_write(struct policy *p, struct policy_issuer *i, struct sr_why *why)
{
    size_t n = sizeof POLICY_TOKEN_PREFIX - 1;
    uint8_t *type = policy_alloc(p, n + i->name.n, 1);
    if (!type)
        return no_memory(why);
    memcpy(type, POLICY_TOKEN_PREFIX, n);
    memcpy(type + n, i->name.p, i->name.n);
    i->type = (struct span){ type, n + i->name.n };
    return SR_OK;
}

static enum sr_err issuer_read(struct policy *p, const struct json *v, struct policy_issuer *i,
                               struct sr_why *why)
{
    const struct json *claims = NULL, *keys = NULL;
    const struct json_field fields[] = {
        { "aud", JSON_TEXT, &i->aud, POLICY_TEXT_MAX, true },
        { "claims", JSON_ARRAY, &claims, POLICY_ISSUER_CLAIMS_MAX, false },
        { "evidence", JSON_TEXT, &i->evidence, POLICY_TYPE_MAX, false },
        { "evidence_at", JSON_TEXT, &i->evidence_at, POLICY_POINTER_MAX, false },
        { "iss", JSON_TEXT, &i->iss, POLICY_TEXT_MAX, false },
        { "keys", JSON_ARRAY, &keys, POLICY_ISSUER_KEYS_MAX, false },
        { "max_age", JSON_U64, &i->max_age, 0, false },
        { "name", JSON_TEXT, &i->name, POLICY_ISSUER_NAME_MAX, false },
        { "tee_key", JSON_TEXT, &i->tee_key, POLICY_POINTER_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    SR_TRY(texts_check(v, i, why));
    SR_TRY(keys_read(p, keys, i, why));
    SR_TRY(claims_read(p, claims, i, why));
    SR_TRY(type_write(p, i, why));
    return policy_issuer(p, i->type) ? bad(why, "the same name twice") : SR_OK;
}

enum sr_err policy_issuers_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    p->issuers = policy_alloc(p, json_count(array), sizeof *p->issuers);
    if (!p->issuers)
        return no_memory(why);
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        struct policy_issuer i = { 0 };
        struct sr_why inner = { 0 };
        enum sr_err e = issuer_read(p, v, &i, &inner);
        if (e != SR_OK)
            return sr_fail(why, e, inner.reason, "token_issuers[%zu]: %s", p->issuers_n, inner.text);
        p->issuers[p->issuers_n++] = i;
    }
    return SR_OK;
}

enum sr_err policy_issuers_check(const struct policy *p, struct sr_why *why)
{
    for (size_t i = 0; i < p->join.n; i++)
        if (policy_issuer(p, p->join.rules[i].type))
            return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "join[%zu]: nobody joins by a token", i);
    return SR_OK;
}

const struct policy_issuer *policy_issuers(const struct policy *p, size_t *ret_n)
{
    *ret_n = p->issuers_n;
    return p->issuers;
}

const struct policy_issuer *policy_issuer(const struct policy *p, struct span type)
{
    for (size_t i = 0; i < p->issuers_n; i++)
        if (span_eq(p->issuers[i].type, type))
            return &p->issuers[i];
    return NULL;
}

bool policy_is_token(struct span type)
{
    size_t n = sizeof POLICY_TOKEN_PREFIX - 1;
    return type.n >= n && memcmp(type.p, POLICY_TOKEN_PREFIX, n) == 0;
}
