#include "crypto/share.h"
#include "crypto/text.h"
#include "tests/hex.h"
#include "tests/t.h"

#include <sodium.h>
#include <stdlib.h>

/* Made by tests/vectors/share.py: an implementation of its own. */
static const struct {
    const char *name;
    size_t t, n;
    const char *secret, *rows, *shares;
} vectors[] = {
#include "tests/vectors/share.inc"
};

static void the_vectors_of_another_implementation_match(void)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct key secret, back;
        struct share_rand rand = { 0 };
        struct share s[SHARE_MOST];
        SR_OWN(buf) rows = { 0 };
        SR_OWN(buf) got = { 0 };
        unhex_n(secret.b, sizeof secret.b, vectors[i].secret);
        struct span given = unhex(&rows, vectors[i].rows);
        T(given.n == 32 * (vectors[i].t - 1));
        memcpy(rand.b, given.p, given.n);
        T(share_split(&secret, vectors[i].t, vectors[i].n, &rand, s) == SR_OK);
        for (size_t j = 0; j < vectors[i].n; j++) {
            T(s[j].x == j + 1);
            wr_span(&got, key_span(&s[j].y));
        }
        T_ROW(is_hex(buf_span(&got), vectors[i].shares), vectors[i].name);
        T(share_combine(s + vectors[i].n - vectors[i].t, vectors[i].t, &back) == SR_OK);
        T_ROW(memcmp(&back, &secret, sizeof back) == 0, vectors[i].name);
    }
}

static void thresholds_have_limits(void)
{
    static const struct {
        size_t t, n;
        enum sr_err want;
    } rows[] = {
        { 0, 0, SR_EFORMAT }, { 1, 1, SR_EFORMAT },  { 1, 3, SR_EFORMAT },   { 0, 3, SR_EFORMAT },
        { 3, 2, SR_EFORMAT }, { 2, 17, SR_EFORMAT }, { 17, 17, SR_EFORMAT }, { 2, 2, SR_OK },
        { 16, 16, SR_OK },    { 2, 16, SR_OK },
    };
    struct key secret = { { 7 } };
    struct share_rand rand;
    random_fill(&rand, sizeof rand);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct share s[SHARE_MOST];
        memset(s, 0xee, sizeof s);
        T(share_split(&secret, rows[i].t, rows[i].n, &rand, s) == rows[i].want);
        T((s[0].x == 1) == (rows[i].want == SR_OK)); /* untouched when refused */
    }
}

static void a_share_counts_once_and_in_its_place(void)
{
    struct key secret = { { 1, 2, 3 } }, back = { { 9 } };
    struct share_rand rand;
    struct share s[SHARE_MOST], two[2];
    random_fill(&rand, sizeof rand);
    T(share_split(&secret, 2, 3, &rand, s) == SR_OK);
    T(share_combine(s, 2, &back) == SR_OK && memcmp(&back, &secret, sizeof back) == 0);
    memset(&back, 9, sizeof back);
    two[0] = two[1] = s[0];
    T(share_combine(two, 2, &back) == SR_EFORMAT);
    two[1] = s[1];
    two[1].x = 0;
    T(share_combine(two, 2, &back) == SR_EFORMAT);
    two[1].x = SHARE_MOST + 1;
    T(share_combine(two, 2, &back) == SR_EFORMAT);
    T(share_combine(s, 1, &back) == SR_EFORMAT && share_combine(s, 0, &back) == SR_EFORMAT);
    T(back.b[0] == 9 && back.b[31] == 9);
    two[1].x = 3; /* another's place */
    T(share_combine(two, 2, &back) == SR_OK && memcmp(&back, &secret, sizeof back) != 0);
    share_drop(&two[0]);
    T(sodium_is_zero((const uint8_t *)&two[0], sizeof two[0]));
    share_rand_drop(&rand);
    T(sodium_is_zero((const uint8_t *)&rand, sizeof rand));
}

/* The shares of the set bits, in an order that varies. */
static size_t pick(const struct share *s, unsigned set, struct share *ret)
{
    size_t n = 0;
    for (unsigned i = 0; i < SHARE_MOST; i++)
        if (set >> i & 1)
            ret[n++] = s[i];
    for (size_t i = 1; i < n; i++) {
        size_t j = randombytes_uniform((uint32_t)i + 1);
        struct share swap = ret[i];
        ret[i] = ret[j];
        ret[j] = swap;
    }
    return n;
}

/* Every set of t and more gives the secret; every smaller one something else. */
static void every_subset(size_t t, size_t n)
{
    struct key secret, back;
    struct share_rand rand;
    struct share s[SHARE_MOST], some[SHARE_MOST];
    size_t wrong = 0;
    random_fill(&secret, sizeof secret);
    random_fill(&rand, sizeof rand);
    T(share_split(&secret, t, n, &rand, s) == SR_OK);
    for (unsigned set = 1; set < 1U << n; set++) {
        size_t m = pick(s, set, some);
        bool same = share_combine(some, m, &back) == SR_OK && memcmp(&back, &secret, sizeof back) == 0;
        wrong += same != (m >= t);
    }
    T(wrong == 0);
}

static void any_t_recover_and_fewer_do_not(void)
{
    for (size_t n = 2; n <= 7; n++)
        for (size_t t = 2; t <= n; t++)
            every_subset(t, n);
    const char *rounds = getenv("SEALRING_SHARE_ROUNDS"); /* subsets of the large ones; full setting 10000 */
    for (int i = rounds ? atoi(rounds) : 300; i > 0; i--) {
        struct key secret, back;
        struct share_rand rand;
        struct share s[SHARE_MOST], some[SHARE_MOST];
        size_t n = 2 + (size_t)randombytes_uniform(15);
        size_t t = 2 + (size_t)randombytes_uniform((uint32_t)n - 1);
        random_fill(&secret, sizeof secret);
        random_fill(&rand, sizeof rand);
        T(share_split(&secret, t, n, &rand, s) == SR_OK);
        pick(s, (1U << n) - 1, some); /* shuffled: the first t are any t */
        T(share_combine(some, t, &back) == SR_OK && memcmp(&back, &secret, sizeof back) == 0);
        T(t == 2 || (share_combine(some, t - 1, &back) == SR_OK && memcmp(&back, &secret, sizeof back) != 0));
    }
}

/* One share of two: for each secret, each value of the share comes from exactly one polynomial. So whatever
 * share a holder has, every secret is as likely as it was before. Exhaustive: one byte, 32 at a time. */
static void one_share_of_two_tells_nothing(void)
{
    size_t wrong = 0;
    for (unsigned secret = 0; secret < 256; secret++) {
        unsigned seen[SHARE_MOST][256] = { { 0 } };
        for (unsigned first = 0; first < 256; first += 32) {
            struct key k;
            struct share_rand rand = { 0 };
            struct share s[SHARE_MOST];
            memset(&k, (int)secret, sizeof k);
            for (unsigned i = 0; i < 32; i++)
                rand.b[0][i] = (uint8_t)(first + i);
            wrong += share_split(&k, 2, SHARE_MOST, &rand, s) != SR_OK;
            for (unsigned x = 0; x < SHARE_MOST; x++)
                for (unsigned i = 0; i < 32; i++)
                    seen[x][s[x].y.b[i]]++;
        }
        for (unsigned x = 0; x < SHARE_MOST; x++)
            for (unsigned v = 0; v < 256; v++)
                wrong += seen[x][v] != 1;
    }
    T(wrong == 0);
}

/* Two of three: for each secret, each pair of values of two shares comes from exactly one polynomial. */
static void two_shares_of_three_tell_nothing(void)
{
    static const uint8_t secrets[] = { 0x00, 0x01, 0x53, 0x80, 0xca, 0xff };
    static uint8_t seen[65536];
    size_t wrong = 0;
    for (size_t secret = 0; secret < sizeof secrets; secret++) {
        memset(seen, 0, sizeof seen);
        for (unsigned first = 0; first < 65536; first += 32) {
            struct key k;
            struct share_rand rand = { 0 };
            struct share s[SHARE_MOST];
            memset(&k, secrets[secret], sizeof k);
            for (unsigned i = 0; i < 32; i++) {
                rand.b[0][i] = (uint8_t)((first + i) >> 8);
                rand.b[1][i] = (uint8_t)(first + i);
            }
            wrong += share_split(&k, 3, 3, &rand, s) != SR_OK;
            for (unsigned i = 0; i < 32; i++)
                seen[s[0].y.b[i] << 8 | s[2].y.b[i]]++;
        }
        for (size_t i = 0; i < sizeof seen; i++)
            wrong += seen[i] != 1;
    }
    T(wrong == 0);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    the_vectors_of_another_implementation_match();
    thresholds_have_limits();
    a_share_counts_once_and_in_its_place();
    any_t_recover_and_fewer_do_not();
    one_share_of_two_tells_nothing();
    two_shares_of_three_tell_nothing();
    return t_end();
}
