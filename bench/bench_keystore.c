/* bench_keystore.c - a lookup among many rows against a lookup among few, in one run, taking turns.
 *   bench_keystore [MANY [FEW]]: 1,000,000 and 10,000 rows unless said otherwise. Goal: at most 1.5 times. */
#include "bench/bench.h"
#include "store/keystore.h"

#include <unistd.h>

enum { VALUE = 256, ROWS_A_COMMIT = 5000, LOOKUPS = 20000 };

struct place {
    char dir[64], url[96];
    struct store *store;
    struct keystore *ks;
    uint64_t rows;
};

static struct keystore_name name_of(const char *text)
{
    return (struct keystore_name){ KT_PACKAGE, SPAN_STR("tenant"), span_of(text) };
}

static void put_rows(struct place *p, uint64_t from, uint64_t until)
{
    SR_OWN(keystore_txn) txn = { 0 };
    struct keystore_txn *txns[] = { &txn };
    enum sr_err results[1];
    const struct keystore_group group = { .txns = txns, .results = results, .n = 1 };
    uint8_t value[VALUE];
    random_fill(value, sizeof value);
    for (uint64_t i = from; i < until; i++) {
        char text[32];
        snprintf(text, sizeof text, "app/%llu", (unsigned long long)i);
        const struct keystore_name name = name_of(text);
        keystore_txn_put(&txn, &name, 1, 1, SPAN(value));
    }
    must(keystore_commit(p->ks, &group, NULL), "commit");
    must(results[0], "commit");
}

static void fill(struct place *p, const char *dir, uint64_t rows)
{
    struct sr_why why = { 0 };
    snprintf(p->dir, sizeof p->dir, "%s/%llu", dir, (unsigned long long)rows);
    char command[160];
    snprintf(command, sizeof command, "mkdir -m 700 %s", p->dir);
    if (system(command) != 0)
        exit(1);
    snprintf(p->url, sizeof p->url, "sqlite:%s/store.db", p->dir);
    p->rows = rows;
    must(store_open(p->url, &p->store, &why), "store");
    struct keystore_options o = { .store = p->store, .epoch = 1 };
    random_fill(o.index.b, sizeof o.index.b);
    random_fill(o.kek.b, sizeof o.kek.b);
    must(keystore_create(&o, &p->ks, &why), "keystore");
    for (uint64_t i = 0; i < rows; i += ROWS_A_COMMIT)
        put_rows(p, i, i + ROWS_A_COMMIT < rows ? i + ROWS_A_COMMIT : rows);
}

/* CPU seconds of one lookup, on average. */
static double lookups(struct place *p)
{
    double began = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < LOOKUPS; i++) {
        SR_OWN(keystore_item) item = { 0 };
        char text[32];
        uint64_t r;
        random_fill(&r, sizeof r);
        snprintf(text, sizeof text, "app/%llu", (unsigned long long)(r % p->rows));
        const struct keystore_name name = name_of(text);
        must(keystore_get(p->ks, &name, &item, NULL), "lookup");
    }
    return (clock_seconds(CLOCK_THREAD_CPUTIME_ID) - began) / LOOKUPS;
}

int main(int argc, char *argv[])
{
    struct place many = { 0 }, few = { 0 };
    char dir[] = "/tmp/bench-keystore-XXXXXX";
    double ratio[BENCH_ROUNDS];
    must(secret_init(), "sodium");
    if (!mkdtemp(dir))
        return 1;
    fill(&few, dir, argc > 2 ? strtoull(argv[2], NULL, 10) : 10000);
    fill(&many, dir, argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000);
    (void)lookups(&few), (void)lookups(&many);
    for (int i = 0; i < BENCH_ROUNDS; i++)
        ratio[i] = lookups(&many) / lookups(&few);
    qsort(ratio, BENCH_ROUNDS, sizeof *ratio, bench_by_value);
    printf("keystore lookup, %llu rows against %llu: %.2f times (%.2f to %.2f), goal at most 1.50: %s\n",
           (unsigned long long)many.rows, (unsigned long long)few.rows, ratio[BENCH_ROUNDS / 2], ratio[0],
           ratio[BENCH_ROUNDS - 1], ratio[BENCH_ROUNDS / 2] <= 1.5 ? "met" : "missed");
    keystore_close(few.ks), keystore_close(many.ks);
    store_close(few.store), store_close(many.store);
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? 0 : 1;
}
