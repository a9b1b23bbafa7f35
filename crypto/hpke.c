#include "crypto/hpke.h"

#include <string.h>

/* suite_id, RFC 9180, 4.1 and 5.1: KEM 0x0020 X25519 with HKDF-SHA256, KDF 0x0001 HKDF-SHA256, AEAD 0x0003
 * ChaCha20-Poly1305. */
#define KEM_SUITE  SPAN_STR("KEM\x00\x20")
#define HPKE_SUITE SPAN_STR("HPKE\x00\x20\x00\x01\x00\x03")

enum { MODE_BASE = 0, MODE_AUTH = 2 }; /* RFC 9180, table 1 */

void kem_key_drop(struct kem_key *k)
{
    sodium_memzero(k, sizeof *k);
}

void hpke_drop(struct hpke *h)
{
    sodium_memzero(h, sizeof *h);
}

void kem_pub_of(const struct kem_key *k, struct kem_pub *ret)
{
    (void)crypto_scalarmult_base(ret->b, k->b); /* cannot fail: the base point has full order */
}

static struct span pub_span(const struct kem_pub *k)
{
    return (struct span){ k->b, sizeof k->b };
}

/* RFC 9180, 4. */
static enum sr_err labeled_extract(struct span suite, struct span salt, const char *label, struct span ikm,
                                   struct key *ret)
{
    SR_OWN(buf) b = { 0 };
    wr_text(&b, "HPKE-v1");
    wr_span(&b, suite);
    wr_text(&b, label);
    wr_span(&b, ikm);
    return buf_ok(&b) ? hkdf_extract(buf_span(&b), salt, ret) : SR_ENOMEM;
}

static enum sr_err labeled_expand(struct span suite, const struct key *prk, const char *label,
                                  struct span info, void *out, size_t n)
{
    SR_OWN(buf) b = { 0 };
    if (n > UINT16_MAX)
        return SR_EBUG;
    wr_u16be(&b, (uint16_t)n);
    wr_text(&b, "HPKE-v1");
    wr_span(&b, suite);
    wr_text(&b, label);
    wr_span(&b, info);
    return buf_ok(&b) ? hkdf_expand(prk, buf_span(&b), out, n) : SR_ENOMEM;
}

/* RFC 9180, 7.1.4: the all-zero value is refused; libsodium says so for every small-order point. */
static enum sr_err dh(const struct kem_key *k, const struct kem_pub *other, struct key *ret)
{
    return crypto_scalarmult(ret->b, k->b, other->b) == 0 ? SR_OK : SR_EPROOF;
}

/* RFC 9180, 4.1, ExtractAndExpand: dh2 and from are NULL in mode base. */
static enum sr_err shared_secret(const struct key *dh1, const struct key *dh2, const struct kem_pub *enc,
                                 const struct kem_pub *to, const struct kem_pub *from, struct key *ret)
{
    SR_OWN(buf) ikm = { 0 };
    SR_OWN(buf) context = { 0 };
    SR_OWN(key) prk = { 0 };
    wr_span(&ikm, key_span(dh1));
    wr_span(&context, pub_span(enc));
    wr_span(&context, pub_span(to));
    if (from) {
        wr_span(&ikm, key_span(dh2));
        wr_span(&context, pub_span(from));
    }
    if (!buf_ok(&ikm) || !buf_ok(&context))
        return SR_ENOMEM;
    SR_TRY(labeled_extract(KEM_SUITE, (struct span){ 0 }, "eae_prk", buf_span(&ikm), &prk));
    return labeled_expand(KEM_SUITE, &prk, "shared_secret", buf_span(&context), ret->b, sizeof ret->b);
}

/* RFC 9180, 5.1, without a PSK. */
static enum sr_err schedule(uint8_t mode, const struct key *shared, struct span info, enum hpke_role role,
                            struct hpke *ret)
{
    SR_OWN(buf) context = { 0 };
    SR_OWN(hpke) h = { .role = role };
    SR_OWN(key) secret = { 0 };
    struct key psk_id_hash, info_hash;
    const struct span none = { 0 };
    SR_TRY(labeled_extract(HPKE_SUITE, none, "psk_id_hash", none, &psk_id_hash));
    SR_TRY(labeled_extract(HPKE_SUITE, none, "info_hash", info, &info_hash));
    wr_u8(&context, mode);
    wr_span(&context, key_span(&psk_id_hash));
    wr_span(&context, key_span(&info_hash));
    if (!buf_ok(&context))
        return SR_ENOMEM;
    struct span c = buf_span(&context);
    SR_TRY(labeled_extract(HPKE_SUITE, key_span(shared), "secret", none, &secret));
    SR_TRY(labeled_expand(HPKE_SUITE, &secret, "key", c, h.key.b, sizeof h.key.b));
    SR_TRY(labeled_expand(HPKE_SUITE, &secret, "base_nonce", c, h.nonce, sizeof h.nonce));
    SR_TRY(labeled_expand(HPKE_SUITE, &secret, "exp", c, h.exporter.b, sizeof h.exporter.b));
    *ret = SR_TAKE(h);
    return SR_OK;
}

enum sr_err hpke_setup_send(const struct kem_pub *to, struct span info, const struct kem_key *from,
                            const struct kem_key *eph, struct kem_pub *ret_enc, struct hpke *ret)
{
    SR_OWN(key) dh1 = { 0 };
    SR_OWN(key) dh2 = { 0 };
    SR_OWN(key) shared = { 0 };
    struct kem_pub enc, from_pub;
    kem_pub_of(eph, &enc);
    SR_TRY(dh(eph, to, &dh1));
    if (from) {
        kem_pub_of(from, &from_pub);
        SR_TRY(dh(from, to, &dh2));
    }
    SR_TRY(shared_secret(&dh1, &dh2, &enc, to, from ? &from_pub : NULL, &shared));
    SR_TRY(schedule(from ? MODE_AUTH : MODE_BASE, &shared, info, HPKE_SEND, ret));
    *ret_enc = enc;
    return SR_OK;
}

enum sr_err hpke_setup_recv_by(const struct kem_pub *enc, const struct kem_key *me,
                               const struct kem_pub *me_pub, struct span info, const struct kem_pub *from,
                               struct hpke *ret)
{
    SR_OWN(key) dh1 = { 0 };
    SR_OWN(key) dh2 = { 0 };
    SR_OWN(key) shared = { 0 };
    SR_TRY(dh(me, enc, &dh1));
    if (from)
        SR_TRY(dh(me, from, &dh2));
    SR_TRY(shared_secret(&dh1, &dh2, enc, me_pub, from, &shared));
    return schedule(from ? MODE_AUTH : MODE_BASE, &shared, info, HPKE_RECV, ret);
}

enum sr_err hpke_setup_recv(const struct kem_pub *enc, const struct kem_key *me, struct span info,
                            const struct kem_pub *from, struct hpke *ret)
{
    struct kem_pub me_pub;
    kem_pub_of(me, &me_pub);
    return hpke_setup_recv_by(enc, me, &me_pub, info, from, ret);
}

/* RFC 9180, 5.2 with sequence number 0: the nonce is base_nonce itself. The key is wiped with its one use. */
static enum sr_err spend(struct hpke *h, enum hpke_role role, struct key *ret)
{
    if (h->role != role)
        return SR_EBUG;
    h->role = HPKE_SPENT;
    *ret = SR_TAKE(h->key);
    sodium_memzero(&h->key, sizeof h->key);
    return SR_OK;
}

enum sr_err hpke_seal(struct hpke *h, struct span aad, struct span plain, struct buf *ret)
{
    SR_OWN(key) k = { 0 };
    SR_TRY(spend(h, HPKE_SEND, &k));
    uint8_t *at = plain.n <= BUF_MAX ? wr_room(ret, plain.n + HPKE_TAG) : NULL;
    if (!at)
        return SR_ENOMEM;
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(at, NULL, plain.p, plain.n, aad.p, aad.n, NULL, h->nonce,
                                                    k.b);
    return SR_OK;
}

enum sr_err hpke_open(struct hpke *h, struct span aad, struct span sealed, struct secret *ret)
{
    SR_OWN(key) k = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_TRY(spend(h, HPKE_RECV, &k));
    if (sealed.n < HPKE_TAG)
        return SR_EPROOF;
    SR_TRY(secret_new(&plain, sealed.n - HPKE_TAG));
    if (crypto_aead_chacha20poly1305_ietf_decrypt(plain.p, NULL, NULL, sealed.p, sealed.n, aad.p, aad.n,
                                                  h->nonce, k.b) != 0)
        return SR_EPROOF;
    *ret = SR_TAKE(plain);
    return SR_OK;
}

enum sr_err hpke_export(const struct hpke *h, struct span context, void *out, size_t n)
{
    if (h->role == HPKE_EMPTY)
        return SR_EBUG;
    return labeled_expand(HPKE_SUITE, &h->exporter, "sec", context, out, n);
}
