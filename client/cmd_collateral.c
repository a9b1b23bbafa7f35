#include "client/cli.h"
#include "client/commands.h"
#include "client/root_file.h"
#include "node/collateral/report.h"
#include "node/collateral/shelf.h"
#include "proto/evidence/vendor_roots.h"
#include "proto/json.h"

#include <string.h>
#include <time.h>

enum { ROOTS_MAX = 64 };

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
    enum cli_exit e = cli_print(o->c, &o->out);
    return e == EXIT_DONE && o->refused ? EXIT_REFUSED : e;
}

static struct outcomes outcomes_of(const struct cli *c)
{
    struct outcomes o = { .c = c };
    if (cli_json(c))
        jw_array(&o.out);
    return o;
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
        coll_report_json(set, &pins, now, &out);
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
    SR_OWN(outcomes) o = outcomes_of(c);
    enum cli_exit e;
    const struct option_row rows[] = {
        { "into", OPTION_TEXT, &into, "DIR", "the folder to keep it in", NULL, true }, ROOT_ROW(named), { 0 }
    };
    if (!cli_read(c, rows, 1, POSITIONAL_MAX, &args, &e))
        return e;
    enum sr_err done = read_roots(&named, &roots, &why);
    if (done == SR_OK)
        done = put_files(into, &args, &(struct pins){ roots.v, roots.n }, &o, &why);
    return done == SR_OK ? print_outcomes(&o) : cli_fail(c, done, &why);
}

const struct command commands_collateral[] = {
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
