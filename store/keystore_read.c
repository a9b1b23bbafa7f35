#include "store/keystore_parts.h"

#include <string.h>

void keystore_item_drop(struct keystore_item *i)
{
    secret_drop(&i->value);
    *i = (struct keystore_item){ 0 };
}

static struct row_mark expected(struct keystore *ks, const struct row_id *id)
{
    pthread_rwlock_rdlock(&ks->lock);
    struct row_mark m = index_get(&ks->index, id);
    pthread_rwlock_unlock(&ks->lock);
    return m;
}

static bool same_mark(struct row_mark a, struct row_mark b)
{
    return a.seq == b.seq && memcmp(a.salt, b.salt, sizeof a.salt) == 0;
}

static enum sr_err open_row(struct keystore *ks, const struct row_key *k, struct span row,
                            struct row_header *ret, struct row_plain *ret_plain, struct sr_why *why)
{
    SR_OWN(key) kek = { 0 };
    SR_OWN(row_plain) p = { 0 };
    struct row_header h;
    struct row_id id, named;
    enum keystore_table table;
    if (!row_key_read(SPAN(k->b), &table, &id) || row_header_read(row, &h) != SR_OK || h.table != table)
        return keystore_tampered(why, "a row's header is damaged");
    if (!same_mark(row_mark(&h), expected(ks, &id)))
        return SR_ESTALE;
    if (keystore_kek(ks, h.epoch, &kek) != SR_OK)
        return keystore_tampered(why, "a row names an epoch that has no key here");
    enum sr_err e = row_open(&kek, &ks->cid, &id, row, &h, &p);
    if (e == SR_ENOMEM)
        return e;
    if (e != SR_OK)
        return keystore_tampered(why, "a row does not open");
    SR_TRY(row_id(&ks->index_key, &(struct keystore_name){ table, p.tenant, p.name }, &named));
    if (memcmp(&named, &id, sizeof id) != 0)
        return keystore_tampered(why, "a row holds another row's name");
    *ret = h;
    *ret_plain = SR_TAKE(p);
    return SR_OK;
}

/* SR_ESTALE: store and index disagree, which a commit in between may explain. */
static enum sr_err fetch_once(struct keystore *ks, const struct row_key *k, struct row_header *ret,
                              struct row_plain *ret_plain, struct sr_why *why)
{
    SR_OWN(buf) row = { 0 };
    struct row_id id;
    memcpy(id.b, k->b + 1, sizeof id.b);
    enum sr_err e = store_get(ks->store, SPAN(k->b), &row, NULL);
    if (e == SR_ENOENT)
        return expected(ks, &id).seq ? SR_ESTALE : SR_ENOENT;
    SR_TRY(e);
    return open_row(ks, k, buf_span(&row), ret, ret_plain, why);
}

enum sr_err keystore_read_fetch(struct keystore *ks, const struct row_key *k, struct row_header *ret,
                                struct row_plain *ret_plain, struct sr_why *why)
{
    if (atomic_load(&ks->failed))
        return SR_EIO;
    enum sr_err e = fetch_once(ks, k, ret, ret_plain, why);
    if (e != SR_ESTALE)
        return e;
    pthread_mutex_lock(&ks->commit_lock); /* nobody commits now: what differs still, differs for good */
    e = fetch_once(ks, k, ret, ret_plain, why);
    pthread_mutex_unlock(&ks->commit_lock);
    return e == SR_ESTALE ? keystore_tampered(why, "a row is missing, added or rolled back") : e;
}

static enum sr_err item(const struct row_header *h, const struct row_plain *p, struct keystore_item *ret)
{
    SR_OWN(secret) value = { 0 };
    SR_TRY(secret_copy(&value, p->value));
    *ret = (struct keystore_item){ .version = h->version, .created_at = h->created_at, .seq = h->seq };
    ret->epoch = h->epoch;
    ret->value = SR_TAKE(value);
    return SR_OK;
}

enum sr_err keystore_get(struct keystore *ks, const struct keystore_name *n, struct keystore_item *ret,
                         struct sr_why *why)
{
    SR_OWN(row_plain) p = { 0 };
    struct row_header h;
    struct row_id id;
    SR_TRY(row_id(&ks->index_key, n, &id));
    struct row_key k = row_key(n->table, &id);
    SR_TRY(keystore_read_fetch(ks, &k, &h, &p, why));
    return item(&h, &p, ret);
}

enum sr_err keystore_raw_get(struct keystore *ks, enum keystore_raw table, struct span key, struct buf *ret)
{
    uint8_t k[STORE_KEY_MAX] = { (uint8_t)table };
    if (key.n >= sizeof k)
        return SR_ETOOBIG;
    if (key.n)
        memcpy(k + 1, key.p, key.n);
    return store_get(ks->store, (struct span){ k, 1 + key.n }, ret, NULL);
}

struct row_mark keystore_read_mark(struct keystore *ks, const struct row_key *k)
{
    struct row_id id;
    memcpy(id.b, k->b + 1, sizeof id.b);
    return expected(ks, &id);
}

static enum sr_err add_key(void *ctx, const struct store_item *it)
{
    struct row_page *p = ctx;
    if (it->key.n != sizeof p->keys->b)
        return SR_EFORMAT;
    memcpy(p->keys[p->n++].b, it->key.p, sizeof p->keys->b);
    return SR_OK;
}

enum sr_err keystore_read_page(struct keystore *ks, enum keystore_table table, const struct row_key *after,
                               struct row_page *ret, struct sr_why *why)
{
    uint8_t prefix[1] = { (uint8_t)table };
    struct store_list l = { .prefix = SPAN(prefix), .limit = KEYSTORE_PAGE, .visit = add_key, .ctx = ret };
    if (after->b[0])
        l.after = SPAN(after->b);
    ret->n = 0;
    enum sr_err e = store_list(ks->store, &l, NULL);
    return e == SR_EFORMAT ? keystore_tampered(why, "a row has a key that is none") : e;
}

struct walk {
    struct keystore *ks;
    enum sr_err (*visit)(void *ctx, const struct keystore_name *name, const struct keystore_item *item);
    void *ctx;
    struct sr_why *why;
    size_t seen;
};

static enum sr_err visit_row(struct walk *w, const struct row_key *k)
{
    SR_OWN(row_plain) p = { 0 };
    SR_OWN(keystore_item) it = { 0 };
    struct row_header h;
    enum sr_err e = keystore_read_fetch(w->ks, k, &h, &p, w->why);
    if (e == SR_ENOENT) /* deleted since, as the index knows */
        return SR_OK;
    SR_TRY(e);
    w->seen++;
    if (!w->visit)
        return SR_OK;
    SR_TRY(item(&h, &p, &it));
    return w->visit(w->ctx, &(struct keystore_name){ h.table, p.tenant, p.name }, &it);
}

/* Keys first, then the rows one by one, outside the store's read: the visitor may do as it likes. */
static enum sr_err walk_table(struct walk *w, enum keystore_table table)
{
    struct row_key after = { 0 };
    struct row_page p;
    do {
        SR_TRY(keystore_read_page(w->ks, table, &after, &p, w->why));
        for (size_t i = 0; i < p.n; i++)
            SR_TRY(visit_row(w, &p.keys[i]));
        if (p.n)
            after = p.keys[p.n - 1];
    } while (p.n == KEYSTORE_PAGE);
    return SR_OK;
}

static size_t count(struct keystore *ks, enum keystore_table table, uint64_t *ret_seq)
{
    pthread_rwlock_rdlock(&ks->lock);
    size_t n = ks->rows_of[(uint8_t)table];
    *ret_seq = ks->head.seq;
    pthread_rwlock_unlock(&ks->lock);
    return n;
}

/* The keys ascend and each row is in the index: so as many as there are is all of them. */
static enum sr_err walk_all(struct walk *w, enum keystore_table table)
{
    uint64_t before, after;
    size_t want = count(w->ks, table, &before);
    w->seen = 0;
    SR_TRY(walk_table(w, table));
    count(w->ks, table, &after);
    if (before == after && w->seen != want)
        return keystore_tampered(w->why, "rows are missing from a list");
    return SR_OK;
}

enum sr_err keystore_list(struct keystore *ks, enum keystore_table table,
                          enum sr_err (*visit)(void *ctx, const struct keystore_name *name,
                                               const struct keystore_item *item),
                          void *ctx, struct sr_why *why)
{
    return walk_all(&(struct walk){ .ks = ks, .visit = visit, .ctx = ctx, .why = why }, table);
}

enum sr_err keystore_scrub(struct keystore *ks, struct sr_why *why)
{
    struct walk w = { .ks = ks, .why = why };
#define X(name, byte) SR_TRY(walk_all(&w, name));
    KEYSTORE_TABLES(X)
#undef X
    return SR_OK;
}
