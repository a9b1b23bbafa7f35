/* Attacks with the disk: rows of a member's keystore changed while it is stopped, or while it runs. The
 * attacker is the host, and another tenant: it wants acme's secret under a name of its own, or acme to be
 * served what is past. */
#include "store/keystore.h"
#include "tests/attacks/lab.h"

struct disk {
    struct store *store;
    struct keystore_options o;
    struct keystore *ks;
};

static const struct keystore_name ACME = { KT_PACKAGE,
                                           { (const uint8_t *)"acme", 4 },
                                           { (const uint8_t *)"db", 2 } };
static const struct keystore_name MINE = { KT_PACKAGE,
                                           { (const uint8_t *)"mine", 4 },
                                           { (const uint8_t *)"db", 2 } };
static const char SECRET[] = "acme's secret", NEWER[] = "acme's newer one", OWN[] = "the attacker's";

static void put(struct disk *d, const struct keystore_name *n, uint64_t version, const char *value)
{
    SR_OWN(keystore_txn) t = { 0 };
    struct keystore_txn *list[] = { &t };
    enum sr_err result = SR_EBUG;
    if (value)
        keystore_txn_put(&t, n, version, 1000, span_of(value));
    else
        keystore_txn_del(&t, n);
    T(keystore_commit(d->ks, &(struct keystore_group){ list, &result, 1, NULL, NULL }, NULL) == SR_OK &&
      result == SR_OK);
}

static struct disk disk_new(const struct lab *l)
{
    struct disk d = { .o = { .cid = l->net.cid, .epoch = 1 } };
    T(store_open("memory:", &d.store, NULL) == SR_OK);
    d.o.store = d.store;
    fill(&d.o.kek, sizeof d.o.kek, "row key");
    fill(&d.o.index, sizeof d.o.index, "index key");
    T(keystore_create(&d.o, &d.ks, NULL) == SR_OK);
    put(&d, &ACME, 1, SECRET);
    put(&d, &MINE, 1, OWN);
    return d;
}

static void disk_end(struct disk *d)
{
    keystore_close(d->ks);
    store_close(d->store);
}

/* Off and on again, with whatever lies there now. */
static bool restart(struct disk *d, struct sr_why *why)
{
    keystore_close(d->ks);
    d->ks = NULL;
    return keystore_open(&d->o, NULL, 0, &d->ks, why) == SR_OK;
}

static bool serves(struct disk *d, const struct keystore_name *n, const char *value, struct sr_why *why)
{
    SR_OWN(keystore_item) it = { 0 };
    return d->ks && keystore_get(d->ks, n, &it, why) == SR_OK &&
           span_eq(secret_span(&it.value), span_of(value));
}

/* ---- what the host does ---- */

struct row {
    struct buf key, bytes;
};
static void row_drop(struct row *r)
{
    buf_drop(&r->key);
    buf_drop(&r->bytes);
}

struct found {
    struct row rows[8];
    size_t n;
};
static void found_drop(struct found *f)
{
    for (size_t i = 0; i < f->n; i++)
        row_drop(&f->rows[i]);
}

static enum sr_err keep(void *ctx, const struct store_item *it)
{
    struct found *f = ctx;
    wr_span(&f->rows[f->n].key, it->key);
    wr_span(&f->rows[f->n++].bytes, it->value);
    return SR_OK;
}

/* The rows of packages: the one written first is acme's (its header says so in the clear), then the
 * attacker's. */
static void look(struct disk *d, struct found *ret)
{
    uint8_t prefix[] = { KT_PACKAGE };
    T(store_list(d->store, &(struct store_list){ .prefix = SPAN(prefix), .visit = keep, .ctx = ret }, NULL) ==
      SR_OK);
    if (ret->n == 2 &&
        ret->rows[0].bytes.p[27] > ret->rows[1].bytes.p[27]) { /* the commit's number, last byte */
        struct row r = ret->rows[0];
        ret->rows[0] = ret->rows[1];
        ret->rows[1] = r;
    }
}

static void write_row(struct disk *d, const struct buf *key, const struct buf *bytes)
{
    struct store_op op = { bytes ? STORE_PUT : STORE_DEL, buf_span(key),
                           bytes ? buf_span(bytes) : (struct span){ 0 } };
    T(store_txn(d->store, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL) == SR_OK);
}

/* ---- the twin, and attacks ---- */

static bool honest_disk(struct lab *l)
{
    struct disk d = disk_new(l);
    put(&d, &ACME, 2, NEWER);
    bool good = restart(&d, NULL) && serves(&d, &ACME, NEWER, NULL) && serves(&d, &MINE, OWN, NULL);
    disk_end(&d);
    return good;
}

/* Each tenant's row in the other's place. */
static bool rows_swapped(struct lab *l, struct sr_why *why)
{
    struct disk d = disk_new(l);
    SR_OWN(found) f = { 0 };
    look(&d, &f);
    write_row(&d, &f.rows[1].key, &f.rows[0].bytes);
    write_row(&d, &f.rows[0].key, &f.rows[1].bytes);
    bool got = restart(&d, why) && serves(&d, &MINE, SECRET, why);
    disk_end(&d);
    return got;
}

static bool rolled_back(struct lab *l, bool running, struct sr_why *why)
{
    struct disk d = disk_new(l);
    SR_OWN(found) f = { 0 };
    look(&d, &f);
    put(&d, &ACME, 2, NEWER);
    write_row(&d, &f.rows[0].key, &f.rows[0].bytes);
    bool got = (running || restart(&d, why)) && serves(&d, &ACME, SECRET, why);
    disk_end(&d);
    return got;
}

static bool row_of_the_past(struct lab *l, struct sr_why *why)
{
    return rolled_back(l, false, why);
}

static bool row_of_the_past_live(struct lab *l, struct sr_why *why)
{
    return rolled_back(l, true, why);
}

static bool hidden(struct lab *l, bool running, struct sr_why *why)
{
    struct disk d = disk_new(l);
    SR_OWN(found) f = { 0 };
    SR_OWN(keystore_item) it = { 0 };
    look(&d, &f);
    write_row(&d, &f.rows[0].key, NULL);
    bool got = (running || restart(&d, why)) && keystore_get(d.ks, &ACME, &it, why) == SR_ENOENT;
    disk_end(&d);
    return got;
}

static bool row_hidden(struct lab *l, struct sr_why *why)
{
    return hidden(l, false, why);
}

static bool row_hidden_live(struct lab *l, struct sr_why *why)
{
    return hidden(l, true, why);
}

/* Deleted by acme, and put back by the host. */
static bool row_undeleted(struct lab *l, struct sr_why *why)
{
    struct disk d = disk_new(l);
    SR_OWN(found) f = { 0 };
    look(&d, &f);
    put(&d, &ACME, 0, NULL);
    T(!serves(&d, &ACME, SECRET, NULL));
    write_row(&d, &f.rows[0].key, &f.rows[0].bytes);
    bool got = restart(&d, why) && serves(&d, &ACME, SECRET, why);
    disk_end(&d);
    return got;
}

/* Version 1 says that it is version 2: the header is in the clear. */
static bool row_renumbered(struct lab *l, struct sr_why *why)
{
    struct disk d = disk_new(l);
    SR_OWN(found) f = { 0 };
    SR_OWN(keystore_item) it = { 0 };
    look(&d, &f);
    f.rows[0].bytes.p[11] = 2; /* u64 version, last byte */
    write_row(&d, &f.rows[0].key, &f.rows[0].bytes);
    bool got = restart(&d, why) && keystore_get(d.ks, &ACME, &it, why) == SR_OK && it.version == 2;
    disk_end(&d);
    return got;
}

/* The keystore of another network whose keys are the same (a copy of the machine that went its own way). */
static bool head_of_another_network(struct lab *l, struct sr_why *why)
{
    struct disk d = disk_new(l);
    d.o.cid.b[0] ^= 1;
    bool got = restart(&d, why);
    disk_end(&d);
    return got;
}

static const struct attack rows[] = {
    { "rows_swapped", honest_disk, rows_swapped, R_STORE_TAMPERED },
    { "row_of_the_past", honest_disk, row_of_the_past, R_STORE_TAMPERED },
    { "row_of_the_past_live", honest_disk, row_of_the_past_live, R_STORE_TAMPERED },
    { "row_hidden", honest_disk, row_hidden, R_STORE_TAMPERED },
    { "row_hidden_live", honest_disk, row_hidden_live, R_STORE_TAMPERED },
    { "row_undeleted", honest_disk, row_undeleted, R_STORE_TAMPERED },
    { "row_renumbered", honest_disk, row_renumbered, R_STORE_TAMPERED },
    { "head_of_another_network", honest_disk, head_of_another_network, R_STORE_TAMPERED },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
