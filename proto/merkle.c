#include "proto/merkle.h"

#include <string.h>

static struct sha256 hash_parts(uint8_t prefix, struct span a, struct span b)
{
    crypto_hash_sha256_state s;
    struct sha256 d;
    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, &prefix, 1);
    crypto_hash_sha256_update(&s, a.n ? a.p : &prefix, a.n);
    crypto_hash_sha256_update(&s, b.n ? b.p : &prefix, b.n);
    crypto_hash_sha256_final(&s, d.b);
    return d;
}

struct sha256 merkle_leaf(struct span leaf)
{
    return hash_parts(0, leaf, (struct span){ 0 });
}

struct sha256 merkle_node(const struct sha256 *left, const struct sha256 *right)
{
    return hash_parts(1, SPAN(left->b), SPAN(right->b));
}

enum sr_err merkle_append(struct merkle_tree *t, const struct sha256 *leaf_hash)
{
    if (t->size >= MERKLE_SIZE_MAX)
        return SR_ETOOBIG;
    struct sha256 h = *leaf_hash;
    unsigned i = 0;
    for (; t->size >> i & 1; i++)
        h = merkle_node(&t->peak[i], &h);
    t->peak[i] = h;
    t->size++;
    return SR_OK;
}

struct sha256 merkle_root(const struct merkle_tree *t)
{
    if (t->size == 0)
        return sha256((struct span){ 0 });
    unsigned i = (unsigned)__builtin_ctzll(t->size);
    struct sha256 h = t->peak[i];
    while (++i < MERKLE_LEVELS)
        if (t->size >> i & 1)
            h = merkle_node(&t->peak[i], &h);
    return h;
}

void merkle_proof_write(const struct merkle_proof *p, struct buf *ret)
{
    for (size_t i = 0; i < p->n; i++)
        wr_span(ret, SPAN(p->hash[i].b));
}

enum sr_err merkle_proof_read(struct span s, struct merkle_proof *ret)
{
    if (s.n % sizeof ret->hash[0] != 0 || s.n > sizeof ret->hash)
        return SR_EFORMAT;
    ret->n = s.n / sizeof ret->hash[0];
    if (s.n)
        memcpy(ret->hash, s.p, s.n);
    return SR_OK;
}

/* Where RFC 6962 splits n > 1 leaves: the largest power of two smaller than n. */
static uint64_t split(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* MTH of leaves [lo, hi): whole subtrees from the source, the rest hashed together. */
static enum sr_err range(const struct merkle_source *s, uint64_t lo, uint64_t hi, struct sha256 *ret)
{
    uint64_t n = hi - lo;
    if ((n & (n - 1)) == 0) {
        unsigned level = (unsigned)__builtin_ctzll(n);
        return s->read(s->ctx, level, lo >> level, ret);
    }
    struct sha256 left, right;
    SR_TRY(range(s, lo, lo + split(n), &left));
    SR_TRY(range(s, lo + split(n), hi, &right));
    *ret = merkle_node(&left, &right);
    return SR_OK;
}

static enum sr_err add_range(const struct merkle_source *s, uint64_t lo, uint64_t hi, struct merkle_proof *p)
{
    if (p->n == MERKLE_PROOF_MAX)
        return SR_EBUG;
    SR_TRY(range(s, lo, hi, &p->hash[p->n]));
    p->n++;
    return SR_OK;
}

/* PATH of RFC 6962 section 2.1.1, depth at most MERKLE_LEVELS. */
static enum sr_err path(const struct merkle_source *s, uint64_t index, uint64_t lo, uint64_t hi,
                        struct merkle_proof *p)
{
    if (hi - lo == 1)
        return SR_OK;
    uint64_t mid = lo + split(hi - lo);
    if (index < mid) {
        SR_TRY(path(s, index, lo, mid, p));
        return add_range(s, mid, hi, p);
    }
    SR_TRY(path(s, index, mid, hi, p));
    return add_range(s, lo, mid, p);
}

/* SUBPROOF of RFC 6962 section 2.1.2; lo > 0 is its b = false: the verifier does not know that subtree. */
static enum sr_err subproof(const struct merkle_source *s, uint64_t old, uint64_t lo, uint64_t hi,
                            struct merkle_proof *p)
{
    if (old == hi)
        return lo == 0 ? SR_OK : add_range(s, lo, hi, p);
    uint64_t mid = lo + split(hi - lo);
    if (old <= mid) {
        SR_TRY(subproof(s, old, lo, mid, p));
        return add_range(s, mid, hi, p);
    }
    SR_TRY(subproof(s, old, mid, hi, p));
    return add_range(s, lo, mid, p);
}

enum sr_err merkle_prove_inclusion(const struct merkle_source *s, uint64_t index, uint64_t size,
                                   struct merkle_proof *ret)
{
    if (index >= size || size > MERKLE_SIZE_MAX)
        return SR_ENOENT;
    struct merkle_proof p = { 0 };
    SR_TRY(path(s, index, 0, size, &p));
    *ret = p;
    return SR_OK;
}

enum sr_err merkle_prove_consistency(const struct merkle_source *s, uint64_t old, uint64_t size,
                                     struct merkle_proof *ret)
{
    if (old > size || size > MERKLE_SIZE_MAX)
        return SR_ENOENT;
    struct merkle_proof p = { 0 };
    if (old > 0 && old < size)
        SR_TRY(subproof(s, old, 0, size, &p));
    *ret = p;
    return SR_OK;
}

enum sr_err merkle_load(const struct merkle_source *s, uint64_t size, struct merkle_tree *ret)
{
    if (size > MERKLE_SIZE_MAX)
        return SR_ETOOBIG;
    struct merkle_tree t = { .size = size };
    uint64_t lo = 0;
    for (unsigned i = MERKLE_LEVELS; i-- > 0;) {
        if (!(size >> i & 1))
            continue;
        SR_TRY(s->read(s->ctx, i, lo >> i, &t.peak[i]));
        lo += UINT64_C(1) << i;
    }
    *ret = t;
    return SR_OK;
}

/* The walk up both proofs share (RFC 9162 sections 2.1.3.2 and 2.1.4.2): place is where the hash so far
 * stands in its level, last is the level's last place. */
struct walk {
    uint64_t place, last;
};

/* The next proof hash goes to the left of what was known? */
static bool from_left(const struct walk *w)
{
    return (w->place & 1) || w->place == w->last;
}

static void up(struct walk *w, bool left)
{
    while (left && !(w->place & 1) && w->place != 0) {
        w->place >>= 1;
        w->last >>= 1;
    }
    w->place >>= 1;
    w->last >>= 1;
}

enum sr_err merkle_check_inclusion(const struct merkle_proof *p, const struct sha256 *leaf_hash,
                                   uint64_t index, uint64_t size, const struct sha256 *root)
{
    if (index >= size || size > MERKLE_SIZE_MAX || p->n > MERKLE_PROOF_MAX)
        return SR_EPROOF;
    struct walk w = { index, size - 1 };
    struct sha256 h = *leaf_hash;
    for (size_t i = 0; i < p->n; i++) {
        if (w.last == 0)
            return SR_EPROOF;
        bool left = from_left(&w);
        h = left ? merkle_node(&p->hash[i], &h) : merkle_node(&h, &p->hash[i]);
        up(&w, left);
    }
    return w.last == 0 && sha256_eq(&h, root) ? SR_OK : SR_EPROOF;
}

/* 0 < old < size. */
static bool consistent(const struct merkle_proof *p, uint64_t old, const struct sha256 *old_root,
                       uint64_t size, const struct sha256 *root)
{
    struct walk w = { old - 1, size - 1 };
    for (; w.place & 1; w.last >>= 1)
        w.place >>= 1;
    bool whole = (old & (old - 1)) == 0; /* the old tree is one full subtree: its root is the first hash */
    if (!whole && p->n == 0)
        return false;
    struct sha256 was = whole ? *old_root : p->hash[0], is = was;
    for (size_t i = whole ? 0 : 1; i < p->n; i++) {
        if (w.last == 0)
            return false;
        bool left = from_left(&w);
        was = left ? merkle_node(&p->hash[i], &was) : was;
        is = left ? merkle_node(&p->hash[i], &is) : merkle_node(&is, &p->hash[i]);
        up(&w, left);
    }
    return w.last == 0 && sha256_eq(&was, old_root) && sha256_eq(&is, root);
}

enum sr_err merkle_check_consistency(const struct merkle_proof *p, uint64_t old,
                                     const struct sha256 *old_root, uint64_t size, const struct sha256 *root)
{
    if (old > size || size > MERKLE_SIZE_MAX || p->n > MERKLE_PROOF_MAX)
        return SR_EPROOF;
    struct sha256 empty = sha256((struct span){ 0 });
    if ((old == 0 && !sha256_eq(old_root, &empty)) || (size == 0 && !sha256_eq(root, &empty)))
        return SR_EPROOF;
    if (old == size)
        return p->n == 0 && sha256_eq(old_root, root) ? SR_OK : SR_EPROOF;
    if (old == 0)
        return p->n == 0 ? SR_OK : SR_EPROOF;
    return consistent(p, old, old_root, size, root) ? SR_OK : SR_EPROOF;
}
