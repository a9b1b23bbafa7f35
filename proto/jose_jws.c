#include "proto/jose_parts.h"

#include "crypto/text.h"
#include "proto/json_foreign.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <string.h>

SR_DEFINE_OWN_PTR(EVP_MD_CTX, EVP_MD_CTX_free)
SR_DEFINE_OWN_PTR(ECDSA_SIG, ECDSA_SIG_free)

enum { DER_MAX = 80, HALF = 32 };

static const struct alg_row {
    const char *name;
    size_t least, most; /* bytes of a signature */
    enum pubkey_type key;
    enum hash_alg hash;
    enum rsa_scheme scheme;
} algs[JWS_ALG_COUNT] = {
    [JWS_ES256] = { "ES256", 64, 64, PUBKEY_P256, HASH_SHA256, 0 },
    [JWS_EDDSA] = { "EdDSA", 64, 64, PUBKEY_NONE, 0, 0 },
    [JWS_ES384] = { "ES384", 96, 96, PUBKEY_P384, HASH_SHA384, 0 },
    [JWS_RS256] = { "RS256", RSA_BITS_MIN / 8, RSA_BITS_MAX / 8, PUBKEY_RSA, HASH_SHA256, RSA_SCHEME_PKCS1 },
    [JWS_RS384] = { "RS384", RSA_BITS_MIN / 8, RSA_BITS_MAX / 8, PUBKEY_RSA, HASH_SHA384, RSA_SCHEME_PKCS1 },
    [JWS_PS256] = { "PS256", RSA_BITS_MIN / 8, RSA_BITS_MAX / 8, PUBKEY_RSA, HASH_SHA256, RSA_SCHEME_PSS },
    [JWS_PS384] = { "PS384", RSA_BITS_MIN / 8, RSA_BITS_MAX / 8, PUBKEY_RSA, HASH_SHA384, RSA_SCHEME_PSS },
};

bool jws_alg_find(struct span name, enum jws_alg *ret)
{
    for (size_t i = 0; i < JWS_ALG_COUNT; i++)
        if (span_eq(name, span_of(algs[i].name))) {
            *ret = (enum jws_alg)i;
            return true;
        }
    return false;
}

const char *jws_alg_name(enum jws_alg alg)
{
    return (unsigned)alg < JWS_ALG_COUNT ? algs[alg].name : "";
}

enum pubkey_type jws_alg_key(enum jws_alg alg)
{
    return (unsigned)alg < JWS_ALG_COUNT ? algs[alg].key : PUBKEY_NONE;
}

void jws_drop(struct jws *j)
{
    buf_drop(&j->header);
    buf_drop(&j->payload);
    buf_drop(&j->sig);
}

void jws_key_drop(struct jws_key *k)
{
    EVP_PKEY_free(k->pkey);
    k->pkey = NULL;
}

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EAUTH, R_TOKEN, "token: %s", what);
}

/* Up to the next '.', or to the end. */
static struct span part(struct span *rest, bool *ret_dot)
{
    const uint8_t *dot = rest->n ? memchr(rest->p, '.', rest->n) : NULL;
    struct span one = { rest->p, dot ? (size_t)(dot - rest->p) : rest->n };
    size_t used = one.n + (dot ? 1 : 0);
    if (used) /* an empty span may have no address to count from */
        *rest = (struct span){ rest->p + used, rest->n - used };
    *ret_dot = dot != NULL;
    return one;
}

static enum sr_err split(struct span token, struct jws *j, struct sr_why *why)
{
    bool first, second, third;
    struct span rest = token;
    struct span h = part(&rest, &first), p = part(&rest, &second), s = part(&rest, &third);
    if (token.n > JWS_MAX || !first || !second || third)
        return bad(why, "not three parts");
    if (base64url_read(h, &j->header) != SR_OK || base64url_read(p, &j->payload) != SR_OK ||
        base64url_read(s, &j->sig) != SR_OK)
        return bad(why, "not base64url");
    j->signed_part = (struct span){ token.p, h.n + 1 + p.n };
    return SR_OK;
}

static enum sr_err read_header(struct jws *j, struct sr_why *why)
{
    struct span alg = { 0 }, kid = { 0 }, crit = { 0 };
    const struct jf_member m[] = { { "alg", &alg }, { "kid", &kid }, { "crit", &crit } };
    if (json_foreign_check(buf_span(&j->header), NULL) != SR_OK ||
        json_foreign_check(buf_span(&j->payload), NULL) != SR_OK ||
        !jf_members(buf_span(&j->header), m, sizeof m / sizeof *m))
        return bad(why, "header or payload is no JSON object");
    if (!jf_plain(alg, &alg) || !jws_alg_find(alg, &j->alg))
        return bad(why, "another algorithm");
    if (crit.n || (kid.n && (!jf_plain(kid, &kid) || kid.n >= sizeof j->kid)))
        return bad(why, "a header that we do not know");
    if (kid.n)
        memcpy(j->kid, kid.p, kid.n);
    if (j->sig.n < algs[j->alg].least || j->sig.n > algs[j->alg].most)
        return bad(why, "a signature of another size");
    return SR_OK;
}

enum sr_err jws_read(struct span token, enum jws_alg wanted, struct jws *ret, struct sr_why *why)
{
    SR_OWN(jws) j = { 0 };
    SR_TRY(split(token, &j, why));
    SR_TRY(read_header(&j, why));
    if (j.alg != wanted)
        return bad(why, "another algorithm");
    *ret = SR_TAKE(j);
    return SR_OK;
}

enum sr_err jws_read_any(struct span token, struct jws *ret, struct sr_why *why)
{
    SR_OWN(jws) j = { 0 };
    SR_TRY(split(token, &j, why));
    SR_TRY(read_header(&j, why));
    if (jws_alg_key(j.alg) == PUBKEY_NONE)
        return bad(why, "another algorithm");
    *ret = SR_TAKE(j);
    return SR_OK;
}

enum sr_err jws_key_make(struct span scalar, struct jws_key *ret)
{
    if (scalar.n != HALF)
        return SR_EFORMAT;
    return jwk_private(JWK_P256, scalar.p, &ret->pkey, &ret->pub);
}

/* r || s of a DER signature, 32 bytes each. */
static enum sr_err raw_of(const uint8_t *der, size_t n, struct sig *ret)
{
    SR_OWN_PTR(ECDSA_SIG) s = d2i_ECDSA_SIG(NULL, &der, (long)n);
    if (!s || BN_bn2binpad(ECDSA_SIG_get0_r(s), ret->b, HALF) != HALF ||
        BN_bn2binpad(ECDSA_SIG_get0_s(s), ret->b + HALF, HALF) != HALF)
        return SR_EBUG;
    return SR_OK;
}

static enum sr_err sign(const struct jws_key *k, struct span msg, struct sig *ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN_PTR(EVP_MD_CTX) c = EVP_MD_CTX_new();
    uint8_t der[DER_MAX];
    size_t n = sizeof der;
    if (!c)
        return SR_ENOMEM;
    if (!k->pkey || EVP_DigestSignInit_ex(c, NULL, "SHA256", NULL, NULL, k->pkey, NULL) != 1 ||
        EVP_DigestSign(c, der, &n, msg.p, msg.n) != 1)
        return SR_EBUG;
    return raw_of(der, n, ret);
}

enum sr_err jws_sign_es256(const struct jws_key *k, const char *kid, struct span payload, struct buf *ret)
{
    SR_OWN(buf) header = { 0 };
    SR_OWN(buf) token = { 0 };
    struct sig sig;
    wr_fmt(&header, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}", kid);
    if (!buf_ok(&header))
        return SR_ENOMEM;
    wr_base64url(&token, buf_span(&header));
    wr_u8(&token, '.');
    wr_base64url(&token, payload);
    if (!buf_ok(&token))
        return SR_ENOMEM;
    SR_TRY(sign(k, buf_span(&token), &sig));
    wr_u8(&token, '.');
    wr_base64url(&token, SPAN(sig.b));
    wr_span(ret, buf_span(&token));
    return buf_ok(&token) && buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err verify(const struct jws *j, const struct pubkey *k)
{
    const struct alg_row *row = &algs[j->alg];
    size_t half = j->sig.n / 2;
    if (row->key == PUBKEY_RSA)
        return pubkey_verify_rsa(k, row->scheme, row->hash, j->signed_part, buf_span(&j->sig));
    return pubkey_verify_ecdsa(k, row->hash, j->signed_part, (struct span){ j->sig.p, half },
                               (struct span){ j->sig.p + half, half });
}

enum sr_err jws_verify_pub(const struct jws *j, enum jws_alg alg, const struct pubkey *k, struct sr_why *why)
{
    enum pubkey_type wanted = jws_alg_key(alg);
    if (j->alg != alg || wanted == PUBKEY_NONE || pubkey_type(k) != wanted || verify(j, k) != SR_OK)
        return bad(why, "not signed by the key");
    return SR_OK;
}

enum sr_err jws_verify_es256(const struct jws *j, const struct jws_key *k, struct sr_why *why)
{
    const struct pubkey pub = { k->pkey }; /* borrowed: not dropped */
    if (!k->pkey)
        return bad(why, "not signed by the key");
    return jws_verify_pub(j, JWS_ES256, &pub, why);
}

enum sr_err jws_verify_eddsa(const struct jws *j, const struct sign_pub *k, struct sr_why *why)
{
    struct sig sig;
    if (j->alg != JWS_EDDSA || j->sig.n != sizeof sig.b)
        return bad(why, "not signed by the key");
    memcpy(sig.b, j->sig.p, sizeof sig.b);
    if (sign_check_raw(k, j->signed_part, &sig) != SR_OK)
        return bad(why, "not signed by the key");
    return SR_OK;
}

void jws_key_write(const struct jws_key *k, const char *kid, struct buf *ret)
{
    wr_fmt(ret, "{\"alg\":\"ES256\",\"crv\":\"P-256\",\"kid\":\"%s\",\"kty\":\"EC\",\"use\":\"sig\",\"x\":\"",
           kid);
    wr_base64url(ret, (struct span){ k->pub.x, HALF });
    wr_text(ret, "\",\"y\":\"");
    wr_base64url(ret, (struct span){ k->pub.y, HALF });
    wr_text(ret, "\"}");
}
