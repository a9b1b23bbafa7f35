#include "proto/jose_parts.h"

#include "crypto/oaep.h"
#include "crypto/text.h"

#include <openssl/rsa.h>
#include <string.h>

enum { CEK = 32, IV = 12, TAG = 16, WRAPPED = CEK + 8 };

void jwe_random_drop(struct jwe_random *r)
{
    sodium_memzero(r, sizeof *r);
}

void jwe_random_draw(const struct jwk *to, struct jwe_random *ret)
{
    random_fill(ret, sizeof *ret);
    if (to->kind == JWK_P521)
        ret->eph[0] &= 1; /* 521 bits */
}

/* Concat KDF (NIST SP 800-56A, 5.8.1; RFC 7518, 4.6.2), one round, no party information. */
static struct sha256 kdf(struct span z)
{
    static const char alg[] = "ECDH-ES+A256KW";
    static const uint8_t counter[4] = { 0, 0, 0, 1 }, length[4] = { 0, 0, 0, sizeof alg - 1 },
                         parties[8] = { 0 }, bits[4] = { 0, 0, 1, 0 };
    struct sha256 kek;
    crypto_hash_sha256_state h;
    crypto_hash_sha256_init(&h);
    crypto_hash_sha256_update(&h, counter, sizeof counter);
    crypto_hash_sha256_update(&h, z.p, z.n);
    crypto_hash_sha256_update(&h, length, sizeof length);
    crypto_hash_sha256_update(&h, (const uint8_t *)alg, sizeof alg - 1);
    crypto_hash_sha256_update(&h, parties, sizeof parties);
    crypto_hash_sha256_update(&h, bits, sizeof bits);
    crypto_hash_sha256_final(&h, kek.b);
    sodium_memzero(&h, sizeof h);
    return kek;
}

/* AES-256 key wrap (RFC 3394). */
static enum sr_err wrap(const struct sha256 *kek, const uint8_t cek[CEK], uint8_t ret[WRAPPED])
{
    SR_OWN_PTR(EVP_CIPHER_CTX) c = EVP_CIPHER_CTX_new();
    int n = 0;
    if (!c)
        return SR_ENOMEM;
    EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_EncryptInit_ex(c, EVP_aes_256_wrap(), NULL, kek->b, NULL) != 1 ||
        EVP_EncryptUpdate(c, ret, &n, cek, CEK) != 1 || n != WRAPPED)
        return SR_EBUG;
    return SR_OK;
}

static void ec_header(const struct jwk *eph, struct buf *ret)
{
    size_t n = jwk_size(eph->kind);
    wr_fmt(ret,
           "{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\",\"epk\":{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"",
           jwk_curve_name(eph->kind));
    wr_base64url(ret, (struct span){ eph->x, n });
    wr_text(ret, "\",\"y\":\"");
    wr_base64url(ret, (struct span){ eph->y, n });
    wr_text(ret, "\"}}");
}

static enum sr_err send_ec(const struct jwk *to, const struct jwe_random *r, struct buf *header,
                           struct buf *sent)
{
    struct jwk pub;
    uint8_t z[JWK_FIELD_MAX];
    size_t n = jwk_size(to->kind);
    SR_TRY(jwk_public(to->kind, r->eph, &pub));
    SR_TRY(jwk_shared(to, r->eph, z));
    struct sha256 kek = kdf((struct span){ z, n });
    sodium_memzero(z, sizeof z);
    uint8_t *at = wr_room(sent, WRAPPED);
    enum sr_err e = at ? wrap(&kek, r->cek, at) : SR_ENOMEM;
    sodium_memzero(&kek, sizeof kek);
    ec_header(&pub, header);
    return e;
}

static bool set_padding(EVP_PKEY_CTX *c, enum jwe_alg alg)
{
    if (alg == JWE_RSA1_5)
        return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1;
    return oaep_set(c, EVP_sha256(), (struct span){ 0 });
}

static enum sr_err send_rsa(const struct jwk *to, const struct jwe_random *r, struct buf *header,
                            struct buf *sent)
{
    EVP_PKEY *made = NULL;
    SR_TRY(jwk_rsa(to, &made));
    SR_OWN_PTR(EVP_PKEY) pkey = made;
    SR_OWN_PTR(EVP_PKEY_CTX) c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    uint8_t *at = wr_room(sent, JWK_MODULUS);
    size_t n = JWK_MODULUS;
    if (!c || !at)
        return SR_ENOMEM;
    if (EVP_PKEY_encrypt_init(c) != 1 || !set_padding(c, to->alg) ||
        EVP_PKEY_encrypt(c, at, &n, r->cek, CEK) != 1 || n != JWK_MODULUS)
        return SR_EBUG;
    wr_fmt(header, "{\"alg\":\"%s\",\"enc\":\"A256GCM\"}", jwe_alg_name(to->alg));
    return SR_OK;
}

/* Appends cipher text and tag. */
static enum sr_err encrypt(const struct jwe_random *r, struct span aad, struct span plain, struct buf *ret)
{
    SR_OWN_PTR(EVP_CIPHER_CTX) c = EVP_CIPHER_CTX_new();
    uint8_t *at = wr_room(ret, plain.n + TAG);
    int n = 0, last = 0;
    if (!c || !at)
        return SR_ENOMEM;
    if (EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, r->cek, r->iv) != 1 ||
        (aad.n && EVP_EncryptUpdate(c, NULL, &n, aad.p, (int)aad.n) != 1) ||
        (plain.n && EVP_EncryptUpdate(c, at, &n, plain.p, (int)plain.n) != 1) ||
        EVP_EncryptFinal_ex(c, at + plain.n, &last) != 1 ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, at + plain.n) != 1)
        return SR_EBUG;
    return SR_OK;
}

static void member(struct buf *b, const char *name, struct span bytes)
{
    wr_fmt(b, ",\"%s\":\"", name);
    wr_base64url(b, bytes);
    wr_u8(b, '"');
}

/* The header as it is shown: base64url of it, or for the oldest clients its text in a JSON string. */
static void write_protected(struct buf *b, struct span header, enum jwe_form form)
{
    wr_text(b, "{\"protected\":\"");
    for (size_t i = 0; form == JWE_LEGACY_0_1_X && i < header.n; i++) {
        if (header.p[i] == '"')
            wr_u8(b, '\\');
        wr_u8(b, header.p[i]);
    }
    if (form == JWE_FLATTENED)
        wr_base64url(b, header);
    wr_u8(b, '"');
}

static enum sr_err write_jwe(enum jwe_form form, struct span header, struct span sent, struct span plain,
                             const struct jwe_random *r, struct buf *ret)
{
    SR_OWN(buf) aad = { 0 };
    SR_OWN(buf) ct = { 0 };
    bool flat = form == JWE_FLATTENED;
    if (flat)
        wr_base64url(&aad, header);
    if (!buf_ok(&aad))
        return SR_ENOMEM;
    SR_TRY(encrypt(r, buf_span(&aad), plain, &ct));
    write_protected(ret, header, form);
    member(ret, "encrypted_key", sent);
    member(ret, "iv", (struct span){ r->iv, IV });
    member(ret, "ciphertext", (struct span){ ct.p, flat ? plain.n : ct.n });
    member(ret, "tag", (struct span){ ct.p + plain.n, flat ? TAG : 0 });
    wr_u8(ret, '}');
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err jwe_seal(const struct jwk *to, enum jwe_form form, struct span plain, const struct jwe_random *r,
                     struct buf *ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN(buf) header = { 0 };
    SR_OWN(buf) sent = { 0 };
    if (plain.n > BUF_MAX / 4)
        return SR_ETOOBIG;
    SR_TRY(to->kind == JWK_RSA ? send_rsa(to, r, &header, &sent) : send_ec(to, r, &header, &sent));
    if (!buf_ok(&header) || !buf_ok(&sent))
        return SR_ENOMEM;
    return write_jwe(form, buf_span(&header), buf_span(&sent), plain, r, ret);
}
