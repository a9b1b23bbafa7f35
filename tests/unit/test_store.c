/* The one suite that every back end passes. Durable ones live in a fresh folder each time. */
#include "crypto/file.h"
#include "crypto/secret.h"
#include "store/store.h"
#include "tests/t.h"

#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int rm(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st, (void)kind, (void)f;
    return remove(path);
}

static void fresh_folder(void)
{
    if (folder[0])
        nftw(folder, rm, 8, FTW_DEPTH | FTW_PHYS);
    strcpy(folder, "/tmp/sealring-store-XXXXXX");
    T(mkdtemp(folder) != NULL);
}

static const char *url(const struct store_ops *o)
{
    static char text[128];
    if (strcmp(o->scheme, "memory") == 0)
        return "memory:";
    snprintf(text, sizeof text, "%s:%s/store.db", o->scheme, folder);
    return text;
}

static struct store *open_fresh(const struct store_ops *o)
{
    struct store *s = NULL;
    struct sr_why why = { 0 };
    fresh_folder();
    T_ROW(store_open(url(o), &s, &why) == SR_OK, why.text);
    if (!s)
        exit(1);
    return s;
}

static enum sr_err put(struct store *s, const char *key, const char *value, uint64_t *rev)
{
    struct store_op op = { STORE_PUT, span_of(key), span_of(value) };
    return store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, rev);
}

static enum sr_err del(struct store *s, const char *key)
{
    struct store_op op = { .kind = STORE_DEL, .key = span_of(key) };
    return store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL);
}

static enum sr_err put_if(struct store *s, const char *key, uint64_t mod_rev, const char *value)
{
    struct store_cmp cmp = { span_of(key), mod_rev };
    struct store_op op = { STORE_PUT, span_of(key), span_of(value) };
    return store_txn(s, &(struct store_txn){ &cmp, 1, &op, 1 }, NULL);
}

static bool holds(struct store *s, const char *key, const char *value)
{
    SR_OWN(buf) b = { 0 };
    enum sr_err e = store_get(s, span_of(key), &b, NULL);
    return value ? e == SR_OK && span_eq(buf_span(&b), span_of(value)) : e == SR_ENOENT;
}

static void a_transaction_moves_the_one_revision_by_one(struct store *s)
{
    uint64_t rev = 0, mod = 0;
    SR_OWN(buf) b = { 0 };
    T(store_sync(s, &rev) == SR_OK && rev == 0);
    T(put(s, "a", "1", &rev) == SR_OK && rev == 1);
    T(put(s, "b", "2", &rev) == SR_OK && rev == 2);
    T(store_get(s, span_of("a"), &b, &mod) == SR_OK && mod == 1);
    T(put(s, "a", "3", &rev) == SR_OK && rev == 3);
    T(store_get(s, span_of("a"), &b, &mod) == SR_OK && mod == 3 && span_eq(buf_span(&b), span_of("3")));
    T(store_sync(s, &rev) == SR_OK && rev == 3);
    T(del(s, "nothing") == SR_OK);
}

static void compares_decide_all_or_nothing(struct store *s)
{
    T(put_if(s, "x", 0, "first") == SR_OK);
    T(put_if(s, "x", 0, "again") == SR_ESTALE);
    T(put_if(s, "x", 7, "again") == SR_ESTALE);
    T(put_if(s, "y", 1, "absent") == SR_ESTALE);
    T(put_if(s, "x", 1, "second") == SR_OK && holds(s, "x", "second"));
    struct store_cmp cmps[] = { { span_of("x"), 2 }, { span_of("z"), 5 } };
    struct store_op ops[] = { { STORE_PUT, span_of("n"), span_of("v") },
                              { .kind = STORE_DEL, .key = span_of("x") } };
    T(store_txn(s, &(struct store_txn){ cmps, 2, ops, 2 }, NULL) == SR_ESTALE);
    T(holds(s, "n", NULL) && holds(s, "x", "second"));
    T(store_txn(s, &(struct store_txn){ cmps, 1, ops, 2 }, NULL) == SR_OK);
    T(holds(s, "n", "v") && holds(s, "x", NULL));
    T(put_if(s, "x", 0, "reborn") == SR_OK);
    uint64_t rev;
    T(store_sync(s, &rev) == SR_OK && rev == 4);
}

static void ops_of_one_transaction_apply_in_order(struct store *s)
{
    struct store_op ops[] = { { STORE_PUT, span_of("k"), span_of("1") },
                              { .kind = STORE_DEL, .key = span_of("k") },
                              { STORE_PUT, span_of("k"), span_of("2") } };
    T(store_txn(s, &(struct store_txn){ .ops = ops, .n_ops = 3 }, NULL) == SR_OK && holds(s, "k", "2"));
    T(store_txn(s, &(struct store_txn){ .ops = ops, .n_ops = 2 }, NULL) == SR_OK && holds(s, "k", NULL));
}

static void bytes_are_opaque_and_limits_are_exact(struct store *s)
{
    static uint8_t big[STORE_VALUE_MAX + 1], key[STORE_KEY_MAX + 1];
    struct store_op ops[2] = { { STORE_PUT, { (const uint8_t *)"\0\xff\0", 3 }, { 0 } } };
    struct store_txn t = { .ops = ops, .n_ops = 1 };
    SR_OWN(buf) b = { 0 };
    T(store_txn(s, &t, NULL) == SR_OK);
    T(store_get(s, ops[0].key, &b, NULL) == SR_OK && b.n == 0);
    random_fill(big, sizeof big);
    ops[0].value = (struct span){ big, STORE_VALUE_MAX };
    ops[0].key = (struct span){ key, STORE_KEY_MAX };
    T(store_txn(s, &t, NULL) == SR_OK);
    T(store_get(s, ops[0].key, &b, NULL) == SR_OK && span_eq(buf_span(&b), ops[0].value));
    ops[0].value.n++;
    T(store_txn(s, &t, NULL) == SR_ETOOBIG);
    ops[0].value.n = 1;
    ops[0].key.n++;
    T(store_txn(s, &t, NULL) == SR_ETOOBIG && store_get(s, ops[0].key, &b, NULL) == SR_ETOOBIG);
    ops[0].key.n = 0;
    T(store_txn(s, &t, NULL) == SR_ETOOBIG && store_get(s, ops[0].key, &b, NULL) == SR_ETOOBIG);
    static struct store_op many[STORE_TXN_OPS + 1];
    T(store_txn(s, &(struct store_txn){ .ops = many, .n_ops = STORE_TXN_OPS + 1 }, NULL) == SR_ETOOBIG);
    for (size_t i = 0; i < 33; i++)
        many[i] = (struct store_op){ STORE_PUT, { key, i + 1 }, { big, STORE_VALUE_MAX } };
    T(store_txn(s, &(struct store_txn){ .ops = many, .n_ops = 33 }, NULL) == SR_ETOOBIG);
    uint64_t rev;
    T(store_sync(s, &rev) == SR_OK && rev == 2);
}

struct seen {
    char text[256];
    size_t n;
    enum sr_err answer;
};

static enum sr_err see(void *ctx, const struct store_item *item)
{
    struct seen *l = ctx;
    l->n++;
    strncat(l->text, (const char *)item->key.p, item->key.n);
    strcat(l->text, " ");
    return l->answer;
}

static void lists_are_ordered_bounded_and_paged(struct store *s)
{
    static const struct {
        const char *prefix, *after;
        size_t limit;
        const char *want;
    } rows[] = {
        { "", "", 0, "a a/1 a/2 a/3 b b/1 " },
        { "a", "", 0, "a a/1 a/2 a/3 " },
        { "a/", "", 0, "a/1 a/2 a/3 " },
        { "a/", "", 2, "a/1 a/2 " },
        { "a/", "a/2", 0, "a/3 " },
        { "a/", "a/3", 0, "" },
        { "a/", "a", 0, "a/1 a/2 a/3 " },
        { "a/", "a/", 1, "a/1 " },
        { "a/", "b", 0, "" },
        { "c", "", 0, "" },
        { "", "a/15", 2, "a/2 a/3 " },
        { "b", "a", 9, "b b/1 " },
    };
    static const char *const keys[] = { "b/1", "a", "a/3", "b", "a/1", "a/2" };
    for (size_t i = 0; i < 6; i++)
        T(put(s, keys[i], "v", NULL) == SR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen seen = { 0 };
        uint64_t rev = 0;
        struct store_list l = { span_of(rows[i].prefix), span_of(rows[i].after), rows[i].limit, see, &seen };
        T(store_list(s, &l, &rev) == SR_OK && rev == 6);
        T_ROW(strcmp(seen.text, rows[i].want) == 0, rows[i].want);
    }
    struct seen stop = { .answer = SR_EDENIED };
    T(store_list(s, &(struct store_list){ .visit = see, .ctx = &stop }, NULL) == SR_EDENIED && stop.n == 1);
    T(store_list(s, &(struct store_list){ .visit = see, .ctx = &stop, .limit = STORE_LIST_MAX + 1 }, NULL) ==
      SR_ETOOBIG);
}

static enum sr_err note(void *ctx, const struct store_change *c)
{
    struct seen *l = ctx;
    size_t at = strlen(l->text);
    snprintf(l->text + at, sizeof l->text - at, "%d%c%.*s ", (int)c->rev, c->kind == STORE_PUT ? '+' : '-',
             (int)c->key.n, (const char *)c->key.p);
    l->n++;
    return l->answer;
}

static void a_watch_resumes_without_gaps(struct store *s)
{
    struct seen seen = { 0 };
    uint64_t next = 0;
    struct store_watch w = { .prefix = span_of("a"), .from_rev = 1, .visit = note, .ctx = &seen };
    T(store_watch(s, &w, &next) == SR_OK && next == 1 && seen.n == 0);
    T(put(s, "a1", "", NULL) == SR_OK && put(s, "b", "", NULL) == SR_OK && del(s, "a1") == SR_OK);
    T(store_watch(s, &w, &next) == SR_OK && next == 4 && strcmp(seen.text, "1+a1 3-a1 ") == 0);
    w.from_rev = next;
    T(put(s, "a2", "", NULL) == SR_OK);
    T(store_watch(s, &w, &next) == SR_OK && next == 5 && strcmp(seen.text, "1+a1 3-a1 4+a2 ") == 0);
    w.from_rev = 1;
    seen = (struct seen){ .answer = SR_EDENIED };
    T(store_watch(s, &w, &next) == SR_EDENIED && next == 5 && seen.n == 1);
    w.from_rev = 100;
    T(store_watch(s, &w, &next) == SR_OK && next == 100);
}

static void a_compacted_watch_says_so(struct store *s)
{
    struct seen seen = { 0 };
    uint64_t next = 0;
    struct store_watch w = { .from_rev = 2, .visit = note, .ctx = &seen };
    for (int i = 0; i < 5; i++)
        T(put(s, "k", "v", NULL) == SR_OK);
    T(store_compact(s, 4) == SR_OK);
    T(store_watch(s, &w, &next) == SR_ENOENT && seen.n == 0);
    w.from_rev = 3;
    T(store_watch(s, &w, &next) == SR_ENOENT);
    w.from_rev = 4;
    T(store_watch(s, &w, &next) == SR_OK && strcmp(seen.text, "4+k 5+k ") == 0 && next == 6);
    T(store_compact(s, 2) == SR_OK && store_watch(s, &w, &next) == SR_OK);
    T(store_compact(s, UINT64_MAX) == SR_OK && store_watch(s, &w, &next) == SR_ENOENT);
    w.from_rev = 6;
    T(store_watch(s, &w, &next) == SR_OK && holds(s, "k", "v"));
    w.from_rev = 0;
    T(store_watch(s, &w, &next) == SR_ENOENT);
}

static void *put_later(void *ctx)
{
    usleep(20000);
    if (put(ctx, "late", "v", NULL) != SR_OK)
        abort();
    return NULL;
}

static void a_watch_waits_for_the_next_change(struct store *s)
{
    pthread_t t;
    struct seen seen = { 0 };
    uint64_t next = 0;
    pthread_create(&t, NULL, put_later, s);
    struct store_watch w = { .from_rev = 1, .timeout_ms = 5000, .visit = note, .ctx = &seen };
    T(store_watch(s, &w, &next) == SR_OK && next == 2 && strcmp(seen.text, "1+late ") == 0);
    pthread_join(t, NULL);
}

struct racer {
    struct store *s;
    atomic_uint *won;
};

static void *race(void *ctx)
{
    struct racer *r = ctx;
    for (uint64_t i = 0; i < 25; i++) {
        SR_OWN(buf) b = { 0 };
        uint64_t mod = 0;
        enum sr_err e = store_get(r->s, span_of("n"), &b, &mod);
        if (e != SR_OK && e != SR_ENOENT)
            abort();
        if (put_if(r->s, "n", mod, "v") == SR_OK)
            atomic_fetch_add(r->won, 1);
    }
    return NULL;
}

static void of_racing_writers_one_wins_a_revision(struct store *s)
{
    pthread_t t[6];
    atomic_uint won = 0;
    struct racer r = { s, &won };
    for (size_t i = 0; i < 6; i++)
        pthread_create(&t[i], NULL, race, &r);
    for (size_t i = 0; i < 6; i++)
        pthread_join(t[i], NULL);
    uint64_t rev = 0;
    T(store_sync(s, &rev) == SR_OK && rev == won && won > 0);
}

static void a_read_after_a_commit_sees_it_from_any_thread(struct store *s)
{
    char text[16];
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%d", i);
        T(put(s, "k", text, NULL) == SR_OK && holds(s, "k", text));
    }
}

static void (*const suite[])(struct store *) = {
    a_transaction_moves_the_one_revision_by_one,
    compares_decide_all_or_nothing,
    ops_of_one_transaction_apply_in_order,
    bytes_are_opaque_and_limits_are_exact,
    lists_are_ordered_bounded_and_paged,
    a_watch_resumes_without_gaps,
    a_compacted_watch_says_so,
    a_watch_waits_for_the_next_change,
    of_racing_writers_one_wins_a_revision,
    a_read_after_a_commit_sees_it_from_any_thread,
};

/* A thousand random steps on two back ends at once: they must agree on every answer. */
static void back_ends_agree_on_random_histories(void)
{
    struct store *a = open_fresh(store_backends[0]), *b = NULL;
    T(store_open("memory:", &b, NULL) == SR_OK);
    srand(7);
    for (int i = 0; i < 400; i++) {
        char keys[3][4];
        struct store_op ops[3];
        size_t n = 1 + (size_t)rand() % 3;
        for (size_t k = 0; k < n; k++) {
            snprintf(keys[k], sizeof keys[k], "%d", rand() % 20);
            ops[k] = (struct store_op){ rand() % 3 ? STORE_PUT : STORE_DEL, span_of(keys[k]), span_of("v") };
        }
        struct store_cmp cmp = { span_of(keys[0]), (uint64_t)(rand() % 2 ? rand() % (i + 1) : 0) };
        struct store_txn t = { &cmp, (size_t)rand() % 2, ops, n };
        uint64_t ra = 0, rb = 0;
        T(store_txn(a, &t, &ra) == store_txn(b, &t, &rb) && ra == rb);
    }
    struct seen sa = { 0 }, sb = { 0 };
    T(store_list(a, &(struct store_list){ .visit = see, .ctx = &sa }, NULL) == SR_OK);
    T(store_list(b, &(struct store_list){ .visit = see, .ctx = &sb }, NULL) == SR_OK);
    T(sa.n > 0 && strcmp(sa.text, sb.text) == 0);
    store_close(a);
    store_close(b);
}

static void a_durable_store_remembers(void)
{
    struct store *s = open_fresh(store_backends[0]);
    struct seen seen = { 0 };
    uint64_t rev = 0, next;
    T(put(s, "a", "1", NULL) == SR_OK && put(s, "b", "2", NULL) == SR_OK && del(s, "a") == SR_OK);
    store_close(s);
    T(store_open(url(store_backends[0]), &s, NULL) == SR_OK);
    T(store_sync(s, &rev) == SR_OK && rev == 3 && holds(s, "a", NULL) && holds(s, "b", "2"));
    struct store_watch w = { .from_rev = 1, .visit = note, .ctx = &seen };
    T(store_watch(s, &w, &next) == SR_OK && strcmp(seen.text, "1+a 2+b 3-a ") == 0);
    store_close(s);
}

static void a_backup_is_a_store_of_its_own(void)
{
    struct store *s = open_fresh(store_backends[0]), *copy = NULL;
    char path[192], from[128];
    struct sr_why why = { 0 };
    struct stat st;
    T(put(s, "a", "1", NULL) == SR_OK && put(s, "b", "2", NULL) == SR_OK);
    snprintf(from, sizeof from, "%s/saved", folder);
    T(mkdir(from, 0700) == 0);
    snprintf(path, sizeof path, "%s/copy.db", from);
    T_ROW(store_backup(s, path, &why) == SR_OK, why.text);
    T(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
    T(store_backup(s, path, &why) == SR_ESTALE && why.reason == R_STATE_EXISTS);
    T(put(s, "a", "later", NULL) == SR_OK);
    snprintf(path, sizeof path, "sqlite:%s/copy.db", from);
    T_ROW(store_open(path, &copy, &why) == SR_OK, why.text);
    uint64_t rev = 0;
    T(copy && store_sync(copy, &rev) == SR_OK && rev == 2 && holds(copy, "a", "1") && holds(copy, "b", "2"));
    store_close(copy);
    store_close(s);
    T(store_open("memory:", &s, NULL) == SR_OK && store_backup(s, path, &why) == SR_EDENIED);
    store_close(s);
}

static void a_large_log_is_copied_into_the_file(void)
{
    struct store *s = open_fresh(store_backends[0]);
    static uint8_t value[8192];
    char wal[128];
    struct stat st;
    struct store_op op = { STORE_PUT, span_of("k"), SPAN(value) };
    for (int i = 0; i < 700; i++)
        T(store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL) == SR_OK &&
          holds(s, "none", NULL));
    snprintf(wal, sizeof wal, "%s/store.db-wal", folder);
    T(stat(wal, &st) == 0 && st.st_size < 12 << 20);
    store_close(s);
    T(stat(wal, &st) != 0);
}

static bool file_has(const char *name, const char *text)
{
    SR_OWN(buf) b = { 0 };
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return file_read(path, 64 << 20, &b, NULL) == SR_OK && b.n &&
           memmem(b.p, b.n, text, strlen(text)) != NULL;
}

/* What was there once is in no file afterwards; what is there now, and the store, go on. */
static void what_was_overwritten_is_expunged(void)
{
    static const char once[] = "a value that was there once", gone[] = "a value that was deleted";
    struct store *s = open_fresh(store_backends[0]);
    T(put(s, "k", once, NULL) == SR_OK && put(s, "d", gone, NULL) == SR_OK);
    T(store_expunge(s) == SR_OK && file_has("store.db", once));
    T(put(s, "k", "another", NULL) == SR_OK && del(s, "d") == SR_OK);
    T(file_has("store.db", once) && file_has("store.db", gone));
    T(store_expunge(s) == SR_OK);
    for (size_t i = 0; i < 2; i++) {
        const char *name = i ? "store.db-wal" : "store.db";
        T_ROW(!file_has(name, once) && !file_has(name, gone), name);
    }
    T(holds(s, "k", "another") && put(s, "k", "a third", NULL) == SR_OK && holds(s, "k", "a third"));
    store_close(s);
    T(store_open("memory:", &s, NULL) == SR_OK && store_expunge(s) == SR_OK); /* has no file */
    store_close(s);
}

int main(void)
{
    struct store *s = NULL;
    struct sr_why why = { 0 };
    T(secret_init() == SR_OK);
    for (const struct store_ops *const *o = store_backends; *o; o++)
        for (size_t i = 0; i < sizeof suite / sizeof *suite; i++) {
            s = open_fresh(*o);
            suite[i](s);
            store_close(s);
        }
    T(store_open("redis:x", &s, &why) == SR_EFORMAT && why.reason == R_CONFIG);
    T(store_open("memory:x", &s, &why) == SR_EFORMAT && why.reason == R_CONFIG);
    back_ends_agree_on_random_histories();
    a_durable_store_remembers();
    a_backup_is_a_store_of_its_own();
    a_large_log_is_copied_into_the_file();
    what_was_overwritten_is_expunged();
    nftw(folder, rm, 8, FTW_DEPTH | FTW_PHYS);
    return t_end();
}
