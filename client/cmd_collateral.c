#include "client/cli.h"
#include "client/collateral_ask.h"
#include "client/commands.h"
#include "client/root_file.h"
#include "node/collateral/fetch.h"
#include "node/collateral/report.h"
#include "node/collateral/shelf.h"
#include "proto/evidence/vendor_roots.h"
#include "proto/json.h"

#include <string.h>
#include <time.h>

enum { ROOTS_MAX = 64, VEK_MARGIN_S = 30 * 86400 };

/* Whose signatures count. */
struct roots {
    struct sha256 v[ROOTS_MAX];
    size_t n;
};
#define ROOT_ROW(list)                                                                                       \
    {                                                                                                        \
        "root", OPTION_LIST, &(list), "FILE",                                                                \
            "root to trust instead of AMD's and Intel's own: PEM, or its pin", NULL, false                   \
    }

static enum sr_err read_roots(const struct option_list *named, struct roots *ret, struct sr_why *why)
{
    const struct pins vendors[] = { vendor_roots(SPAN_STR("snp")), vendor_roots(SPAN_STR("tdx")) };
    for (size_t i = 0; i < named->n; i++)
        SR_TRY(root_file_read(named->v[i], ret->v, ROOTS_MAX, &ret->n, why));
    for (size_t i = 0; i < 2 && !named->n; i++)
        for (size_t k = 0; k < vendors[i].n; k++)
            ret->v[ret->n++] = vendors[i].v[k];
    return SR_OK;
}

/* ---- what became of each thing ---- */

struct outcomes {
    const struct cli *c;
    struct buf out;
    size_t refused;
};

static void outcomes_drop(struct outcomes *o)
{
    buf_drop(&o->out);
}

static const char *fate_text(enum shelf_fate f)
{
    return f == SHELF_STORED ? "stored" : f == SHELF_KNOWN ? "known" : "refused";
}

static void note_json(struct buf *b, const struct shelf_outcome *o, const char *name)
{
    jw_object(b);
    jw_member_text(b, "fate", fate_text(o->fate));
    jw_member_text(b, "file", o->name);
    if (o->item)
        jw_member_text(b, "name", name);
    jw_member_text(b, "reason", sr_reason_text(o->fate == SHELF_REFUSED ? o->why->reason : R_NONE));
    jw_object_end(b);
}

static void note(void *ctx, const struct shelf_outcome *o)
{
    struct outcomes *all = ctx;
    char name[ITEM_TEXT_MAX] = "unknown";
    if (o->item)
        coll_item_text(o->item, name);
    all->refused += o->fate == SHELF_REFUSED;
    if (cli_json(all->c)) {
        note_json(&all->out, o, name);
        return;
    }
    wr_fmt(&all->out, "%s%s: %s: %s", all->out.n ? "\n" : "", o->name, name, fate_text(o->fate));
    if (o->fate == SHELF_REFUSED)
        wr_fmt(&all->out, ", %s (%s)", o->why->text, sr_reason_text(o->why->reason));
}

static enum cli_exit print_outcomes(struct outcomes *o)
{
    if (cli_json(o->c))
        jw_array_end(&o->out);
    else if (!o->out.n)
        wr_text(&o->out, "nothing is missing");
    enum cli_exit e = cli_print(o->c, &o->out);
    return e == EXIT_DONE && o->refused ? EXIT_REFUSED : e;
}

/* Once the command line was read, which says how to print. */
static void outcomes_begin(struct outcomes *o)
{
    if (cli_json(o->c))
        jw_array(&o->out);
}

/* ---- show ---- */

static enum sr_err read_dir(const char *dir, const struct pins *roots, struct collateral **ret,
                            struct sr_why *why)
{
    SR_OWN(coll_folder) f = { 0 };
    SR_TRY(coll_folder_read(dir, &f, why));
    return coll_folder_set(&f, roots, ret, why);
}

static enum cli_exit show(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    struct option_list named = { 0 };
    struct roots roots = { 0 };
    struct collateral *set = NULL;
    SR_OWN(buf) out = { 0 };
    enum cli_exit e;
    time_t now = time(NULL);
    if (!cli_read(c, (const struct option_row[]){ ROOT_ROW(named), { 0 } }, 1, 1, &args, &e))
        return e;
    enum sr_err done = read_roots(&named, &roots, &why);
    const struct pins pins = { roots.v, roots.n };
    if (done == SR_OK)
        done = read_dir(args.v[0], &pins, &set, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    struct coll_summary s = coll_summary(set, &pins, now);
    if (cli_json(c))
        coll_report_json(set, &pins, now, REPORT_ALL, &out);
    else
        coll_report_text(set, &pins, now, &out);
    collateral_free(set);
    e = cli_print(c, &out);
    return e == EXIT_DONE && s.refused ? EXIT_REFUSED : e;
}

/* ---- import ---- */

static enum sr_err read_pieces(const struct cli_args *args, struct coll_folder *ret, struct sr_why *why)
{
    for (size_t i = 0; i < args->n; i++) {
        SR_OWN(buf) file = { 0 };
        SR_TRY(cli_read_file(args->v[i], COLLATERAL_FILE_MAX, &file, why));
        SR_TRY(coll_folder_split(ret, args->v[i], buf_span(&file), why));
    }
    return SR_OK;
}

static enum sr_err put_files(const char *into, const struct cli_args *args, const struct pins *roots,
                             struct outcomes *ret, struct sr_why *why)
{
    SR_OWN(coll_folder) pieces = { 0 };
    SR_OWN(coll_shelf) shelf = { 0 };
    SR_TRY(read_pieces(args, &pieces, why));
    SR_TRY(coll_shelf_open(into, 0644, roots, &shelf, why));
    return coll_shelf_put(&shelf, &pieces, note, ret, why);
}

static enum cli_exit import(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    struct option_list named = { 0 };
    struct roots roots = { 0 };
    const char *into = NULL;
    SR_OWN(outcomes) o = { .c = c };
    enum cli_exit e;
    const struct option_row rows[] = {
        { "into", OPTION_TEXT, &into, "DIR", "the folder to keep it in", NULL, true }, ROOT_ROW(named), { 0 }
    };
    if (!cli_read(c, rows, 1, POSITIONAL_MAX, &args, &e))
        return e;
    outcomes_begin(&o);
    enum sr_err done = read_roots(&named, &roots, &why);
    if (done == SR_OK)
        done = put_files(into, &args, &(struct pins){ roots.v, roots.n }, &o, &why);
    return done == SR_OK ? print_outcomes(&o) : cli_fail(c, done, &why);
}

/* ---- fetch ---- */

struct fetch_options {
    struct collateral_ask ask;
    struct coll_sources from;
    struct option_list roots;
    uint64_t timeout_s;
    bool refresh;
};

/* A document that could not be had, said as those are that came and were refused. */
static void note_unfetched(struct outcomes *o, const struct coll_want *w, enum sr_err e,
                           const struct sr_why *why)
{
    char path[COLL_PATH_MAX] = "";
    const char *name = coll_want_path(w, path) ? path : "-";
    const struct shelf_outcome one = { .name = name, .fate = SHELF_REFUSED, .err = e, .why = why };
    note(o, &one);
}

static enum sr_err fetch_one(struct coll_shelf *shelf, const struct fetch_options *f,
                             const struct coll_want *w, struct outcomes *o, struct sr_why *why)
{
    SR_OWN(coll_folder) pieces = { 0 };
    struct sr_why one = { 0 };
    if (!coll_want_served(&f->from, w)) {
        enum sr_err none = sr_fail(&one, SR_ENOENT, R_CONFIG, "neither --pccs nor --kds serves it");
        note_unfetched(o, w, none, &one);
        return SR_OK;
    }
    enum sr_err e = coll_fetch(&f->from, w, &pieces, &one);
    if (e != SR_OK) {
        note_unfetched(o, w, e, &one);
        return SR_OK;
    }
    return coll_shelf_put(shelf, &pieces, note, o, why);
}

static enum sr_err check_sources(const struct coll_sources *s, struct sr_why *why)
{
    const char *const bases[] = { s->pccs, s->kds };
    for (size_t i = 0; i < 2; i++)
        if (bases[i])
            SR_TRY(coll_source_check(bases[i], why));
    return SR_OK;
}

/* Documents that come with one chain are there when the next is wanted: evidence is looked at once. */
static enum sr_err fetch_all(const char *dir, const struct fetch_options *f, const struct pins *roots,
                             struct outcomes *o, struct sr_why *why)
{
    SR_OWN(coll_shelf) shelf = { 0 };
    static struct coll_wants wants; /* large; one command runs */
    SR_TRY(check_sources(&f->from, why));
    SR_TRY(coll_shelf_open(dir, 0644, roots, &shelf, why));
    SR_TRY(collateral_ask_wants(&f->ask, shelf.set, roots, &wants, why));
    if (f->refresh)
        collateral_refresh(shelf.set, time(NULL), VEK_MARGIN_S, &wants);
    enum sr_err e = SR_OK;
    for (size_t i = 0; i < wants.n && e == SR_OK; i++)
        e = fetch_one(&shelf, f, &wants.v[i], o, why);
    return e;
}

static enum cli_exit fetch(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    struct fetch_options f = { .timeout_s = 10 };
    struct roots roots = { 0 };
    SR_OWN(outcomes) o = { .c = c };
    enum cli_exit e;
    const struct option_row rows[] = {
        { "pccs", OPTION_TEXT, &f.from.pccs, "URL", "a PCCS (Intel PCS API 4): https, or http to loopback",
          "SEALRING_PCCS", false },
        { "kds", OPTION_TEXT, &f.from.kds, "URL",
          "AMD's KDS or a cache of it, such as https://kdsintf.amd.com", "SEALRING_KDS", false },
        { "ca", OPTION_TEXT, &f.from.ca_file, "FILE", "PEM roots of their TLS certificates (the system's)",
          NULL, false },
        { "for", OPTION_LIST, &f.ask.evidence, "EVIDENCE", "what this report or quote needs and DIR has not",
          NULL, false },
        { "fmspc", OPTION_LIST, &f.ask.fmspc, "HEX", "all of Intel's for platforms of this FMSPC", NULL,
          false },
        { "product", OPTION_LIST, &f.ask.product, "NAME",
          "AMD's CAs and revocation list for milan, genoa, turin", NULL, false },
        { "chip", OPTION_LIST, &f.ask.chip, "CHIP",
          "one VCEK too: PRODUCT:CHIP_ID:TCB, digits as in a report", NULL, false },
        { "refresh", OPTION_FLAG, &f.refresh, NULL, "what DIR holds and may have been replaced by now", NULL,
          false },
        { "timeout", OPTION_UINT, &f.timeout_s, "SECONDS", "for each document (10)", NULL, false },
        ROOT_ROW(f.roots),
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    if (!f.ask.evidence.n && !f.ask.fmspc.n && !f.ask.product.n && !f.ask.chip.n && !f.refresh)
        return cli_usage(c, "wants --for, --fmspc, --product, --chip or --refresh");
    if (f.timeout_s < 1 || f.timeout_s > 600)
        return cli_usage(c, "--timeout is 1 to 600 seconds");
    f.from.timeout_ms = (unsigned)f.timeout_s * 1000;
    outcomes_begin(&o);
    enum sr_err done = read_roots(&f.roots, &roots, &why);
    if (done == SR_OK)
        done = fetch_all(args.v[0], &f, &(struct pins){ roots.v, roots.n }, &o, &why);
    return done == SR_OK ? print_outcomes(&o) : cli_fail(c, done, &why);
}

const struct command commands_collateral[] = {
    { "collateral fetch", "DIR", "get vendors' certificates, revocation lists and documents, and keep them",
      "Asks the two addresses that are given, and no others, for what is wanted, verifies each answer, and "
      "keeps\n"
      "it as collateral import does. Exit status 1 when something could not be had or was refused.",
      fetch },
    { "collateral import", "FILE...",
      "keep vendors' certificates, revocation lists, TCB infos, QE identities",
      "Verifies each thing in the files, up to a root, and keeps the newest of its kind in a folder that\n"
      "verify-evidence --collateral and a node's collateral-dir read. What does not verify, and what is "
      "older\n"
      "than what the folder holds, is refused. Exit status 1 when anything was.",
      import },
    { "collateral show", "DIR", "what a folder of collateral holds, and until when it is good",
      "Lists each thing with who it is about, whether it counts now or the reason why not, its number\n"
      "(tcbEvaluationDataNumber, or that of a list), its window and its age. Exit status 1 when something "
      "does\n"
      "not count.",
      show },
    { 0 },
};
