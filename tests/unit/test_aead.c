#include "crypto/aead.h"
#include "crypto/mode.h"
#include "crypto/text.h"
#include "tests/t.h"

/* Made by tests/vectors/aead.py: its own HKDF, HChaCha20 over an independent ChaCha20-Poly1305. */
static const struct {
    const char *name, *key, *nonce, *aad, *plain, *box;
} vectors[] = {
#include "tests/vectors/aead.inc"
};

static void read_hex(const char *text, struct buf *ret)
{
    size_t n = strlen(text) / 2;
    uint8_t *p = wr_room(ret, n);
    T(n == 0 || (p && hex_read(span_of(text), p, n) == SR_OK));
}

static void the_vectors_of_another_implementation_match(void)
{
    T(strcmp(sr_mode.name, "production") == 0);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct key k;
        uint8_t nonce[24];
        SR_OWN(buf) aad = { 0 };
        SR_OWN(buf) plain = { 0 };
        SR_OWN(buf) want = { 0 };
        SR_OWN(buf) box = { 0 };
        SR_OWN(secret) back = { 0 };
        T(hex_read(span_of(vectors[i].key), k.b, sizeof k.b) == SR_OK);
        T(hex_read(span_of(vectors[i].nonce), nonce, sizeof nonce) == SR_OK);
        read_hex(vectors[i].aad, &aad);
        read_hex(vectors[i].plain, &plain);
        read_hex(vectors[i].box, &want);
        T(aead_seal_with(&k, nonce, buf_span(&aad), buf_span(&plain), &box) == SR_OK);
        T_ROW(span_eq(buf_span(&box), buf_span(&want)), vectors[i].name);
        T_ROW(aead_open(&k, buf_span(&aad), buf_span(&want), &back) == SR_OK, vectors[i].name);
        T(span_eq(secret_span(&back), buf_span(&plain)));
    }
}

static const struct key key_a = { { 1 } };

static enum sr_err opens(const struct key *k, struct span aad, struct span box)
{
    SR_OWN(secret) plain = { 0 };
    SR_OWN(buf) same = { 0 };
    enum sr_err e = aead_open(k, aad, box, &plain);
    T(e == SR_OK || (!plain.p && !plain.n));
    T(aead_open_buf(k, aad, box, &same) == e && span_eq(buf_span(&same), secret_span(&plain)));
    return e;
}

static void every_bit_and_every_length_counts(void)
{
    static const char *const messages[] = { "", "x",
                                            "a message of some length that is more than one block of 64" };
    for (size_t m = 0; m < 3; m++) {
        SR_OWN(buf) box = { 0 };
        T(aead_seal(&key_a, SPAN_STR("aad"), span_of(messages[m]), &box) == SR_OK);
        T(box.n == strlen(messages[m]) + AEAD_OVERHEAD);
        T(opens(&key_a, SPAN_STR("aad"), buf_span(&box)) == SR_OK);
        for (size_t bit = 0; bit < box.n * 8; bit++) {
            box.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            T(opens(&key_a, SPAN_STR("aad"), buf_span(&box)) == (bit < 8 ? SR_EFORMAT : SR_EPROOF));
            box.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t n = 0; n < box.n; n++)
            T(opens(&key_a, SPAN_STR("aad"), (struct span){ box.p, n }) ==
              (n < AEAD_OVERHEAD ? SR_EFORMAT : SR_EPROOF));
        wr_u8(&box, 0);
        T(opens(&key_a, SPAN_STR("aad"), buf_span(&box)) == SR_EPROOF);
    }
}

static void other_keys_and_other_aad_open_nothing(void)
{
    SR_OWN(buf) box = { 0 };
    T(aead_seal(&key_a, SPAN_STR("aad"), SPAN_STR("message"), &box) == SR_OK);
    static const struct {
        const char *aad;
        uint8_t key, want_ok;
    } rows[] = { { "aad", 1, 1 },  { "aae", 1, 0 }, { "aa", 1, 0 },
                 { "aadd", 1, 0 }, { "", 1, 0 },    { "aad", 2, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct key k = { { rows[i].key } };
        T_ROW(opens(&k, span_of(rows[i].aad), buf_span(&box)) == (rows[i].want_ok ? SR_OK : SR_EPROOF),
              rows[i].aad);
    }
}

/* Poly1305 would let a forger make one box for two keys; the commitment of one is not the other's. */
static void a_box_with_another_keys_commitment_is_refused(void)
{
    const uint8_t nonce[24] = { 9 };
    const struct key key_b = { { 2 } };
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    T(aead_seal_with(&key_a, nonce, SPAN_STR(""), SPAN_STR("same"), &a) == SR_OK);
    T(aead_seal_with(&key_b, nonce, SPAN_STR(""), SPAN_STR("same"), &b) == SR_OK);
    memcpy(a.p + 25, b.p + 25, 32);
    T(opens(&key_a, SPAN_STR(""), buf_span(&a)) == SR_EPROOF);
    T(opens(&key_b, SPAN_STR(""), buf_span(&a)) == SR_EPROOF);
}

static void no_nonce_comes_twice(void)
{
    static uint8_t seen[2000][24];
    size_t twice = 0;
    for (size_t i = 0; i < 2000; i++) {
        SR_OWN(buf) box = { 0 };
        T(aead_seal(&key_a, SPAN_STR(""), SPAN_STR(""), &box) == SR_OK);
        memcpy(seen[i], box.p + 1, 24);
        for (size_t j = 0; j < i; j++)
            twice += memcmp(seen[i], seen[j], 24) == 0;
    }
    T(twice == 0);
}

int main(void)
{
    T(secret_init() == SR_OK);
    the_vectors_of_another_implementation_match();
    every_bit_and_every_length_counts();
    other_keys_and_other_aad_open_nothing();
    a_box_with_another_keys_commitment_is_refused();
    no_nonce_comes_twice();
    return t_end();
}
