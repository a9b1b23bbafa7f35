/* What is kept of collateral: verified, never older than what is there, also after a restart. */
#include "node/collateral/report.h"
#include "node/collateral/shelf.h"
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"
#include "tests/t.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/sealring-shelf-XXXXXX";
static struct sha256 pin[2];
static const struct pins roots = { pin, 2 };

static void empty_folder(void)
{
    DIR *d = opendir(dir);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    closedir(d);
}

static size_t files_there(void)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

struct last {
    enum shelf_fate fate;
    enum sr_reason reason;
    size_t n, stored;
};

static void keep_last(void *ctx, const struct shelf_outcome *o)
{
    struct last *l = ctx;
    l->fate = o->fate;
    l->reason = o->fate == SHELF_REFUSED ? o->why->reason : R_NONE;
    l->n++;
    l->stored += o->fate == SHELF_STORED;
}

static struct last put(struct coll_shelf *s, const struct buf *file)
{
    SR_OWN(coll_folder) pieces = { 0 };
    struct last l = { 0 };
    MUST(coll_folder_split(&pieces, "file", buf_span(file), NULL) == SR_OK);
    T(coll_shelf_put(s, &pieces, keep_last, &l, NULL) == SR_OK);
    return l;
}

static struct world intel(bool tdx)
{
    struct world w = world_make(4, tdx);
    pin[0] = made_pin(w.root);
    return w;
}

/* All of one world, as it comes from a PCCS. */
static void put_world(struct coll_shelf *s, const struct world *w)
{
    for (int i = 0; i < F_COUNT; i++)
        T(put(s, &w->file[i]).fate == SHELF_STORED);
}

/* ---- Intel's documents ---- */

static void documents_never_go_back(void)
{
    static const struct {
        const char *label, *issue;
        unsigned eval;
        enum shelf_fate fate;
        enum sr_reason reason;
    } rows[] = {
        { "lower number", "2027-01-14T08:00:00Z", 19, SHELF_REFUSED, R_COLLATERAL_OLDER },
        { "lower number, later date", "2027-01-15T08:00:00Z", 19, SHELF_REFUSED, R_COLLATERAL_OLDER },
        { "earlier date", "2027-01-14T07:59:59Z", 20, SHELF_REFUSED, R_COLLATERAL_OLDER },
        { "higher number, earlier date", "2027-01-14T07:59:59Z", 21, SHELF_REFUSED, R_COLLATERAL_OLDER },
        { "the same date and number", "2027-01-14T08:00:00Z", 20, SHELF_KNOWN, R_NONE },
        { "later date", "2027-01-14T08:00:01Z", 20, SHELF_STORED, R_NONE },
        { "higher number", "2027-01-14T08:00:00Z", 21, SHELF_STORED, R_NONE },
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        size_t r = i / 2;
        bool qe = i % 2;
        struct world held = intel(true), w = intel(true);
        struct w_document *d = qe ? &w.identity : &w.tcb;
        d->eval = rows[r].eval;
        d->issue = rows[r].issue;
        world_build(&held);
        world_build(&w);
        SR_OWN(coll_shelf) s = { 0 };
        SR_OWN(coll_shelf) restarted = { 0 };
        empty_folder();
        T(coll_shelf_open(dir, 0600, &roots, &s, NULL) == SR_OK);
        put_world(&s, &held);
        T(coll_shelf_open(dir, 0600, &roots, &restarted, NULL) == SR_OK);
        struct last l = put(&restarted, &w.file[qe ? F_QE : F_TCB]);
        T_ROW(l.fate == rows[r].fate && l.reason == rows[r].reason, rows[r].label);
        T_ROW(files_there() == F_COUNT, rows[r].label);
        T(restarted.set->ntcb == 1 && restarted.set->nqe == 1);
        unsigned now = qe ? restarted.set->qe[0]->id.eval : restarted.set->tcb[0]->info.eval;
        T_ROW(now == (l.fate == SHELF_STORED ? rows[r].eval : 20), rows[r].label);
        world_drop(&held);
        world_drop(&w);
    }
}

static void what_speaks_of_something_else_is_no_older(void)
{
    struct world w = intel(true), other = intel(true), sgx = intel(false);
    strcpy(other.fmspc_text, "00906ED50000");
    other.tcb.eval = sgx.tcb.eval = sgx.identity.eval = 3;
    world_build(&w);
    world_build(&other);
    world_build(&sgx);
    SR_OWN(coll_shelf) s = { 0 };
    empty_folder();
    T(coll_shelf_open(dir, 0600, &roots, &s, NULL) == SR_OK);
    put_world(&s, &w);
    T(put(&s, &other.file[F_TCB]).fate == SHELF_STORED);
    T(put(&s, &sgx.file[F_TCB]).fate == SHELF_STORED);
    T(put(&s, &sgx.file[F_QE]).fate == SHELF_STORED);
    T(s.set->ntcb == 3 && s.set->nqe == 2);
    world_drop(&w);
    world_drop(&other);
    world_drop(&sgx);
}

/* ---- lists ---- */

static void lists_never_go_back_and_revoked_is_for_ever(void)
{
    static const struct {
        const char *label;
        long number, revoked;
        time_t from;
        enum shelf_fate fate;
        size_t lists; /* of that issuer, afterwards */
    } rows[] = {
        { "lower number", 4, 9, W_NOW, SHELF_REFUSED, 1 },
        { "lower number, later date", 4, 9, W_NOW + 9, SHELF_REFUSED, 1 },
        { "higher number, earlier date", 6, 9, W_NOW - 1, SHELF_REFUSED, 1 },
        { "the same", 5, 9, W_NOW, SHELF_KNOWN, 1 },
        { "higher number", 6, 9, W_NOW, SHELF_STORED, 1 },
        { "later date", 5, 9, W_NOW + 1, SHELF_STORED, 1 },
        { "newer, without what was revoked", 6, 0, W_NOW + 1, SHELF_STORED, 2 },
        { "newer, with another", 6, 10, W_NOW + 1, SHELF_STORED, 2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world held = intel(true), w = intel(true);
        held.ca_crl.number = 5;
        held.ca_crl.revoked = 9;
        held.ca_crl.from = W_NOW;
        w.ca_crl.number = rows[i].number;
        w.ca_crl.revoked = rows[i].revoked;
        w.ca_crl.from = rows[i].from;
        world_build(&held);
        world_build(&w);
        SR_OWN(coll_shelf) s = { 0 };
        empty_folder();
        T(coll_shelf_open(dir, 0600, &roots, &s, NULL) == SR_OK);
        put_world(&s, &held);
        struct last l = put(&s, &w.file[F_CA_CRL]);
        T_ROW(l.fate == rows[i].fate, rows[i].label);
        T_ROW(l.fate != SHELF_REFUSED || l.reason == R_COLLATERAL_OLDER, rows[i].label);
        T_ROW(s.set->ncrl == 1 + rows[i].lists, rows[i].label);
        world_drop(&held);
        world_drop(&w);
    }
}

/* A list that is out of date and kept for what it revokes is nobody's worry while a newer one is there. */
static void what_is_kept_beside_a_newer_one_is_no_warning(void)
{
    struct world held = intel(true), w = intel(true);
    SR_OWN(coll_shelf) s = { 0 };
    held.ca_crl.revoked = 9;
    held.ca_crl.until = W_NOW + 10;
    w.ca_crl.number = 2;
    w.ca_crl.until = W_NOW + 50;
    world_build(&held);
    world_build(&w);
    empty_folder();
    T(coll_shelf_open(dir, 0600, &roots, &s, NULL) == SR_OK);
    put_world(&s, &held);
    T(coll_summary(s.set, &roots, W_NOW).refused == 0);
    T(coll_summary(s.set, &roots, W_NOW).ends == W_NOW + 10);
    T(coll_summary(s.set, &roots, W_NOW + 20).refused == 1);
    T(put(&s, &w.file[F_CA_CRL]).fate == SHELF_STORED && s.set->ncrl == 3);
    T(coll_summary(s.set, &roots, W_NOW + 20).refused == 0);
    T(coll_summary(s.set, &roots, W_NOW + 60).refused == 2);
    world_drop(&held);
    world_drop(&w);
}

/* ---- what does not verify ---- */

static void what_does_not_verify_is_not_kept(void)
{
    struct world w = intel(true), forged = intel(true), orphan = intel(true);
    forged.tcb.signer = forged.other;
    forged.tcb.eval = 30;
    forged.root_crl.key = forged.other;
    world_build(&w);
    world_build(&forged);
    world_build(&orphan);
    SR_OWN(snp_world) amd = snp_world_make(&s_products[0], 5, false); /* a root that is not pinned */
    snp_world_build(&amd);
    SR_OWN(buf) garbage = { 0 };
    SR_OWN(buf) html = { 0 };
    SR_OWN(buf) cut = { 0 };
    wr_text(&garbage, "{\"tcbInfo\":{},\"signature\":\"\"}");
    wr_text(&html, "<html>busy</html>");
    wr_span(&cut, (struct span){ w.file[F_TCB].p, w.file[F_TCB].n - 1 });
    const struct {
        const char *label;
        const struct buf *file;
        enum sr_reason want;
    } rows[] = {
        { "a TCB info that somebody else signed", &forged.file[F_TCB], R_COLLATERAL_SIGNATURE },
        { "a list that somebody else signed", &forged.file[F_ROOT_CRL], R_CRL_SIGNATURE },
        { "another root", &amd.file[S_ROOT], R_CERT_ANCHOR },
        { "a VEK whose CA is not here", &amd.file[S_VEK], R_COLLATERAL_MISSING },
        { "no document", &garbage, R_COLLATERAL_FORMAT },
        { "a web page", &html, R_COLLATERAL_FORMAT },
        { "a truncated document", &cut, R_COLLATERAL_FORMAT },
    };
    SR_OWN(coll_shelf) s = { 0 };
    empty_folder();
    T(coll_shelf_open(dir, 0600, &roots, &s, NULL) == SR_OK);
    T(put(&s, &orphan.file[F_TCB]).reason == R_COLLATERAL_MISSING); /* before its signer is there */
    T(put(&s, &orphan.file[F_CA_CRL]).reason == R_COLLATERAL_MISSING);
    put_world(&s, &w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct last l = put(&s, rows[i].file);
        T_ROW(l.fate == SHELF_REFUSED && l.reason == rows[i].want, rows[i].label);
        T_ROW(files_there() == F_COUNT, rows[i].label);
    }
    world_drop(&w);
    world_drop(&forged);
    world_drop(&orphan);
}

/* ---- AMD ---- */

static void a_key_that_is_certified_again_is_kept_once(void)
{
    SR_OWN(snp_world) w = snp_world_make(&s_products[2], 5, false);
    SR_OWN(snp_world) again = snp_world_make(&s_products[2], 5, false);
    pin[1] = made_pin(s_key(K_ROOT));
    w.vek.until -= S_DAY;
    snp_world_build(&w);
    snp_world_build(&again);
    SR_OWN(coll_shelf) s = { 0 };
    SR_OWN(buf) pem = { 0 };
    empty_folder();
    T(coll_shelf_open(dir, 0600, &roots, &s, NULL) == SR_OK);
    made_pem(buf_span(&w.file[S_CA]), &pem);
    made_pem(buf_span(&w.file[S_ROOT]), &pem);
    struct last l = put(&s, &pem); /* the CA before the root that vouches for it, as AMD serves them */
    T(l.n == 2 && l.stored == 2);
    T(put(&s, &w.file[S_VEK]).fate == SHELF_STORED);
    T(put(&s, &w.file[S_VEK]).fate == SHELF_KNOWN);
    T(put(&s, &again.file[S_VEK]).fate == SHELF_STORED);
    T(put(&s, &w.file[S_VEK]).fate == SHELF_KNOWN);
    T(files_there() == 3 && s.set->ncert == 3);
    pin[1] = (struct sha256){ 0 };
}

static void files_have_the_mode_they_were_given_and_others_are_left_alone(void)
{
    struct world w = intel(true);
    world_build(&w);
    SR_OWN(coll_shelf) s = { 0 };
    struct stat st;
    char path[600];
    empty_folder();
    snprintf(path, sizeof path, "%s/fifo", dir);
    T(mkfifo(path, 0600) == 0);
    T(coll_shelf_open(dir, 0640, &roots, &s, NULL) == SR_OK);
    put_world(&s, &w);
    T(s.files.n == F_COUNT && s.files.refused == 1);
    for (size_t i = 0; i < s.files.n; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, s.files.file[i].name);
        T(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);
    }
    world_drop(&w);
}

int main(void)
{
    MUST(mkdtemp(dir));
    documents_never_go_back();
    what_speaks_of_something_else_is_no_older();
    lists_never_go_back_and_revoked_is_for_ever();
    what_is_kept_beside_a_newer_one_is_no_warning();
    what_does_not_verify_is_not_kept();
    a_key_that_is_certified_again_is_kept_once();
    files_have_the_mode_they_were_given_and_others_are_left_alone();
    empty_folder();
    rmdir(dir);
    return t_end();
}
