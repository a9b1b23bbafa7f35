/* An sqlite store whose files an enemy wrote. First byte 0: the rest is the database; 1: patches to a good
 * database; 2: patches to its write-ahead log, which must then be there. A patch is u24be offset, u8 to xor.
 * Whatever opens must survive reading and writing. */
#include "crypto/secret.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], url[96];
static uint8_t good_db[1 << 17], good_wal[1 << 18], work[1 << 18];
static size_t good_db_n, good_wal_n;

static const char *path(const char *suffix)
{
    static char text[128];
    snprintf(text, sizeof text, "%s/store.db%s", folder, suffix);
    return text;
}

static size_t load(const char *suffix, uint8_t *to, size_t max)
{
    int fd = open(path(suffix), O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, to, max);
    if (fd >= 0)
        close(fd);
    return n > 0 ? (size_t)n : 0;
}

static void save(const char *suffix, const uint8_t *p, size_t n)
{
    int fd = open(path(suffix), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, p, n) != (ssize_t)n)
        abort();
    close(fd);
}

static void clear(void)
{
    static const char *const all[] = { "", "-wal", "-shm", "-journal", ".new", ".new-wal", ".new-shm" };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        unlink(path(all[i]));
}

static void cleanup(void)
{
    clear();
    rmdir(folder);
}

static void write_some(struct store *s)
{
    char key[8];
    for (int i = 0; i < 12; i++) {
        snprintf(key, sizeof key, "key%d", i % 7);
        struct store_op op = { i % 5 ? STORE_PUT : STORE_DEL, span_of(key), { work, 600 } };
        if (store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL) != SR_OK)
            return;
    }
}

static void start(void)
{
    struct store *s = NULL;
    strcpy(folder, "/tmp/sealring-fuzz-XXXXXX");
    if (secret_init() != SR_OK || !mkdtemp(folder))
        abort();
    atexit(cleanup);
    snprintf(url, sizeof url, "sqlite:%s/store.db", folder);
    if (store_open(url, &s, NULL) != SR_OK)
        abort();
    write_some(s);
    if (store_compact(s, 0) != SR_OK) /* copies the log into the file */
        abort();
    good_db_n = load("", good_db, sizeof good_db);
    write_some(s);
    good_wal_n = load("-wal", good_wal, sizeof good_wal);
    store_close(s);
    if (!good_db_n || !good_wal_n)
        abort();
}

static void patched(const char *suffix, const uint8_t *from, size_t n, struct reader *r)
{
    memcpy(work, from, n);
    while (rd_left(r) >= 4) {
        size_t at = (size_t)rd_u8(r) << 16;
        at |= rd_u16be(r);
        work[at % n] ^= rd_u8(r);
    }
    save(suffix, work, n);
}

static enum sr_err touch(void *ctx, const struct store_item *item)
{
    (void)ctx;
    return item->key.n > STORE_VALUE_MAX ? SR_EBUG : SR_OK;
}

static enum sr_err touch_change(void *ctx, const struct store_change *c)
{
    (void)ctx;
    return c->key.n > STORE_VALUE_MAX ? SR_EBUG : SR_OK;
}

static void use(struct store *s)
{
    SR_OWN(buf) b = { 0 };
    uint64_t next;
    (void)!(store_list(s, &(struct store_list){ .visit = touch }, NULL) == SR_OK);
    (void)!(store_watch(s, &(struct store_watch){ .from_rev = 1, .visit = touch_change }, &next) == SR_OK);
    (void)!(store_get(s, SPAN_STR("key1"), &b, NULL) == SR_OK);
    write_some(s);
    (void)!(store_compact(s, 5) == SR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store *s = NULL;
    if (!folder[0])
        start();
    if (size == 0)
        return 0;
    struct reader r = rd_init((struct span){ data + 1, size - 1 });
    clear();
    if (data[0] == 0)
        save("", data + 1, size - 1);
    else if (data[0] == 1)
        patched("", good_db, good_db_n, &r);
    else if (data[0] == 2) {
        save("", good_db, good_db_n);
        patched("-wal", good_wal, good_wal_n, &r);
    } else
        return 0;
    if (store_open(url, &s, NULL) == SR_OK)
        use(s);
    store_close(s);
    return 0;
}
