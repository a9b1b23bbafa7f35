#include "store/keystore_parts.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 10000 };

enum sr_err keystore_tampered(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "keystore: %s", what);
}

static void clear_key(enum keystore_clear what, uint8_t ret[2])
{
    ret[0] = 'C';
    ret[1] = (uint8_t)what;
}

enum sr_err keystore_clear_get(struct store *s, enum keystore_clear what, struct buf *ret)
{
    uint8_t key[2];
    clear_key(what, key);
    return store_get(s, SPAN(key), ret, NULL);
}

enum sr_err keystore_clear_put(struct store *s, enum keystore_clear what, struct span value)
{
    uint8_t key[2];
    clear_key(what, key);
    struct store_op op = { STORE_PUT, SPAN(key), value };
    return store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL);
}

enum sr_err keystore_kek(struct keystore *ks, uint32_t epoch, struct key *ret)
{
    enum sr_err e = SR_ENOENT;
    pthread_rwlock_rdlock(&ks->lock);
    for (size_t i = 0; i < ks->n_epochs; i++)
        if (ks->epochs[i].epoch == epoch) {
            *ret = ks->epochs[i].kek;
            e = SR_OK;
        }
    pthread_rwlock_unlock(&ks->lock);
    return e;
}

struct keystore_head keystore_head(struct keystore *ks)
{
    pthread_rwlock_rdlock(&ks->lock);
    struct keystore_head h = { ks->head.seq, ks->head.rows, ks->head.chain };
    pthread_rwlock_unlock(&ks->lock);
    return h;
}

void keystore_close(struct keystore *ks)
{
    if (!ks)
        return;
    index_drop(&ks->index);
    pthread_rwlock_destroy(&ks->lock);
    pthread_mutex_destroy(&ks->rewrap_lock);
    pthread_mutex_destroy(&ks->commit_lock);
    key_drop(&ks->index_key);
    for (size_t i = 0; i < KEYSTORE_EPOCHS; i++)
        key_drop(&ks->epochs[i].kek);
    free(ks);
}

static struct keystore *blank(const struct keystore_options *o)
{
    struct keystore *ks = calloc(1, sizeof *ks);
    if (!ks)
        return NULL;
    ks->store = o->store;
    ks->cid = o->cid;
    ks->index_key = o->index;
    ks->epochs[0] = (struct keystore_epoch){ o->epoch, o->kek };
    ks->n_epochs = 1;
    pthread_mutex_init(&ks->commit_lock, NULL);
    pthread_mutex_init(&ks->rewrap_lock, NULL);
    pthread_rwlock_init(&ks->lock, NULL);
    return ks;
}

static enum sr_err insert(struct keystore *ks, const struct keystore_epoch *k)
{
    size_t at = ks->n_epochs;
    if (at == KEYSTORE_EPOCHS)
        return SR_ETOOBIG;
    for (size_t i = 0; i < ks->n_epochs; i++)
        if (ks->epochs[i].epoch == k->epoch)
            return SR_ESTALE;
    for (; at > 0 && ks->epochs[at - 1].epoch > k->epoch; at--)
        ks->epochs[at] = ks->epochs[at - 1];
    ks->epochs[at] = *k;
    ks->n_epochs++;
    if (at == ks->n_epochs - 1)
        ks->epoch_seq = ks->next_seq; /* all rows until now are of older epochs */
    return SR_OK;
}

enum sr_err keystore_add_key(struct keystore *ks, const struct keystore_epoch *k)
{
    pthread_mutex_lock(&ks->commit_lock);
    pthread_rwlock_wrlock(&ks->lock);
    enum sr_err e = insert(ks, k);
    pthread_rwlock_unlock(&ks->lock);
    pthread_mutex_unlock(&ks->commit_lock);
    return e;
}

static void drop_before(struct keystore *ks, uint32_t before)
{
    size_t left = 0;
    for (size_t i = 0; i < ks->n_epochs; i++)
        if (ks->epochs[i].epoch >= before || i + 1 == ks->n_epochs)
            ks->epochs[left++] = ks->epochs[i];
    for (size_t i = left; i < ks->n_epochs; i++)
        key_drop(&ks->epochs[i].kek);
    ks->n_epochs = left;
}

enum sr_err keystore_drop_keys(struct keystore *ks, uint32_t before)
{
    pthread_mutex_lock(&ks->commit_lock);
    pthread_rwlock_wrlock(&ks->lock);
    enum sr_err e = index_before(&ks->index, ks->epoch_seq) ? SR_ESTALE : SR_OK;
    if (e == SR_OK)
        drop_before(ks, before);
    pthread_rwlock_unlock(&ks->lock);
    pthread_mutex_unlock(&ks->commit_lock);
    return e;
}

static enum sr_err stop(void *ctx, const struct store_item *item)
{
    (void)ctx, (void)item;
    return SR_ESTALE;
}

static enum sr_err must_be_empty(struct store *s)
{
    SR_OWN(buf) b = { 0 };
    enum sr_err e = store_get(s, head_key(), &b, NULL);
    if (e != SR_ENOENT)
        return e == SR_OK ? SR_ESTALE : e;
#define X(name, byte)                                                                                        \
    SR_TRY(store_list(s, &(struct store_list){ .prefix = SPAN(((uint8_t[]){ byte })), .visit = stop }, NULL));
    KEYSTORE_TABLES(X)
#undef X
    return SR_OK;
}

static enum sr_err first_head(struct keystore *ks)
{
    SR_OWN(buf) sealed = { 0 };
    ks->head.seq = 1;
    ks->next_seq = 2;
    SR_TRY(head_seal(&ks->epochs[0].kek, ks->epochs[0].epoch, &ks->cid, &ks->head, &sealed));
    struct store_cmp absent = { head_key(), 0 };
    struct store_op op = { STORE_PUT, head_key(), buf_span(&sealed) };
    return store_txn(ks->store, &(struct store_txn){ &absent, 1, &op, 1 }, &ks->head_rev);
}

enum sr_err keystore_create(const struct keystore_options *o, struct keystore **ret, struct sr_why *why)
{
    enum sr_err e = must_be_empty(o->store);
    if (e == SR_ESTALE)
        return sr_fail(why, e, R_STATE_EXISTS, "keystore: the store holds one already");
    SR_TRY(e);
    struct keystore *ks = blank(o);
    if (!ks)
        return SR_ENOMEM;
    e = first_head(ks);
    if (e != SR_OK)
        keystore_close(ks);
    else
        *ret = ks;
    return e;
}

/* Reading every row's header into the index and the sum. */
struct load {
    struct keystore *ks;
    struct set_sum sum;
    uint64_t newest_old; /* last commit seen of an older epoch */
    struct row_key last;
    size_t n;
    struct sr_why *why;
};

static enum sr_err load_row(void *ctx, const struct store_item *item)
{
    struct load *l = ctx;
    struct keystore *ks = l->ks;
    SR_OWN(key) kek = { 0 };
    struct row_id id;
    struct row_header h;
    enum keystore_table table;
    if (!row_key_read(item->key, &table, &id) || row_header_read(item->value, &h) != SR_OK ||
        h.table != table || h.seq > ks->head.seq)
        return keystore_tampered(l->why, "a row's key or header is damaged");
    if (keystore_kek(ks, h.epoch, &kek) != SR_OK)
        return sr_fail(l->why, SR_EPROOF, R_EPOCH, "keystore: rows of epoch %u, whose key is not here",
                       h.epoch);
    SR_TRY(index_reserve(&ks->index, 1));
    if (index_get(&ks->index, &id).seq)
        return keystore_tampered(l->why, "a row is there twice");
    l->last = row_key(table, &id);
    set_add(&l->sum, &ks->index_key, &l->last, row_mark(&h));
    index_set(&ks->index, &id, row_mark(&h));
    ks->rows_of[(uint8_t)table]++;
    l->n++;
    if (h.epoch != ks->epochs[ks->n_epochs - 1].epoch && h.seq > l->newest_old)
        l->newest_old = h.seq;
    return SR_OK;
}

static enum sr_err load_table(struct load *l, enum keystore_table table)
{
    uint8_t prefix[1] = { (uint8_t)table };
    l->last = (struct row_key){ 0 };
    do {
        struct store_list page = { .prefix = SPAN(prefix), .limit = PAGE, .visit = load_row, .ctx = l };
        struct row_key after = l->last; /* a copy: the visitor moves the original */
        l->n = 0;
        if (after.b[0])
            page.after = SPAN(after.b);
        SR_TRY(store_list(l->ks->store, &page, NULL));
    } while (l->n == PAGE);
    return SR_OK;
}

static enum sr_err load_head(struct keystore *ks, struct sr_why *why)
{
    SR_OWN(buf) sealed = { 0 };
    SR_OWN(key) kek = { 0 };
    uint32_t epoch;
    enum sr_err e = store_get(ks->store, head_key(), &sealed, &ks->head_rev);
    if (e == SR_ENOENT)
        return keystore_tampered(why, "the head is missing");
    SR_TRY(e);
    if (head_epoch(buf_span(&sealed), &epoch) != SR_OK)
        return keystore_tampered(why, "the head is damaged");
    if (keystore_kek(ks, epoch, &kek) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_EPOCH, "keystore: the head is of epoch %u, whose key is not here",
                       epoch);
    e = head_open(&kek, &ks->cid, buf_span(&sealed), &ks->head);
    if (e == SR_ENOMEM)
        return e;
    if (e != SR_OK)
        return keystore_tampered(why, "the head does not open under these keys");
    ks->next_seq = ks->head.seq + 1;
    return ks->next_seq ? SR_OK : SR_ETOOBIG;
}

static enum sr_err load(struct keystore *ks, struct sr_why *why)
{
    struct load l = { .ks = ks, .why = why };
    SR_TRY(load_head(ks, why));
#define X(name, byte) SR_TRY(load_table(&l, name));
    KEYSTORE_TABLES(X)
#undef X
    if (ks->index.rows != ks->head.rows || !set_eq(&l.sum, &ks->head.sum))
        return keystore_tampered(why, "the rows are not those the head commits to");
    ks->epoch_seq = l.newest_old + 1;
    return SR_OK;
}

enum sr_err keystore_open(const struct keystore_options *o, const struct keystore_epoch *older,
                          size_t n_older, struct keystore **ret, struct sr_why *why)
{
    struct keystore *ks = blank(o);
    enum sr_err e = ks ? SR_OK : SR_ENOMEM;
    for (size_t i = 0; i < n_older && e == SR_OK; i++)
        e = older[i].epoch < o->epoch ? insert(ks, &older[i]) : SR_EBUG;
    if (e == SR_OK)
        e = load(ks, why);
    if (e != SR_OK)
        keystore_close(ks);
    else
        *ret = ks;
    return e;
}
