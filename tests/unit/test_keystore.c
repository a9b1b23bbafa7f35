#include "crypto/mode.h"
#include "store/keystore.h"
#include "tests/t.h"

#include <pthread.h>
#include <stdlib.h>

/* A keystore over a store in memory, whose rows the tests change as an enemy with the disk would. */
struct fixture {
    struct store *s;
    struct keystore_options o;
    struct keystore *ks;
};

static struct fixture fixture_of(uint8_t cid)
{
    struct fixture f = { 0 };
    T(store_open("memory:", &f.s, NULL) == SR_OK);
    f.o.store = f.s;
    f.o.epoch = 1;
    memset(f.o.cid.b, cid, sizeof f.o.cid.b);
    memset(f.o.kek.b, 2, sizeof f.o.kek.b);
    memset(f.o.index.b, 3, sizeof f.o.index.b);
    T(keystore_create(&f.o, &f.ks, NULL) == SR_OK);
    return f;
}

static void end(struct fixture *f)
{
    keystore_close(f->ks);
    store_close(f->s);
}

static struct keystore_name named(enum keystore_table t, const char *tenant, const char *name)
{
    return (struct keystore_name){ t, span_of(tenant), span_of(name) };
}

static enum sr_err commit_one(struct keystore *ks, struct keystore_txn *t)
{
    struct keystore_txn *list[] = { t };
    enum sr_err result = SR_EBUG;
    enum sr_err e = keystore_commit(ks, &(struct keystore_group){ list, &result, 1, NULL, NULL }, NULL);
    return e == SR_OK ? result : e;
}

static enum sr_err put(struct keystore *ks, struct keystore_name n, uint64_t version, const char *value)
{
    SR_OWN(keystore_txn) t = { 0 };
    keystore_txn_put(&t, &n, version, 1000 + version, span_of(value));
    return commit_one(ks, &t);
}

static enum sr_err del(struct keystore *ks, struct keystore_name n)
{
    SR_OWN(keystore_txn) t = { 0 };
    keystore_txn_del(&t, &n);
    return commit_one(ks, &t);
}

static bool holds(struct keystore *ks, struct keystore_name n, const char *want)
{
    SR_OWN(keystore_item) it = { 0 };
    enum sr_err e = keystore_get(ks, &n, &it, NULL);
    return want ? e == SR_OK && span_eq(secret_span(&it.value), span_of(want)) : e == SR_ENOENT;
}

static uint64_t seq_of(struct keystore *ks, struct keystore_name n)
{
    SR_OWN(keystore_item) it = { 0 };
    return keystore_get(ks, &n, &it, NULL) == SR_OK ? it.seq : 0;
}

/* Every row of the store, as an enemy copies them. */
struct copied {
    struct buf key, value;
};
struct image {
    struct copied rows[64];
    size_t n;
};

static void image_drop(struct image *m)
{
    for (size_t i = 0; i < m->n; i++) {
        buf_drop(&m->rows[i].key);
        buf_drop(&m->rows[i].value);
    }
    m->n = 0;
}

static enum sr_err copy_row(void *ctx, const struct store_item *it)
{
    struct image *m = ctx;
    wr_span(&m->rows[m->n].key, it->key);
    wr_span(&m->rows[m->n++].value, it->value);
    return SR_OK;
}

static void copy_store(struct store *s, struct image *ret)
{
    image_drop(ret);
    T(store_list(s, &(struct store_list){ .visit = copy_row, .ctx = ret }, NULL) == SR_OK);
}

static void write_row(struct store *s, struct span key, struct span value)
{
    struct store_op op = { STORE_PUT, key, value };
    T(store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL) == SR_OK);
}

static void erase_row(struct store *s, struct span key)
{
    struct store_op op = { .kind = STORE_DEL, .key = key };
    T(store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL) == SR_OK);
}

/* What a fresh start and then a full read say about the store as it is now. */
static enum sr_reason verdict(const struct keystore_options *o)
{
    struct keystore *ks = NULL;
    struct sr_why why = { 0 };
    enum sr_err e = keystore_open(o, NULL, 0, &ks, &why);
    if (e == SR_OK)
        e = keystore_scrub(ks, &why);
    keystore_close(ks);
    return e == SR_OK ? R_NONE : why.reason;
}

static void what_is_put_is_got_back_and_survives(void)
{
    struct fixture f = fixture_of(1);
    SR_OWN(keystore_item) it = { 0 };
    struct keystore_name n = named(KT_PACKAGE, "acme", "db/password");
    T(put(f.ks, n, 7, "hunter2") == SR_OK);
    T(keystore_get(f.ks, &n, &it, NULL) == SR_OK);
    T(it.version == 7 && it.created_at == 1007 && it.seq == 2 && it.epoch == 1);
    T(holds(f.ks, named(KT_PACKAGE, "acme", "other"), NULL));
    T(holds(f.ks, named(KT_PACKAGE, "acm", "edb/password"), NULL));
    T(holds(f.ks, named(KT_POLICY, "acme", "db/password"), NULL));
    T(put(f.ks, named(KT_PACKAGE, "acme", "gone"), 1, "x") == SR_OK);
    T(del(f.ks, named(KT_PACKAGE, "acme", "gone")) == SR_OK);
    T(put(f.ks, named(KT_SETTING, "", "empty"), 1, "") == SR_OK);
    struct keystore_head before = keystore_head(f.ks);
    keystore_close(f.ks);
    T(keystore_open(&f.o, NULL, 0, &f.ks, NULL) == SR_OK);
    struct keystore_head after = keystore_head(f.ks);
    T(before.seq == after.seq && after.seq == 5 && after.rows == 2 && sha256_eq(&before.chain, &after.chain));
    T(holds(f.ks, n, "hunter2") && holds(f.ks, named(KT_SETTING, "", "empty"), ""));
    T(holds(f.ks, named(KT_PACKAGE, "acme", "gone"), NULL));
    T(put(f.ks, n, 8, "hunter3") == SR_OK && seq_of(f.ks, n) == 6);
    end(&f);
}

static bool contains(struct span hay, const char *needle)
{
    return hay.n && memmem(hay.p, hay.n, needle, strlen(needle)) != NULL;
}

static void the_store_shows_neither_names_nor_values(void)
{
    struct fixture f = fixture_of(1);
    SR_OWN(image) m = { 0 };
    T(put(f.ks, named(KT_PACKAGE, "tenant-name", "secret-name"), 1, "secret-value") == SR_OK);
    copy_store(f.s, &m);
    T(m.n == 2);
    for (size_t i = 0; i < m.n; i++) {
        T(!contains(buf_span(&m.rows[i].key), "name") && !contains(buf_span(&m.rows[i].value), "name"));
        T(!contains(buf_span(&m.rows[i].value), "value"));
    }
    end(&f);
}

static void a_second_keystore_is_refused(void)
{
    struct fixture f = fixture_of(1);
    struct sr_why why = { 0 };
    struct keystore *other = NULL;
    T(keystore_create(&f.o, &other, &why) == SR_ESTALE && why.reason == R_STATE_EXISTS);
    T(put(f.ks, named(KT_SETTING, "", "a"), 1, "v") == SR_OK);
    erase_row(f.s, SPAN_STR("H"));
    T(keystore_create(&f.o, &other, &why) == SR_ESTALE && why.reason == R_STATE_EXISTS);
    T(verdict(&f.o) == R_STORE_TAMPERED);
    end(&f);
}

static void expectations_compare_commits(void)
{
    struct fixture f = fixture_of(1);
    struct keystore_name a = named(KT_SETTING, "", "a"), b = named(KT_SETTING, "", "b");
    T(put(f.ks, a, 1, "1") == SR_OK);
    static const struct {
        uint64_t a, b;
        enum sr_err want;
    } rows[] = {
        { 0, 0, SR_ESTALE }, { 3, 0, SR_ESTALE }, { 2, 1, SR_ESTALE }, { 2, 0, SR_OK }, { 2, 0, SR_ESTALE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(keystore_txn) t = { 0 };
        keystore_txn_expect(&t, &a, rows[i].a);
        keystore_txn_expect(&t, &b, rows[i].b);
        keystore_txn_put(&t, &a, 1, 1, span_of("new"));
        T(commit_one(f.ks, &t) == rows[i].want);
    }
    T(holds(f.ks, a, "new"));
    end(&f);
}

static enum sr_err number_leaves(void *ctx, const enum sr_err *results, size_t n, struct keystore_txn *add)
{
    uint8_t *next = ctx;
    for (size_t i = 0; i < n; i++)
        if (results[i] == SR_OK) {
            uint8_t key[1] = { (*next)++ }, who[1] = { (uint8_t)i };
            keystore_txn_raw(add, KR_LEAF, SPAN(key), SPAN(who));
        }
    return SR_OK;
}

static void a_group_commits_those_that_hold_and_numbers_their_leaves(void)
{
    struct fixture f = fixture_of(1);
    struct keystore_txn t[6] = { 0 };
    struct keystore_txn *list[] = { &t[0], &t[1], &t[2], &t[3], &t[4], &t[5] };
    enum sr_err results[6];
    uint8_t next = 10;
    uint64_t seq = 0;
    struct keystore_name a = named(KT_SETTING, "", "a"), b = named(KT_SETTING, "", "b");
    struct keystore_name c = named(KT_SETTING, "", "c"), nameless = named(KT_SETTING, "", "");
    keystore_txn_put(&t[0], &a, 1, 1, span_of("0"));
    keystore_txn_put(&t[1], &a, 1, 1, span_of("1")); /* touches what 0 writes */
    keystore_txn_expect(&t[2], &b, 9);               /* fails */
    keystore_txn_put(&t[2], &c, 1, 1, span_of("2"));
    keystore_txn_put(&t[3], &c, 1, 1, span_of("3")); /* 2 left no trace */
    keystore_txn_put(&t[4], &nameless, 1, 1, span_of("4"));
    keystore_txn_put(&t[5], &b, 1, 1, span_of("5"));
    keystore_txn_put(&t[5], &b, 1, 1, span_of("6")); /* twice */
    struct keystore_group g = { list, results, 6, number_leaves, &next };
    T(keystore_commit(f.ks, &g, &seq) == SR_OK && seq == 2);
    T(results[0] == SR_OK && results[1] == SR_ESTALE && results[2] == SR_ESTALE && results[3] == SR_OK);
    T(results[4] == SR_EFORMAT && results[5] == SR_EFORMAT);
    T(holds(f.ks, a, "0") && holds(f.ks, b, NULL) && holds(f.ks, c, "3") && next == 12);
    SR_OWN(buf) leaf = { 0 };
    T(keystore_raw_get(f.ks, KR_LEAF, SPAN_STR("\x0b"), &leaf) == SR_OK && leaf.n == 1 && leaf.p[0] == 3);
    T(verdict(&f.o) == R_NONE);
    for (size_t i = 0; i < 6; i++)
        keystore_txn_drop(&t[i]);
    end(&f);
}

static enum sr_err refuse(void *ctx, const enum sr_err *results, size_t n, struct keystore_txn *add)
{
    (void)ctx, (void)results, (void)n, (void)add;
    return SR_EDENIED;
}

static void the_last_word_can_end_a_group(void)
{
    struct fixture f = fixture_of(1);
    SR_OWN(keystore_txn) t = { 0 };
    struct keystore_txn *list[] = { &t };
    enum sr_err result = SR_OK;
    struct keystore_name a = named(KT_SETTING, "", "a");
    keystore_txn_put(&t, &a, 1, 1, span_of("x"));
    T(keystore_commit(f.ks, &(struct keystore_group){ list, &result, 1, refuse, NULL }, NULL) == SR_EDENIED);
    T(result == SR_EDENIED && holds(f.ks, a, NULL) && keystore_head(f.ks).seq == 1);
    T(put(f.ks, a, 1, "y") == SR_OK && verdict(&f.o) == R_NONE);
    end(&f);
}

/* A store of five rows in two tables and of two tenants, one of them overwritten. */
static struct fixture five_rows(uint8_t cid)
{
    struct fixture f = fixture_of(cid);
    T(put(f.ks, named(KT_PACKAGE, "acme", "one"), 1, "v1") == SR_OK);
    T(put(f.ks, named(KT_PACKAGE, "acme", "two"), 1, "v2") == SR_OK);
    T(put(f.ks, named(KT_PACKAGE, "bolt", "one"), 1, "v3") == SR_OK);
    T(put(f.ks, named(KT_POLICY, "acme", "one"), 1, "v4") == SR_OK);
    T(put(f.ks, named(KT_PACKAGE, "acme", "one"), 2, "v5") == SR_OK);
    return f;
}

static void any_two_rows_swapped_are_found(void)
{
    struct fixture f = five_rows(1);
    SR_OWN(image) m = { 0 };
    copy_store(f.s, &m);
    T(m.n == 5 && verdict(&f.o) == R_NONE);
    for (size_t i = 0; i < m.n; i++)
        for (size_t j = 0; j < m.n; j++) {
            if (i == j)
                continue;
            /* A row in the head's place claims an epoch before anything can be checked. */
            enum sr_reason over = m.rows[i].key.p[0] == 'H' ? R_EPOCH : R_STORE_TAMPERED;
            enum sr_reason swap = m.rows[j].key.p[0] == 'H' ? R_EPOCH : over;
            write_row(f.s, buf_span(&m.rows[i].key), buf_span(&m.rows[j].value)); /* a copy over another */
            T(verdict(&f.o) == over);
            write_row(f.s, buf_span(&m.rows[j].key), buf_span(&m.rows[i].value)); /* and the swap */
            T(verdict(&f.o) == swap);
            write_row(f.s, buf_span(&m.rows[i].key), buf_span(&m.rows[i].value));
            write_row(f.s, buf_span(&m.rows[j].key), buf_span(&m.rows[j].value));
        }
    T(verdict(&f.o) == R_NONE);
    end(&f);
}

static void every_bit_of_every_row_counts(void)
{
    struct fixture f = five_rows(1);
    SR_OWN(image) m = { 0 };
    size_t flips = 0, missed = 0;
    copy_store(f.s, &m);
    for (size_t i = 0; i < m.n; i++)
        for (size_t bit = 0; bit < m.rows[i].value.n * 8; bit++, flips++) {
            m.rows[i].value.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            write_row(f.s, buf_span(&m.rows[i].key), buf_span(&m.rows[i].value));
            missed += verdict(&f.o) == R_NONE;
            m.rows[i].value.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            write_row(f.s, buf_span(&m.rows[i].key), buf_span(&m.rows[i].value));
        }
    T(flips > 6000 && missed == 0);
    for (size_t i = 0; i < m.n; i++)
        for (size_t n = 0; n < m.rows[i].value.n; n++) {
            write_row(f.s, buf_span(&m.rows[i].key), (struct span){ m.rows[i].value.p, n });
            missed += verdict(&f.o) == R_NONE;
            write_row(f.s, buf_span(&m.rows[i].key), buf_span(&m.rows[i].value));
        }
    T(missed == 0 && verdict(&f.o) == R_NONE);
    end(&f);
}

/* Each bit of a row's key: the row is gone from its place and stands where none belongs. */
static void every_bit_of_every_key_counts(void)
{
    struct fixture f = five_rows(1);
    SR_OWN(image) m = { 0 };
    size_t missed = 0;
    copy_store(f.s, &m);
    for (size_t i = 0; i < m.n; i++)
        for (size_t bit = 0; bit < m.rows[i].key.n * 8; bit++) {
            erase_row(f.s, buf_span(&m.rows[i].key));
            m.rows[i].key.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            write_row(f.s, buf_span(&m.rows[i].key), buf_span(&m.rows[i].value));
            missed += verdict(&f.o) == R_NONE;
            erase_row(f.s, buf_span(&m.rows[i].key));
            m.rows[i].key.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            write_row(f.s, buf_span(&m.rows[i].key), buf_span(&m.rows[i].value));
        }
    T(missed == 0 && verdict(&f.o) == R_NONE);
    end(&f);
}

static void a_row_of_the_past_is_found_at_start_and_while_running(void)
{
    struct fixture f = fixture_of(1);
    SR_OWN(image) old = { 0 };
    SR_OWN(image) now = { 0 };
    struct keystore_name a = named(KT_PACKAGE, "t", "a"), b = named(KT_PACKAGE, "t", "b");
    struct sr_why why = { 0 };
    SR_OWN(keystore_item) it = { 0 };
    T(put(f.ks, a, 1, "old") == SR_OK && put(f.ks, b, 1, "stays") == SR_OK);
    copy_store(f.s, &old);
    T(put(f.ks, a, 2, "new") == SR_OK && verdict(&f.o) == R_NONE);
    copy_store(f.s, &now);
    for (size_t i = 0; i < old.n; i++) {
        if (span_eq(buf_span(&old.rows[i].value), buf_span(&now.rows[i].value)))
            continue;
        write_row(f.s, buf_span(&old.rows[i].key), buf_span(&old.rows[i].value));
        T(verdict(&f.o) == R_STORE_TAMPERED); /* the row alone, and the head alone */
        write_row(f.s, buf_span(&now.rows[i].key), buf_span(&now.rows[i].value));
    }
    T(verdict(&f.o) == R_NONE);
    for (size_t i = 0; i < old.n; i++)
        write_row(f.s, buf_span(&old.rows[i].key), buf_span(&old.rows[i].value));
    T(verdict(&f.o) == R_NONE); /* the whole of an old store: level "none", specs/keystore.md section 6 */
    T(keystore_get(f.ks, &a, &it, &why) == SR_EPROOF && why.reason == R_STORE_TAMPERED); /* but not live */
    T(keystore_scrub(f.ks, &why) == SR_EPROOF && why.reason == R_STORE_TAMPERED);
    T(holds(f.ks, b, "stays"));
    T(put(f.ks, b, 2, "x") == SR_EIO); /* the head is not the one it wrote */
    T(keystore_get(f.ks, &b, &it, &why) == SR_EIO);
    end(&f);
}

static enum sr_err ignore(void *ctx, const struct keystore_name *name, const struct keystore_item *item)
{
    (void)name, (void)item;
    (*(size_t *)ctx)++;
    return SR_OK;
}

static void a_hidden_row_and_a_deleted_one_come_back_are_found(void)
{
    struct fixture f = five_rows(1);
    SR_OWN(image) m = { 0 };
    SR_OWN(keystore_item) it = { 0 };
    struct sr_why why = { 0 };
    size_t n = 0;
    struct keystore_name one = named(KT_POLICY, "acme", "one");
    copy_store(f.s, &m);
    T(del(f.ks, one) == SR_OK && holds(f.ks, one, NULL));
    T(keystore_list(f.ks, KT_POLICY, ignore, &n, &why) == SR_OK && n == 0);
    size_t back = 0;
    for (size_t i = 0; i < m.n; i++)
        if (m.rows[i].key.p[0] == KT_POLICY) {
            write_row(f.s, buf_span(&m.rows[i].key), buf_span(&m.rows[i].value));
            back++;
        }
    T(back == 1 && keystore_get(f.ks, &one, &it, &why) == SR_EPROOF && why.reason == R_STORE_TAMPERED);
    T(keystore_list(f.ks, KT_POLICY, ignore, &n, &why) == SR_EPROOF && verdict(&f.o) == R_STORE_TAMPERED);
    for (size_t i = 0; i < m.n; i++)
        if (m.rows[i].key.p[0] != 'H')
            erase_row(f.s, buf_span(&m.rows[i].key));
    why = (struct sr_why){ 0 };
    T(keystore_list(f.ks, KT_PACKAGE, ignore, &n, &why) == SR_EPROOF && why.reason == R_STORE_TAMPERED);
    T(keystore_get(f.ks, &(struct keystore_name){ KT_PACKAGE, span_of("acme"), span_of("two") }, &it, &why) ==
      SR_EPROOF);
    T(verdict(&f.o) == R_STORE_TAMPERED);
    end(&f);
}

static void another_network_key_or_epoch_opens_nothing(void)
{
    struct fixture a = five_rows(1), b = five_rows(9);
    SR_OWN(image) of_b = { 0 };
    copy_store(b.s, &of_b);
    struct keystore_options o = a.o;
    o.cid.b[0] ^= 1;
    T(verdict(&o) == R_STORE_TAMPERED);
    o = a.o;
    o.kek.b[31] ^= 1;
    T(verdict(&o) == R_STORE_TAMPERED);
    o = a.o;
    o.index.b[0] ^= 1;
    T(verdict(&o) == R_STORE_TAMPERED);
    o = a.o;
    o.epoch = 2;
    T(verdict(&o) == R_EPOCH);
    for (size_t i = 0; i < of_b.n;
         i++) /* same keys, same names, other cid: row by row, then all but the head */
        if (of_b.rows[i].key.p[0] != 'H') {
            write_row(a.s, buf_span(&of_b.rows[i].key), buf_span(&of_b.rows[i].value));
            T(verdict(&a.o) == R_STORE_TAMPERED);
        }
    end(&a);
    end(&b);
}

static enum sr_err collect(void *ctx, const struct keystore_name *name, const struct keystore_item *item)
{
    char *text = ctx;
    strncat(text, (const char *)name->tenant.p, name->tenant.n);
    strcat(text, "/");
    strncat(text, (const char *)name->name.p, name->name.n);
    strcat(text, "=");
    strncat(text, (const char *)item->value.p, item->value.n);
    strcat(text, " ");
    return SR_OK;
}

static void a_list_recovers_names_and_values(void)
{
    struct fixture f = five_rows(1);
    char text[256] = "";
    T(keystore_list(f.ks, KT_PACKAGE, collect, text, NULL) == SR_OK);
    T(strstr(text, "acme/one=v5 ") && strstr(text, "acme/two=v2 ") && strstr(text, "bolt/one=v3 "));
    T(strlen(text) == 36);
    end(&f);
}

static void rotation_seals_every_row_anew_and_can_stop_anywhere(void)
{
    struct fixture f = fixture_of(1);
    struct keystore_epoch two = { 2, { { 7 } } };
    struct keystore_epoch one = { 1, f.o.kek };
    char name[16];
    size_t left = 0;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "%d", i);
        T(put(f.ks, named(i % 2 ? KT_PACKAGE : KT_MEMBER, "t", name), 1, name) == SR_OK);
    }
    T(keystore_rewrap(f.ks, 10, &left) == SR_OK && left == 0);
    T(keystore_add_key(f.ks, &two) == SR_OK && keystore_add_key(f.ks, &two) == SR_ESTALE);
    T(keystore_rewrap(f.ks, 30, &left) == SR_OK && left == 170);
    keystore_close(f.ks);
    f.ks = NULL;
    struct keystore_options o = f.o;
    o.epoch = 2;
    o.kek = two.kek;
    T(verdict(&o) == R_EPOCH && verdict(&f.o) == R_EPOCH);
    T(keystore_open(&o, &one, 1, &f.ks, NULL) == SR_OK);
    T(put(f.ks, named(KT_MEMBER, "t", "0"), 2, "0") == SR_OK);
    for (int i = 0; left > 0 && i < 20; i++)
        T(keystore_rewrap(f.ks, 30, &left) == SR_OK);
    T(left == 0 && verdict(&o) == R_NONE);
    T(holds(f.ks, named(KT_PACKAGE, "t", "199"), "199") && keystore_head(f.ks).rows == 200);
    end(&f);
}

static void keys_are_forgotten_once_no_row_needs_them(void)
{
    struct fixture f = fixture_of(1);
    const struct keystore_epoch two = { 2, { { 7 } } }, three = { 3, { { 8 } } };
    size_t left = 1;
    T(put(f.ks, named(KT_MEMBER, "t", "a"), 1, "a") == SR_OK);
    T(keystore_add_key(f.ks, &two) == SR_OK && keystore_add_key(f.ks, &three) == SR_OK);
    T(keystore_drop_keys(f.ks, 3) == SR_ESTALE && holds(f.ks, named(KT_MEMBER, "t", "a"), "a"));
    T(keystore_rewrap(f.ks, 30, &left) == SR_OK && left == 0);
    T(keystore_drop_keys(f.ks, 2) == SR_OK && keystore_drop_keys(f.ks, 9) == SR_OK); /* the newest stays */
    T(keystore_drop_keys(f.ks, 9) == SR_OK);
    T(holds(f.ks, named(KT_MEMBER, "t", "a"), "a"));
    T(put(f.ks, named(KT_MEMBER, "t", "b"), 1, "b") == SR_OK && holds(f.ks, named(KT_MEMBER, "t", "b"), "b"));
    T(keystore_add_key(f.ks, &two) == SR_OK); /* it was gone: an older one goes below the newest again */
    struct keystore_options o = f.o;
    o.epoch = 3;
    o.kek = three.kek;
    T(verdict(&o) == R_NONE); /* nothing there needs another */
    end(&f);
}

static void the_clear_area_works_without_keys(void)
{
    struct fixture f = fixture_of(1);
    SR_OWN(buf) b = { 0 };
    SR_OWN(keystore_txn) t = { 0 };
    T(keystore_clear_get(f.s, KC_GENESIS, &b) == SR_ENOENT);
    T(keystore_clear_put(f.s, KC_GENESIS, span_of("record")) == SR_OK);
    keystore_txn_clear(&t, KC_AK_CERT, span_of("cert"));
    T(commit_one(f.ks, &t) == SR_OK);
    T(keystore_clear_get(f.s, KC_GENESIS, &b) == SR_OK && span_eq(buf_span(&b), span_of("record")));
    T(keystore_clear_get(f.s, KC_AK_CERT, &b) == SR_OK && span_eq(buf_span(&b), span_of("cert")));
    T(verdict(&f.o) == R_NONE);
    end(&f);
}

static void limits_are_exact(void)
{
    struct fixture f = fixture_of(1);
    static char name[KEYSTORE_NAME_MAX + 1], tenant[KEYSTORE_TENANT_MAX + 1];
    static uint8_t value[KEYSTORE_VALUE_MAX + 1];
    struct keystore_name n = { KT_PACKAGE,
                               { (uint8_t *)tenant, KEYSTORE_TENANT_MAX },
                               { (uint8_t *)name, KEYSTORE_NAME_MAX } };
    static const struct {
        size_t tenant, name, value;
        enum sr_err want;
    } rows[] = {
        { 0, 0, 0, SR_OK },
        { 0, 0, 1, SR_ETOOBIG },
        { 1, 0, 0, SR_EFORMAT },
        { 0, 1, 0, SR_EFORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(keystore_txn) t = { 0 };
        struct keystore_name over = n;
        over.tenant.n += rows[i].tenant;
        over.name.n += rows[i].name;
        keystore_txn_put(&t, &over, 1, 1, (struct span){ value, KEYSTORE_VALUE_MAX + rows[i].value });
        T(commit_one(f.ks, &t) == rows[i].want);
    }
    SR_OWN(keystore_item) it = { 0 };
    T(keystore_get(f.ks, &n, &it, NULL) == SR_OK && it.value.n == KEYSTORE_VALUE_MAX);
    struct keystore_name wrong = n;
    wrong.table = (enum keystore_table)'z';
    T(keystore_get(f.ks, &wrong, &it, NULL) == SR_EFORMAT);
    end(&f);
}

struct actor {
    struct keystore *ks;
    int id;
};

static void *act(void *ctx)
{
    struct actor *a = ctx;
    char name[8];
    snprintf(name, sizeof name, "%d", a->id);
    for (int i = 0; i < 60; i++) {
        if (a->id < 2 && put(a->ks, named(KT_SETTING, "", name), (uint64_t)i, name) != SR_OK)
            abort();
        if (!holds(a->ks, named(KT_SETTING, "", "shared"), "v"))
            abort();
        size_t n = 0;
        SR_OWN(keystore_item) it = { 0 };
        enum sr_err e =
            keystore_get(a->ks, &(struct keystore_name){ KT_SETTING, { 0 }, SPAN_STR("1") }, &it, NULL);
        if ((e != SR_OK && e != SR_ENOENT) || keystore_list(a->ks, KT_SETTING, ignore, &n, NULL) != SR_OK ||
            n < 1)
            abort();
    }
    return NULL;
}

static void readers_beside_writers_never_see_tampering(void)
{
    struct fixture f = fixture_of(1);
    pthread_t t[4];
    struct actor a[4];
    T(put(f.ks, named(KT_SETTING, "", "shared"), 1, "v") == SR_OK);
    for (int i = 0; i < 4; i++) {
        a[i] = (struct actor){ f.ks, i };
        pthread_create(&t[i], NULL, act, &a[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    T(keystore_head(f.ks).seq == 122 && verdict(&f.o) == R_NONE);
    end(&f);
}

static void no_two_kinds_of_row_share_a_first_byte(void)
{
    bool used[256] = { ['C'] = true, ['H'] = true };
#define X(name, byte)                                                                                        \
    T(!used[byte]);                                                                                          \
    used[byte] = true;
    KEYSTORE_TABLES(X)
    KEYSTORE_RAWS(X)
#undef X
}

int main(void)
{
    T(secret_init() == SR_OK);
    what_is_put_is_got_back_and_survives();
    the_store_shows_neither_names_nor_values();
    a_second_keystore_is_refused();
    expectations_compare_commits();
    a_group_commits_those_that_hold_and_numbers_their_leaves();
    the_last_word_can_end_a_group();
    any_two_rows_swapped_are_found();
    every_bit_of_every_row_counts();
    every_bit_of_every_key_counts();
    a_row_of_the_past_is_found_at_start_and_while_running();
    a_hidden_row_and_a_deleted_one_come_back_are_found();
    another_network_key_or_epoch_opens_nothing();
    a_list_recovers_names_and_values();
    rotation_seals_every_row_anew_and_can_stop_anywhere();
    keys_are_forgotten_once_no_row_needs_them();
    the_clear_area_works_without_keys();
    limits_are_exact();
    readers_beside_writers_never_see_tampering();
    no_two_kinds_of_row_share_a_first_byte();
    return t_end();
}
