/* evidence_world TYPE VERSION CHANGE DIR - one made-up world as files: DIR/evidence, DIR/root.pem, DIR/log
 * and the collateral in DIR/collateral/. Evidence is good on 2027-01-15 at 08:00 UTC. CHANGE: "none" or a row
 * below. */
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"

#include <stdio.h>
#include <sys/stat.h>

static void put(const char *dir, const char *name, struct span s)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wbe");
    MUST(f && fwrite(s.p, 1, s.n, f) == s.n && fclose(f) == 0);
}

static void put_root(const char *dir, const struct buf *der)
{
    SR_OWN(buf) pem = { 0 };
    made_pem((struct span){ der->p, der->n }, &pem);
    put(dir, "root.pem", buf_span(&pem));
}

/* ---- SNP ---- */

static void snp_none(struct snp_world *w)
{
    (void)w;
}
static void snp_debug(struct snp_world *w)
{
    w->report[0x0a] |= 8;
}
static void snp_migrate(struct snp_world *w)
{
    w->report[0x0a] |= 4;
}
static void snp_vmpl(struct snp_world *w)
{
    w->report[0x30] = 2;
}
static void snp_alias(struct snp_world *w)
{
    w->report[0x40] &= 0xdf;
}

static const struct snp_change {
    const char *name;
    size_t product;
    bool vlek;
    void (*change)(struct snp_world *w);
} snp_changes[] = {
    { "none", 1, false, snp_none },   { "vlek", 1, true, snp_none },
    { "turin", 2, false, snp_none },  { "milan", 0, false, snp_none },
    { "debug", 1, false, snp_debug }, { "migrate-ma", 1, false, snp_migrate },
    { "vmpl-0", 1, false, snp_vmpl }, { "alias-check", 1, false, snp_alias },
};

static int make_snp(uint32_t version, const char *change, const char *dir, const char *collateral)
{
    static const char *const names[] = { "root", "ca", "vek", "crl" };
    for (size_t i = 0; i < sizeof snp_changes / sizeof *snp_changes; i++) {
        if (strcmp(snp_changes[i].name, change) != 0)
            continue;
        SR_OWN(snp_world)
        w = snp_world_make(&s_products[snp_changes[i].product], version, snp_changes[i].vlek);
        snp_changes[i].change(&w);
        snp_world_build(&w);
        put(dir, "evidence", buf_span(&w.evidence));
        put_root(dir, &w.file[S_ROOT]);
        for (int f = 0; f < S_COUNT; f++)
            put(collateral, names[f], buf_span(&w.file[f]));
        return 0;
    }
    return 2;
}

/* ---- TDX and SGX ---- */

static void none(struct world *w)
{
    (void)w;
}
static void debug(struct world *w)
{
    w->body[w->tee ? 120 : 48] |= w->tee ? 1 : SGX_DEBUG;
}
static void migratable(struct world *w)
{
    w->body[123] |= 0x20;
}
static void sept(struct world *w)
{
    w->body[123] = 0;
}
static void service(struct world *w)
{
    w->body[600] = 1;
}
static void hardening(struct world *w)
{
    w->level[0].status = "SWHardeningNeeded";
    w->level[0].advisories = "\"INTEL-SA-00615\",\"INTEL-SA-00657\"";
}
static void out_of_date(struct world *w)
{
    w->level[0].status = "OutOfDate";
}
static void revoked(struct world *w)
{
    w->ca_crl.revoked = w->pck_cert.serial;
}

static const struct dcap_change {
    const char *name;
    void (*change)(struct world *w);
} dcap_changes[] = {
    { "none", none },
    { "log", w_measured },
    { "debug", debug },
    { "migratable", migratable },
    { "sept-ve-disable", sept },
    { "service-td", service },
    { "hardening", hardening },
    { "tcb-status", out_of_date },
    { "revoked", revoked },
};

static int make_dcap(uint16_t version, bool tdx, const char *change, const char *dir, const char *collateral)
{
    static const char *const names[F_COUNT] = { "root", "ca", "signer", "root-crl", "ca-crl",
                                                "tcb",  "qe", "other",  "pck" };
    for (size_t i = 0; i < sizeof dcap_changes / sizeof *dcap_changes; i++) {
        if (strcmp(dcap_changes[i].name, change) != 0)
            continue;
        SR_OWN(world) w = world_make(version, tdx);
        dcap_changes[i].change(&w);
        world_build(&w);
        put(dir, "evidence", buf_span(&w.evidence));
        put(dir, "log", buf_span(&w.log));
        put_root(dir, &w.file[F_ROOT]);
        for (int f = 0; f < F_COUNT; f++)
            if (!w.omit[f])
                put(collateral, names[f], buf_span(&w.file[f]));
        return 0;
    }
    return 2;
}

int main(int argc, char *argv[])
{
    char collateral[512];
    if (argc != 5)
        return 2;
    snprintf(collateral, sizeof collateral, "%s/collateral", argv[4]);
    if (mkdir(argv[4], 0755) != 0 || mkdir(collateral, 0755) != 0)
        return 2;
    long version = strtol(argv[2], NULL, 10);
    if (strcmp(argv[1], "snp") == 0)
        return make_snp((uint32_t)version, argv[3], argv[4], collateral);
    return make_dcap((uint16_t)version, strcmp(argv[1], "tdx") == 0, argv[3], argv[4], collateral);
}
