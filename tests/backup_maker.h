#pragma once
/* backup_maker.h - a network of one operator or three, a member of it, and backups of that member as its
 * daemon would write them: the log and the genesis record are real, the sealed rows are stand-ins. */
#include "proto/backup.h"
#include "proto/log.h"
#include "tests/t.h"

struct backup_net {
    struct genesis genesis;
    struct epoch_keys keys;
    struct buf record, file; /* file: LP(record) || LP(empty chain) */
    struct sha256 cid;
    struct sign_key operators[3];
    struct sign_key member;
    struct sign_pub member_pub;
    struct buf cert;
};
static inline void backup_net_drop(struct backup_net *n)
{
    buf_drop(&n->record);
    buf_drop(&n->file);
    buf_drop(&n->cert);
}

static inline void backup_net_key(struct sign_key *key, struct sign_pub *pub, uint8_t seed)
{
    struct key k = { { seed } };
    sign_from_seed(&k, key, pub);
}

static inline int backup_net_by_key(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct sign_pub));
}

/* Two of three operators. The same each time. */
static inline void backup_net_make(struct backup_net *n)
{
    static const struct key master = { { 7 } };
    struct genesis_params *p;
    *n = (struct backup_net){ 0 };
    p = &n->genesis.params;
    p->salt[0] = 1;
    p->operators = (struct key_set){ .n = 3, .k = 2 };
    for (int i = 0; i < 3; i++)
        backup_net_key(&n->operators[i], &p->operators.key[i], (uint8_t)(i + 1));
    qsort(p->operators.key, 3, sizeof *p->operators.key, backup_net_by_key);
    p->akcas = p->operators;
    T(epoch_keys_derive(&master, 1, p->salt, &n->keys) == SR_OK);
    n->genesis.first = n->keys.pub;
    T(genesis_encode(&n->genesis, &n->record, NULL) == SR_OK);
    n->cid = genesis_cid(buf_span(&n->record));
    wr_lp(&n->file, buf_span(&n->record));
    wr_lp(&n->file, SPAN_STR("\0\0"));
    backup_net_key(&n->member, &n->member_pub, 9);
    const struct member_cert c = {
        .cid = n->cid, .epoch = 1, .key = n->member_pub, .address = "https://one:1"
    };
    T(member_cert_make(&c, &n->keys.member_ca, &n->cert) == SR_OK);
}

static inline enum sr_err backup_net_append(void *ctx, struct span s)
{
    wr_span(ctx, s);
    return SR_OK;
}

/* What a test may want to be another one; {0} is a good backup of that many leaves. */
struct backup_twist {
    const struct sign_key *signer; /* of the manifest */
    const struct sha256 *cid;      /* in the manifest */
    const struct span *cert, *record;
    uint64_t size; /* in the note */
    bool no_head, leaf_missing, leaf_other, first_other, order;
};

static inline void backup_net_leaf(const struct backup_net *n, struct backup_writer *w, uint64_t i,
                                   const struct backup_twist *twist)
{
    SR_OWN(buf) leaf = { 0 }, value = { 0 }, key = { 0 };
    struct leaf l = { .type = LEAF_MEMBER_SELF, .time = 1000 + i, .cid = n->cid };
    memcpy(l.member_key.b, n->member_pub.b, sizeof l.member_key.b);
    if (i > 0 || twist->first_other)
        l = (struct leaf){ .type = LEAF_STOP, .time = 1000 + i };
    T(leaf_encode(&l, &leaf) == SR_OK);
    struct sha256 h = merkle_leaf(buf_span(&leaf));
    if (twist->leaf_other && i == 1)
        leaf.p[leaf.n - 1] ^= 1;
    wr_u8(&key, BACKUP_LEAF);
    wr_u64be(&key, i + (twist->leaf_missing && i == 2));
    wr_span(&value, SPAN(h.b));
    wr_span(&value, buf_span(&leaf));
    T(backup_row(w, buf_span(&key), buf_span(&value)) == SR_OK);
}

static inline void backup_net_rows(const struct backup_net *n, struct backup_writer *w, uint64_t leaves,
                                   const struct backup_twist *twist)
{
    static const uint8_t genesis[] = { BACKUP_CLEAR, BACKUP_GENESIS };
    T(backup_row(w, SPAN(genesis), twist->record ? *twist->record : buf_span(&n->file)) == SR_OK);
    if (!twist->no_head)
        T(backup_row(w, SPAN_STR("H"), SPAN_STR("sealed head")) == SR_OK);
    for (uint64_t i = 0; i < leaves; i++)
        backup_net_leaf(n, w, i, twist);
    T(backup_row(w, SPAN_STR("s0123"), SPAN_STR("sealed row")) == SR_OK);
    if (twist->order)
        T(backup_row(w, SPAN_STR("m0123"), SPAN_STR("sealed row")) == SR_OK);
}

static inline void backup_net_note(const struct backup_net *n, const struct merkle_tree *log, uint64_t size,
                                   struct buf *ret)
{
    SR_OWN(buf) origin = { 0 };
    struct member_id id = member_id_of(&n->member_pub);
    struct checkpoint head = { .size = size ? size : log->size, .root = merkle_root(log) };
    log_origin(&n->cid, id.b, &origin);
    memcpy(head.origin, origin.p, origin.n);
    checkpoint_sign(&head, &n->member, &n->member_pub, ret);
}

/* Appends the file. */
static inline struct sha256 backup_net_file(const struct backup_net *n, uint64_t leaves,
                                            const struct backup_twist *twist, struct buf *ret)
{
    SR_OWN(buf) note = { 0 };
    struct backup_writer w = { .write = backup_net_append, .ctx = ret };
    struct backup_manifest m = { .cid = twist->cid ? *twist->cid : n->cid,
                                 .member = n->member_pub,
                                 .time = 5000,
                                 .epoch = 1,
                                 .policy_number = 1,
                                 .revision = 77 };
    struct sha256 file = { 0 };
    T(backup_begin(&w) == SR_OK);
    backup_net_rows(n, &w, leaves, twist);
    backup_net_note(n, &w.log, twist->size, &note);
    m.note = buf_span(&note);
    m.cert = twist->cert ? *twist->cert : buf_span(&n->cert);
    T(backup_end(&w, &m, twist->signer ? twist->signer : &n->member, &file) == SR_OK);
    return file;
}

/* A backup in memory as a source. */
static inline enum sr_err backup_net_read(void *ctx, void *p, size_t n, size_t *ret_n)
{
    struct span *s = ctx;
    *ret_n = n < s->n ? n : s->n;
    if (*ret_n)
        memcpy(p, s->p, *ret_n);
    *s = (struct span){ s->p + *ret_n, s->n - *ret_n };
    return SR_OK;
}
static inline enum sr_err backup_net_verify(struct span file, struct backup *ret, struct sr_why *why)
{
    const struct backup_source source = { backup_net_read, &file };
    return backup_read(&source, NULL, ret, why);
}
