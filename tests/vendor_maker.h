#pragma once
/* vendor_maker.h - certificates, revocation lists and signatures as AMD and Intel make them, from roots of
 * our own, with OpenSSL alone. For tests: errors abort. */
#include "crypto/bytes.h"
#include "crypto/hash.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MUST(cond)                                                                                           \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            abort();                                                                                         \
    } while (0)

static inline EVP_PKEY *make_key(const char *kind)
{
    EVP_PKEY *k = strcmp(kind, "RSA") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen(kind);
    MUST(k);
    return k;
}

struct made_ext {
    const char *oid;
    uint8_t value[512];
    size_t n;
    bool critical;
};
enum { MADE_EXTS = 16 };
struct made_spec {
    const char *cn, *issuer;
    EVP_PKEY *key, *issuer_key;
    bool ca, pss;
    int pathlen;    /* of a CA; -1: none */
    uint32_t usage; /* KU_..., 0: no such extension */
    long serial;
    time_t from, until;
    struct made_ext ext[MADE_EXTS];
    size_t next;
};

static inline void made_name(X509_NAME *n, const char *cn)
{
    const char *kind = cn ? "CN" : "O"; /* NULL: no common name */
    const unsigned char *text = (const unsigned char *)(cn ? cn : "nobody");
    MUST(X509_NAME_add_entry_by_txt(n, kind, MBSTRING_ASC, text, -1, -1, 0));
}

static inline void made_add(X509 *x, const char *oid, bool critical, const uint8_t *der, size_t n)
{
    ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
    MUST(obj && data && ASN1_OCTET_STRING_set(data, der, (int)n));
    X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, obj, critical, data);
    MUST(e && X509_add_ext(x, e, -1));
    X509_EXTENSION_free(e);
    ASN1_OBJECT_free(obj);
    ASN1_OCTET_STRING_free(data);
}

/* SHA-256 with EC keys; SHA-384 and PSS, 48 bytes of salt, as AMD does. */
static inline void made_sign_ctx(EVP_MD_CTX *c, EVP_PKEY *key, bool pss)
{
    EVP_PKEY_CTX *p = NULL;
    MUST(EVP_DigestSignInit(c, &p, pss ? EVP_sha384() : EVP_sha256(), NULL, key) == 1);
    if (pss)
        MUST(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(p, 48) == 1);
}

static inline void made_usage(X509 *x, uint32_t usage)
{
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    for (int i = 0; i < 8; i++)
        if (usage & (0x80u >> i))
            MUST(ASN1_BIT_STRING_set_bit(bits, i, 1));
    MUST(X509_add1_ext_i2d(x, NID_key_usage, bits, 1, 0) == 1);
    ASN1_BIT_STRING_free(bits);
}

static inline void made_basic(X509 *x, const struct made_spec *s)
{
    BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
    bc->ca = s->ca ? 0xff : 0;
    if (s->ca && s->pathlen >= 0) {
        bc->pathlen = ASN1_INTEGER_new();
        MUST(ASN1_INTEGER_set(bc->pathlen, s->pathlen));
    }
    MUST(X509_add1_ext_i2d(x, NID_basic_constraints, bc, 1, 0) == 1);
    BASIC_CONSTRAINTS_free(bc);
}

/* DER, appended to ret. */
static inline void make_cert(const struct made_spec *s, struct buf *ret)
{
    X509 *x = X509_new();
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    MUST(x && c && X509_set_version(x, X509_VERSION_3));
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(x), s->serial));
    made_name(X509_get_subject_name(x), s->cn);
    made_name(X509_get_issuer_name(x), s->issuer);
    MUST(ASN1_TIME_set(X509_getm_notBefore(x), s->from) && ASN1_TIME_set(X509_getm_notAfter(x), s->until));
    MUST(X509_set_pubkey(x, s->key));
    if (s->ca || !s->pss)
        made_basic(x, s);
    if (s->usage)
        made_usage(x, s->usage);
    for (size_t i = 0; i < s->next; i++)
        made_add(x, s->ext[i].oid, s->ext[i].critical, s->ext[i].value, s->ext[i].n);
    made_sign_ctx(c, s->issuer_key, s->pss);
    MUST(X509_sign_ctx(x, c) > 0);
    int n = i2d_X509(x, NULL);
    uint8_t *at = wr_room(ret, (size_t)n);
    MUST(at && i2d_X509(x, &at) == n);
    X509_free(x);
    EVP_MD_CTX_free(c);
}

static inline struct made_ext *made_ext(struct made_spec *s, const char *oid, const void *der, size_t n)
{
    struct made_ext *e = &s->ext[s->next++];
    MUST(s->next <= MADE_EXTS && n <= sizeof e->value);
    *e = (struct made_ext){ .oid = oid, .n = n };
    memcpy(e->value, der, n);
    return e;
}

enum made_crl_flaw { CRL_GOOD, CRL_ENDLESS, CRL_VERSION_1, CRL_DELTA, CRL_CRITICAL };
struct made_crl {
    const char *issuer;
    EVP_PKEY *key;
    bool pss;
    time_t from, until;
    long revoked; /* a serial; 0: none */
    enum made_crl_flaw flaw;
    long number; /* 0: 1 */
};
static inline void make_crl(const struct made_crl *s, struct buf *ret)
{
    X509_CRL *x = X509_CRL_new();
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    X509_NAME *name = X509_NAME_new();
    ASN1_TIME *from = ASN1_TIME_set(NULL, s->from), *until = ASN1_TIME_set(NULL, s->until);
    made_name(name, s->issuer);
    MUST(x && c && X509_CRL_set_version(x, X509_CRL_VERSION_2) && X509_CRL_set_issuer_name(x, name));
    MUST(X509_CRL_set1_lastUpdate(x, from));
    MUST(s->flaw == CRL_ENDLESS || X509_CRL_set1_nextUpdate(x, until));
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    MUST(ASN1_INTEGER_set(number, s->number ? s->number : 1));
    if (s->flaw == CRL_VERSION_1)
        MUST(X509_CRL_set_version(x, X509_CRL_VERSION_1));
    else
        MUST(X509_CRL_add1_ext_i2d(x, NID_crl_number, number, s->flaw == CRL_CRITICAL, 0));
    if (s->flaw == CRL_DELTA)
        MUST(X509_CRL_add1_ext_i2d(x, NID_delta_crl, number, 0, 0));
    if (s->revoked) {
        X509_REVOKED *r = X509_REVOKED_new();
        MUST(ASN1_INTEGER_set(number, s->revoked) && X509_REVOKED_set_serialNumber(r, number));
        MUST(X509_REVOKED_set_revocationDate(r, from) && X509_CRL_add0_revoked(x, r));
    }
    made_sign_ctx(c, s->key, s->pss);
    MUST(X509_CRL_sign_ctx(x, c) > 0);
    int n = i2d_X509_CRL(x, NULL);
    uint8_t *at = wr_room(ret, (size_t)n);
    MUST(at && i2d_X509_CRL(x, &at) == n);
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_NAME_free(name);
    X509_CRL_free(x);
    EVP_MD_CTX_free(c);
}

/* r and s, n bytes each, big-endian. */
static inline void make_signature(EVP_PKEY *key, const EVP_MD *md, struct span msg, uint8_t *ret, int n)
{
    uint8_t der[256];
    size_t len = sizeof der;
    const uint8_t *p = der;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    MUST(EVP_DigestSignInit(c, NULL, md, NULL, key) == 1 && EVP_DigestSign(c, der, &len, msg.p, msg.n) == 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
    MUST(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, n) == n &&
         BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + n, n) == n);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(c);
}

/* x and y of a P-256 key. */
static inline void made_point(EVP_PKEY *key, uint8_t ret[64])
{
    uint8_t point[65];
    size_t n = 0;
    MUST(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &n) == 1 && n == 65);
    memcpy(ret, point + 1, 64);
}

static inline struct sha256 made_pin(EVP_PKEY *key)
{
    uint8_t *der = NULL;
    int n = i2d_PUBKEY(key, &der);
    MUST(n > 0);
    struct sha256 h = sha256((struct span){ der, (size_t)n });
    OPENSSL_free(der);
    return h;
}

static inline void made_pem(struct span der, struct buf *ret)
{
    char text[8192];
    int n = EVP_EncodeBlock((unsigned char *)text, der.p, (int)der.n);
    wr_text(ret, "-----BEGIN CERTIFICATE-----\n");
    for (int i = 0; i < n; i += 64)
        wr_fmt(ret, "%.*s\n", n - i < 64 ? n - i : 64, text + i);
    wr_text(ret, "-----END CERTIFICATE-----\n");
}
