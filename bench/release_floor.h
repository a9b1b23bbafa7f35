#pragma once
/* release_floor.h - the cryptography of one release and nothing else: each operation once, by the functions
 * and with the sizes that the release uses. The wants: one stored secret and one derived key.
 *
 *   - challenge: its MAC; report data, transcript (release.md, "Hashes")
 *   - evidence: the AK certificate's Ed25519 signature; the AK as a key, the quote's ECDSA P-256
 *     signature, PCR digest, event log replayed
 *   - secret: its row opened, the package's hash, HPKE opened; the package's signature was verified by the
 *     first release of it (packages.md)
 *   - derived key: two HKDF
 *   - log: identifiers' and leaf's hashes
 *   - answer: HPKE sealed, Ed25519 signature, and that signature checked, as the release does
 *   - a commit, shared by the releases of its group: checkpoint signed; its row and the head record sealed
 *
 * Not in it: files and fsync, SQLite, HTTP, threads, policy, parsing, memory for secrets. */
#include "bench/bench.h"
#include "crypto/aead.h"
#include "crypto/derive.h"
#include "crypto/hpke.h"
#include "crypto/pubkey.h"
#include "crypto/sign.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

enum { FLOOR_W2 = 1300, FLOOR_W3 = 1100, FLOOR_LEAF = 400, FLOOR_SECRET = 32 }; /* bytes */

struct floor {
    struct key key;
    struct sign_key signer;
    struct sign_pub signer_pub;
    struct kem_key network, eph;
    struct kem_pub network_pub, enc;
    uint8_t ak[65], quote[145], r[32], s[32];
    struct sig sig; /* over the first FLOOR_LEAF bytes of text */
    uint8_t text[FLOOR_W2];
    struct buf sealed, row;
};

/* A quote's signature by a fresh P-256 key: r and s as a TPM gives them. */
static inline void floor_quote(struct floor *f)
{
    uint8_t der[128];
    const uint8_t *p = der;
    size_t n = sizeof der, point = 0;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(c, der, &n, f->quote, sizeof f->quote) != 1 ||
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, f->ak, sizeof f->ak, &point) != 1)
        must(SR_EBUG, "quote");
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), f->r, sizeof f->r);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), f->s, sizeof f->s);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
}

static inline void floor_make(struct floor *f)
{
    SR_OWN(hpke) ctx = { 0 };
    *f = (struct floor){ 0 };
    random_fill(&f->key, sizeof f->key);
    random_fill(&f->network, sizeof f->network);
    random_fill(f->text, sizeof f->text);
    random_fill(f->quote, sizeof f->quote);
    sign_random(&f->signer, &f->signer_pub);
    kem_pub_of(&f->network, &f->network_pub);
    random_fill(&f->eph, sizeof f->eph);
    floor_quote(f);
    f->sig = sign_raw(&f->signer, (struct span){ f->text, FLOOR_LEAF });
    must(hpke_setup_send(&f->network_pub, SPAN_STR("info"), NULL, &f->eph, &f->enc, &ctx), "seal");
    must(hpke_seal(&ctx, SPAN_STR("aad"), (struct span){ f->text, FLOOR_SECRET }, &f->sealed), "seal");
    must(aead_seal(&f->key, SPAN_STR("aad"), (struct span){ f->text, FLOOR_LEAF }, &f->row), "row");
}

static inline void floor_drop(struct floor *f)
{
    buf_drop(&f->sealed);
    buf_drop(&f->row);
}

static inline void floor_evidence(const struct floor *f)
{
    SR_OWN(pubkey) ak = { 0 };
    struct sha256 d = { 0 };
    must(sign_check_raw(&f->signer_pub, (struct span){ f->text, FLOOR_LEAF }, &f->sig), "AK certificate");
    must(pubkey_from_ec(CURVE_P256, (struct span){ f->ak + 1, 32 }, (struct span){ f->ak + 33, 32 }, &ak),
         "AK");
    must(pubkey_verify_ecdsa(&ak, HASH_SHA256, SPAN(f->quote), SPAN(f->r), SPAN(f->s)), "quote");
    d = sha256((struct span){ f->text, 12 * sizeof d }); /* the quoted PCRs */
    for (int i = 0; i < 4; i++)                          /* two events: their digests, and PCR 14 extended */
        d = sha256((struct span){ f->text, 64 });
}

static inline void floor_secret(const struct floor *f)
{
    SR_OWN(buf) row = { 0 };
    SR_OWN(secret) value = { 0 };
    SR_OWN(hpke) ctx = { 0 };
    (void)hmac_label(&f->key, L_ROW_KEY, (struct span){ f->text, 32 });
    must(aead_open_buf(&f->key, SPAN_STR("aad"), buf_span(&f->row), &row), "row");
    (void)sha256((struct span){ f->text, FLOOR_LEAF });
    must(hpke_setup_recv_by(&f->enc, &f->network, &f->network_pub, SPAN_STR("info"), NULL, &ctx), "package");
    must(hpke_open(&ctx, SPAN_STR("aad"), buf_span(&f->sealed), &value), "package");
}

static inline void floor_derived(const struct floor *f)
{
    SR_OWN(key) root = { 0 };
    SR_OWN(secret) value = { 0 };
    must(derive_tenant_root(&f->key, SPAN_STR("acme"), &root), "tenant");
    must(derive_workload_key(&root, SPAN_STR("app/disk"), 1, derived_kind(DERIVED_RAW), 32, &value),
         "derived");
}

static inline void floor_answer(const struct floor *f)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(buf) ct = { 0 };
    struct kem_key eph;
    struct kem_pub enc;
    random_fill(&eph, sizeof eph);
    must(hpke_setup_send(&f->network_pub, SPAN_STR("info"), NULL, &eph, &enc, &ctx), "seal");
    must(hpke_seal(&ctx, SPAN_STR("aad"), (struct span){ f->text, 160 }, &ct), "seal");
    (void)sha512((struct span){ f->text, FLOOR_W3 });
    struct sig sig = sign_label(&f->signer, L_RELEASE_SIG, (struct span){ f->text, 128 });
    must(sign_check(&f->signer_pub, L_RELEASE_SIG, (struct span){ f->text, 128 }, &sig), "answer");
}

static inline void floor_release(const struct floor *f)
{
    (void)hmac_sha256(key_span(&f->key), (struct span){ f->text, 300 }); /* challenge */
    (void)sha512((struct span){ f->text, 260 });                         /* H(W1) */
    (void)sha512((struct span){ f->text, 160 });                         /* H(want) */
    (void)sha512((struct span){ f->text, 240 });                         /* report data */
    (void)sha256((struct span){ f->text, 100 });                         /* what the quote says of it */
    (void)sha512(SPAN(f->text));                                         /* transcript */
    floor_evidence(f);
    floor_secret(f);
    floor_derived(f);
    for (int i = 0; i < 4; i++) /* two keys, AK and EK in the leaf */
        (void)hmac_label(&f->key, L_ROW, (struct span){ f->text, 64 });
    (void)sha256((struct span){ f->text, FLOOR_LEAF });
    floor_answer(f);
}

static inline void floor_commit(const struct floor *f)
{
    (void)sign_raw(&f->signer, (struct span){ f->text, 250 });
    for (int i = 0; i < 2; i++) {
        SR_OWN(buf) box = { 0 };
        (void)hmac_label(&f->key, L_ROW_KEY, (struct span){ f->text, 32 });
        must(aead_seal(&f->key, SPAN_STR("aad"), (struct span){ f->text, FLOOR_LEAF }, &box), "row");
    }
}
