#pragma once
/* token_maker.h - a third party that signs tokens about guests: its keys, its rows in a policy, and tokens
 * that say what a test wants, by OpenSSL alone. */
#include "crypto/text.h"
#include "proto/json.h"
#include "tests/jose_keys.h"
#include "tests/t.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static inline void token_need(bool cond, const char *what)
{
    if (cond)
        return;
    printf("token maker: %s\n", what);
    exit(2);
}

enum token_key { TK_P256, TK_P384, TK_RSA, TK_OTHER_P256, TK_OTHER_RSA, TK_SHORT_RSA, TK_COUNT };

static inline EVP_PKEY *token_key(enum token_key k)
{
    static EVP_PKEY *keys[TK_COUNT];
    static const char *const curves[TK_COUNT] = {
        [TK_P256] = "P-256", [TK_P384] = "P-384", [TK_OTHER_P256] = "P-256"
    };
    if (!keys[k] && curves[k])
        keys[k] = EVP_EC_gen(curves[k]);
    else if (!keys[k])
        keys[k] = EVP_RSA_gen(k == TK_SHORT_RSA ? 1024u : 2048u);
    token_need(keys[k] != NULL, "a key");
    return keys[k];
}

static inline void token_spki(enum token_key k, struct buf *ret)
{
    uint8_t *der = NULL;
    int n = i2d_PUBKEY(token_key(k), &der);
    token_need(n > 0, "a public key");
    wr_span(ret, (struct span){ der, (size_t)n });
    OPENSSL_free(der);
}

/* {"alg":...,"spki":...}, or with a kid. */
static inline void token_key_row(enum token_key k, const char *alg, const char *kid, struct buf *ret)
{
    SR_OWN(buf) der = { 0 };
    token_spki(k, &der);
    wr_fmt(ret, "{\"alg\":\"%s\",", alg);
    if (kid)
        wr_fmt(ret, "\"kid\":\"%s\",", kid);
    wr_text(ret, "\"spki\":\"");
    wr_hex(ret, buf_span(&der));
    wr_text(ret, "\"}");
}

#define TOKEN_ISS "https://as.example.org"
#define TOKEN_EAR "/submods/cpu0/ear.veraison.annotated-evidence"

/* An issuer as of Trustee: about evidence of one type, with keys as token_key_row() has them. */
struct token_issuer {
    const char *name, *iss, *evidence;
    const char *keys;
    const char *more; /* members that come first, each with its comma behind */
};

static inline void token_issuer_row(const struct token_issuer *i, struct buf *ret)
{
    static const char *const taken[][2] = { { "measurement", "measurement" },
                                            { "debug", "debug" },
                                            { "svn", "svn" },
                                            { "advisory_ids", "advisories" } };
    wr_fmt(ret, "{%s\"claims\":[", i->more);
    for (size_t c = 0; c < sizeof taken / sizeof *taken; c++)
        wr_fmt(ret, "%s{\"at\":\"" TOKEN_EAR "/%s/%s\",\"claim\":\"%s\"}", c ? "," : "", i->evidence,
               taken[c][0], taken[c][1]);
    wr_fmt(ret,
           "],\"evidence\":\"%s\",\"evidence_at\":\"" TOKEN_EAR "/%s\",\"iss\":\"%s\",\"keys\":[%s],"
           "\"max_age\":300,\"name\":\"%s\",\"tee_key\":\"" TOKEN_EAR "/runtime_data_claims/tee-pubkey\"}",
           i->evidence, i->evidence, i->iss, i->keys, i->name);
}

/* What a token says; texts are JSON. */
struct token_says {
    const char *iss, *times, *more; /* times and more: members, each with its comma behind */
    const char *evidence, *claims;  /* "snp", and the members of its object */
    const char *key;                /* the guest's JWK */
};

static inline void token_payload(const struct token_says *s, struct buf *ret)
{
    wr_fmt(ret,
           "{\"eat_profile\":\"tag:github.com,2024:confidential-containers/Trustee\",%s%s\"iss\":\"%s\","
           "\"submods\":{\"cpu0\":{\"ear.status\":\"affirming\",\"ear.veraison.annotated-evidence\":"
           "{\"%s\":{%s},\"init_data_claims\":null,"
           "\"runtime_data_claims\":{\"nonce\":\"bm9uY2U=\",\"tee-pubkey\":%s}}}}}",
           s->times, s->more, s->iss, s->evidence, s->claims, s->key);
}

/* r || s, each of half a signature's size. */
static inline void token_raw(const uint8_t *der, size_t n, int half, struct buf *ret)
{
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &der, (long)n);
    uint8_t raw[96];
    token_need(s && BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, half) == half &&
                   BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + half, half) == half,
               "a signature's numbers");
    ECDSA_SIG_free(s);
    wr_span(ret, (struct span){ raw, 2 * (size_t)half });
}

static inline void token_signature(enum token_key k, const char *alg, struct span msg, struct buf *ret)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pc = NULL;
    uint8_t sig[1024];
    size_t n = sizeof sig;
    bool wide = strstr(alg, "384") != NULL;
    token_need(EVP_DigestSignInit(c, &pc, wide ? EVP_sha384() : EVP_sha256(), NULL, token_key(k)) == 1, alg);
    if (alg[0] == 'P')
        token_need(EVP_PKEY_CTX_set_rsa_padding(pc, RSA_PKCS1_PSS_PADDING) == 1 &&
                       EVP_PKEY_CTX_set_rsa_pss_saltlen(pc, RSA_PSS_SALTLEN_DIGEST) == 1,
                   "PSS");
    token_need(EVP_DigestSign(c, sig, &n, msg.p, msg.n) == 1, "a signature");
    EVP_MD_CTX_free(c);
    if (alg[0] == 'E')
        token_raw(sig, n, wide ? 48 : 32, ret);
    else
        wr_span(ret, (struct span){ sig, n });
}

/* The old mistake: a MAC under the public key, as text of its DER. */
static inline void token_hs256(enum token_key k, struct span msg, struct buf *ret)
{
    SR_OWN(buf) der = { 0 };
    uint8_t mac[32];
    unsigned n = 0;
    token_spki(k, &der);
    token_need(HMAC(EVP_sha256(), der.p, (int)der.n, msg.p, msg.n, mac, &n) && n == sizeof mac, "HMAC");
    wr_span(ret, SPAN(mac));
}

/* header and payload as they are, signed under alg: "none" and "HS256" as those do that confuse them. */
static inline void token_make(enum token_key k, const char *alg, const char *header, struct span payload,
                              struct buf *ret)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) sig = { 0 };
    wr_base64url(&text, span_of(header));
    wr_u8(&text, '.');
    wr_base64url(&text, payload);
    if (strcmp(alg, "HS256") == 0)
        token_hs256(k, buf_span(&text), &sig);
    else if (strcmp(alg, "none") != 0)
        token_signature(k, alg, buf_span(&text), &sig);
    wr_span(ret, buf_span(&text));
    wr_u8(ret, '.');
    wr_base64url(ret, buf_span(&sig));
    token_need(buf_ok(ret), "memory");
}
