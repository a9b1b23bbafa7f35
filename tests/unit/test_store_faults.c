/* Storage that fails: a back end whose n-th call fails, an sqlite VFS whose k-th system call fails, a power
 * cut at each write, and kill -9. What was acknowledged must be there afterwards, and nothing half done.
 *   SEALRING_POWER_POINTS  simulated power cuts (default 300; full: 20000)
 *   SEALRING_KILL_ROUNDS   rounds of kill -9 (default 20; full: 10000) */
#include "crypto/secret.h"
#include "store/keystore.h"
#include "tests/t.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], url[96];

static int rm(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st, (void)kind, (void)f;
    return remove(path);
}

static void wipe(void)
{
    if (folder[0])
        nftw(folder, rm, 8, FTW_DEPTH | FTW_PHYS);
}

static void fresh(void)
{
    wipe();
    strcpy(folder, "/tmp/sealring-faults-XXXXXX");
    T(mkdtemp(folder) != NULL);
    snprintf(url, sizeof url, "sqlite:%s/store.db", folder);
}

static unsigned setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static struct keystore_options options(struct store *s)
{
    struct keystore_options o = { .store = s, .epoch = 1 };
    memset(o.kek.b, 2, sizeof o.kek.b);
    memset(o.index.b, 3, sizeof o.index.b);
    return o;
}

static void number_name(char text[16], unsigned i)
{
    snprintf(text, 16, "n%u", i);
}

static struct keystore_name named(const char *text)
{
    return (struct keystore_name){ KT_PACKAGE, SPAN_STR("t"), span_of(text) };
}

/* Commit i puts row "n<i>" and the counter, deletes row "n<i-5>" and appends leaf i, all or nothing. */
static enum sr_err step(struct keystore *ks, unsigned i)
{
    SR_OWN(keystore_txn) t = { 0 };
    struct keystore_txn *list[] = { &t };
    enum sr_err result = SR_OK;
    char name[16] = "", old[16] = "";
    uint8_t leaf[4] = { (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
    struct keystore_name n = named(name), o = named(old), counter = named("counter");
    number_name(name, i);
    n.name = span_of(name);
    keystore_txn_put(&t, &n, i, i, SPAN(leaf));
    keystore_txn_put(&t, &counter, i, i, SPAN(leaf));
    if (i > 5) {
        number_name(old, i - 5);
        o.name = span_of(old);
        keystore_txn_del(&t, &o);
    }
    keystore_txn_raw(&t, KR_LEAF, SPAN(leaf), SPAN(leaf));
    enum sr_err e = keystore_commit(ks, &(struct keystore_group){ list, &result, 1, NULL, NULL }, NULL);
    T(e == SR_OK ? result == SR_OK : result == e);
    return e;
}

static unsigned counter_of(struct keystore *ks)
{
    SR_OWN(keystore_item) it = { 0 };
    struct keystore_name counter = named("counter");
    enum sr_err e = keystore_get(ks, &counter, &it, NULL);
    struct reader r = rd_init(secret_span(&it.value));
    return e == SR_ENOENT ? 0 : e == SR_OK ? rd_u32be(&r) : UINT32_MAX;
}

/* The state is exactly that after some number of commits: returned, or UINT32_MAX. */
static unsigned committed_prefix(struct keystore *ks)
{
    unsigned n = counter_of(ks), wrong = n == UINT32_MAX;
    for (unsigned i = 1; !wrong && i <= n + 2; i++) {
        SR_OWN(keystore_item) it = { 0 };
        SR_OWN(buf) leaf = { 0 };
        uint8_t key[4] = { (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
        char name[16];
        number_name(name, i);
        struct keystore_name row = named(name);
        if (i + 10 > n) /* rows further back are checked through the head's count */
            wrong |= keystore_get(ks, &row, &it, NULL) != (i <= n && i + 5 > n ? SR_OK : SR_ENOENT);
        wrong |= keystore_raw_get(ks, KR_LEAF, SPAN(key), &leaf) != (i <= n ? SR_OK : SR_ENOENT);
    }
    struct keystore_head h = keystore_head(ks);
    wrong |= h.rows != (n == 0 ? 0 : (n < 5 ? n : 5) + 1);
    return wrong || keystore_scrub(ks, NULL) != SR_OK ? UINT32_MAX : n;
}

/* ---- a back end that fails its n-th call */

struct failing {
    struct store store;
    struct store *inner;
    int left;           /* calls until the failure */
    enum sr_err answer; /* SR_EIO: nothing done; SR_EUNKNOWN for a txn: done or not, by `half` */
    bool half;
};

static bool fails(struct failing *f)
{
    return f->left > 0 && --f->left == 0;
}

static enum sr_err f_get(struct store *s, struct span key, struct buf *ret, uint64_t *ret_mod_rev)
{
    struct failing *f = (struct failing *)s;
    return fails(f) ? SR_EIO : store_get(f->inner, key, ret, ret_mod_rev);
}

static enum sr_err f_list(struct store *s, const struct store_list *l, uint64_t *ret_rev)
{
    struct failing *f = (struct failing *)s;
    return fails(f) ? SR_EIO : store_list(f->inner, l, ret_rev);
}

static enum sr_err f_txn(struct store *s, const struct store_txn *t, uint64_t *ret_rev)
{
    struct failing *f = (struct failing *)s;
    if (!fails(f))
        return store_txn(f->inner, t, ret_rev);
    if (f->half)
        T(store_txn(f->inner, t, NULL) == SR_OK);
    return f->answer;
}

static const struct store_ops failing_ops = {
    .scheme = "failing", .get = f_get, .list = f_list, .txn = f_txn
};

/* The whole life of a keystore; how many steps it says were committed. */
static unsigned live(struct store *s, enum sr_err *ret)
{
    struct keystore *ks = NULL;
    struct keystore_options o = options(s);
    unsigned n = 0;
    *ret = keystore_create(&o, &ks, NULL);
    for (unsigned i = 1; i <= 8 && *ret == SR_OK; i++) {
        *ret = step(ks, i);
        n += *ret == SR_OK;
        if (*ret == SR_OK && counter_of(ks) != i)
            *ret = SR_EIO;
    }
    if (*ret == SR_OK && committed_prefix(ks) != 8)
        *ret = SR_EIO;
    if (ks && *ret == SR_EUNKNOWN) /* after that it does nothing more */
        T(step(ks, n + 1) == SR_EIO && counter_of(ks) == UINT32_MAX);
    keystore_close(ks);
    return n;
}

static void each_failing_call_of_the_store_is_survived(void)
{
    static const struct {
        enum sr_err answer;
        bool half;
        unsigned more; /* commits there may be beyond those acknowledged */
    } rows[] = {
        { SR_EIO, false, 0 }, { SR_ENOMEM, false, 0 }, { SR_EUNKNOWN, false, 0 }, { SR_EUNKNOWN, true, 1 }
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        enum sr_err e = SR_EIO;
        int k = 1;
        for (; e != SR_OK && k < 500; k++) {
            struct failing f = { { &failing_ops }, NULL, k, rows[r].answer, rows[r].half };
            T(store_open("memory:", &f.inner, NULL) == SR_OK);
            unsigned acked = live(&f.store, &e);
            struct keystore *ks = NULL;
            struct keystore_options o = options(f.inner);
            enum sr_err again = keystore_open(&o, NULL, 0, &ks, NULL);
            if (again == SR_OK) {
                unsigned n = committed_prefix(ks);
                T(n >= acked && n <= acked + rows[r].more);
                T(step(ks, n + 1) == SR_OK && committed_prefix(ks) == n + 1);
            } else
                T(acked == 0); /* it never came to be */
            keystore_close(ks);
            store_close(f.inner);
        }
        T(k > 40 && k < 500);
    }
}

/* ---- an sqlite VFS that records what reaches the disk, and can fail the k-th call */

struct event {
    enum { EV_WRITE, EV_TRUNCATE, EV_SYNC, EV_DELETE, EV_ACK } kind;
    int file; /* 0: the database, 1: its log; else ignored */
    sqlite3_int64 at;
    size_t n;
    uint8_t *bytes;
};

static struct {
    struct event *events;
    size_t n, cap;
    bool recording;
    int fail_in, fail_rc; /* calls until one fails, and how; after it all fail when `sticky` */
    bool failed, sticky;
    sqlite3_vfs vfs, *real;
} disk;

struct disk_file {
    sqlite3_file base;
    int which;
    sqlite3_file *real;
};

static void record(struct event e, const void *bytes)
{
    if (!disk.recording)
        return;
    if (disk.n == disk.cap)
        disk.events = realloc(disk.events, (disk.cap = disk.cap * 2 + 64) * sizeof *disk.events);
    e.bytes = bytes ? malloc(e.n + 1) : NULL;
    if (bytes)
        memcpy(e.bytes, bytes, e.n);
    disk.events[disk.n++] = e;
}

static bool disk_fails(void)
{
    if (disk.failed && disk.sticky)
        return true;
    if (disk.fail_in > 0 && --disk.fail_in == 0)
        return disk.failed = true;
    return false;
}

static sqlite3_file *real(sqlite3_file *f)
{
    return ((struct disk_file *)f)->real;
}

static int which(sqlite3_file *f)
{
    return ((struct disk_file *)f)->which;
}

static int d_close(sqlite3_file *f)
{
    return real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK;
}
static int d_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return disk_fails() ? SQLITE_IOERR_READ : real(f)->pMethods->xRead(real(f), p, n, at);
}
static int d_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (disk_fails()) { /* a short write, as a full disk makes */
        real(f)->pMethods->xWrite(real(f), p, n / 2, at);
        return disk.fail_rc;
    }
    record((struct event){ .kind = EV_WRITE, .file = which(f), .at = at, .n = (size_t)n }, p);
    return real(f)->pMethods->xWrite(real(f), p, n, at);
}
static int d_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    if (disk_fails())
        return SQLITE_IOERR_TRUNCATE;
    record((struct event){ .kind = EV_TRUNCATE, .file = which(f), .at = n }, NULL);
    return real(f)->pMethods->xTruncate(real(f), n);
}
static int d_sync(sqlite3_file *f, int flags)
{
    if (disk_fails())
        return SQLITE_IOERR_FSYNC;
    record((struct event){ .kind = EV_SYNC, .file = which(f) }, NULL);
    (void)flags; /* the machine these tests run on stays up */
    return SQLITE_OK;
}
static int d_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return disk_fails() ? SQLITE_IOERR_FSTAT : real(f)->pMethods->xFileSize(real(f), n);
}
static int d_lock(sqlite3_file *f, int l)
{
    return real(f)->pMethods->xLock(real(f), l);
}
static int d_unlock(sqlite3_file *f, int l)
{
    return real(f)->pMethods->xUnlock(real(f), l);
}
static int d_reserved(sqlite3_file *f, int *r)
{
    return real(f)->pMethods->xCheckReservedLock(real(f), r);
}
static int d_control(sqlite3_file *f, int op, void *p)
{
    return real(f)->pMethods->xFileControl(real(f), op, p);
}
static int d_sector(sqlite3_file *f)
{
    (void)f;
    return 512;
}
static int d_character(sqlite3_file *f)
{
    (void)f;
    return 0; /* promises nothing */
}
static int d_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **p)
{
    return real(f)->pMethods->xShmMap(real(f), region, size, extend, p);
}
static int d_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}
static void d_shm_barrier(sqlite3_file *f)
{
    real(f)->pMethods->xShmBarrier(real(f));
}
static int d_shm_unmap(sqlite3_file *f, int del)
{
    return real(f)->pMethods->xShmUnmap(real(f), del);
}

static const sqlite3_io_methods disk_methods = { 2,           d_close,    d_read,     d_write,
                                                 d_truncate,  d_sync,     d_size,     d_lock,
                                                 d_unlock,    d_reserved, d_control,  d_sector,
                                                 d_character, d_shm_map,  d_shm_lock, d_shm_barrier,
                                                 d_shm_unmap, NULL,       NULL };

static bool ends(const char *text, const char *with)
{
    size_t n = strlen(text), m = strlen(with);
    return n >= m && strcmp(text + n - m, with) == 0;
}

static int file_of(const char *name)
{
    return name && ends(name, "/store.db") ? 0 : name && ends(name, "/store.db-wal") ? 1 : 2;
}

static int d_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct disk_file *d = (struct disk_file *)f;
    (void)v;
    d->real = (sqlite3_file *)(void *)(d + 1);
    d->which = file_of(name);
    if (disk_fails())
        return SQLITE_CANTOPEN;
    int rc = disk.real->xOpen(disk.real, name, d->real, flags, out);
    f->pMethods = d->real->pMethods ? &disk_methods : NULL;
    return rc;
}

static int d_delete(sqlite3_vfs *v, const char *name, int sync)
{
    (void)v;
    if (disk_fails())
        return SQLITE_IOERR_DELETE;
    record((struct event){ .kind = EV_DELETE, .file = file_of(name) }, NULL);
    return disk.real->xDelete(disk.real, name, sync);
}

static void disk_use(void)
{
    disk.real = sqlite3_vfs_find("unix");
    disk.vfs = *disk.real;
    disk.vfs.zName = "sealring-test-disk";
    disk.vfs.szOsFile = (int)sizeof(struct disk_file) + disk.real->szOsFile;
    disk.vfs.xOpen = d_open;
    disk.vfs.xDelete = d_delete;
    sqlite3_vfs_register(&disk.vfs, 1);
}

/* ---- the k-th call on the file fails */

static void each_failing_system_call_is_survived(void)
{
    static const struct {
        int rc;
        bool sticky;
    } rows[] = { { SQLITE_FULL, false },
                 { SQLITE_FULL, true },
                 { SQLITE_IOERR_WRITE, false },
                 { SQLITE_IOERR_WRITE, true } };
    unsigned survived = 0, unknown = 0;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int k = 1;; k += 3) {
            struct store *s = NULL;
            enum sr_err e = SR_OK;
            unsigned acked = 0;
            fresh();
            T(store_open(url, &s, NULL) == SR_OK);
            disk.fail_in = k;
            disk.fail_rc = rows[r].rc;
            disk.failed = false;
            disk.sticky = rows[r].sticky;
            acked = live(s, &e);
            bool hit = disk.failed;
            unknown += e == SR_EUNKNOWN;
            if (e == SR_EUNKNOWN) /* the store is finished, whatever the disk does now */
                T(store_sync(s, NULL) == SR_EIO);
            store_close(s);
            disk.fail_in = 0;
            disk.failed = false;
            struct keystore *ks = NULL;
            struct sr_why why = { 0 };
            T_ROW(store_open(url, &s, &why) == SR_OK, why.text);
            struct keystore_options o = options(s);
            if (keystore_open(&o, NULL, 0, &ks, NULL) == SR_OK) {
                unsigned n = committed_prefix(ks);
                T(n >= acked && n <= acked + (e == SR_EUNKNOWN)); /* a known failure did nothing */
                survived++;
            } else
                T(acked == 0);
            keystore_close(ks);
            store_close(s);
            if (!hit)
                break;
        }
    printf("faults: %u runs survived, %u with an unknown outcome\n", survived, unknown);
    T(survived > 60 && unknown > 0);
}

/* ---- power cuts */

struct file_image {
    uint8_t *p;
    size_t n;
};

static void image_write(struct file_image *f, size_t at, const uint8_t *p, size_t n)
{
    if (at + n > f->n) {
        f->p = realloc(f->p, at + n);
        memset(f->p + f->n, 0, at + n - f->n);
        f->n = at + n;
    }
    memcpy(f->p + at, p, n);
}

static void image_apply(struct file_image *f, const struct event *e)
{
    if (e->kind == EV_WRITE)
        image_write(f, (size_t)e->at, e->bytes, e->n);
    else if (e->kind == EV_TRUNCATE && (size_t)e->at < f->n)
        f->n = (size_t)e->at;
    else if (e->kind == EV_DELETE)
        f->n = 0;
}

/* What a write may leave behind when it was not synced: all, nothing, or some of its 512-byte sectors. */
static void image_tear(struct file_image *f, const struct event *e)
{
    unsigned luck = (unsigned)rand() % 4;
    if (luck == 0)
        return;
    if (luck == 1 || e->kind != EV_WRITE) {
        image_apply(f, e);
        return;
    }
    for (size_t at = 0; at < e->n; at += 512)
        if (rand() % 2)
            image_write(f, (size_t)e->at + at, e->bytes + at, e->n - at < 512 ? e->n - at : 512);
}

static void save(const char *suffix, const struct file_image *f)
{
    char path[128];
    snprintf(path, sizeof path, "%s/store.db%s", folder, suffix);
    unlink(path);
    int fd = f->n ? open(path, O_WRONLY | O_CREAT | O_EXCL, 0600) : -1;
    T(f->n == 0 || (fd >= 0 && write(fd, f->p, f->n) == (ssize_t)f->n));
    if (fd >= 0)
        close(fd);
}

/* The files as a power cut after the first `cut` events leaves them: each file up to its last sync, and of
 * what came later any part, in any order. */
static unsigned rebuild(const struct file_image *base, size_t cut)
{
    struct file_image f[2] = { { 0 }, { 0 } };
    size_t synced[2] = { 0, 0 };
    unsigned acked = 0;
    char shm[128];
    image_write(&f[0], 0, base->p, base->n);
    for (size_t i = 0; i < cut; i++) {
        const struct event *e = &disk.events[i];
        if (e->kind == EV_ACK)
            acked = (unsigned)e->at;
        else if (e->kind == EV_SYNC && e->file < 2)
            synced[e->file] = i;
    }
    for (size_t i = 0; i < cut; i++) {
        const struct event *e = &disk.events[i];
        if (e->kind == EV_ACK || e->kind == EV_SYNC || e->file > 1)
            continue;
        if (i < synced[e->file])
            image_apply(&f[e->file], e);
        else
            image_tear(&f[e->file], e);
    }
    save("", &f[0]);
    save("-wal", &f[1]);
    snprintf(shm, sizeof shm, "%s/store.db-shm", folder);
    unlink(shm);
    free(f[0].p);
    free(f[1].p);
    return acked;
}

static struct file_image snapshot(void)
{
    struct file_image f = { calloc(1, 1 << 20), 0 };
    char path[128];
    snprintf(path, sizeof path, "%s/store.db", folder);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, f.p, 1 << 20);
    f.n = n > 0 ? (size_t)n : 0;
    close(fd);
    return f;
}

static struct file_image scripted_workload(void)
{
    struct store *s = NULL;
    struct keystore *ks = NULL;
    fresh();
    T(store_open(url, &s, NULL) == SR_OK);
    struct keystore_options o = options(s);
    T(keystore_create(&o, &ks, NULL) == SR_OK);
    keystore_close(ks);
    store_close(s);
    struct file_image base = snapshot();
    T(store_open(url, &s, NULL) == SR_OK);
    o.store = s;
    T(keystore_open(&o, NULL, 0, &ks, NULL) == SR_OK);
    disk.recording = true;
    for (unsigned i = 1; i <= 60; i++) {
        T(step(ks, i) == SR_OK);
        record((struct event){ .kind = EV_ACK, .at = i }, NULL);
        if (i % 13 == 0) /* copies the log into the file, so that it starts over */
            T(store_compact(s, i) == SR_OK);
    }
    keystore_close(ks);
    store_close(s);
    disk.recording = false;
    return base;
}

static void a_power_cut_loses_nothing_acknowledged(void)
{
    struct file_image base = scripted_workload();
    unsigned points = setting("SEALRING_POWER_POINTS", 300), later = 0;
    srand(11);
    T(disk.n > 300);
    for (unsigned i = 0; i < points; i++) {
        size_t cut = points > disk.n ? i % (disk.n + 1) : (size_t)i * disk.n / (points ? points : 1);
        unsigned acked = rebuild(&base, cut);
        struct store *s = NULL;
        struct keystore *ks = NULL;
        struct sr_why why = { 0 };
        T_ROW(store_open(url, &s, &why) == SR_OK, why.text);
        if (!s)
            continue;
        struct keystore_options o = options(s);
        T_ROW(keystore_open(&o, NULL, 0, &ks, &why) == SR_OK, why.text);
        unsigned n = ks ? committed_prefix(ks) : UINT32_MAX;
        T(n >= acked && n <= acked + 1);
        later += n == acked + 1;
        keystore_close(ks);
        store_close(s);
    }
    printf("power: %u cuts over %zu events, %u kept a commit not yet acknowledged\n", points, disk.n, later);
    for (size_t i = 0; i < disk.n; i++)
        free(disk.events[i].bytes);
    free(disk.events);
    free(base.p);
}

/* ---- kill -9 */

static void child(int acks)
{
    struct store *s = NULL;
    struct keystore *ks = NULL;
    struct sr_why why = { 0 };
    if (store_open(url, &s, &why) != SR_OK)
        _exit(2);
    struct keystore_options o = options(s);
    if (keystore_open(&o, NULL, 0, &ks, &why) != SR_OK && keystore_create(&o, &ks, &why) != SR_OK)
        _exit(3);
    unsigned n = committed_prefix(ks);
    if (n == UINT32_MAX || write(acks, &n, sizeof n) != sizeof n)
        _exit(4);
    while (step(ks, ++n) == SR_OK)
        if (write(acks, &n, sizeof n) != sizeof n)
            _exit(5);
    _exit(6);
}

static void kill_nine_loses_nothing_acknowledged(void)
{
    unsigned rounds = setting("SEALRING_KILL_ROUNDS", 20), last = 0, total = 0;
    sqlite3_vfs_register(disk.real, 1);
    sqlite3_vfs_unregister(&disk.vfs);
    fresh();
    for (unsigned i = 0; i < rounds; i++) {
        int fds[2], status = 0;
        unsigned n = 0, first = 0, seen = 0;
        T(pipe(fds) == 0);
        pid_t pid = fork();
        if (pid == 0)
            child(fds[1]);
        close(fds[1]);
        T(read(fds[0], &first, sizeof first) == sizeof first);
        T(first == last || first == last + 1); /* nothing lost, at most one whose answer was not sent */
        usleep(1000 + (useconds_t)(rand() % 30000));
        T(kill(pid, SIGKILL) == 0);
        while (read(fds[0], &n, sizeof n) == sizeof n)
            seen = n;
        close(fds[0]);
        T(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
        last = seen > first ? seen : first;
        total += last - first;
    }
    printf("kill: %u rounds, %u commits acknowledged\n", rounds, total);
    T(total > 0);
}

int main(void)
{
    T(secret_init() == SR_OK);
    setvbuf(stdout, NULL, _IONBF, 0);
    each_failing_call_of_the_store_is_survived();
    disk_use();
    each_failing_system_call_is_survived();
    a_power_cut_loses_nothing_acknowledged();
    kill_nine_loses_nothing_acknowledged();
    wipe();
    return t_end();
}
