#include "crypto/text.h"
#include "proto/merkle.h"
#include "tests/t.h"
#include "tests/vectors/log.h"

#include <stdlib.h>

enum { ALL = 256 };

/* A whole tree in memory, kept the slow and obvious way: every full subtree's hash. */
struct forest {
    struct sha256 *hash[11]; /* up to 1024 leaves */
    uint64_t size;
};

static struct sha256 text_leaf(uint64_t i)
{
    char text[32];
    snprintf(text, sizeof text, "leaf %llu", (unsigned long long)i);
    return merkle_leaf(span_of(text));
}

static struct forest forest_of(uint64_t n)
{
    struct forest f = { .size = n };
    for (unsigned l = 0; l < 11; l++)
        f.hash[l] = calloc((n >> l) + 1, sizeof(struct sha256));
    for (uint64_t i = 0; i < n; i++)
        f.hash[0][i] = text_leaf(i);
    for (unsigned l = 1; l < 11; l++)
        for (uint64_t i = 0; i < n >> l; i++)
            f.hash[l][i] = merkle_node(&f.hash[l - 1][2 * i], &f.hash[l - 1][2 * i + 1]);
    return f;
}

static void forest_free(struct forest *f)
{
    for (unsigned l = 0; l < 11; l++)
        free(f->hash[l]);
}

static enum sr_err read_forest(void *ctx, unsigned level, uint64_t index, struct sha256 *ret)
{
    const struct forest *f = ctx;
    if (level >= 11 || index >= f->size >> level)
        return SR_ENOENT;
    *ret = f->hash[level][index];
    return SR_OK;
}

static struct sha256 root_of(uint64_t n)
{
    struct merkle_tree t = { 0 };
    for (uint64_t i = 0; i < n; i++) {
        struct sha256 h = text_leaf(i);
        (void)merkle_append(&t, &h);
    }
    return merkle_root(&t);
}

static void is_hex(struct span s, const char *hex, const char *row)
{
    SR_OWN(buf) b = { 0 };
    wr_hex(&b, s);
    T_ROW(span_eq(buf_span(&b), span_of(hex)), row);
}

/* The inputs and roots that the Certificate Transparency code bases share. */
static void published_roots(void)
{
    static const struct {
        const char *leaf, *root;
    } rows[] = {
        { "", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
        { "00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
        { "10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
        { "2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
        { "3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
        { "40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
        { "5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
        { "606162636465666768696a6b6c6d6e6f",
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
    };
    struct merkle_tree t = { 0 };
    struct sha256 root = merkle_root(&t);
    is_hex(SPAN(root.b), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "empty");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t leaf[16];
        size_t n = strlen(rows[i].leaf) / 2;
        T(hex_read(span_of(rows[i].leaf), leaf, n) == SR_OK);
        struct sha256 h = merkle_leaf((struct span){ leaf, n });
        T(merkle_append(&t, &h) == SR_OK);
        root = merkle_root(&t);
        is_hex(SPAN(root.b), rows[i].root, rows[i].leaf);
    }
}

static void roots_and_proofs_are_those_of_the_other_implementation(void)
{
    struct forest f = forest_of(1000);
    struct merkle_source s = { read_forest, &f };
    for (size_t i = 0; i < sizeof vec_roots / sizeof vec_roots[0]; i++) {
        struct sha256 root = root_of(vec_roots[i].size);
        is_hex(SPAN(root.b), vec_roots[i].root, "root");
    }
    for (size_t i = 0; i < sizeof vec_inclusion / sizeof vec_inclusion[0]; i++) {
        SR_OWN(buf) b = { 0 };
        struct merkle_proof p;
        T(merkle_prove_inclusion(&s, vec_inclusion[i].a, vec_inclusion[i].size, &p) == SR_OK);
        merkle_proof_write(&p, &b);
        is_hex(buf_span(&b), vec_inclusion[i].proof, "inclusion");
    }
    for (size_t i = 0; i < sizeof vec_consistency / sizeof vec_consistency[0]; i++) {
        SR_OWN(buf) b = { 0 };
        struct merkle_proof p;
        T(merkle_prove_consistency(&s, vec_consistency[i].a, vec_consistency[i].size, &p) == SR_OK);
        merkle_proof_write(&p, &b);
        is_hex(buf_span(&b), vec_consistency[i].proof, "consistency");
    }
    forest_free(&f);
}

static void every_inclusion_proof_up_to_256_verifies(const struct merkle_source *s,
                                                     const struct sha256 *roots)
{
    unsigned good = 0;
    struct merkle_proof p;
    for (uint64_t n = 1; n <= ALL; n++)
        for (uint64_t i = 0; i < n; i++) {
            struct sha256 h = text_leaf(i);
            good += merkle_prove_inclusion(s, i, n, &p) == SR_OK &&
                    merkle_check_inclusion(&p, &h, i, n, &roots[n]) == SR_OK;
        }
    T(good == ALL * (ALL + 1) / 2);
}

static void every_consistency_proof_up_to_256_verifies(const struct merkle_source *s,
                                                       const struct sha256 *roots)
{
    unsigned good = 0;
    struct merkle_proof p;
    for (uint64_t n = 1; n <= ALL; n++)
        for (uint64_t m = 1; m <= n; m++)
            good += merkle_prove_consistency(s, m, n, &p) == SR_OK &&
                    merkle_check_consistency(&p, m, &roots[m], n, &roots[n]) == SR_OK;
    T(good == 32896);
}

/* One proof and what it claims, so that both kinds are spoilt by the same code. */
struct claim {
    bool inclusion;
    struct merkle_proof p;
    struct sha256 first, root; /* leaf hash or older root; root */
    uint64_t a, size;          /* index or older size */
};

static bool holds(const struct claim *c)
{
    if (c->inclusion)
        return merkle_check_inclusion(&c->p, &c->first, c->a, c->size, &c->root) == SR_OK;
    return merkle_check_consistency(&c->p, c->a, &c->first, c->size, &c->root) == SR_OK;
}

static unsigned accepted, tried;

static void spoilt(const struct claim *c)
{
    tried++;
    accepted += holds(c);
}

static void drop_hash(struct claim c, size_t at)
{
    memmove(&c.p.hash[at], &c.p.hash[at + 1], (c.p.n - at - 1) * sizeof c.p.hash[0]);
    c.p.n--;
    spoilt(&c);
}

static void add_hash(struct claim c, size_t at, const struct sha256 *h)
{
    if (c.p.n == MERKLE_PROOF_MAX)
        return;
    memmove(&c.p.hash[at + 1], &c.p.hash[at], (c.p.n - at) * sizeof c.p.hash[0]);
    c.p.hash[at] = *h;
    c.p.n++;
    spoilt(&c);
}

static void swap_hashes(struct claim c, size_t at)
{
    struct sha256 h = c.p.hash[at];
    c.p.hash[at] = c.p.hash[at + 1];
    c.p.hash[at + 1] = h;
    spoilt(&c);
}

static void flip_bits(struct claim c, unsigned step)
{
    struct span parts[] = { SPAN(c.first.b), SPAN(c.root.b), { (uint8_t *)c.p.hash, c.p.n * 32 } };
    uint8_t *at[] = { c.first.b, c.root.b, (uint8_t *)c.p.hash };
    for (size_t k = 0; k < 3; k++)
        for (size_t bit = step % 7; bit < parts[k].n * 8; bit += step) {
            at[k][bit / 8] ^= (uint8_t)(1 << bit % 8);
            spoilt(&c);
            at[k][bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

static void spoil(const struct claim *c, unsigned bit_step)
{
    T(holds(c));
    for (size_t i = 0; i < c->p.n; i++) {
        drop_hash(*c, i);
        if (i + 1 < c->p.n)
            swap_hashes(*c, i);
    }
    for (size_t i = 0; i <= c->p.n; i++) {
        add_hash(*c, i, &c->root);
        add_hash(*c, i, &c->first);
        add_hash(*c, i, &c->p.hash[0]);
    }
    flip_bits(*c, bit_step);
}

static void every_spoilt_proof_is_refused(const struct merkle_source *s, const struct sha256 *roots)
{
    static const uint64_t sizes[] = { 1,  2,  3,  4,  5,   6,   7,   8,   9,   11,  15, 16,
                                      17, 31, 33, 64, 100, 127, 128, 129, 200, 255, 256 };
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
        for (uint64_t a = 0; a < sizes[k]; a += 1 + sizes[k] / 12) {
            struct claim c = { .inclusion = true, .a = a, .size = sizes[k], .root = roots[sizes[k]] };
            c.first = text_leaf(a);
            T(merkle_prove_inclusion(s, a, sizes[k], &c.p) == SR_OK);
            spoil(&c, sizes[k] < 9 ? 1 : 5);
            c = (struct claim){
                .a = a + 1, .size = sizes[k], .first = roots[a + 1], .root = roots[sizes[k]]
            };
            T(merkle_prove_consistency(s, a + 1, sizes[k], &c.p) == SR_OK);
            spoil(&c, sizes[k] < 9 ? 1 : 5);
        }
    T(tried > 50000);
    T(accepted == 0);
}

/* The size is no part of an RFC 6962 proof: it comes with the root, under one signature. A wrong one with the
 * right root shows unless both trees have the same shape along the path. What must never be is that a leaf
 * stands at two places of one tree (index off by one or two). */
static void a_leaf_stands_at_one_place_only(const struct merkle_source *s, const struct sha256 *roots)
{
    unsigned wrong = 0;
    for (uint64_t n = 1; n <= 130; n++)
        for (uint64_t i = 0; i < n; i++) {
            struct claim c = { .inclusion = true, .size = n, .root = roots[n], .first = text_leaf(i) };
            (void)merkle_prove_inclusion(s, i, n, &c.p);
            for (c.a = i >= 2 ? i - 2 : 0; c.a < i + 3; c.a++)
                wrong += c.a != i && holds(&c);
        }
    T(wrong == 0);
}

/* Index and size off by one, as a signed checkpoint of that size would have it: with its own root. */
static void a_proof_for_another_size_is_refused(const struct merkle_source *s, const struct sha256 *roots)
{
    unsigned wrong = 0;
    for (uint64_t n = 2; n < ALL; n++)
        for (uint64_t i = 0; i < n - 1; i += 1 + n / 16) {
            struct claim c = { .inclusion = true, .a = i, .first = text_leaf(i) };
            (void)merkle_prove_inclusion(s, i, n, &c.p);
            for (c.size = n - 1; c.size <= n + 1; c.size++) {
                c.root = roots[c.size];
                wrong += c.size != n && holds(&c);
            }
            c = (struct claim){ .a = i + 1, .first = roots[i + 1] };
            (void)merkle_prove_consistency(s, i + 1, n, &c.p);
            for (c.size = n - 1; c.size <= n + 1; c.size++) {
                c.root = roots[c.size];
                wrong += c.size != n && c.size != c.a && holds(&c);
            }
        }
    T(wrong == 0);
}

static void two_checkpoints_of_one_size_and_different_roots_are_a_fork(const struct sha256 *roots)
{
    struct merkle_proof none = { 0 };
    T(merkle_check_consistency(&none, 7, &roots[7], 7, &roots[7]) == SR_OK);
    T(merkle_check_consistency(&none, 7, &roots[7], 7, &roots[8]) == SR_EPROOF);
    T(merkle_check_consistency(&none, 8, &roots[8], 7, &roots[7]) == SR_EPROOF);
    struct merkle_proof one = { .n = 1 };
    T(merkle_check_consistency(&one, 7, &roots[7], 7, &roots[7]) == SR_EPROOF);
    T(merkle_check_consistency(&none, 0, &roots[0], 7, &roots[7]) == SR_OK);
    T(merkle_check_consistency(&none, 0, &roots[1], 7, &roots[7]) == SR_EPROOF);
    T(merkle_check_consistency(&none, 0, &roots[0], 0, &roots[0]) == SR_OK);
    T(merkle_check_consistency(&none, 0, &roots[1], 0, &roots[1]) == SR_EPROOF);
}

static void limits(const struct merkle_source *s)
{
    struct merkle_proof p = { .n = MERKLE_PROOF_MAX + 1 };
    struct sha256 h = { 0 };
    struct merkle_tree t = { .size = MERKLE_SIZE_MAX };
    T(merkle_check_inclusion(&p, &h, 0, 1, &h) == SR_EPROOF);
    T(merkle_check_consistency(&p, 1, &h, 2, &h) == SR_EPROOF);
    T(merkle_append(&t, &h) == SR_ETOOBIG);
    T(merkle_prove_inclusion(s, 7, 7, &p) == SR_ENOENT);
    T(merkle_prove_consistency(s, 8, 7, &p) == SR_ENOENT);
    T(merkle_prove_inclusion(s, 1001, 1002, &p) == SR_ENOENT);
    static const uint8_t bytes[32 * (MERKLE_PROOF_MAX + 1)];
    T(merkle_proof_read((struct span){ bytes, 33 }, &p) == SR_EFORMAT);
    T(merkle_proof_read(SPAN(bytes), &p) == SR_EFORMAT);
    T(merkle_proof_read((struct span){ bytes, sizeof bytes - 32 }, &p) == SR_OK && p.n == MERKLE_PROOF_MAX);
    T(merkle_proof_read((struct span){ 0 }, &p) == SR_OK && p.n == 0);
}

static void a_loaded_tree_grows_as_the_whole_one(const struct merkle_source *s, const struct sha256 *roots)
{
    for (uint64_t from = 0; from < ALL; from++) {
        struct merkle_tree t;
        T(merkle_load(s, from, &t) == SR_OK);
        struct sha256 was = merkle_root(&t), h = text_leaf(from);
        T(sha256_eq(&was, &roots[from]));
        T(merkle_append(&t, &h) == SR_OK);
        was = merkle_root(&t);
        T(sha256_eq(&was, &roots[from + 1]));
    }
}

int main(void)
{
    static struct sha256 roots[ALL + 1];
    T(secret_init() == SR_OK);
    for (uint64_t n = 0; n <= ALL; n++)
        roots[n] = root_of(n);
    struct forest f = forest_of(1000);
    struct merkle_source s = { read_forest, &f };
    published_roots();
    roots_and_proofs_are_those_of_the_other_implementation();
    every_inclusion_proof_up_to_256_verifies(&s, roots);
    every_consistency_proof_up_to_256_verifies(&s, roots);
    every_spoilt_proof_is_refused(&s, roots);
    a_leaf_stands_at_one_place_only(&s, roots);
    a_proof_for_another_size_is_refused(&s, roots);
    two_checkpoints_of_one_size_and_different_roots_are_a_fork(roots);
    limits(&s);
    a_loaded_tree_grows_as_the_whole_one(&s, roots);
    forest_free(&f);
    return t_end();
}
