#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/sha.h>
#include <string.h>

SR_DEFINE_OWN_PTR(EVP_KDF, EVP_KDF_free)
SR_DEFINE_OWN_PTR(EVP_KDF_CTX, EVP_KDF_CTX_free)

struct sha256 sha256(struct span s)
{
    struct sha256 d;
    SHA256(s.n ? s.p : (const uint8_t *)"", s.n, d.b);
    return d;
}

struct sha512 sha512(struct span s)
{
    struct sha512 d;
    SHA512(s.n ? s.p : (const uint8_t *)"", s.n, d.b);
    return d;
}

bool sha256_eq(const struct sha256 *a, const struct sha256 *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void be(uint8_t *out, uint64_t v, size_t n)
{
    for (size_t i = n; i-- > 0; v >>= 8)
        out[i] = (uint8_t)v;
}

struct hash512 hash512_start(enum label l)
{
    struct label_text t = label_text(l);
    struct hash512 h;
    crypto_hash_sha512_init(&h.s);
    hash512_lp(&h, (struct span){ (const uint8_t *)t.b, t.n });
    return h;
}

void hash512_raw(struct hash512 *h, struct span s)
{
    if (s.n)
        crypto_hash_sha512_update(&h->s, s.p, s.n);
}

void hash512_lp(struct hash512 *h, struct span s)
{
    uint8_t len[4];
    be(len, s.n, sizeof len);
    hash512_raw(h, SPAN(len));
    hash512_raw(h, s);
}

void hash512_u64(struct hash512 *h, uint64_t v)
{
    uint8_t b[8];
    be(b, v, sizeof b);
    hash512_raw(h, SPAN(b));
}

struct sha512 hash512_end(struct hash512 *h)
{
    struct sha512 d;
    crypto_hash_sha512_final(&h->s, d.b);
    return d;
}

struct hash256 hash256_start(enum label l)
{
    struct label_text t = label_text(l);
    struct hash256 h;
    crypto_hash_sha256_init(&h.s);
    hash256_lp(&h, (struct span){ (const uint8_t *)t.b, t.n });
    return h;
}

void hash256_raw(struct hash256 *h, struct span s)
{
    if (s.n)
        crypto_hash_sha256_update(&h->s, s.p, s.n);
}

void hash256_lp(struct hash256 *h, struct span s)
{
    uint8_t len[4];
    be(len, s.n, sizeof len);
    hash256_raw(h, SPAN(len));
    hash256_raw(h, s);
}

void hash256_u64(struct hash256 *h, uint64_t v)
{
    uint8_t b[8];
    be(b, v, sizeof b);
    hash256_raw(h, SPAN(b));
}

struct sha256 hash256_end(struct hash256 *h)
{
    struct sha256 d;
    crypto_hash_sha256_final(&h->s, d.b);
    return d;
}

struct sha256 hmac_sha256(struct span key, struct span msg)
{
    crypto_auth_hmacsha256_state s;
    struct sha256 d;
    crypto_auth_hmacsha256_init(&s, key.p, key.n);
    crypto_auth_hmacsha256_update(&s, msg.p, msg.n);
    crypto_auth_hmacsha256_final(&s, d.b);
    sodium_memzero(&s, sizeof s);
    return d;
}

struct sha256 hmac_label(const struct key *k, enum label l, struct span msg)
{
    struct label_text t = label_text(l);
    crypto_auth_hmacsha256_state s;
    struct sha256 d;
    uint8_t len[4];
    be(len, t.n, sizeof len);
    crypto_auth_hmacsha256_init(&s, k->b, sizeof k->b);
    crypto_auth_hmacsha256_update(&s, len, sizeof len);
    crypto_auth_hmacsha256_update(&s, (const uint8_t *)t.b, t.n);
    crypto_auth_hmacsha256_update(&s, msg.p, msg.n);
    crypto_auth_hmacsha256_final(&s, d.b);
    sodium_memzero(&s, sizeof s);
    return d;
}

static OSSL_PARAM octets(const char *name, struct span s)
{
    /* OSSL_PARAM has no const; EVP_KDF only reads. */
    union {
        const uint8_t *in;
        void *out;
    } p = { .in = s.n ? s.p : (const uint8_t *)"" };
    return OSSL_PARAM_construct_octet_string(name, p.out, s.n);
}

static enum sr_err run_hkdf(int mode, struct span key, struct span salt, struct span info, void *out,
                            size_t n)
{
    SR_OWN_PTR(EVP_KDF) kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    SR_OWN_PTR(EVP_KDF_CTX) ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    char md[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, md, 0),
        octets(OSSL_KDF_PARAM_KEY, key),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    return ctx && EVP_KDF_derive(ctx, out, n, params) == 1 ? SR_OK : SR_EBUG;
}

enum sr_err hkdf(struct span ikm, struct span salt, struct span info, void *out, size_t n)
{
    return run_hkdf(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, ikm, salt, info, out, n);
}

enum sr_err hkdf_extract(struct span ikm, struct span salt, struct key *ret_prk)
{
    return run_hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, ikm, salt, (struct span){ 0 }, ret_prk->b,
                    sizeof ret_prk->b);
}

enum sr_err hkdf_expand(const struct key *prk, struct span info, void *out, size_t n)
{
    return run_hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, key_span(prk), (struct span){ 0 }, info, out, n);
}

enum sr_err derive_key(const struct key *from, enum label l, struct span context, struct key *ret)
{
    struct label_text t = label_text(l);
    SR_OWN(buf) info = { 0 };
    SR_OWN(key) k = { 0 };
    wr_lp(&info, (struct span){ (const uint8_t *)t.b, t.n });
    wr_lp(&info, context);
    if (!buf_ok(&info))
        return SR_ENOMEM;
    SR_TRY(hkdf(key_span(from), (struct span){ 0 }, buf_span(&info), k.b, sizeof k.b));
    *ret = SR_TAKE(k);
    return SR_OK;
}
