#pragma once
/* witness_lab.h - the log of a member that a test plays: leaves are numbers, so that two histories are two
 * sets of numbers; every checkpoint, request and boot is signed as that member signs. */
#include "crypto/text.h"
#include "node/core.h"
#include "node/witness.h"
#include "proto/log.h"
#include "tests/attacks/lab.h"

enum { PLAYED_MAX = 4096 };

struct played {
    struct sign_key key;
    struct sign_pub pub;
    char origin[NOTE_NAME_MAX + 1];
    uint64_t size;
    struct sha256 leaf[PLAYED_MAX];
};

static inline enum sr_err played_read(void *ctx, unsigned level, uint64_t index, struct sha256 *ret)
{
    const struct played *p = ctx;
    if (level == 0) {
        *ret = p->leaf[index];
        return SR_OK;
    }
    struct sha256 l, r;
    SR_TRY(played_read(ctx, level - 1, index * 2, &l));
    SR_TRY(played_read(ctx, level - 1, index * 2 + 1, &r));
    *ret = merkle_node(&l, &r);
    return SR_OK;
}

/* n more leaves of the history called that. */
static inline void played_grow(struct played *p, uint64_t n, char history)
{
    for (; n > 0; n--, p->size++) {
        SR_OWN(buf) b = { 0 };
        wr_fmt(&b, "%c%llu", history, (unsigned long long)p->size);
        p->leaf[p->size] = merkle_leaf(buf_span(&b));
    }
}

/* A member that r knows, with an empty log. */
static inline struct played *played_member(struct core *c, const char *address)
{
    struct played *p = calloc(1, sizeof *p);
    struct member_cert m = { .cid = c->home.cid, .epoch = 1, .issued_at = 1 };
    SR_OWN(buf) origin = { 0 };
    maker_need(p != NULL, "memory");
    sign_random(&p->key, &p->pub);
    struct member_id id = member_id_of(&p->pub);
    log_origin(&c->home.cid, id.b, &origin);
    memcpy(p->origin, origin.p, origin.n);
    m.key = p->pub;
    snprintf(m.address, sizeof m.address, "%s", address);
    members_learn(c->members, &m);
    return p;
}

static inline struct checkpoint played_at(struct played *p, uint64_t size)
{
    struct merkle_source s = { played_read, p };
    struct merkle_tree t;
    struct checkpoint c = { .size = size };
    maker_need(merkle_load(&s, size, &t) == SR_OK, "tree");
    c.root = merkle_root(&t);
    strcpy(c.origin, p->origin);
    return c;
}

static inline void played_note(struct played *p, uint64_t size, struct buf *ret)
{
    struct checkpoint c = played_at(p, size);
    checkpoint_sign(&c, &p->key, &p->pub, ret);
}

/* The request to cosign size after old. */
static inline void played_request(struct played *p, uint64_t old, uint64_t size, struct buf *ret)
{
    SR_OWN(buf) note = { 0 };
    struct merkle_source s = { played_read, p };
    struct merkle_proof proof = { 0 };
    struct witness_request q = { .old = old };
    if (old > 0 && old < size)
        maker_need(merkle_prove_consistency(&s, old, size, &proof) == SR_OK, "proof");
    q.n = proof.n;
    memcpy(q.hash, proof.hash, proof.n * sizeof proof.hash[0]);
    played_note(p, size, &note);
    q.note = buf_span(&note);
    witness_request_write(&q, ret);
}

static inline struct witness_boot played_boot(const struct played *p, uint64_t start, char id,
                                              struct span request)
{
    struct witness_boot b = { .known = true, .start = start };
    memset(b.id, id, sizeof b.id);
    maker_need(witness_boot_sign(p->origin, &b, request, &p->key) == SR_OK, "boot");
    return b;
}

/* Submits, by a boot or by nobody in particular (NULL). */
static inline enum sr_err played_submit(struct node *n, struct core *c, struct span request,
                                        const struct witness_boot *boot, struct sr_why *why)
{
    static const struct witness_boot nobody = { 0 };
    SR_OWN(buf) lines = { 0 };
    uint64_t size = 0;
    *why = (struct sr_why){ 0 };
    return witness_take(n, c, request, boot ? boot : &nobody, &lines, &size, why);
}
