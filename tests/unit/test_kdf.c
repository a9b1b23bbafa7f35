/* KDFa and KDFe by themselves: rows from another implementation, tests/vectors-src/kdf.py. */
#include "tests/t.h"

#include "proto/makecred.h"
#include "tests/hex.h"

static const struct row {
    enum sr_err (*kdf)(const struct kdf_in *in, struct tpm_digest *ret);
    enum hash_alg hash;
    const char *key, *label, *u, *v;
    uint32_t bits;
    const char *want;
} rows[] = {
#include "tests/unit/rows_kdf.inc"
};

static void each_row_is_what_another_implementation_says(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        SR_OWN(buf) key = { 0 };
        SR_OWN(buf) u = { 0 };
        SR_OWN(buf) v = { 0 };
        struct tpm_digest got = { .n = 0 };
        const struct kdf_in in = { r->hash,         unhex(&key, r->key), r->label,
                                   unhex(&u, r->u), unhex(&v, r->v),     r->bits };
        T_ROW(r->kdf(&in, &got) == SR_OK, r->want);
        T_ROW(got.n == r->bits / 8 && is_hex(tpm_digest_span(&got), r->want), r->want);
    }
}

/* One block is all there is: what would take a second one, or a part of a byte, is refused. */
static void no_more_bits_than_the_hash_has(void)
{
    static const uint8_t key[32] = { 1 };
    static const uint32_t bad[] = { 1, 7, 9, 255, 257, 264, 512, 0xffffffff };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tpm_digest got = { .n = 77 };
        const struct kdf_in in = { HASH_SHA256, SPAN(key), "STORAGE", { 0 }, { 0 }, bad[i] };
        T(tpm_kdfa(&in, &got) == SR_EBUG && got.n == 77);
        T(tpm_kdfe(&in, &got) == SR_EBUG && got.n == 77);
    }
}

int main(void)
{
    T(secret_init() == SR_OK);
    each_row_is_what_another_implementation_says();
    no_more_bits_than_the_hash_has();
    return t_end();
}
