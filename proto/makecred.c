#include "proto/makecred.h"
#include "crypto/cfb.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

/* PolicySecret(TPM_RH_ENDORSEMENT), and that or an authorized NV policy: profile 2.5, B.3.2 and B.6.6. */
static const uint8_t policy_a[32] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
                                      0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
                                      0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa };
static const uint8_t policy_b[32] = { 0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9, 0x39, 0x06, 0xf7, 0xa3, 0x34,
                                      0x24, 0x14, 0xef, 0xcf, 0xb3, 0xa3, 0x85, 0xd4, 0x4c, 0xd1, 0xfd,
                                      0x45, 0x90, 0x89, 0xd1, 0x9b, 0x50, 0x71, 0xc0, 0xb7, 0xa0 };
static const uint8_t policy_b384[48] = { 0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8,
                                         0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb,
                                         0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4,
                                         0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15,
                                         0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12 };

static const struct ek_template {
    const char *name;
    uint16_t type, name_alg;
    uint32_t attributes;
    struct span policy;
    uint16_t sym_bits, curve, bits;
} templates[] = {
    { "L-1", TPM_ALG_RSA, TPM_ALG_SHA256, 0x000300b2, { policy_a, 32 }, 128, 0, 2048 },
    { "L-2", TPM_ALG_ECC, TPM_ALG_SHA256, 0x000300b2, { policy_a, 32 }, 128, TPM_CURVE_P256, 0 },
    { "H-1", TPM_ALG_RSA, TPM_ALG_SHA256, 0x000300f2, { policy_b, 32 }, 128, 0, 2048 },
    { "H-2", TPM_ALG_ECC, TPM_ALG_SHA256, 0x000300f2, { policy_b, 32 }, 128, TPM_CURVE_P256, 0 },
    { "H-3", TPM_ALG_ECC, TPM_ALG_SHA384, 0x000300f2, { policy_b384, 48 }, 256, TPM_CURVE_P384, 0 },
    { "H-6", TPM_ALG_RSA, TPM_ALG_SHA384, 0x000300f2, { policy_b384, 48 }, 256, 0, 3072 },
};

static bool fits(const struct ek_template *t, const struct tpm_public *ek)
{
    return t->type == ek->type && t->name_alg == ek->name_alg && t->attributes == ek->attributes &&
           span_eq(t->policy, ek->policy) && ek->sym == TPM_ALG_AES && t->sym_bits == ek->sym_bits &&
           ek->sym_mode == TPM_ALG_CFB && ek->scheme == TPM_ALG_NULL && t->curve == ek->curve &&
           t->bits == ek->bits && (ek->exponent == 0 || ek->exponent == 65537);
}

enum sr_err ek_template_check(const struct tpm_public *ek, struct sr_why *why)
{
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
        if (fits(&templates[i], ek))
            return SR_OK;
    return sr_fail(why, SR_EPROOF, R_EK_TEMPLATE, "the EK is made from no known template, attributes %08x",
                   (unsigned)ek->attributes);
}

void tpm_digest_drop(struct tpm_digest *d)
{
    sodium_memzero(d, sizeof *d);
}

static const EVP_MD *md_of(enum hash_alg h)
{
    const EVP_MD *const md[HASH_ALG_COUNT] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };
    return md[h];
}

static enum sr_err hmac(enum hash_alg hash, struct span key, struct span msg, struct tpm_digest *ret)
{
    SR_OWN(tpm_digest) d = { 0 };
    unsigned n = 0;
    if (!HMAC(md_of(hash), key.p, (int)key.n, msg.p, msg.n, d.b, &n))
        return SR_EBUG;
    d.n = n;
    *ret = d;
    return SR_OK;
}

static enum sr_err cut(struct tpm_digest *d, uint32_t bits, struct tpm_digest *ret)
{
    if (bits % 8 || bits / 8 > d->n)
        return SR_EBUG;
    d->n = bits / 8;
    memset(d->b + d->n, 0, sizeof d->b - d->n);
    *ret = *d;
    return SR_OK;
}

enum sr_err tpm_kdfa(const struct kdf_in *in, struct tpm_digest *ret)
{
    SR_OWN(buf) msg = { 0 };
    SR_OWN(tpm_digest) d = { 0 };
    wr_u32be(&msg, 1);
    wr_text(&msg, in->label);
    wr_u8(&msg, 0);
    wr_span(&msg, in->u);
    wr_span(&msg, in->v);
    wr_u32be(&msg, in->bits);
    if (!buf_ok(&msg))
        return SR_ENOMEM;
    SR_TRY(hmac(in->hash, in->key, buf_span(&msg), &d));
    return cut(&d, in->bits, ret);
}

enum sr_err tpm_kdfe(const struct kdf_in *in, struct tpm_digest *ret)
{
    SR_OWN(buf) msg = { 0 };
    SR_OWN(tpm_digest) d = { 0 };
    wr_u32be(&msg, 1);
    wr_span(&msg, in->key);
    wr_text(&msg, in->label);
    wr_u8(&msg, 0);
    wr_span(&msg, in->u);
    wr_span(&msg, in->v);
    if (!buf_ok(&msg))
        return SR_ENOMEM;
    SR_TRY(tpm_hash(in->hash, buf_span(&msg), &d));
    return cut(&d, in->bits, ret);
}

static enum sr_err rsa_seed(const struct pubkey *ek, enum hash_alg hash, struct tpm_digest *ret_seed,
                            struct buf *ret)
{
    static const char label[] = "IDENTITY"; /* its NUL is part of it: part 1, B.4 */
    SR_OWN(tpm_digest) seed = { .n = hash_alg_size(hash) };
    random_fill(seed.b, seed.n);
    SR_TRY(pubkey_oaep_encrypt(ek, hash, SPAN(label), tpm_digest_span(&seed), ret));
    *ret_seed = seed;
    return SR_OK;
}

static void wr_2b(struct buf *b, struct span s)
{
    wr_u16be(b, (uint16_t)s.n);
    wr_span(b, s);
}

/* The coordinate as the KDF wants it: as long as the field. */
static struct span padded(struct span x, size_t n, uint8_t room[48])
{
    memset(room, 0, 48);
    if (x.n && x.n <= n)
        memcpy(room + n - x.n, x.p, x.n);
    return (struct span){ room, n };
}

static enum sr_err ecc_seed(const struct pubkey *key, const struct tpm_public *ek, enum hash_alg hash,
                            struct tpm_digest *ret_seed, struct buf *ret)
{
    SR_OWN(secret) z = { 0 };
    struct ec_point eph;
    uint8_t room[48];
    SR_TRY(pubkey_ecdh(key, &z, &eph));
    struct kdf_in in = { .hash = hash,
                         .key = secret_span(&z),
                         .label = "IDENTITY",
                         .u = { eph.x, eph.n },
                         .v = padded(ek->x, eph.n, room),
                         .bits = (uint32_t)hash_alg_size(hash) * 8 };
    wr_2b(ret, (struct span){ eph.x, eph.n });
    wr_2b(ret, (struct span){ eph.y, eph.n });
    return tpm_kdfe(&in, ret_seed);
}

/* The secret under the seed: encrypted, then a MAC that takes in the name it is for. */
static enum sr_err wrap(const struct tpm_public *ek, enum hash_alg hash, const struct tpm_digest *seed,
                        struct span name, const struct key *secret, struct buf *ret)
{
    static const struct cfb_iv zero;
    SR_OWN(tpm_digest) sym = { 0 };
    SR_OWN(tpm_digest) mac_key = { 0 };
    SR_OWN(buf) plain = { 0 };
    SR_OWN(buf) enc = { 0 };
    struct tpm_digest mac;
    struct kdf_in storage = { hash, tpm_digest_span(seed), "STORAGE", name, { 0 }, ek->sym_bits };
    struct kdf_in integrity = { hash,        tpm_digest_span(seed),
                                "INTEGRITY", { 0 },
                                { 0 },       (uint32_t)hash_alg_size(hash) * 8 };
    SR_TRY(tpm_kdfa(&storage, &sym));
    SR_TRY(tpm_kdfa(&integrity, &mac_key));
    wr_2b(&plain, key_span(secret));
    if (!buf_ok(&plain))
        return SR_ENOMEM;
    SR_TRY(cfb_encrypt(tpm_digest_span(&sym), &zero, buf_span(&plain), &enc));
    size_t n = enc.n;
    wr_span(&enc, name);
    if (!buf_ok(&enc))
        return SR_ENOMEM;
    SR_TRY(hmac(hash, tpm_digest_span(&mac_key), buf_span(&enc), &mac));
    wr_2b(ret, tpm_digest_span(&mac));
    wr_span(ret, (struct span){ enc.p, n });
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err make_credential(const struct tpm_public *ek, const struct tpm_name *ak, const struct key *secret,
                            struct buf *ret_blob, struct buf *ret_seed, struct sr_why *why)
{
    SR_OWN(pubkey) key = { 0 };
    SR_OWN(tpm_digest) seed = { 0 };
    enum hash_alg hash;
    SR_TRY(ek_template_check(ek, why));
    SR_TRY(tpm_hash_alg(ek->name_alg, &hash));
    if (tpm_public_key(ek, &key) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_EK_KEY, "the EK is no key, or too weak");
    if (ek->type == TPM_ALG_RSA)
        SR_TRY(rsa_seed(&key, hash, &seed, ret_seed));
    else
        SR_TRY(ecc_seed(&key, ek, hash, &seed, ret_seed));
    SR_TRY(wrap(ek, hash, &seed, tpm_name_span(ak), secret, ret_blob));
    return buf_ok(ret_seed) ? SR_OK : SR_ENOMEM;
}
