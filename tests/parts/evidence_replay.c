/* evidence_replay TYPE TIME ROOTS RD POLICY EVIDENCE COLLATERAL... - what a member says of captured evidence,
 * to a joiner and to a workload: node/appraise.c and the policy, over the report data that the evidence
 * itself holds, since nobody can make it answer a challenge of today. ROOTS: the type whose vendor's roots
 * the genesis record names. RD: "own", or "other", one bit of it flipped. Prints the two reason codes, "none"
 * for yes. Not in the product: it appraises only what a file says. */
#include "client/evidence_input.h"
#include "node/appraise.h"
#include "proto/epoch.h"
#include "proto/evidence/vendor_roots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 32 };
struct replay {
    struct buf evidence, policy, file[FILES_MAX];
    size_t nfile;
    struct genesis genesis;
    struct pins roots;
    struct policy_hold hold;
    struct collateral *set;
    struct sha512 rd;
    struct appraisal seen;
};

static void die(const char *what, const struct sr_why *why)
{
    fprintf(stderr, "evidence_replay: %s: %s\n", what, why->text);
    exit(2);
}

static void read_file(const char *path, struct buf *ret)
{
    struct sr_why why = { 0 };
    if (evidence_read_file(path, ret, &why) != SR_OK)
        die(path, &why);
}

static void name_roots(struct replay *r, const char *type, struct span whose)
{
    struct type_roots *t = &r->genesis.params.types[0];
    struct pins pins = vendor_roots(whose);
    r->genesis.params.ntypes = 1;
    snprintf(t->type, sizeof t->type, "%s", type);
    for (size_t i = 0; i < pins.n; i++)
        t->root[t->n++] = pins.v[i];
    r->roots = (struct pins){ t->root, t->n };
}

static void take_report_data(struct replay *r, const char *type, bool other)
{
    struct sr_why why = { 0 };
    const struct verifier *v = verifier_find(span_of(type));
    if (!v || !v->report_data || v->report_data(buf_span(&r->evidence), &r->rd, &why) != SR_OK)
        memset(&r->rd, 0, sizeof r->rd); /* evidence that can't be read: the appraisal will say why */
    r->rd.b[63] ^= other;
}

static void read_policy(struct replay *r, const char *path)
{
    struct sr_why why = { 0 };
    FILE *f = fopen(path, "re");
    uint8_t text[65536];
    size_t n = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    if (policy_parse((struct span){ text, n }, &r->hold.p, &why) != SR_OK)
        die(path, &why);
}

static void make_set(struct replay *r)
{
    struct sr_why why = { 0 };
    struct span files[FILES_MAX];
    for (size_t i = 0; i < r->nfile; i++)
        files[i] = buf_span(&r->file[i]);
    if (collateral_make(files, r->nfile, &r->roots, &r->set, &why) != SR_OK)
        die("collateral", &why);
}

static void say(enum sr_err e, const struct sr_why *why)
{
    printf("%s\n", e == SR_OK ? "none" : sr_reason_text(why->reason));
}

int main(int argc, char **argv)
{
    static struct replay r;
    static const struct epoch_pubs none;
    if (argc < 7 || argc - 7 > FILES_MAX || secret_init() != SR_OK)
        return 64;
    name_roots(&r, argv[1], span_of(argv[3]));
    read_policy(&r, argv[5]);
    read_file(argv[6], &r.evidence);
    for (int i = 7; i < argc; i++)
        read_file(argv[i], &r.file[r.nfile++]);
    make_set(&r);
    take_report_data(&r, argv[1], strcmp(argv[4], "other") == 0);
    const struct appraiser by = { .genesis = &r.genesis,
                                  .newest = &none,
                                  .policy = r.hold.p,
                                  .collateral = r.set,
                                  .now = (time_t)strtoll(argv[2], NULL, 10) };
    const struct policy_want want = { SPAN_STR("demo"), SPAN_STR("app/x"), POLICY_SECRET, NULL };
    struct sr_why join = { 0 }, release = { 0 };
    enum sr_err e = appraise(&by, span_of(argv[1]), buf_span(&r.evidence), &r.rd, &r.seen, &join);
    release = join;
    enum sr_err joins = e == SR_OK ? policy_join(r.hold.p, &r.seen.claims, NULL, NULL, &join) : e;
    enum sr_err releases =
        e == SR_OK ? policy_release(r.hold.p, &r.seen.claims, NULL, &want, NULL, &release) : e;
    say(joins, &join);
    say(releases, &release);
    return 0;
}
