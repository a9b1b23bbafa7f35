/* Attacks on what a member finds on its disk: whoever has the disk puts something else there. The attacker
 * wants another file read or written in the member's name, or a member that hangs at its start. */
#include "crypto/file.h"
#include "store/store.h"
#include "tests/attacks/lab.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The member's folder, and beside it something that is not the member's. */
struct disk {
    char dir[64], state[96], store[128], url[160], other[128], key[128];
};

static void write_text(const char *path, const char *text)
{
    maker_need(file_write(path, 0600, span_of(text), NULL) == SR_OK, path);
}

static void disk_new(struct disk *d)
{
    strcpy(d->dir, "/tmp/sealring-attack-XXXXXX");
    maker_need(mkdtemp(d->dir) != NULL, "folder");
    snprintf(d->state, sizeof d->state, "%s/state", d->dir);
    snprintf(d->store, sizeof d->store, "%s/store.db", d->state);
    snprintf(d->url, sizeof d->url, "sqlite:%s", d->store);
    snprintf(d->other, sizeof d->other, "%s/other", d->dir);
    snprintf(d->key, sizeof d->key, "%s/key", d->state);
    maker_need(mkdir(d->state, 0700) == 0, "state");
    write_text(d->other, "not the member's");
    write_text(d->key, "the member's key");
}

static int rm(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st, (void)kind, (void)f;
    return remove(path);
}

static void disk_drop(struct disk *d)
{
    nftw(d->dir, rm, 8, FTW_DEPTH | FTW_PHYS);
}

/* Opens the store, and makes it when there is none. */
static enum sr_err start(const struct disk *d, struct sr_why *why)
{
    struct store *s = NULL;
    struct store_op op = { STORE_PUT, SPAN_STR("key"), SPAN_STR("value") };
    SR_TRY(store_open(d->url, &s, why));
    enum sr_err e = store_txn(s, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL);
    store_close(s);
    return e;
}

static enum sr_err read_key(const struct disk *d, struct buf *ret, struct sr_why *why)
{
    return file_read(d->key, 1024, ret, why);
}

static bool honest_state(struct lab *l)
{
    struct disk d;
    SR_OWN(buf) key = { 0 };
    (void)l;
    disk_new(&d);
    bool good = start(&d, NULL) == SR_OK && start(&d, NULL) == SR_OK && read_key(&d, &key, NULL) == SR_OK &&
                span_eq(buf_span(&key), SPAN_STR("the member's key"));
    disk_drop(&d);
    return good;
}

/* A database elsewhere, that another program can change while the member runs. */
static bool store_is_a_link(struct lab *l, struct sr_why *why)
{
    struct disk d;
    (void)l;
    disk_new(&d);
    maker_need(start(&d, NULL) == SR_OK && rename(d.store, d.other) == 0 && symlink(d.other, d.store) == 0,
               "link");
    bool got = start(&d, why) == SR_OK;
    disk_drop(&d);
    return got;
}

static bool store_has_two_names(struct lab *l, struct sr_why *why)
{
    struct disk d;
    (void)l;
    disk_new(&d);
    maker_need(start(&d, NULL) == SR_OK && unlink(d.other) == 0 && link(d.store, d.other) == 0, "name");
    bool got = start(&d, why) == SR_OK;
    disk_drop(&d);
    return got;
}

static bool store_for_all(struct lab *l, struct sr_why *why)
{
    struct disk d;
    (void)l;
    disk_new(&d);
    maker_need(start(&d, NULL) == SR_OK && chmod(d.store, 0666) == 0, "mode");
    bool got = start(&d, why) == SR_OK;
    disk_drop(&d);
    return got;
}

static bool folder_for_all(struct lab *l, struct sr_why *why)
{
    struct disk d;
    (void)l;
    disk_new(&d);
    maker_need(start(&d, NULL) == SR_OK && chmod(d.state, 0777) == 0, "mode");
    bool got = start(&d, why) == SR_OK;
    disk_drop(&d);
    return got;
}

/* The same state under two members at a time. */
static bool opened_twice(struct lab *l, struct sr_why *why)
{
    struct disk d;
    struct store *first = NULL;
    (void)l;
    disk_new(&d);
    maker_need(store_open(d.url, &first, NULL) == SR_OK, "store");
    bool got = start(&d, why) == SR_OK;
    store_close(first);
    disk_drop(&d);
    return got;
}

/* Does it wait for ever? In a child, which gets half a second. */
static bool hangs(const struct disk *d, enum sr_err (*run)(const struct disk *, struct sr_why *),
                  struct sr_why *why)
{
    int told[2], status = 0;
    maker_need(pipe(told) == 0, "pipe");
    pid_t child = fork();
    maker_need(child >= 0, "child");
    if (child == 0) {
        struct sr_why mine = { 0 };
        alarm(1);
        (void)run(d, &mine);
        _exit(write(told[1], &mine.reason, sizeof mine.reason) != sizeof mine.reason);
    }
    close(told[1]);
    if (read(told[0], &why->reason, sizeof why->reason) != sizeof why->reason)
        why->reason = R_NONE;
    close(told[0]);
    maker_need(waitpid(child, &status, 0) == child, "waiting for the child");
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
}

static bool store_is_a_fifo(struct lab *l, struct sr_why *why)
{
    struct disk d;
    (void)l;
    disk_new(&d);
    maker_need(mkfifo(d.store, 0600) == 0, "fifo");
    bool got = hangs(&d, start, why);
    disk_drop(&d);
    return got;
}

static enum sr_err read_only(const struct disk *d, struct sr_why *why)
{
    SR_OWN(buf) key = { 0 };
    return read_key(d, &key, why);
}

static bool key_is_a_fifo(struct lab *l, struct sr_why *why)
{
    struct disk d;
    (void)l;
    disk_new(&d);
    maker_need(unlink(d.key) == 0 && mkfifo(d.key, 0600) == 0, "fifo");
    bool got = hangs(&d, read_only, why);
    disk_drop(&d);
    return got;
}

/* What the member may read and the attacker may not. */
static bool key_is_a_link(struct lab *l, struct sr_why *why)
{
    struct disk d;
    SR_OWN(buf) key = { 0 };
    (void)l;
    disk_new(&d);
    maker_need(unlink(d.key) == 0 && symlink(d.other, d.key) == 0, "link");
    bool got = read_key(&d, &key, why) == SR_OK && span_eq(buf_span(&key), SPAN_STR("not the member's"));
    disk_drop(&d);
    return got;
}

/* No bytes on the disk, 64 MiB in memory. */
static bool key_is_huge(struct lab *l, struct sr_why *why)
{
    struct disk d;
    SR_OWN(buf) key = { 0 };
    (void)l;
    disk_new(&d);
    maker_need(truncate(d.key, 64 << 20) == 0, "size");
    bool got = read_key(&d, &key, why) == SR_OK && key.n == 64 << 20;
    disk_drop(&d);
    return got;
}

/* Something else lies where a new file is written before it takes its place. */
static bool written_through_a_link(struct lab *l, struct sr_why *why)
{
    struct disk d;
    SR_OWN(buf) other = { 0 };
    char temporary[160];
    (void)l;
    disk_new(&d);
    snprintf(temporary, sizeof temporary, "%s.new", d.key);
    maker_need(symlink(d.other, temporary) == 0, "link");
    bool wrote = file_write(d.key, 0600, SPAN_STR("new"), why) == SR_OK;
    maker_need(file_read(d.other, 1024, &other, NULL) == SR_OK, "the other file");
    disk_drop(&d);
    return wrote && memcmp(other.p, "new", 3) == 0;
}

static const struct attack rows[] = {
    { "store_is_a_link", honest_state, store_is_a_link, R_STORE_HOSTILE },
    { "store_has_two_names", honest_state, store_has_two_names, R_STORE_HOSTILE },
    { "store_for_all", honest_state, store_for_all, R_STORE_HOSTILE },
    { "folder_for_all", honest_state, folder_for_all, R_STORE_HOSTILE },
    { "opened_twice", honest_state, opened_twice, R_BUSY },
    { "store_is_a_fifo", honest_state, store_is_a_fifo, R_STORE_HOSTILE },
    { "key_is_a_fifo", honest_state, key_is_a_fifo, R_CONFIG },
    { "key_is_a_link", honest_state, key_is_a_link, R_CONFIG },
    { "key_is_huge", honest_state, key_is_huge, R_CONFIG },
    { "written_through_a_link", honest_state, written_through_a_link, R_NONE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
