#include "proto/jose_parts.h"

#include "crypto/text.h"
#include "proto/json_foreign.h"

#include <string.h>

static const struct {
    const char *name;
    bool rsa;
} algs[JWE_ALG_COUNT] = {
    [JWE_ECDH_ES_A256KW] = { "ECDH-ES+A256KW", false },
    [JWE_RSA_OAEP_256] = { "RSA-OAEP-256", true },
    [JWE_RSA1_5] = { "RSA1_5", true },
};

static const struct {
    const char *kty, *crv;
    size_t size;
} kinds[] = {
    [JWK_NONE] = { 0 },
    [JWK_P256] = { "EC", "P-256", 32 },
    [JWK_P521] = { "EC", "P-521", 66 },
    [JWK_RSA] = { "RSA", NULL, JWK_MODULUS },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

#define EXPONENT "AQAB"

static size_t row_of(enum jwk_kind kind)
{
    return (unsigned)kind < KINDS ? kind : JWK_NONE;
}

size_t jwk_size(enum jwk_kind kind)
{
    return kinds[row_of(kind)].size;
}

const char *jwk_curve_name(enum jwk_kind kind)
{
    return kinds[row_of(kind)].crv;
}

const char *jwe_alg_name(enum jwe_alg alg)
{
    return (unsigned)alg < JWE_ALG_COUNT ? algs[alg].name : "";
}

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_JWK, "key: %s", what);
}

/* The members of a key, as they stand. */
struct texts {
    struct span kty, crv, alg, x, y, n, e;
};

static bool unquote(struct span *v)
{
    return v->n == 0 || jf_plain(*v, v);
}

static enum sr_err read_texts(struct span object, struct texts *ret, struct sr_why *why)
{
    const struct jf_member m[] = {
        { "kty", &ret->kty }, { "crv", &ret->crv }, { "alg", &ret->alg }, { "x", &ret->x },
        { "y", &ret->y },     { "n", &ret->n },     { "e", &ret->e },
    };
    if (!jf_members(object, m, sizeof m / sizeof *m))
        return bad(why, "not an object");
    for (size_t i = 0; i < sizeof m / sizeof *m; i++)
        if (!unquote(m[i].ret))
            return bad(why, "a member that is no plain text");
    return SR_OK;
}

static enum jwk_kind find_kind(const struct texts *t)
{
    for (size_t i = 1; i < KINDS; i++)
        if (span_eq(t->kty, span_of(kinds[i].kty)) &&
            (!kinds[i].crv || span_eq(t->crv, span_of(kinds[i].crv))))
            return (enum jwk_kind)i;
    return JWK_NONE;
}

static bool find_alg(const struct texts *t, enum jwk_kind kind, enum jwe_alg *ret)
{
    for (size_t i = 0; i < JWE_ALG_COUNT; i++)
        if (span_eq(t->alg, span_of(algs[i].name)) && algs[i].rsa == (kind == JWK_RSA)) {
            *ret = (enum jwe_alg)i;
            return true;
        }
    return false;
}

static bool decode(struct span text, uint8_t *ret, size_t n)
{
    SR_OWN(buf) b = { 0 };
    if (base64url_read(text, &b) != SR_OK || b.n != n)
        return false;
    memcpy(ret, b.p, n);
    return true;
}

static enum sr_err rsa_check(const struct jwk *k)
{
    EVP_PKEY *pkey = NULL;
    enum sr_err e = jwk_rsa(k, &pkey);
    EVP_PKEY_free(pkey);
    return e;
}

enum sr_err jwk_read(struct span object, struct jwk *ret, struct sr_why *why)
{
    struct texts t = { 0 };
    struct jwk k = { 0 };
    SR_TRY(read_texts(object, &t, why));
    k.kind = find_kind(&t);
    if (k.kind == JWK_NONE || !find_alg(&t, k.kind, &k.alg))
        return bad(why, "kty, crv or alg");
    size_t n = jwk_size(k.kind);
    if (k.kind == JWK_RSA ? !decode(t.n, k.x, n) || !span_eq(t.e, SPAN_STR(EXPONENT))
                          : !decode(t.x, k.x, n) || !decode(t.y, k.y, n))
        return bad(why, "a number of another size");
    enum sr_err e = k.kind == JWK_RSA ? rsa_check(&k) : jwk_on_curve(&k);
    if (e != SR_OK)
        return sr_fail(why, e, R_JWK, "key: not on its curve, or too weak");
    *ret = k;
    return SR_OK;
}

struct member {
    const char *name;
    struct span bytes; /* written as base64url, or else text */
    const char *text;
};

static void write_members(const struct member *m, size_t n, struct buf *ret)
{
    for (size_t i = 0; i < n; i++) {
        wr_fmt(ret, "%s\"%s\":\"", i ? "," : "{", m[i].name);
        if (m[i].text)
            wr_text(ret, m[i].text);
        else
            wr_base64url(ret, m[i].bytes);
        wr_u8(ret, '"');
    }
    wr_u8(ret, '}');
}

void jwk_write(const struct jwk *k, enum jwk_order order, struct buf *ret)
{
    size_t n = jwk_size(k->kind);
    struct member kty = { "kty", { 0 }, kinds[row_of(k->kind)].kty },
                  alg = { "alg", { 0 }, jwe_alg_name(k->alg) },
                  crv = { "crv", { 0 }, jwk_curve_name(k->kind) };
    struct member x = { "x", { k->x, n }, NULL }, y = { "y", { k->y, n }, NULL },
                  modulus = { "n", { k->x, n }, NULL }, e = { "e", { 0 }, EXPONENT };
    if (k->kind == JWK_RSA && order == JWK_SORTED)
        write_members((struct member[]){ alg, e, kty, modulus }, 4, ret);
    else if (k->kind == JWK_RSA)
        write_members((struct member[]){ kty, alg, modulus, e }, 4, ret);
    else if (order == JWK_SORTED)
        write_members((struct member[]){ alg, crv, kty, x, y }, 5, ret);
    else
        write_members((struct member[]){ kty, crv, alg, x, y }, 5, ret);
}
