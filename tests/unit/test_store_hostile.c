/* What an enemy can put where the store's files belong: refused, with its reason, and at once. */
#include "crypto/secret.h"
#include "store/store.h"
#include "tests/t.h"

#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[64], db[96], wal[96], url[128];

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
    strcpy(folder, "/tmp/sealring-hostile-XXXXXX");
    T(mkdtemp(folder) != NULL);
    snprintf(db, sizeof db, "%s/store.db", folder);
    snprintf(wal, sizeof wal, "%s/store.db-wal", folder);
    snprintf(url, sizeof url, "sqlite:%s", db);
}

static void good(void)
{
    struct store *s = NULL;
    struct store_op op = { STORE_PUT, SPAN_STR("key"), SPAN_STR("value") };
    T(store_open(url, &s, NULL) == SR_OK);
    for (int i = 0; s && i < 30; i++)
        T(store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL) == SR_OK);
    store_close(s);
}

static void write_file(const char *path, const void *p, size_t n, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    T(fd >= 0 && write(fd, p, n) == (ssize_t)n && fchmod(fd, mode) == 0);
    close(fd);
}

static void sql(const char *text)
{
    sqlite3 *c = NULL;
    T(sqlite3_open(db, &c) == SQLITE_OK && sqlite3_exec(c, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(c);
    chmod(db, 0600);
}

static void patch(const char *path, off_t at, const void *p, size_t n)
{
    int fd = open(path, O_WRONLY);
    T(fd >= 0 && pwrite(fd, p, n, at) == (ssize_t)n);
    close(fd);
}

static void a_symlink(void)
{
    good();
    char other[96];
    snprintf(other, sizeof other, "%s/elsewhere", folder);
    T(rename(db, other) == 0 && symlink(other, db) == 0);
}
static void a_symlink_to_proc(void)
{
    T(symlink("/proc/self/mem", db) == 0);
}
static void a_dangling_symlink(void)
{
    T(symlink("/nonexistent", db) == 0);
}
static void a_fifo(void)
{
    T(mkfifo(db, 0600) == 0);
}
static void a_directory(void)
{
    T(mkdir(db, 0700) == 0);
}
static void an_empty_file(void)
{
    write_file(db, "", 0, 0600);
}
static void a_short_file(void)
{
    write_file(db, "SQLite format 3", 16, 0600);
}
static void garbage(void)
{
    static uint8_t junk[8192];
    random_fill(junk, sizeof junk);
    write_file(db, junk, sizeof junk, 0600);
}
static void a_sparse_file(void)
{
    write_file(db, "", 0, 0600);
    T(truncate(db, (off_t)2 << 30) == 0);
}
static void a_sparse_file_with_our_header(void)
{
    good();
    T(truncate(db, (off_t)2 << 30) == 0);
}
static void a_file_over_the_cap(void)
{
    good();
    T(truncate(db, ((off_t)64 << 30) + 1) == 0);
}
static void a_file_others_may_read(void)
{
    good();
    T(chmod(db, 0640) == 0);
}
static void a_file_others_may_write(void)
{
    good();
    T(chmod(db, 0602) == 0);
}
static void a_file_with_a_second_name(void)
{
    char other[96];
    good();
    snprintf(other, sizeof other, "%s/second", folder);
    T(link(db, other) == 0);
}
static void a_file_of_somebody_else(void)
{
    good();
    T(geteuid() != 0 || chown(db, 12345, 12345) == 0);
    if (geteuid() != 0)
        T(chmod(db, 0644) == 0); /* only root can give files away: then the mode is what is wrong */
}
static void a_truncated_file(void)
{
    struct stat st;
    good();
    T(stat(db, &st) == 0 && truncate(db, st.st_size - 4096) == 0);
}
static void a_file_cut_in_a_page(void)
{
    struct stat st;
    good();
    T(stat(db, &st) == 0 && truncate(db, st.st_size - 1) == 0);
}
static void an_extended_file(void)
{
    struct stat st;
    good();
    T(stat(db, &st) == 0 && truncate(db, st.st_size + 4096) == 0);
}
static void damaged_pages(void)
{
    good();
    patch(db, 4096, "\xde\xad\xbe\xef\xde\xad\xbe\xef", 8);
    patch(db, 2 * 4096, "\xde\xad\xbe\xef\xde\xad\xbe\xef", 8);
}
static void damaged_schema_page(void)
{
    good();
    patch(db, 100, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
}
static void no_meta_row(void)
{
    good();
    sql("DELETE FROM meta");
}
static void a_negative_revision(void)
{
    good();
    sql("UPDATE meta SET rev = -5");
}
static void an_extra_table(void)
{
    good();
    sql("CREATE TABLE more (x)");
}
static void an_extra_index(void)
{
    good();
    sql("CREATE INDEX more ON kv (mod_rev)");
}
static void a_trigger(void)
{
    good();
    sql("CREATE TRIGGER t AFTER INSERT ON kv BEGIN DELETE FROM changes; END");
}
static void a_view(void)
{
    good();
    sql("CREATE VIEW v AS SELECT * FROM kv");
}
static void a_table_replaced_by_a_view(void)
{
    good();
    sql("DROP TABLE kv; CREATE VIEW kv AS SELECT 1 AS key, 2 AS value, 3 AS create_rev, 4 AS mod_rev");
}
static void a_column_with_a_default(void)
{
    good();
    sql("ALTER TABLE kv ADD COLUMN x BLOB DEFAULT x'00'");
}
static void another_applications_database(void)
{
    sql("PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
}
static void a_newer_format(void)
{
    good();
    sql("PRAGMA user_version = 2");
}
static void an_unversioned_format(void)
{
    good();
    sql("PRAGMA user_version = 0");
}
static void a_rollback_journal(void)
{
    char journal[112];
    good();
    snprintf(journal, sizeof journal, "%s-journal", db);
    write_file(journal, "x", 1, 0600);
}
static void a_log_that_is_a_symlink(void)
{
    good();
    T(symlink("/dev/zero", wal) == 0);
}
static void a_log_that_is_a_fifo(void)
{
    good();
    T(mkfifo(wal, 0600) == 0);
}
static void shared_memory_that_is_a_directory(void)
{
    char shm[112];
    good();
    snprintf(shm, sizeof shm, "%s-shm", db);
    T(mkdir(shm, 0700) == 0);
}
static void a_log_without_its_file(void)
{
    write_file(wal, "x", 1, 0600);
}
static void a_folder_others_may_enter(void)
{
    good();
    T(chmod(folder, 0755) == 0);
}
static void a_sticky_folder(void)
{
    T(chmod(folder, 01700) == 0);
}
static void a_folder_that_is_a_symlink(void)
{
    char real[96];
    good();
    snprintf(real, sizeof real, "%s.real", folder);
    T(rename(folder, real) == 0 && symlink(real, folder) == 0);
}
static void a_folder_that_is_a_file(void)
{
    T(rmdir(folder) == 0);
    write_file(folder, "x", 1, 0600);
}
static void no_folder(void)
{
    T(rmdir(folder) == 0);
}

static const struct {
    void (*place)(void);
    const char *name;
    enum sr_reason want;
} rows[] = {
#define ROW(place, want)                                                                                     \
    {                                                                                                        \
        place, #place, want                                                                                  \
    }
    ROW(a_symlink, R_STORE_HOSTILE),
    ROW(a_symlink_to_proc, R_STORE_HOSTILE),
    ROW(a_dangling_symlink, R_STORE_HOSTILE),
    ROW(a_fifo, R_STORE_HOSTILE),
    ROW(a_directory, R_STORE_HOSTILE),
    ROW(an_empty_file, R_STORE_HOSTILE),
    ROW(a_short_file, R_STORE_HOSTILE),
    ROW(garbage, R_STORE_HOSTILE),
    ROW(a_sparse_file, R_STORE_HOSTILE),
    ROW(a_sparse_file_with_our_header, R_STORE_TAMPERED),
    ROW(a_file_over_the_cap, R_STORE_HOSTILE),
    ROW(a_file_others_may_read, R_STORE_HOSTILE),
    ROW(a_file_others_may_write, R_STORE_HOSTILE),
    ROW(a_file_with_a_second_name, R_STORE_HOSTILE),
    ROW(a_file_of_somebody_else, R_STORE_HOSTILE),
    ROW(a_truncated_file, R_STORE_TAMPERED),
    ROW(a_file_cut_in_a_page, R_STORE_TAMPERED),
    ROW(an_extended_file, R_STORE_TAMPERED),
    ROW(damaged_pages, R_STORE_TAMPERED),
    ROW(damaged_schema_page, R_STORE_TAMPERED),
    ROW(no_meta_row, R_STORE_TAMPERED),
    ROW(a_negative_revision, R_STORE_TAMPERED),
    ROW(an_extra_table, R_STORE_HOSTILE),
    ROW(an_extra_index, R_STORE_HOSTILE),
    ROW(a_trigger, R_STORE_HOSTILE),
    ROW(a_view, R_STORE_HOSTILE),
    ROW(a_table_replaced_by_a_view, R_STORE_HOSTILE),
    ROW(a_column_with_a_default, R_STORE_HOSTILE),
    ROW(another_applications_database, R_STORE_HOSTILE),
    ROW(a_newer_format, R_STORE_VERSION),
    ROW(an_unversioned_format, R_STORE_VERSION),
    ROW(a_rollback_journal, R_STORE_HOSTILE),
    ROW(a_log_that_is_a_symlink, R_STORE_HOSTILE),
    ROW(a_log_that_is_a_fifo, R_STORE_HOSTILE),
    ROW(shared_memory_that_is_a_directory, R_STORE_HOSTILE),
    ROW(a_log_without_its_file, R_STORE_TAMPERED),
    ROW(a_folder_others_may_enter, R_STORE_HOSTILE),
    ROW(a_sticky_folder, R_STORE_HOSTILE),
    ROW(a_folder_that_is_a_symlink, R_STORE_HOSTILE),
    ROW(a_folder_that_is_a_file, R_STORE_HOSTILE),
    ROW(no_folder, R_STORE_HOSTILE),
#undef ROW
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void every_hostile_file_is_refused_at_once(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct store *s = NULL;
        struct sr_why why = { 0 };
        char real[96];
        fresh();
        rows[i].place();
        double start = now();
        T_ROW(store_open(url, &s, &why) != SR_OK && !s, rows[i].name);
        T_ROW(now() - start < 1.0, rows[i].name);
        T_ROW(why.reason == rows[i].want, rows[i].name);
        T_ROW(why.text[0] != 0, rows[i].name);
        snprintf(real, sizeof real, "%s.real", folder);
        nftw(real, rm, 8, FTW_DEPTH | FTW_PHYS);
    }
}

static void the_untouched_twin_is_accepted(void)
{
    struct store *s = NULL;
    SR_OWN(buf) b = { 0 };
    fresh();
    good();
    T(store_open(url, &s, NULL) == SR_OK);
    T(s && store_get(s, SPAN_STR("key"), &b, NULL) == SR_OK && span_eq(buf_span(&b), SPAN_STR("value")));
    store_close(s);
}

static bool private(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && (st.st_mode & 07777) == 0600;
}

static void files_are_private_whatever_the_umask(void)
{
    static const mode_t masks[] = { 0, 022, 077, 0177 };
    for (size_t i = 0; i < 4; i++) {
        struct store *s = NULL;
        char shm[112];
        fresh();
        mode_t old = umask(masks[i]);
        T(store_open(url, &s, NULL) == SR_OK);
        umask(old);
        snprintf(shm, sizeof shm, "%s-shm", db);
        T(private(db) && private(wal) && private(shm));
        store_close(s);
    }
}

static void one_process_holds_the_folder(void)
{
    struct store *s = NULL, *second = NULL;
    struct sr_why why = { 0 };
    int status = -1;
    fresh();
    T(store_open(url, &s, NULL) == SR_OK);
    T(store_open(url, &second, &why) == SR_EBUSY && why.reason == R_BUSY);
    pid_t child = fork();
    if (child == 0)
        _exit(store_open(url, &second, NULL) == SR_EBUSY ? 7 : 8);
    T(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    store_close(s);
    T(store_open(url, &s, NULL) == SR_OK);
    store_close(s);
}

static void paths_that_are_none_are_refused(void)
{
    static const char *const bad[] = { "", "/", "x/", ".", "..", "/tmp/", "/tmp/..", ".hidden" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct store *s = NULL;
        struct sr_why why = { 0 };
        char text[64];
        snprintf(text, sizeof text, "sqlite:%s", bad[i]);
        T_ROW(store_open(text, &s, &why) == SR_EFORMAT && why.reason == R_CONFIG, bad[i]);
    }
}

static void what_an_interrupted_creation_left_is_replaced(void)
{
    struct store *s = NULL;
    char left[112];
    struct stat st;
    fresh();
    snprintf(left, sizeof left, "%s.new", db);
    write_file(left, "half", 4, 0644);
    T(store_open(url, &s, NULL) == SR_OK && stat(left, &st) != 0);
    store_close(s);
}

int main(void)
{
    T(secret_init() == SR_OK);
    every_hostile_file_is_refused_at_once();
    the_untouched_twin_is_accepted();
    files_are_private_whatever_the_umask();
    one_process_holds_the_folder();
    paths_that_are_none_are_refused();
    what_an_interrupted_creation_left_is_replaced();
    wipe();
    return t_end();
}
