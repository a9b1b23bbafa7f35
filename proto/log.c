#include "proto/log.h"

#include "crypto/text.h"

#include <string.h>

void log_origin(const struct sha256 *cid, const uint8_t member[16], struct buf *ret)
{
    wr_text(ret, "sealring/");
    wr_hex(ret, SPAN(cid->b));
    wr_u8(ret, '/');
    wr_hex(ret, (struct span){ member, 16 });
}

enum sr_err log_check_shown(const struct log_shown *s, const struct log_id *id, struct checkpoint *ret,
                            struct sr_why *why)
{
    struct checkpoint c;
    struct merkle_proof p;
    SR_TRY(checkpoint_open(s->note, id->origin, &id->pub, &c, why));
    struct sha256 h = merkle_leaf(s->leaf);
    if (merkle_proof_read(s->path, &p) != SR_OK ||
        merkle_check_inclusion(&p, &h, s->index, c.size, &c.root) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_LOG_PROOF, "log: leaf is not shown to be under the checkpoint");
    *ret = c;
    return SR_OK;
}

enum sr_err log_fetch_checkpoint(const struct log_reader *r, struct checkpoint *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    enum sr_err e = r->get(r->ctx, "checkpoint", &b);
    if (e != SR_OK)
        return sr_fail(why, e, R_LOG_PROOF, "log: no checkpoint");
    return checkpoint_open(buf_span(&b), r->id.origin, &r->id.pub, ret, why);
}

static enum sr_err get_tile(const struct log_reader *r, const struct tile *t, struct buf *ret)
{
    SR_OWN(buf) path = { 0 };
    tile_path(t, &path);
    wr_u8(&path, 0);
    return buf_ok(&path) ? r->get(r->ctx, (const char *)path.p, ret) : SR_ENOMEM;
}

static enum sr_err fetch(void *ctx, const struct tile *t, struct buf *ret)
{
    return get_tile(ctx, t, ret);
}

static struct tile bundle_at(uint64_t index, uint64_t size)
{
    uint64_t n = index / TILE_WIDTH;
    return (struct tile){ .kind = TILE_ENTRIES, .index = n, .width = tile_width(0, n, size) };
}

static enum sr_err get_bundle(const struct log_reader *r, const struct tile *t, struct buf *ret,
                              struct sr_why *why)
{
    unsigned long long n = t->index;
    enum sr_err e = get_tile(r, t, ret);
    if (e != SR_OK)
        return sr_fail(why, e, R_LOG_PROOF, "log: no entry bundle %llu", n);
    if (!buf_ok(ret) || tile_check_bundle(buf_span(ret), t->width) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_LOG_PROOF, "log: entry bundle %llu is none", n);
    return SR_OK;
}

static enum sr_err get_leaf(const struct log_reader *r, uint64_t index, uint64_t size, struct buf *ret,
                            struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct tile t = bundle_at(index, size);
    struct span entry = { 0 };
    SR_TRY(get_bundle(r, &t, &b, why));
    struct reader in = rd_init(buf_span(&b));
    for (uint64_t i = index / TILE_WIDTH * TILE_WIDTH; i <= index; i++)
        SR_TRY(tile_next_entry(&in, &entry));
    wr_span(ret, entry);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err log_fetch_leaf(const struct log_reader *r, const struct checkpoint *c, uint64_t index,
                           struct buf *ret_leaf, struct merkle_proof *ret_path, struct sr_why *why)
{
    SR_OWN(buf) leaf = { 0 };
    struct log_reader copy = *r;
    struct tile_source tiles = { .fetch = fetch, .ctx = &copy, .size = c->size };
    struct merkle_source s = tile_merkle(&tiles);
    struct merkle_proof p;
    unsigned long long n = index;
    if (index >= c->size)
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "log: has no leaf %llu", n);
    SR_TRY(get_leaf(r, index, c->size, &leaf, why));
    enum sr_err e = merkle_prove_inclusion(&s, index, c->size, &p);
    if (e != SR_OK)
        return sr_fail(why, e, R_LOG_PROOF, "log: no tiles for leaf %llu", n);
    struct sha256 h = merkle_leaf(buf_span(&leaf));
    if (merkle_check_inclusion(&p, &h, index, c->size, &c->root) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_LOG_PROOF, "log: leaf %llu is not under the checkpoint", n);
    wr_span(ret_leaf, buf_span(&leaf));
    *ret_path = p;
    return buf_ok(ret_leaf) ? SR_OK : SR_ENOMEM;
}

bool log_introduces(const struct leaf *l, const struct log_id *id)
{
    SR_OWN(buf) start = { 0 };
    wr_text(&start, "sealring/");
    wr_hex(&start, SPAN(l->cid.b));
    wr_u8(&start, '/');
    return (l->type == LEAF_GENESIS || l->type == LEAF_MEMBER_SELF || l->type == LEAF_RECOVERY ||
            l->type == LEAF_RESTORED) &&
           buf_ok(&start) && strncmp(id->origin, (const char *)start.p, start.n) == 0 &&
           span_eq(SPAN(l->member_key.b), SPAN(id->pub.b));
}

static enum sr_err take_leaf(const struct log_audit *a, struct span entry, struct merkle_tree *t,
                             struct sr_why *why)
{
    struct leaf l;
    uint64_t index = t->size;
    if (leaf_decode(entry, &l, NULL) != SR_OK || (index == 0 && !log_introduces(&l, &a->reader->id)))
        return sr_fail(why, SR_EPROOF, R_LOG_LEAF, "log: leaf %llu is not acceptable",
                       (unsigned long long)index);
    struct sha256 h = merkle_leaf(entry);
    SR_TRY(merkle_append(t, &h));
    bool seen = a->old && index < a->old->size;
    return a->visit && !seen ? a->visit(a->ctx, index, &l) : SR_OK;
}

static enum sr_err check_old(const struct log_audit *a, const struct merkle_tree *t, struct sr_why *why)
{
    struct sha256 root = merkle_root(t);
    if (!a->old || t->size != a->old->size || sha256_eq(&root, &a->old->root))
        return SR_OK;
    return sr_fail(why, SR_EPROOF, R_LOG_FORK, "log: leaf 0 to %llu are not those of the older checkpoint",
                   (unsigned long long)t->size);
}

static enum sr_err take_bundle(const struct log_audit *a, uint64_t size, struct merkle_tree *t,
                               struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct tile bundle = bundle_at(t->size, size);
    struct span entry;
    SR_TRY(get_bundle(a->reader, &bundle, &b, why));
    struct reader in = rd_init(buf_span(&b));
    for (unsigned i = 0; i < bundle.width; i++) {
        SR_TRY(tile_next_entry(&in, &entry));
        SR_TRY(take_leaf(a, entry, t, why));
        SR_TRY(check_old(a, t, why));
    }
    return SR_OK;
}

/* The tree at the start of the bundle in which the old checkpoint ends. Not believed until the old root
 * follows from it. */
static enum sr_err start(const struct log_audit *a, uint64_t size, struct merkle_tree *ret,
                         struct sr_why *why)
{
    struct log_reader copy = *a->reader;
    struct tile_source tiles = { .fetch = fetch, .ctx = &copy, .size = size };
    struct merkle_source s = tile_merkle(&tiles);
    uint64_t from = a->old ? a->old->size / TILE_WIDTH * TILE_WIDTH : 0;
    enum sr_err e = merkle_load(&s, from, ret);
    return e == SR_OK
               ? SR_OK
               : sr_fail(why, e, R_LOG_PROOF, "log: no tiles before leaf %llu", (unsigned long long)from);
}

enum sr_err log_verify(const struct log_audit *a, const struct checkpoint *c, struct sr_why *why)
{
    struct merkle_tree t;
    if (a->old && a->old->size > c->size)
        return sr_fail(why, SR_EPROOF, R_LOG_FORK, "log: smaller than it was");
    SR_TRY(start(a, c->size, &t, why));
    SR_TRY(check_old(a, &t, why));
    while (t.size < c->size)
        SR_TRY(take_bundle(a, c->size, &t, why));
    struct sha256 root = merkle_root(&t);
    if (!sha256_eq(&root, &c->root))
        return sr_fail(why, SR_EPROOF, R_LOG_PROOF, "log: its leaves do not make the checkpoint's root");
    return SR_OK;
}
