#include "proto/holder.h"

#include "crypto/text.h"

#include <string.h>

/* SubjectPublicKeyInfo (RFC 8410, section 4; RFC 8017, A.1.1) around the key: all of it is fixed by the kind.
 * rsaEncryption with its NULL; four lengths, each of what is behind it; the modulus is not negative. */
#define RSA_HEAD(high, all, bits, numbers, number)                                                           \
    {                                                                                                        \
        0x30, 0x82, high, all, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, \
            0x05, 0x00, 0x03, 0x82, high, bits, 0x00, 0x30, 0x82, high, numbers, 0x02, 0x82, high, number,   \
            0x00                                                                                             \
    }
static const uint8_t
    x25519_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00 },
    rsa_2048_head[] = RSA_HEAD(0x01, 0x22, 0x0f, 0x0a, 0x01),
    rsa_3072_head[] = RSA_HEAD(0x01, 0xa2, 0x8f, 0x8a, 0x81),
    rsa_4096_head[] = RSA_HEAD(0x02, 0x22, 0x0f, 0x0a, 0x01),
    rsa_tail[] = { 0x02, 0x03, 0x01, 0x00, 0x01 }; /* 65537 */

static const struct kind_row {
    const char *name;
    size_t size; /* bytes of key, and of what is encapsulated to it */
    bool rsa;
    struct span head, tail;
} kinds[HOLDER_KIND_END] = {
    [HOLDER_X25519] = { "x25519", 32, false, { x25519_head, sizeof x25519_head }, { 0 } },
    [HOLDER_RSA_2048] = { "rsa-2048", 256, true, { rsa_2048_head, sizeof rsa_2048_head }, { rsa_tail, 5 } },
    [HOLDER_RSA_3072] = { "rsa-3072", 384, true, { rsa_3072_head, sizeof rsa_3072_head }, { rsa_tail, 5 } },
    [HOLDER_RSA_4096] = { "rsa-4096", 512, true, { rsa_4096_head, sizeof rsa_4096_head }, { rsa_tail, 5 } },
};

/* A kind that is none has no name and no bytes. */
static const struct kind_row *row_of(enum holder_kind kind)
{
    return &kinds[(unsigned)kind < HOLDER_KIND_END ? kind : 0];
}

const char *holder_kind_name(enum holder_kind kind)
{
    return row_of(kind)->name;
}

bool holder_is_rsa(const struct holder *h)
{
    return row_of(h->kind)->rsa;
}

struct span holder_key(const struct holder *h)
{
    return (struct span){ h->key, row_of(h->kind)->size };
}

int holder_cmp(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;
    return x->kind == y->kind ? span_cmp(holder_key(x), holder_key(y)) : (int)x->kind - (int)y->kind;
}

/* u < 2^255 - 19, little-endian. */
static bool below_prime(const uint8_t u[static 32])
{
    if (u[31] != 0x7f)
        return u[31] < 0x7f;
    for (size_t i = 30; i > 0; i--)
        if (u[i] != 0xff)
            return true;
    return u[0] < 0xed;
}

static bool one_spelling(const struct holder *h)
{
    const struct kind_row *k = row_of(h->kind);
    return k->rsa ? (h->key[0] & 0x80) && (h->key[k->size - 1] & 1) : k->size && below_prime(h->key);
}

void holder_encode(const struct holder *h, struct buf *b)
{
    wr_u8(b, (uint8_t)h->kind);
    wr_span(b, holder_key(h));
}

void holder_decode(struct reader *r, struct holder *ret)
{
    struct holder h = { .kind = rd_u8(r) };
    rd_copy(r, h.key, row_of(h.kind)->size);
    r->bad = r->bad || !one_spelling(&h);
    *ret = h;
}

/* ---- text ---- */

void holder_text(const struct holder *h, char ret[HOLDER_TEXT_MAX])
{
    const struct kind_row *k = row_of(h->kind);
    size_t n = strlen(k->name);
    memcpy(ret, k->name, n);
    ret[n] = ':';
    hex_text(holder_key(h), ret + n + 1);
}

enum sr_err holder_text_read(struct span text, struct holder *ret)
{
    for (enum holder_kind kind = HOLDER_X25519; kind < HOLDER_KIND_END; kind++) {
        const struct kind_row *k = row_of(kind);
        struct holder h = { .kind = kind };
        struct reader r = rd_init(text);
        if (!span_eq(rd_span(&r, strlen(k->name)), span_of(k->name)) || rd_u8(&r) != ':')
            continue;
        if (hex_read(rd_span(&r, rd_left(&r)), h.key, k->size) != SR_OK || !one_spelling(&h))
            return SR_EFORMAT;
        *ret = h;
        return SR_OK;
    }
    return SR_EFORMAT;
}

/* ---- DER ---- */

enum sr_err holder_spki_read(struct span der, struct holder *ret)
{
    for (enum holder_kind kind = HOLDER_X25519; kind < HOLDER_KIND_END; kind++) {
        const struct kind_row *k = row_of(kind);
        struct holder h = { .kind = kind };
        struct reader r = rd_init(der);
        bool head = span_eq(rd_span(&r, k->head.n), k->head);
        rd_copy(&r, h.key, k->size);
        bool tail = span_eq(rd_span(&r, k->tail.n), k->tail);
        if (!head || !tail || !rd_end(&r) || !one_spelling(&h))
            continue;
        *ret = h;
        return SR_OK;
    }
    return SR_EFORMAT;
}

struct sha256 holder_pin(const struct holder *h)
{
    const struct kind_row *k = row_of(h->kind);
    crypto_hash_sha256_state s;
    struct sha256 pin;
    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, k->head.p, k->head.n);
    crypto_hash_sha256_update(&s, h->key, k->size);
    crypto_hash_sha256_update(&s, k->tail.p, k->tail.n);
    crypto_hash_sha256_final(&s, pin.b);
    return pin;
}

/* ---- as keys ---- */

enum sr_err holder_x25519(const struct holder *h, struct kem_pub *ret)
{
    if (h->kind != HOLDER_X25519)
        return SR_EFORMAT;
    memcpy(ret->b, h->key, sizeof ret->b);
    return SR_OK;
}

enum sr_err holder_rsa(const struct holder *h, struct pubkey *ret)
{
    return holder_is_rsa(h) ? pubkey_from_rsa(holder_key(h), 65537, ret) : SR_EFORMAT;
}

enum sr_err holder_check(const struct holder *h)
{
    static const uint8_t scalar[32] = { 8 };
    SR_OWN(pubkey) rsa = { 0 };
    uint8_t shared[32];
    if (holder_is_rsa(h))
        return holder_rsa(h, &rsa);
    return crypto_scalarmult(shared, scalar, h->key) == 0 ? SR_OK : SR_EPROOF;
}
