/* tsm_fs - a stand-in for the kernel's report interface and /dev/sev-guest, in user space (FUSE).
 *   tsm_fs MOUNTPOINT COLLATERAL snp:NAME|tdx:NAME...
 * MOUNTPOINT/NAME/report behaves as configfs-tsm does: an entry has all its attributes from mkdir on, a
 * binary attribute is read as one snapshot and written at its close, errors of that write are lost, each
 * write counts in `generation`, WO and RO are that. MOUNTPOINT/NAME/sev-guest takes SNP_GET_DERIVED_KEY. What
 * is written to MOUNTPOINT/NAME/control, "WORD NUMBER", changes what the machine is or how it fails; reading
 * it shows counts. COLLATERAL gets good/ and stale/ folders and the pins of the roots, snp.pin and tdx.pin.
 * Prints "ready" and stays in the foreground until unmounted. The keys are of this process and of nobody. */
#define FUSE_USE_VERSION 35
#include "crypto/text.h"
#include "tests/tsm_maker.h"

#include <errno.h>
#include <fuse3/fuse.h>
#include <linux/sev-guest.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MACHINES = 16, ENTRIES = 64, ATTRIBUTES = 8, BIG = 40000 };

/* What can be set, by name. Counts go down by one with each use. */
struct settings {
    struct made_settings made;
    unsigned hang, raced, lost, shortened, floor, other_data, unknown_provider, no_provider, big;
    unsigned errno_report, fail_report, errno_mkdir, fail_mkdir, errno_key, status_key, vanish;
};

struct entry {
    char name[64];
    bool used;
    unsigned long writes, read_at; /* write_generation, read_generation */
    bool has_report;
    uint8_t inblob[64];
    size_t inblob_n;
    unsigned level;
    struct buf out, aux;
};

static struct machine {
    const char *name;
    enum made_kind kind;
    struct settings set;
    struct entry entry[ENTRIES];
    unsigned made, removed, reports, keys;
} machines[MACHINES];
static size_t nmachines;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct word {
    const char *name;
    size_t at;
} words[] = {
#define WORD(name, member)                                                                                   \
    {                                                                                                        \
        name, offsetof(struct settings, member)                                                              \
    }
    WORD("measurement", made.measurement),
    WORD("debug", made.debug),
    WORD("low", made.low),
    WORD("padding", made.padding),
    WORD("no-aux", made.no_aux),
    WORD("bad-aux", made.bad_aux),
    WORD("vmpl", made.vmpl),
    WORD("svn", made.svn),
    WORD("committed", made.committed),
    WORD("hang", hang),
    WORD("raced", raced),
    WORD("lost", lost),
    WORD("short", shortened),
    WORD("floor", floor),
    WORD("other-data", other_data),
    WORD("unknown-provider", unknown_provider),
    WORD("no-provider", no_provider),
    WORD("big", big),
    WORD("errno-report", errno_report),
    WORD("fail-report", fail_report),
    WORD("errno-mkdir", errno_mkdir),
    WORD("fail-mkdir", fail_mkdir),
    WORD("errno-key", errno_key),
    WORD("status-key", status_key),
    WORD("vanish", vanish),
};

/* ---- attributes ---- */

enum attribute { A_GENERATION, A_PROVIDER, A_INBLOB, A_OUTBLOB, A_AUXBLOB, A_LEVEL, A_FLOOR, A_COUNT };
static const struct attribute_row {
    const char *name;
    mode_t mode;
    bool snp_only;
} attributes[A_COUNT] = {
    [A_GENERATION] = { "generation", 0444, false }, [A_PROVIDER] = { "provider", 0444, false },
    [A_INBLOB] = { "inblob", 0200, false },         [A_OUTBLOB] = { "outblob", 0400, false },
    [A_AUXBLOB] = { "auxblob", 0400, true },        [A_LEVEL] = { "privlevel", 0200, true },
    [A_FLOOR] = { "privlevel_floor", 0444, true },
};

/* A path, taken apart. Nothing set: the root. */
struct place {
    struct machine *m;
    bool report, control, key;
    struct entry *e;
    char name[64]; /* of the entry, which may not be there */
    int a;         /* an attribute, or -1 */
};

static struct entry *find_entry(struct machine *m, const char *name)
{
    for (size_t i = 0; i < ENTRIES; i++)
        if (m->entry[i].used && strcmp(m->entry[i].name, name) == 0)
            return &m->entry[i];
    return NULL;
}

static bool attribute_there(const struct machine *m, int a)
{
    return !attributes[a].snp_only || m->kind == MADE_SNP;
}

/* 0, or an errno. */
static int locate(const char *path, struct place *ret)
{
    char copy[256], *save = NULL;
    *ret = (struct place){ .a = -1 };
    if (strlen(path) >= sizeof copy)
        return ENAMETOOLONG;
    strcpy(copy, path);
    char *part = strtok_r(copy, "/", &save);
    if (!part)
        return 0;
    for (size_t i = 0; i < nmachines; i++)
        if (strcmp(machines[i].name, part) == 0)
            ret->m = &machines[i];
    if (!ret->m)
        return ENOENT;
    if (!(part = strtok_r(NULL, "/", &save)))
        return 0;
    ret->control = strcmp(part, "control") == 0;
    ret->key = strcmp(part, "sev-guest") == 0 && ret->m->kind == MADE_SNP;
    ret->report = strcmp(part, "report") == 0;
    if (!ret->report)
        return ret->control || ret->key ? 0 : ENOENT;
    if (!(part = strtok_r(NULL, "/", &save)))
        return 0;
    snprintf(ret->name, sizeof ret->name, "%s", part);
    ret->e = find_entry(ret->m, part);
    if (!(part = strtok_r(NULL, "/", &save)))
        return ret->e ? 0 : ENOENT;
    for (int a = 0; ret->e && a < A_COUNT; a++)
        if (strcmp(part, attributes[a].name) == 0 && attribute_there(ret->m, a))
            ret->a = a;
    return ret->a >= 0 ? 0 : ENOENT;
}

static bool use(unsigned *count)
{
    bool yes = *count > 0;
    *count -= yes;
    return yes;
}

/* ---- the provider ---- */

/* With the lock held, which it gives up meanwhile. True: the caller was killed, as drivers notice too. */
static bool hang(const struct machine *m)
{
    bool killed = false;
    while (m->set.hang && !killed) {
        pthread_mutex_unlock(&lock);
        usleep(10000);
        killed = fuse_interrupted();
        pthread_mutex_lock(&lock);
    }
    return killed;
}

/* 0, or an errno. */
static int make_report(struct machine *m, struct entry *e)
{
    uint8_t rd[64];
    if (hang(m))
        return EINTR;
    if (!e->used)
        return ENOENT;
    if (use(&m->set.fail_report))
        return (int)m->set.errno_report;
    if (e->inblob_n != 64 || (m->kind == MADE_SNP && e->level < m->set.floor))
        return EINVAL; /* as both providers have it */
    memcpy(rd, e->inblob, sizeof rd);
    rd[0] = (uint8_t)(rd[0] ^ m->set.other_data);
    buf_drop(&e->out);
    buf_drop(&e->aux);
    if (m->kind == MADE_SNP)
        made_snp_report((unsigned)(m - machines), &m->set.made, rd, &e->out, &e->aux);
    else
        made_tdx_quote(&m->set.made, rd, &e->out);
    if (m->set.big)
        MUST(wr_room(&e->out, BIG));
    e->has_report = true;
    e->read_at = e->writes;
    m->reports++;
    return 0;
}

static int read_blob(struct machine *m, struct entry *e, int a, struct buf *ret)
{
    if (e->inblob_n == 0)
        return EINVAL;
    if (!e->has_report || e->read_at != e->writes) {
        int cause = make_report(m, e);
        if (cause)
            return cause;
    }
    wr_span(ret, buf_span(a == A_OUTBLOB ? &e->out : &e->aux));
    if (a == A_OUTBLOB && use(&m->set.raced))
        e->writes++; /* somebody wrote an option just now */
    return 0;
}

static int read_attribute(struct machine *m, struct entry *e, int a, struct buf *ret)
{
    switch (a) {
    case A_GENERATION: wr_fmt(ret, "%lu\n", e->writes); return 0;
    case A_PROVIDER:
        if (m->set.no_provider)
            return ENXIO;
        wr_text(ret, m->set.unknown_provider ? "arm_cca_guest\n"
                     : m->kind == MADE_SNP   ? "sev_guest\n"
                                             : "tdx_guest\n");
        return 0;
    case A_FLOOR: wr_fmt(ret, "%u\n", m->set.floor); return 0;
    default: return read_blob(m, e, a, ret);
    }
}

static void show_counts(const struct machine *m, struct buf *ret)
{
    wr_fmt(ret, "made %u\nremoved %u\nreports %u\nkeys %u\n", m->made, m->removed, m->reports, m->keys);
}

/* ---- files ---- */

/* An open file: what was read of it is one snapshot, what was written counts at the close. */
struct open_file {
    struct buf bytes;
    bool filled, written;
};

static int fs_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
    struct place at;
    (void)fi;
    pthread_mutex_lock(&lock);
    int cause = locate(path, &at);
    pthread_mutex_unlock(&lock);
    if (cause)
        return -cause;
    bool file = at.control || at.key || at.a >= 0;
    *st = (struct stat){ .st_nlink = 1, .st_mode = file ? S_IFREG | 0600 : S_IFDIR | 0755 };
    if (at.a >= 0)
        st->st_mode = S_IFREG | attributes[at.a].mode;
    st->st_size = at.a == A_GENERATION || at.a == A_PROVIDER || at.a == A_FLOOR ? 4096 : 0;
    return 0;
}

static int fs_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t off, struct fuse_file_info *fi,
                      enum fuse_readdir_flags flags)
{
    struct place at;
    (void)off, (void)fi, (void)flags;
    pthread_mutex_lock(&lock);
    int cause = locate(path, &at);
    for (size_t i = 0; !cause && !at.m && i < nmachines; i++)
        fill(buf, machines[i].name, NULL, 0, 0);
    if (!cause && at.m && !at.report) {
        fill(buf, "report", NULL, 0, 0);
        fill(buf, "control", NULL, 0, 0);
        if (at.m->kind == MADE_SNP)
            fill(buf, "sev-guest", NULL, 0, 0);
    }
    for (size_t i = 0; !cause && at.report && !at.e && i < ENTRIES; i++)
        if (at.m->entry[i].used)
            fill(buf, at.m->entry[i].name, NULL, 0, 0);
    for (int a = 0; !cause && at.e && a < A_COUNT; a++)
        if (attribute_there(at.m, a))
            fill(buf, attributes[a].name, NULL, 0, 0);
    pthread_mutex_unlock(&lock);
    return -cause;
}

static int make_entry(struct place *at)
{
    if (!at->report || !at->name[0] || at->e)
        return at->e ? EEXIST : EPERM;
    if (at->m->set.no_provider)
        return ENXIO;
    if (use(&at->m->set.fail_mkdir))
        return (int)at->m->set.errno_mkdir;
    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *e = &at->m->entry[i];
        if (e->used)
            continue;
        buf_drop(&e->out);
        buf_drop(&e->aux);
        *e = (struct entry){ .used = true };
        snprintf(e->name, sizeof e->name, "%s", at->name);
        at->m->made++;
        return 0;
    }
    return ENOMEM;
}

static int fs_mkdir(const char *path, mode_t mode)
{
    struct place at;
    (void)mode;
    pthread_mutex_lock(&lock);
    int cause = locate(path, &at);
    if (cause == ENOENT || cause == 0)
        cause = at.m && strrchr(path, '/') - path > 0 && at.name[0] && at.a < 0 ? make_entry(&at) : EPERM;
    pthread_mutex_unlock(&lock);
    return -cause;
}

static int fs_rmdir(const char *path)
{
    struct place at;
    pthread_mutex_lock(&lock);
    int cause = locate(path, &at);
    if (!cause && (!at.e || at.a >= 0))
        cause = EPERM;
    if (!cause) {
        at.e->used = false;
        at.m->removed++;
    }
    pthread_mutex_unlock(&lock);
    return -cause;
}

static int fs_open(const char *path, struct fuse_file_info *fi)
{
    struct place at;
    pthread_mutex_lock(&lock);
    int cause = locate(path, &at);
    if (!cause && at.a >= 0 && use(&at.m->set.vanish)) {
        at.e->used = false;
        at.m->removed++;
        cause = ENOENT;
    }
    pthread_mutex_unlock(&lock);
    int how = fi->flags & O_ACCMODE;
    if (!cause && at.a >= 0 &&
        ((how != O_RDONLY && !(attributes[at.a].mode & 0200)) ||
         (how != O_WRONLY && !(attributes[at.a].mode & 0400))))
        cause = EACCES;
    if (cause)
        return -cause;
    fi->direct_io = 1;
    fi->fh = (uintptr_t)calloc(1, sizeof(struct open_file));
    return fi->fh ? 0 : -ENOMEM;
}

static int fs_read(const char *path, char *buf, size_t n, off_t off, struct fuse_file_info *fi)
{
    struct open_file *f = (struct open_file *)(uintptr_t)fi->fh;
    struct place at;
    pthread_mutex_lock(&lock);
    int cause = locate(path, &at);
    if (!cause && !f->filled && at.control)
        show_counts(at.m, &f->bytes);
    else if (!cause && !f->filled && at.a >= 0)
        cause = read_attribute(at.m, at.e, at.a, &f->bytes);
    f->filled = f->filled || !cause;
    if (!cause && at.m->set.shortened && n > at.m->set.shortened)
        n = at.m->set.shortened;
    pthread_mutex_unlock(&lock);
    if (cause)
        return -cause;
    if ((size_t)off >= f->bytes.n)
        return 0;
    n = n > f->bytes.n - (size_t)off ? f->bytes.n - (size_t)off : n;
    memcpy(buf, f->bytes.p + off, n);
    return (int)n;
}

static int write_level(struct machine *m, struct entry *e, const char *text)
{
    unsigned v = (unsigned)strtoul(text, NULL, 0);
    if (v < m->set.floor || v > 3)
        return EINVAL;
    e->level = v;
    e->writes++;
    return 0;
}

static int set_word(struct machine *m, const char *text)
{
    char name[64];
    unsigned v;
    if (sscanf(text, "%63s %u", name, &v) != 2)
        return EINVAL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, name) == 0) {
            *(unsigned *)(void *)((char *)&m->set + words[i].at) = v;
            return 0;
        }
    return EINVAL;
}

static int fs_write(const char *path, const char *buf, size_t n, off_t off, struct fuse_file_info *fi)
{
    struct open_file *f = (struct open_file *)(uintptr_t)fi->fh;
    struct place at;
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)n, buf);
    pthread_mutex_lock(&lock);
    int cause = locate(path, &at);
    if (!cause && at.control)
        cause = set_word(at.m, text);
    else if (!cause && at.a == A_LEVEL)
        cause = write_level(at.m, at.e, text);
    else if (!cause && at.a == A_INBLOB)
        cause = (size_t)off + n > 64 ? EFBIG : 0;
    if (!cause && at.a == A_INBLOB) {
        f->written = true;
        wr_span(&f->bytes, (struct span){ (const uint8_t *)buf, n });
    }
    pthread_mutex_unlock(&lock);
    return cause ? -cause : (int)n;
}

/* The close that the caller waits for. What becomes of the value, it is not told. */
static int fs_flush(const char *path, struct fuse_file_info *fi)
{
    struct open_file *f = (struct open_file *)(uintptr_t)fi->fh;
    struct place at;
    pthread_mutex_lock(&lock);
    if (locate(path, &at) == 0 && at.a == A_INBLOB && f->written && !use(&at.m->set.lost)) {
        memcpy(at.e->inblob, f->bytes.p, f->bytes.n);
        at.e->inblob_n = f->bytes.n;
        at.e->writes++;
    }
    f->written = false;
    pthread_mutex_unlock(&lock);
    return 0;
}

static int fs_release(const char *path, struct fuse_file_info *fi)
{
    struct open_file *f = (struct open_file *)(uintptr_t)fi->fh;
    (void)path;
    buf_drop(&f->bytes);
    free(f);
    return 0;
}

/* ---- /dev/sev-guest ---- */

static bool in_caller(void *ours, uint64_t theirs, size_t n, bool write)
{
    struct iovec here = { ours, n }, there = { (void *)(uintptr_t)theirs, n };
    pid_t pid = fuse_get_context()->pid;
    return (write ? process_vm_writev(pid, &here, 1, &there, 1, 0)
                  : process_vm_readv(pid, &here, 1, &there, 1, 0)) == (ssize_t)n;
}

/* From what the request selects of this guest, and the chip. */
static void derive(const struct machine *m, const struct snp_derived_key_req *r,
                   struct snp_derived_key_resp *ret)
{
    struct snp_world w = made_snp((unsigned)(m - machines), &m->set.made);
    static const struct field {
        unsigned bit, at, n;
    } fields[] = { { 0, 0x08, 8 }, { 1, 0x20, 16 }, { 2, 0x10, 16 }, { 3, 0x90, 48 } };
    SR_OWN(buf) in = { 0 };
    wr_span(&in, SPAN(w.chip));
    wr_span(&in, (struct span){ (const uint8_t *)r, sizeof *r });
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (r->guest_field_select >> fields[i].bit & 1)
            wr_span(&in, (struct span){ w.report + fields[i].at, fields[i].n });
    struct sha256 key = sha256(buf_span(&in));
    uint64_t committed = 0;
    memcpy(&committed, w.report + 0x1e0, sizeof committed);
    if (r->guest_svn > m->set.made.svn || r->tcb_version > committed || r->vmpl < m->set.made.vmpl)
        ret->data[0] = 0x16;
    else
        memcpy(ret->data + 32, key.b, sizeof key.b);
    if (m->set.status_key)
        ret->data[0] = (uint8_t)m->set.status_key;
    snp_world_drop(&w);
}

static int fs_ioctl(const char *path, unsigned cmd, void *arg, struct fuse_file_info *fi, unsigned flags,
                    void *data)
{
    struct place at;
    struct snp_guest_request_ioctl *r = data;
    struct snp_derived_key_req req;
    struct snp_derived_key_resp resp = { 0 };
    (void)arg, (void)fi, (void)flags;
    pthread_mutex_lock(&lock);
    int cause = locate(path, &at);
    if (!cause && (!at.key || cmd != SNP_GET_DERIVED_KEY))
        cause = ENOTTY;
    if (!cause && (r->msg_version == 0 || !in_caller(&req, r->req_data, sizeof req, false)))
        cause = EINVAL;
    if (!cause && hang(at.m))
        cause = EINTR;
    if (!cause && at.m->set.errno_key)
        cause = (int)at.m->set.errno_key;
    if (!cause) {
        derive(at.m, &req, &resp);
        at.m->keys++;
        cause = in_caller(&resp, r->resp_data, sizeof resp, true) ? 0 : EFAULT;
    }
    pthread_mutex_unlock(&lock);
    return -cause;
}

/* ---- collateral, start ---- */

static void save(const char *dir, const char *name, struct span s)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    MUST(f && fwrite(s.p, 1, s.n, f) == s.n && fclose(f) == 0);
}

static void save_all(const char *dir, const struct buf *file, size_t n, const char *kind)
{
    char name[32];
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s-%zu", kind, i);
        save(dir, name, buf_span(&file[i]));
    }
}

static void save_pin(const char *dir, const char *name, EVP_PKEY *key)
{
    struct sha256 pin = made_pin(key);
    SR_OWN(buf) hex = { 0 };
    wr_hex(&hex, SPAN(pin.b));
    save(dir, name, buf_span(&hex));
}

static void save_collateral(const char *dir, bool stale)
{
    const struct made_settings plain = { 0 };
    char texts[2][32], to[4096];
    snprintf(to, sizeof to, "%s/%s", dir, stale ? "stale" : "good");
    mkdir(to, 0755);
    struct world tdx = made_tdx(&plain, stale, texts);
    world_build(&tdx);
    save_all(to, tdx.file, F_COUNT, "tdx");
    world_drop(&tdx);
    for (size_t i = 0; i < nmachines; i++) {
        struct snp_world snp = made_snp((unsigned)i, &plain);
        if (machines[i].kind != MADE_SNP)
            continue;
        snp_world_build(&snp);
        save_all(to, snp.file, S_VEK, "snp");
        save(to, "snp-crl", buf_span(&snp.file[S_CRL]));
        save(to, machines[i].name, buf_span(&snp.file[S_VEK]));
        snp_world_drop(&snp);
    }
}

static void *fs_init(struct fuse_conn_info *conn, struct fuse_config *c)
{
    (void)conn;
    c->attr_timeout = c->entry_timeout = c->negative_timeout = 0;
    puts("ready");
    fflush(stdout);
    return NULL;
}

static const struct fuse_operations operations = {
    .getattr = fs_getattr,
    .readdir = fs_readdir,
    .mkdir = fs_mkdir,
    .rmdir = fs_rmdir,
    .open = fs_open,
    .read = fs_read,
    .write = fs_write,
    .flush = fs_flush,
    .release = fs_release,
    .ioctl = fs_ioctl,
    .init = fs_init,
};

int main(int argc, char **argv)
{
    char *args[] = { argv[0], argv[1], (char *)"-f", (char *)"-odefault_permissions", NULL };
    if (argc < 4 || argc - 3 > MACHINES || secret_init() != SR_OK)
        return 64;
    for (int i = 3; i < argc; i++) {
        MUST(strncmp(argv[i], "snp:", 4) == 0 || strncmp(argv[i], "tdx:", 4) == 0);
        machines[nmachines++] =
            (struct machine){ .name = argv[i] + 4, .kind = argv[i][0] == 's' ? MADE_SNP : MADE_TDX };
    }
    mkdir(argv[2], 0755);
    save_pin(argv[2], "snp.pin", s_key(K_ROOT));
    save_pin(argv[2], "tdx.pin", w_key(0));
    save_collateral(argv[2], false);
    save_collateral(argv[2], true);
    return fuse_main(4, args, &operations, NULL);
}
