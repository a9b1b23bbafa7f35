/* evidence_corpus DIR - writes the fuzz corpora of SNP, DCAP and collateral from worlds of our own. Not a
 * test: run by hand when a format changes. */
#include "proto/json.h"
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"
#include "tests/t.h"

static const char *dir;

static void put(const char *target, const char *name, struct span s)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", dir, target, name);
    FILE *f = fopen(path, "wb");
    T_ROW(f && fwrite(s.p, 1, s.n, f) == s.n, path);
    if (f)
        fclose(f);
}

static void put_snp(void)
{
    for (int p = 0; p < 3; p++) {
        SR_OWN(snp_world) w = snp_world_make(&s_products[p], (uint32_t)p + 3, p == 1);
        char name[32];
        snp_world_build(&w);
        snprintf(name, sizeof name, "report-%d", p);
        put("fuzz_snp", name, buf_span(&w.evidence));
        snprintf(name, sizeof name, "vek-%d", p);
        put("fuzz_snp", name, buf_span(&w.file[S_VEK]));
        snp_world_table(&w);
        if (p == 0) {
            put("fuzz_snp", "extended", buf_span(&w.evidence));
            put("fuzz_snp", "table",
                (struct span){ w.evidence.p + SNP_REPORT_SIZE, w.evidence.n - SNP_REPORT_SIZE });
            put("fuzz_collateral", "amd-root", buf_span(&w.file[S_ROOT]));
            put("fuzz_collateral", "amd-crl", buf_span(&w.file[S_CRL]));
        }
    }
}

static void put_dcap(uint16_t version, bool tdx)
{
    SR_OWN(world) w = world_make(version, tdx);
    static const char *const names[F_COUNT] = { "root", "ca", "signer",   "root-crl", "ca-crl",
                                                "tcb",  "qe", "other-ca", "pck" };
    char name[32];
    world_build(&w);
    snprintf(name, sizeof name, "quote-%d", version);
    put("fuzz_dcap", name, buf_span(&w.evidence));
    snprintf(name, sizeof name, "pck-%d", version);
    put("fuzz_dcap", name, buf_span(&w.file[F_PCK]));
    for (int i = 0; i < F_COUNT; i++) {
        snprintf(name, sizeof name, "%s-%d", names[i], version);
        put("fuzz_collateral", name, buf_span(&w.file[i]));
    }
}

/* The inner objects, which the parsers without signatures take. */
static void put_objects(void)
{
    SR_OWN(world) w = world_make(5, true);
    struct span object;
    world_build(&w);
    if (json_member_bytes(buf_span(&w.file[F_TCB]), "tcbInfo", &object, NULL) == SR_OK)
        put("fuzz_collateral", "tcb-object", object);
    if (json_member_bytes(buf_span(&w.file[F_QE]), "enclaveIdentity", &object, NULL) == SR_OK)
        put("fuzz_collateral", "qe-object", object);
}

static void put_logs(void)
{
    SR_OWN(buf) log = { 0 };
    struct sha384 rtmr[4];
    made_log_head(&log);
    put("fuzz_cc_log", "empty", buf_span(&log));
    buf_drop(&log);
    made_log_usual(&log, rtmr);
    put("fuzz_cc_log", "usual", buf_span(&log));
    for (int i = 0; i < 32; i++)
        wr_u8(&log, 0xff);
    put("fuzz_cc_log", "filled", buf_span(&log));
}

int main(int argc, char *argv[])
{
    dir = argc == 2 ? argv[1] : ".";
    put_snp();
    put_dcap(3, false);
    put_dcap(4, true);
    put_dcap(5, true);
    put_objects();
    put_logs();
    return t_end();
}
