#include "node/journal.h"
#include "proto/log.h"
#include "store/keystore.h"
#include "tests/t.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A journal over a keystore; the tests change the store's rows as an enemy with the disk would. */
struct fixture {
    struct store *s;
    struct keystore *ks;
    struct journal *j;
    struct keystore_options ko;
    struct journal_options o;
    struct sign_key key;
    struct sign_pub pub;
};
static const char origin[] = "sealring/test/member";

static void configure(struct fixture *f)
{
    struct key seed = { { 5 } };
    sign_from_seed(&seed, &f->key, &f->pub);
    f->ko = (struct keystore_options){ .store = f->s, .epoch = 1, .index = { { 3 } }, .kek = { { 2 } } };
    f->o = (struct journal_options){ .origin = origin, .key = &f->key, .pub = &f->pub, .count_ms = 3600000 };
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    T(store_open("memory:", &f->s, NULL) == SR_OK);
    configure(f);
    T(keystore_create(&f->ko, &f->ks, NULL) == SR_OK);
    f->o.ks = f->ks;
    T(journal_open(&f->o, &f->j, NULL) == SR_OK);
}

static void end(struct fixture *f)
{
    journal_close(f->j);
    keystore_close(f->ks);
    store_close(f->s);
    *f = (struct fixture){ 0 };
}

/* Closes and opens the journal alone: what it says at a start. */
static enum sr_err again(struct fixture *f, struct sr_why *why)
{
    journal_close(f->j);
    f->j = NULL;
    return journal_open(&f->o, &f->j, why);
}

static void leaf_of(uint64_t n, struct buf *ret)
{
    struct leaf l = { .type = LEAF_POLICY, .time = 1700000000, .policy_number = n };
    if (leaf_encode(&l, ret) != SR_OK)
        abort(); /* T() counts, and threads come through here */
}

static enum sr_err submit(struct journal *j, uint64_t n, struct keystore_txn *txn,
                          struct journal_receipt *ret)
{
    SR_OWN(buf) leaf = { 0 };
    leaf_of(n, &leaf);
    struct journal_entry e = { .txn = txn, .leaf = buf_span(&leaf) };
    return journal_submit(j, &e, ret);
}

static void fill(struct fixture *f, uint64_t n)
{
    unsigned good = 0;
    for (uint64_t i = 0; i < n; i++)
        good += submit(f->j, i, NULL, NULL) == SR_OK;
    T(good == n);
}

static void proves(struct fixture *f, const struct journal_receipt *r, uint64_t n)
{
    struct merkle_proof p;
    struct checkpoint c;
    SR_OWN(buf) path = { 0 }, leaf = { 0 }, stored = { 0 };
    struct log_id id = { origin, f->pub };
    leaf_of(n, &leaf);
    T(journal_proof(f->j, r->index, r->size, &p) == SR_OK);
    merkle_proof_write(&p, &path);
    struct log_shown s = { buf_span(&leaf), r->index, buf_span(&path), { 0 } };
    s.note = (struct span){ (const uint8_t *)r->checkpoint, r->checkpoint_n };
    T(log_check_shown(&s, &id, &c, NULL) == SR_OK && c.size == r->size);
    T(journal_read_leaf(f->j, r->index, &stored) == SR_OK && span_eq(buf_span(&stored), buf_span(&leaf)));
}

static void a_receipt_proves_its_leaf(void)
{
    struct fixture f;
    begin(&f);
    for (uint64_t n = 0; n < 600; n++) {
        struct journal_receipt r = { 0 };
        T(submit(f.j, n, NULL, &r) == SR_OK && r.index == n && r.size == n + 1);
        if (n % 37 == 0 || n % 256 < 2)
            proves(&f, &r, n);
    }
    T(journal_size(f.j) == 600 && journal_healthy(f.j));
    T(journal_verify(f.j, NULL, NULL) == SR_OK);
    T(again(&f, NULL) == SR_OK && journal_size(f.j) == 600);
    struct journal_receipt r = { 0 };
    T(submit(f.j, 600, NULL, &r) == SR_OK && r.index == 600);
    proves(&f, &r, 600);
    end(&f);
}

static enum sr_err get(void *ctx, const char *path, struct buf *ret)
{
    if (strcmp(path, "checkpoint") == 0)
        return journal_checkpoint(ctx, ret);
    return journal_tile(ctx, span_of(path), ret);
}

/* What we serve is what an auditor accepts, from scratch and from each older checkpoint. */
static void an_auditor_follows_the_log(void)
{
    struct fixture f;
    struct checkpoint old = { 0 };
    begin(&f);
    struct log_reader r = { .get = get,
                            .ctx = f.j,
                            .id = { "sealring/"
                                    "0000000000000000000000000000000000000000000000000000000000000000"
                                    "/m",
                                    f.pub } };
    f.o.origin = r.id.origin;
    T(again(&f, NULL) == SR_OK);
    r.ctx = f.j;
    SR_OWN(buf) first = { 0 };
    struct leaf l = { .type = LEAF_GENESIS };
    memcpy(l.member_key.b, f.pub.b, sizeof l.member_key.b);
    T(leaf_encode(&l, &first) == SR_OK);
    struct journal_entry e = { .leaf = buf_span(&first) };
    T(journal_submit(f.j, &e, NULL) == SR_OK);
    for (unsigned round = 0; round < 12; round++) {
        struct checkpoint c;
        struct merkle_proof p;
        fill(&f, round * 17);
        T(log_fetch_checkpoint(&r, &c, NULL) == SR_OK);
        struct log_audit a = { .reader = &r };
        T(log_verify(&a, &c, NULL) == SR_OK);
        a.old = round ? &old : NULL;
        T(log_verify(&a, &c, NULL) == SR_OK);
        T(!round || (journal_consistency(f.j, old.size, c.size, &p) == SR_OK &&
                     merkle_check_consistency(&p, old.size, &old.root, c.size, &c.root) == SR_OK));
        old = c;
    }
    end(&f);
}

static void tiles_that_do_not_exist_are_not_found(void)
{
    static const struct {
        const char *path;
        enum sr_err want;
    } rows[] = {
        { "tile/0/000", SR_OK },
        { "tile/0/000.p/7", SR_OK },
        { "tile/0/001.p/44", SR_OK },
        { "tile/0/001.p/45", SR_ENOENT },
        { "tile/0/001", SR_ENOENT },
        { "tile/0/002.p/1", SR_ENOENT },
        { "tile/1/000.p/1", SR_OK },
        { "tile/1/000.p/2", SR_ENOENT },
        { "tile/2/000.p/1", SR_ENOENT },
        { "tile/entries/000", SR_OK },
        { "tile/entries/001.p/44", SR_OK },
        { "tile/entries/001.p/45", SR_ENOENT },
        { "tile/0/1", SR_EFORMAT },
        { "", SR_EFORMAT },
    };
    struct fixture f;
    struct merkle_proof p;
    begin(&f);
    fill(&f, 300);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SR_OWN(buf) b = { 0 };
        T_ROW(journal_tile(f.j, span_of(rows[i].path), &b) == rows[i].want, rows[i].path);
        T_ROW((b.n != 0) == (rows[i].want == SR_OK), rows[i].path);
    }
    SR_OWN(buf) b = { 0 };
    T(journal_read_leaf(f.j, 300, &b) == SR_ENOENT && journal_proof(f.j, 300, 300, &p) == SR_ENOENT);
    T(journal_proof(f.j, 0, 301, &p) == SR_ENOENT && journal_consistency(f.j, 1, 301, &p) == SR_ENOENT);
    end(&f);
}

/* ---- transactions */

static struct keystore_name row_name(void)
{
    return (struct keystore_name){ .table = KT_SETTING, .name = SPAN_STR("row") };
}

static void a_failed_expectation_hurts_nobody_else(void)
{
    struct fixture f;
    struct keystore_name name = row_name();
    struct journal_receipt r;
    begin(&f);
    SR_OWN(keystore_txn) first = { 0 }, wrong = { 0 };
    keystore_txn_expect(&first, &name, 0);
    keystore_txn_put(&first, &name, 1, 1, SPAN_STR("one"));
    T(submit(f.j, 0, &first, &r) == SR_OK && r.index == 0);
    SR_OWN(keystore_item) item = { 0 };
    T(keystore_get(f.ks, &name, &item, NULL) == SR_OK && item.seq == r.revision);
    keystore_txn_expect(&wrong, &name, 0);
    keystore_txn_put(&wrong, &name, 2, 2, SPAN_STR("two"));
    T(submit(f.j, 1, &wrong, &r) == SR_ESTALE);
    T(journal_size(f.j) == 1 && journal_healthy(f.j));
    T(submit(f.j, 2, NULL, &r) == SR_OK && r.index == 1);
    end(&f);
}

static void what_is_no_leaf_is_refused(void)
{
    struct fixture f;
    begin(&f);
    struct journal_entry e = { .leaf = SPAN_STR("no leaf") };
    T(journal_submit(f.j, &e, NULL) == SR_EFORMAT && journal_size(f.j) == 0);
    end(&f);
}

struct racer {
    struct fixture *f;
    uint64_t base;
    unsigned won, stale, busy, other;
    enum contest { SAME_ROW, OWN_ROWS, BLIND } what;
};

static void *race(void *ctx)
{
    struct racer *r = ctx;
    for (uint64_t i = 0; i < 50; i++) {
        struct keystore_name name = row_name();
        char own[32];
        SR_OWN(keystore_txn) txn = { 0 };
        struct journal_receipt receipt;
        snprintf(own, sizeof own, "row %llu", (unsigned long long)(r->what == SAME_ROW ? i : r->base + i));
        name.name = r->what == BLIND ? SPAN_STR("blind") : span_of(own);
        if (r->what != BLIND)
            keystore_txn_expect(&txn, &name, 0);
        keystore_txn_put(&txn, &name, 1, 1, SPAN_STR("x"));
        enum sr_err e = submit(r->f->j, r->base + i, &txn, &receipt);
        r->won += e == SR_OK;
        r->stale += e == SR_ESTALE;
        r->busy += e == SR_EBUSY;
        r->other += e != SR_OK && e != SR_ESTALE && e != SR_EBUSY;
    }
    return NULL;
}

enum { RACERS = 8 };

static struct racer race_all(struct fixture *f, enum contest what)
{
    pthread_t t[RACERS];
    struct racer r[RACERS], sum = { 0 };
    for (unsigned i = 0; i < RACERS; i++) {
        r[i] = (struct racer){ .f = f, .base = i * 1000, .what = what };
        pthread_create(&t[i], NULL, race, &r[i]);
    }
    for (unsigned i = 0; i < RACERS; i++) {
        pthread_join(t[i], NULL);
        sum.won += r[i].won;
        sum.stale += r[i].stale;
        sum.busy += r[i].busy;
        sum.other += r[i].other;
    }
    return sum;
}

static void of_racing_writers_of_one_row_one_wins(void)
{
    struct fixture f;
    begin(&f);
    struct racer sum = race_all(&f, SAME_ROW);
    T(sum.won == 50 && sum.stale == 50 * (RACERS - 1) && sum.other == 0 && sum.busy == 0);
    T(journal_size(f.j) == 50 && again(&f, NULL) == SR_OK);
    end(&f);
}

static void writers_of_their_own_rows_all_win(void)
{
    struct fixture f;
    begin(&f);
    struct racer sum = race_all(&f, OWN_ROWS);
    T(sum.won == 50 * RACERS && journal_size(f.j) == 50 * RACERS && again(&f, NULL) == SR_OK);
    end(&f);
}

/* Who knows how many may come waits a moment for them: fewer commits than entries, and each entry is there.
 */
static void callers_who_come_together_share_commits(void)
{
    struct fixture f;
    begin(&f);
    f.o.callers = RACERS;
    T(again(&f, NULL) == SR_OK);
    uint64_t before = keystore_head(f.ks).seq;
    struct racer sum = race_all(&f, OWN_ROWS);
    T(sum.won == 50 * RACERS && keystore_head(f.ks).seq - before < sum.won);
    T(journal_size(f.j) == 50 * RACERS && again(&f, NULL) == SR_OK);
    end(&f);
}

/* Without an expectation nobody can lose, though they meet in one group. */
static void writers_without_expectations_never_lose(void)
{
    struct fixture f;
    begin(&f);
    struct racer sum = race_all(&f, BLIND);
    T(sum.won == 50 * RACERS && journal_size(f.j) == 50 * RACERS && again(&f, NULL) == SR_OK);
    end(&f);
}

static void a_full_queue_says_busy_and_nothing_is_lost(void)
{
    struct fixture f;
    begin(&f);
    f.o.queue_max = 1;
    T(again(&f, NULL) == SR_OK);
    struct racer sum = race_all(&f, OWN_ROWS);
    T(sum.won + sum.busy == 50 * RACERS && sum.other == 0 && sum.stale == 0);
    T(sum.busy > 0);
    T(journal_size(f.j) == sum.won && again(&f, NULL) == SR_OK && journal_size(f.j) == sum.won);
    end(&f);
}

static void readers_see_only_what_is_whole(void)
{
    struct fixture f;
    struct racer r = { .f = &f, .what = OWN_ROWS };
    pthread_t t;
    begin(&f);
    pthread_create(&t, NULL, race, &r);
    unsigned wrong = 0;
    for (int i = 0; i < 200; i++) {
        SR_OWN(buf) note = { 0 }, leaf = { 0 };
        struct checkpoint c;
        struct merkle_proof p;
        wrong += journal_checkpoint(f.j, &note) != SR_OK ||
                 checkpoint_open(buf_span(&note), origin, &f.pub, &c, NULL) != SR_OK;
        if (c.size == 0)
            continue;
        wrong += journal_read_leaf(f.j, c.size - 1, &leaf) != SR_OK;
        struct sha256 h = merkle_leaf(buf_span(&leaf));
        wrong += journal_proof(f.j, c.size - 1, c.size, &p) != SR_OK ||
                 merkle_check_inclusion(&p, &h, c.size - 1, c.size, &c.root) != SR_OK;
        wrong += i % 50 == 0 && journal_verify(f.j, NULL, NULL) != SR_OK;
    }
    pthread_join(t, NULL);
    T(wrong == 0 && r.won == 50);
    end(&f);
}

/* ---- counted refusals */

static void refusals_become_one_leaf(void)
{
    struct fixture f;
    begin(&f);
    for (int i = 0; i < 1000; i++)
        journal_count_refusal(f.j, i % 4 ? R_MALFORMED : R_BUSY);
    journal_count_refusal(f.j, (enum sr_reason)9999);
    T(journal_size(f.j) == 0);
    T(again(&f, NULL) == SR_OK); /* closing counts out */
    SR_OWN(buf) b = { 0 };
    struct leaf l;
    T(journal_size(f.j) == 1 && journal_read_leaf(f.j, 0, &b) == SR_OK);
    T(leaf_decode(buf_span(&b), &l, NULL) == SR_OK && l.type == LEAF_REFUSALS_COUNTED && l.counts.n == 2);
    T(strcmp(l.counts.row[0].reason, "busy") == 0 && l.counts.row[0].count == 250);
    T(strcmp(l.counts.row[1].reason, "malformed") == 0 && l.counts.row[1].count == 750);
    f.o.count_ms = 20;
    T(again(&f, NULL) == SR_OK && journal_size(f.j) == 1);
    journal_count_refusal(f.j, R_BUSY);
    for (int i = 0; i < 500 && journal_size(f.j) < 2; i++)
        (void)poll(NULL, 0, 10);
    T(journal_size(f.j) == 2);
    end(&f);
}

/* ---- the disk's owner */

static void put_row(struct fixture *f, struct span key, const struct buf *value)
{
    struct store_op op = { value ? STORE_PUT : STORE_DEL, key, value ? buf_span(value) : (struct span){ 0 } };
    T(store_txn(f->s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL) == SR_OK);
}

static void leaf_row_key(uint64_t index, uint8_t ret[9])
{
    ret[0] = KR_LEAF;
    for (int i = 8; i > 0; i--, index >>= 8)
        ret[i] = (uint8_t)index;
}

/* Flips one bit of a row, looks, and puts the row back. */
static bool noticed(struct fixture *f, struct span key, size_t bit, uint64_t lo, uint64_t hi)
{
    SR_OWN(buf) row = { 0 };
    struct sr_why why = { 0 };
    uint64_t bad = UINT64_MAX;
    T(store_get(f->s, key, &row, NULL) == SR_OK);
    bit %= row.n * 8;
    row.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    put_row(f, key, &row);
    enum sr_err e = journal_verify(f->j, &bad, &why);
    row.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    put_row(f, key, &row);
    return e == SR_EPROOF && why.reason == R_LOG_TAMPERED && bad >= lo && bad <= hi;
}

static void every_flipped_bit_is_noticed_and_its_leaf_named(void)
{
    struct fixture f;
    unsigned missed = 0;
    uint8_t key[9];
    begin(&f);
    fill(&f, 1000);
    for (uint64_t i = 0; i < 1000; i++) { /* one bit of each row, all bits of one */
        leaf_row_key(i, key);
        size_t bits = i == 999 ? (32 + 18) * 8 : 1;
        for (size_t b = 0; b < bits; b++)
            missed += !noticed(&f, SPAN(key), bits > 1 ? b : i * 13, i, i);
    }
    for (size_t b = 0; b < 8192 * 8; b += 997) {
        uint64_t leaf = 256 + b / 256;
        missed += !noticed(&f, SPAN_STR("Ttile/0/001"), b, leaf, leaf);
    }
    T(missed == 0);
    T(journal_verify(f.j, NULL, NULL) == SR_OK);
    leaf_row_key(777, key);
    SR_OWN(buf) row = { 0 };
    struct sr_why why = { 0 };
    T(store_get(f.s, SPAN(key), &row, NULL) == SR_OK);
    row.p[40] ^= 1;
    put_row(&f, SPAN(key), &row);
    T(again(&f, &why) == SR_EPROOF && why.reason == R_LOG_TAMPERED); /* at start as well */
    T(strstr(why.text, "leaf 777:") != NULL);
    end(&f);
}

static void deleted_swapped_and_added_rows_are_noticed(void)
{
    struct fixture f;
    uint64_t bad;
    uint8_t a[9], b[9];
    SR_OWN(buf) ra = { 0 }, rb = { 0 };
    begin(&f);
    fill(&f, 300);
    leaf_row_key(10, a);
    leaf_row_key(20, b);
    T(store_get(f.s, SPAN(a), &ra, NULL) == SR_OK && store_get(f.s, SPAN(b), &rb, NULL) == SR_OK);
    put_row(&f, SPAN(a), NULL);
    T(journal_verify(f.j, &bad, NULL) == SR_EPROOF && bad == 10);
    put_row(&f, SPAN(a), &rb); /* a good row at another place */
    put_row(&f, SPAN(b), &ra);
    T(journal_verify(f.j, &bad, NULL) == SR_EPROOF && bad == 10);
    put_row(&f, SPAN(a), &ra);
    put_row(&f, SPAN(b), &rb);
    T(journal_verify(f.j, &bad, NULL) == SR_OK);
    struct sr_why why = { 0 };
    leaf_row_key(300, a);
    put_row(&f, SPAN(a), &ra);
    T(again(&f, &why) == SR_EPROOF && why.reason == R_LOG_TAMPERED && strstr(why.text, "leaf 300:"));
    put_row(&f, SPAN(a), NULL);
    leaf_row_key(299, a);
    put_row(&f, SPAN(a), NULL); /* cut at the end */
    T(again(&f, &why) == SR_EPROOF && why.reason == R_LOG_TAMPERED && strstr(why.text, "leaf 299:"));
    end(&f);
}

/* A leaf changed together with its stored hash: only tiles and roots can tell. */
static void a_leaf_changed_with_its_hash_is_noticed(void)
{
    static const uint64_t at[] = { 5, 255, 256, 299 };
    struct fixture f;
    begin(&f);
    fill(&f, 300);
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        uint8_t key[9];
        uint64_t bad = 0;
        SR_OWN(buf) row = { 0 }, was = { 0 };
        leaf_row_key(at[i], key);
        T(store_get(f.s, SPAN(key), &row, NULL) == SR_OK);
        wr_span(&was, buf_span(&row));
        row.p[row.n - 1] ^= 1;
        struct sha256 h = merkle_leaf((struct span){ row.p + 32, row.n - 32 });
        memcpy(row.p, h.b, sizeof h.b);
        put_row(&f, SPAN(key), &row);
        T(journal_verify(f.j, &bad, NULL) == SR_EPROOF);
        T(bad == (at[i] < 256 ? at[i] : 256)); /* in the partial tile: its first leaf, "or a later one" */
        put_row(&f, SPAN(key), &was);
    }
    T(journal_verify(f.j, NULL, NULL) == SR_OK);
    end(&f);
}

static void a_verified_checkpoint_saves_the_leaves_before_it(void)
{
    struct fixture f;
    struct checkpoint c;
    SR_OWN(buf) note = { 0 };
    begin(&f);
    fill(&f, 600);
    T(journal_checkpoint(f.j, &note) == SR_OK);
    T(checkpoint_open(buf_span(&note), origin, &f.pub, &c, NULL) == SR_OK);
    fill(&f, 100);
    f.o.verified = &c;
    T(again(&f, NULL) == SR_OK && journal_size(f.j) == 700);
    struct journal_receipt r;
    T(submit(f.j, 7, NULL, &r) == SR_OK && r.index == 700);
    proves(&f, &r, 7);
    c.root.b[0] ^= 1;
    struct sr_why why = { 0 };
    T(again(&f, &why) == SR_EPROOF && why.reason == R_LOG_TAMPERED);
    c.root.b[0] ^= 1;
    c.size = 702;
    T(again(&f, &why) == SR_EPROOF && why.reason == R_LOG_TAMPERED);
    end(&f);
}

static void another_key_or_origin_is_not_this_log(void)
{
    struct fixture f;
    struct sign_key k;
    struct sign_pub pub;
    struct sr_why why = { 0 };
    begin(&f);
    fill(&f, 3);
    struct journal_options o = f.o;
    f.o.origin = "sealring/test/other";
    T(again(&f, &why) == SR_EPROOF && why.reason == R_NOTE_SIGNATURE);
    sign_random(&k, &pub);
    f.o = o;
    f.o.key = &k;
    f.o.pub = &pub;
    T(again(&f, &why) == SR_EPROOF && why.reason == R_NOTE_SIGNATURE);
    f.o = o;
    T(again(&f, &why) == SR_OK);
    f.o.origin = "no name";
    T(again(&f, &why) == SR_EFORMAT && why.reason == R_NOTE_ORIGIN);
    end(&f);
}

/* ---- kill -9 at any moment: what was acknowledged is there */

struct ack {
    uint64_t index, n;
};

static struct {
    struct fixture f;
    int out;
} victim;

static void *work(void *ctx)
{
    uint64_t base = (uint64_t)(uintptr_t)ctx << 32;
    for (uint64_t i = 0;; i++) {
        struct journal_receipt r;
        struct ack a = { .n = base + i };
        if (submit(victim.f.j, a.n, NULL, &r) != SR_OK)
            continue;
        a.index = r.index;
        if (write(victim.out, &a, sizeof a) != sizeof a)
            return NULL;
    }
}

static bool open_disk(struct fixture *f, const char *url)
{
    *f = (struct fixture){ 0 };
    if (store_open(url, &f->s, NULL) != SR_OK)
        return false;
    configure(f);
    if (keystore_open(&f->ko, NULL, 0, &f->ks, NULL) != SR_OK &&
        keystore_create(&f->ko, &f->ks, NULL) != SR_OK)
        return false;
    f->o.ks = f->ks;
    f->o.callers = 4; /* as many as the victim has */
    return journal_open(&f->o, &f->j, NULL) == SR_OK;
}

static void be_the_victim(const char *url, int out)
{
    pthread_t t[4];
    victim.out = out;
    if (!open_disk(&victim.f, url))
        _exit(1);
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, work, (void *)(i + 1));
    pause();
    _exit(0);
}

static unsigned check_acks(const char *url, int in, unsigned *ret_acks)
{
    struct fixture f;
    struct ack a;
    unsigned lost = 0;
    T(open_disk(&f, url));
    while (read(in, &a, sizeof a) == sizeof a) {
        SR_OWN(buf) leaf = { 0 }, want = { 0 };
        leaf_of(a.n, &want);
        lost += journal_read_leaf(f.j, a.index, &leaf) != SR_OK || !span_eq(buf_span(&leaf), buf_span(&want));
        ++*ret_acks;
    }
    end(&f);
    return lost;
}

static void what_was_acknowledged_survives_kill_9(void)
{
    char dir[] = "/tmp/test-journal-XXXXXX", url[128], cmd[128];
    const char *rounds = getenv("SEALRING_KILL_ROUNDS");
    unsigned acks = 0, lost = 0;
    T(mkdtemp(dir) != NULL);
    snprintf(url, sizeof url, "sqlite:%s/store.db", dir);
    for (int i = 0, n = rounds ? atoi(rounds) : 20; i < n; i++) {
        int p[2];
        T(pipe(p) == 0);
        pid_t pid = fork();
        if (pid == 0)
            be_the_victim(url, p[1]);
        close(p[1]);
        if (i %
            2) /* killed at any time, or once it has acknowledged something, however slow the machine is */
            (void)poll(&(struct pollfd){ .fd = p[0], .events = POLLIN }, 1, 20000);
        (void)poll(NULL, 0, 30 + (i * 37) % 90);
        kill(pid, SIGKILL);
        T(waitpid(pid, NULL, 0) == pid);
        lost += check_acks(url, p[0], &acks);
        close(p[0]);
    }
    T(lost == 0);
    T(acks > 0);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    T(system(cmd) == 0);
}

/* ---- the storage fails */

static struct faulty {
    struct store s;
    struct store *inner;
    _Atomic int answer; /* an sr_err instead of writing; SR_OK writes */
} faulty;

static enum sr_err faulty_get(struct store *s, struct span key, struct buf *ret, uint64_t *ret_rev)
{
    (void)s;
    return store_get(faulty.inner, key, ret, ret_rev);
}

static enum sr_err faulty_list(struct store *s, const struct store_list *l, uint64_t *ret_rev)
{
    (void)s;
    return store_list(faulty.inner, l, ret_rev);
}

static enum sr_err faulty_txn(struct store *s, const struct store_txn *t, uint64_t *ret_rev)
{
    (void)s;
    enum sr_err e = (enum sr_err)faulty.answer;
    return e == SR_OK ? store_txn(faulty.inner, t, ret_rev) : e;
}

static void a_failed_commit_is_told_to_everybody_and_releases_nothing(void)
{
    static const struct store_ops ops = { .get = faulty_get, .list = faulty_list, .txn = faulty_txn };
    struct fixture f = { 0 };
    struct journal_receipt r = { .index = 99 };
    T(store_open("memory:", &faulty.inner, NULL) == SR_OK);
    faulty.s.ops = &ops;
    f.s = &faulty.s;
    configure(&f);
    T(keystore_create(&f.ko, &f.ks, NULL) == SR_OK);
    f.o.ks = f.ks;
    T(journal_open(&f.o, &f.j, NULL) == SR_OK);
    T(submit(f.j, 0, NULL, NULL) == SR_OK);
    faulty.answer = SR_EIO; /* as when the disk is full: nothing was done */
    struct racer sum = race_all(&f, OWN_ROWS);
    T(sum.won == 0 && sum.other == 50 * RACERS && !journal_healthy(f.j));
    T(submit(f.j, 1, NULL, &r) == SR_EIO && r.index == 99 && journal_size(f.j) == 1);
    faulty.answer = SR_OK;
    T(submit(f.j, 1, NULL, &r) == SR_OK && r.index == 1 && journal_healthy(f.j));
    faulty.answer = SR_EUNKNOWN;
    T(submit(f.j, 2, NULL, &r) == SR_EUNKNOWN);
    faulty.answer = SR_OK; /* too late: nobody knows what is on the disk */
    T(submit(f.j, 2, NULL, &r) == SR_EIO && r.index == 1 && !journal_healthy(f.j) && journal_size(f.j) == 2);
    journal_count_refusal(f.j, R_BUSY);
    journal_close(f.j);
    keystore_close(f.ks);
    store_close(faulty.inner);
}

int main(void)
{
    T(secret_init() == SR_OK);
    what_was_acknowledged_survives_kill_9(); /* first: it forks */
    a_receipt_proves_its_leaf();
    an_auditor_follows_the_log();
    tiles_that_do_not_exist_are_not_found();
    a_failed_expectation_hurts_nobody_else();
    what_is_no_leaf_is_refused();
    of_racing_writers_of_one_row_one_wins();
    writers_of_their_own_rows_all_win();
    callers_who_come_together_share_commits();
    writers_without_expectations_never_lose();
    a_full_queue_says_busy_and_nothing_is_lost();
    readers_see_only_what_is_whole();
    refusals_become_one_leaf();
    every_flipped_bit_is_noticed_and_its_leaf_named();
    deleted_swapped_and_added_rows_are_noticed();
    a_leaf_changed_with_its_hash_is_noticed();
    a_verified_checkpoint_saves_the_leaves_before_it();
    another_key_or_origin_is_not_this_log();
    a_failed_commit_is_told_to_everybody_and_releases_nothing();
    return t_end();
}
