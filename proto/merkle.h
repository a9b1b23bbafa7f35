#pragma once
/* merkle.h - the tree of RFC 6962 section 2.1 (SHA-256): hashing, growing, inclusion and consistency proofs.
 * Everything is pure; what makes proofs reads stored hashes through a callback. specs/log.md section 2. */
#include "crypto/err.h"
#include "crypto/hash.h"

enum {
    MERKLE_LEVELS = 48, /* trees have fewer than 2^48 leaves: what no log of ours reaches */
    MERKLE_PROOF_MAX = MERKLE_LEVELS + 1,
};
#define MERKLE_SIZE_MAX ((UINT64_C(1) << MERKLE_LEVELS) - 1)

struct sha256 merkle_leaf(struct span leaf);                                      /* SHA-256(00 || leaf) */
struct sha256 merkle_node(const struct sha256 *left, const struct sha256 *right); /* SHA-256(01 || l || r) */

/* A tree that only grows, as the roots of its full subtrees: peak[i], of 2^i leaves, counts when bit i of
 * size is set. {0} is the empty tree. No heap. */
struct merkle_tree {
    uint64_t size;
    struct sha256 peak[MERKLE_LEVELS];
};

/* SR_ETOOBIG past MERKLE_SIZE_MAX. */
enum sr_err merkle_append(struct merkle_tree *t, const struct sha256 *leaf_hash);
struct sha256 merkle_root(const struct merkle_tree *t); /* of the empty tree: SHA-256 of nothing */

/* Hashes in the order of RFC 6962. As bytes: these hashes, 32 bytes each, and nothing else. */
struct merkle_proof {
    size_t n;
    struct sha256 hash[MERKLE_PROOF_MAX];
};
void merkle_proof_write(const struct merkle_proof *p, struct buf *ret);
enum sr_err merkle_proof_read(struct span s, struct merkle_proof *ret); /* SR_EFORMAT */

/* Gives the hash of the full subtree over leaves [index << level, (index + 1) << level). */
struct merkle_source {
    enum sr_err (*read)(void *ctx, unsigned level, uint64_t index, struct sha256 *ret);
    void *ctx;
};
/* SR_ENOENT unless index < size and old <= size; else what the source says. The caller knows that the source
 * holds size leaves. */
enum sr_err merkle_prove_inclusion(const struct merkle_source *s, uint64_t index, uint64_t size,
                                   struct merkle_proof *ret);
enum sr_err merkle_prove_consistency(const struct merkle_source *s, uint64_t old, uint64_t size,
                                     struct merkle_proof *ret);
/* The tree of the first size leaves, to go on from. Its root is the caller's to compare. */
enum sr_err merkle_load(const struct merkle_source *s, uint64_t size, struct merkle_tree *ret);

/* SR_EPROOF unless the proof has exactly the right length and shows it. old == 0 and old == size take an
 * empty proof; then the roots must be that of the empty tree, and equal. */
enum sr_err merkle_check_inclusion(const struct merkle_proof *p, const struct sha256 *leaf_hash,
                                   uint64_t index, uint64_t size, const struct sha256 *root);
enum sr_err merkle_check_consistency(const struct merkle_proof *p, uint64_t old,
                                     const struct sha256 *old_root, uint64_t size, const struct sha256 *root);
