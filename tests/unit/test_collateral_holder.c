/* A node's collateral: read from its folder, under the roots of its network alone, swapped while it is used.
 */
#include "node/appraise.h"
#include "node/clock.h"
#include "node/collateral_holder.h"
#include "proto/json.h"
#include "tests/t.h"
#include "tests/vendor_today.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/sealring-collateral-XXXXXX";
static const struct logger quiet = { LOG_ERROR, -1 };

static void put_file(const char *name, struct span bytes)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    MUST(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n && close(fd) == 0);
}

static void remove_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

static const char *const snp_names[] = { "ark.der", "ask.der", "vcek.der" };

static void put_snp(const struct snp_world *w)
{
    for (size_t i = 0; i < 3; i++)
        put_file(snp_names[i], buf_span(&w->file[i]));
}

static void remove_snp(void)
{
    for (size_t i = 0; i < 3; i++)
        remove_file(snp_names[i]);
}

static struct genesis with_root(const char *type, const struct sha256 *root)
{
    struct genesis g = { .params.ntypes = 1 };
    snprintf(g.params.types[0].type, sizeof g.params.types[0].type, "%s", type);
    g.params.types[0].root[0] = *root;
    g.params.types[0].n = 1;
    return g;
}

static struct policy *some_policy(void)
{
    static const char text[] =
        "{\"channel_binding\":\"optional\",\"join\":[],\"min_epoch\":1,\"number\":1,\"previous\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\",\"release\":[],\"tenants\":[],"
        "\"version\":1}";
    struct policy *p = NULL;
    MUST(policy_parse(span_of(text), &p, NULL) == SR_OK);
    return p;
}

static enum sr_reason judge(struct collateral_holder *h, const struct genesis *g, const char *type,
                            struct span evidence)
{
    static const struct epoch_pubs epoch = { .epoch = 1 };
    SR_OWN(policy_hold) p = { some_policy() };
    SR_OWN(collateral_hold) held = collateral_holder_get(h);
    struct appraiser by = {
        .genesis = g, .newest = &epoch, .policy = p.p, .collateral = collateral_held(&held), .now = time(NULL)
    };
    struct sha512 rd;
    struct appraisal a = { 0 };
    struct sr_why why = { 0 };
    memset(rd.b, 0xda, sizeof rd.b);
    return appraise(&by, span_of(type), evidence, &rd, &a, &why) == SR_OK ? R_NONE : why.reason;
}

static char keep[] = "/tmp/sealring-keep-XXXXXX";

static void forget_all(void)
{
    DIR *d = opendir(keep);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", keep, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    closedir(d);
}

/* A node that has kept nothing. */
static struct collateral_holder *holder(const char *folder)
{
    struct collateral_holder *h = NULL;
    struct collateral_holder_options o = { .dir = folder, .keep = keep, .log = &quiet };
    forget_all();
    MUST(collateral_holder_new(&o, &h) == SR_OK);
    return h;
}

static void roots_are_those_of_the_record_for_that_type_alone(void)
{
    SR_OWN(snp_world) w = snp_today();
    struct sha256 ours = made_pin(s_key(K_ROOT)), other = made_pin(s_key(K_OTHER_RSA));
    put_snp(&w);
    const struct {
        const char *label, *type;
        const struct sha256 *root;
        enum sr_reason want;
    } rows[] = {
        { "named", "snp", &ours, R_NONE },
        { "another root", "snp", &other, R_CERT_ANCHOR },
        { "named for another type", "tdx", &ours, R_CERT_ANCHOR },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct genesis g = with_root(rows[i].type, rows[i].root);
        struct collateral_holder *h = holder(dir);
        T_ROW(judge(h, &g, "snp", buf_span(&w.evidence)) == R_COLLATERAL_MISSING, rows[i].label);
        T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
        T_ROW(judge(h, &g, "snp", buf_span(&w.evidence)) == rows[i].want, rows[i].label);
        collateral_holder_free(h);
    }
    remove_snp();
}

static void without_a_folder_or_what_it_must_hold_evidence_is_refused(void)
{
    SR_OWN(snp_world) w = snp_today();
    struct sha256 ours = made_pin(s_key(K_ROOT));
    struct genesis g = with_root("snp", &ours);
    const char *const folders[] = { "", "/nonexistent", dir };
    for (size_t i = 0; i < 3; i++) {
        struct collateral_holder *h = holder(folders[i]);
        T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
        T_ROW(judge(h, &g, "snp", buf_span(&w.evidence)) == R_COLLATERAL_MISSING, folders[i]);
        collateral_holder_free(h);
    }
}

static void a_reload_takes_what_is_new_and_a_bad_one_changes_nothing(void)
{
    SR_OWN(snp_world) w = snp_today();
    struct sha256 ours = made_pin(s_key(K_ROOT));
    struct genesis g = with_root("snp", &ours);
    struct collateral_holder *h = holder(dir);
    struct sr_why why = { 0 };
    T(collateral_holder_reload(h, &why) == SR_OK); /* no roots yet: nothing to read for */
    T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
    T(judge(h, &g, "snp", buf_span(&w.evidence)) == R_COLLATERAL_MISSING);
    put_snp(&w);
    T(judge(h, &g, "snp", buf_span(&w.evidence)) == R_COLLATERAL_MISSING);
    T(collateral_holder_reload(h, &why) == SR_OK);
    T(judge(h, &g, "snp", buf_span(&w.evidence)) == R_NONE);
    SR_OWN(collateral_hold) before = collateral_holder_get(h);
    remove_snp();
    T(rmdir(dir) == 0);
    T(collateral_holder_reload(h, &why) == SR_ENOENT && why.reason == R_CONFIG);
    T(judge(h, &g, "snp", buf_span(&w.evidence)) == R_NONE);
    MUST(mkdir(dir, 0700) == 0);
    T(collateral_holder_reload(h, &why) == SR_OK);
    T(judge(h, &g, "snp", buf_span(&w.evidence)) == R_NONE); /* kept */
    T(collateral_held(&before)->ncert == 3);
    collateral_holder_free(h);
    struct collateral_holder_options o = { .dir = dir, .keep = keep, .log = &quiet };
    MUST(collateral_holder_new(&o, &h) == SR_OK);
    T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
    T(judge(h, &g, "snp", buf_span(&w.evidence)) == R_NONE); /* by the next process too */
    collateral_holder_free(h);
}

static void hostile_files_are_passed_over_and_not_waited_for(void)
{
    SR_OWN(snp_world) w = snp_today();
    struct sha256 ours = made_pin(s_key(K_ROOT));
    struct genesis g = with_root("snp", &ours);
    struct collateral_holder *h = holder(dir);
    char path[300];
    put_snp(&w);
    snprintf(path, sizeof path, "%s/fifo", dir);
    T(mkfifo(path, 0600) == 0);
    snprintf(path, sizeof path, "%s/link", dir);
    T(symlink("/dev/zero", path) == 0);
    snprintf(path, sizeof path, "%s/huge", dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    T(ftruncate(fd, COLLATERAL_FILE_MAX + 1) == 0 && close(fd) == 0);
    snprintf(path, sizeof path, "%s/folder", dir);
    T(mkdir(path, 0700) == 0);
    put_file("garbage", SPAN_STR("{\"tcbInfo\":[[[["));
    T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
    T(judge(h, &g, "snp", buf_span(&w.evidence)) == R_NONE);
    collateral_holder_free(h);
    remove_snp();
    rmdir(path);
    for (size_t i = 0; i < 4; i++)
        remove_file((const char *const[]){ "fifo", "link", "huge", "garbage" }[i]);
}

/* ---- Intel ---- */

static void put_world(const struct world *w)
{
    for (int i = 0; i < F_COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, "file-%d", i);
        put_file(name, buf_span(&w->file[i]));
    }
}

static void remove_world(void)
{
    for (int i = 0; i < F_COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, "file-%d", i);
        remove_file(name);
    }
}

static void tdx_evidence_is_judged_by_the_folder_too(void)
{
    struct world w = tdx_today(20, "UpToDate");
    struct sha256 ours = made_pin(w.root);
    struct genesis g = with_root("tdx", &ours);
    struct collateral_holder *h = holder(dir);
    T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
    T(judge(h, &g, "tdx", buf_span(&w.evidence)) == R_COLLATERAL_MISSING);
    put_world(&w);
    T(collateral_holder_reload(h, NULL) == SR_OK);
    T(judge(h, &g, "tdx", buf_span(&w.evidence)) == R_NONE);
    remove_world();
    collateral_holder_free(h);
    world_drop(&w);
}

/* After a TCB recovery the platform is revoked; whoever brings back the document from before gains nothing.
 */
static void an_older_tcb_info_changes_no_verdict(void)
{
    struct world before = tdx_today(20, "UpToDate"), after = tdx_today(21, "Revoked");
    struct sha256 ours = made_pin(before.root);
    struct genesis g = with_root("tdx", &ours);
    struct collateral_holder *h = holder(dir);
    put_world(&before);
    T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
    T(judge(h, &g, "tdx", buf_span(&before.evidence)) == R_NONE);
    put_world(&after);
    T(collateral_holder_reload(h, NULL) == SR_OK);
    T(judge(h, &g, "tdx", buf_span(&before.evidence)) == R_TCB_REVOKED);
    put_world(&before);
    T(collateral_holder_reload(h, NULL) == SR_OK);
    T(judge(h, &g, "tdx", buf_span(&before.evidence)) == R_TCB_REVOKED);
    collateral_holder_free(h);
    struct collateral_holder_options o = { .dir = dir, .keep = keep, .log = &quiet };
    MUST(collateral_holder_new(&o, &h) == SR_OK);
    T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
    T(judge(h, &g, "tdx", buf_span(&before.evidence)) == R_TCB_REVOKED);
    SR_OWN(coll_folder) fetched = { 0 };
    struct sr_why refused = { 0 };
    T(coll_folder_add(&fetched, "fetched", buf_span(&before.file[F_TCB]), NULL) == SR_OK);
    T(collateral_holder_take(h, &fetched, &refused, NULL) == SR_OK);
    T(refused.reason == R_COLLATERAL_OLDER);
    T(judge(h, &g, "tdx", buf_span(&before.evidence)) == R_TCB_REVOKED);
    remove_world();
    collateral_holder_free(h);
    world_drop(&before);
    world_drop(&after);
}

/* ---- threads ---- */

struct race {
    struct collateral_holder *h;
    struct span evidence;
    const struct genesis *g;
    unsigned wrong;
};

static void *verify_often(void *arg)
{
    struct race *r = arg;
    for (int i = 0; i < 20; i++)
        r->wrong += judge(r->h, r->g, "snp", r->evidence) != R_NONE;
    return NULL;
}

static void sets_are_swapped_under_verifications(void)
{
    SR_OWN(snp_world) w = snp_today();
    struct sha256 ours = made_pin(s_key(K_ROOT));
    struct genesis g = with_root("snp", &ours);
    struct collateral_holder *h = holder(dir);
    struct race race[2];
    pthread_t thread[2];
    put_snp(&w);
    T(collateral_holder_trust(h, &g.params, NULL) == SR_OK);
    for (size_t i = 0; i < 2; i++) {
        race[i] = (struct race){ h, buf_span(&w.evidence), &g, 0 };
        MUST(pthread_create(&thread[i], NULL, verify_often, &race[i]) == 0);
    }
    for (int i = 0; i < 20; i++)
        T(collateral_holder_reload(h, NULL) == SR_OK);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        T(race[i].wrong == 0);
    }
    collateral_holder_free(h);
    remove_snp();
}

int main(void)
{
    MUST(mkdtemp(dir) && mkdtemp(keep));
    roots_are_those_of_the_record_for_that_type_alone();
    without_a_folder_or_what_it_must_hold_evidence_is_refused();
    a_reload_takes_what_is_new_and_a_bad_one_changes_nothing();
    hostile_files_are_passed_over_and_not_waited_for();
    tdx_evidence_is_judged_by_the_folder_too();
    an_older_tcb_info_changes_no_verdict();
    sets_are_swapped_under_verifications();
    rmdir(dir);
    forget_all();
    rmdir(keep);
    return t_end();
}
