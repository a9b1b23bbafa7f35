/* Documents from a PCCS and a KDS: where they are asked for, what is taken of answers, and servers that go
 * wrong. */
#include "node/collateral/answer.h"
#include "node/collateral/fetch.h"
#include "node/collateral/shelf.h"
#include "tests/stand_in.h"
#include "tests/t.h"

static const struct {
    const char *label;
    struct coll_want want;
    const char *path; /* NULL: none */
} paths[] = {
    { "chain", { .kind = DOC_AMD_CHAIN, .product = AMD_MILAN }, "/vcek/v1/Milan/cert_chain" },
    { "VLEK chain", { .kind = DOC_VLEK_CHAIN, .product = AMD_GENOA }, "/vlek/v1/Genoa/cert_chain" },
    { "AMD list", { .kind = DOC_AMD_LIST, .product = AMD_TURIN }, "/vcek/v1/Turin/crl" },
    { "no product", { .kind = DOC_AMD_CHAIN }, NULL },
    { "Turin's VCEK",
      { .kind = DOC_VCEK, .product = AMD_TURIN, .chip_id = { 0xab, 1 }, .tcb = { 1, 2, 3, 4, 5 } },
      "/vcek/v1/Turin/ab01000000000000?fmcSPL=01&blSPL=02&teeSPL=03&snpSPL=04&ucodeSPL=05" },
    { "TCB info",
      { .kind = DOC_TCB_INFO, .tee = INTEL_SGX, .fmspc = { 0, 0x90, 0x6e, 0xd5, 0, 0 } },
      "/sgx/certification/v4/tcb?fmspc=00906ed50000" },
    { "QE identity", { .kind = DOC_QE_IDENTITY, .tee = INTEL_TDX }, "/tdx/certification/v4/qe/identity" },
    { "PCK list",
      { .kind = DOC_PCK_LIST, .ca = PCK_PROCESSOR },
      "/sgx/certification/v4/pckcrl?ca=processor&encoding=der" },
    { "root list", { .kind = DOC_ROOT_LIST }, "/sgx/certification/v4/rootcacrl" },
};

static void paths_are_those_of_the_interfaces(void)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char path[COLL_PATH_MAX] = "";
        T_ROW(coll_want_path(&paths[i].want, path) == (paths[i].path != NULL), paths[i].label);
        T_ROW(!paths[i].path || strcmp(path, paths[i].path) == 0, paths[i].label);
    }
}

static void sources_are_https_or_loopback(void)
{
    static const struct {
        const char *base;
        enum sr_err want;
    } rows[] = {
        { "https://pccs.example:8081", SR_OK },
        { "https://kdsintf.amd.com", SR_OK },
        { "https://mirror/amd/", SR_OK },
        { "http://127.0.0.1:8081", SR_OK },
        { "http://127.9.9.9", SR_OK },
        { "http://[::1]:8081/x", SR_OK },
        { "http://pccs.example", SR_EFORMAT },
        { "http://127.0.0.1.example", SR_EFORMAT },
        { "http://localhost.example", SR_EFORMAT },
        { "http://[::1].example", SR_EFORMAT },
        { "http://127.0.0.1@example", SR_EFORMAT },
        { "https://user@example", SR_EFORMAT },
        { "https://example/?q=", SR_EFORMAT },
        { "https://example/#f", SR_EFORMAT },
        { "https://", SR_EFORMAT },
        { "https:///x", SR_EFORMAT },
        { "file:///etc", SR_EFORMAT },
        { "unix:/run/x", SR_EFORMAT },
        { "", SR_EFORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_ROW(coll_source_check(rows[i].base, NULL) == rows[i].want, rows[i].base);
}

/* ---- texts of a PCCS ---- */

static void chains_are_percent_encoded_pem(void)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
    } rows[] = {
        { "-----BEGIN%20X-----%0Aab%2B%2f%3D%0A", "-----BEGIN X-----\nab+/=\n" },
        { " -a+b \r\n", "-a+b" },
        { "", NULL },
        { "   ", NULL },
        { "MIIB", NULL },
        { "-%", NULL },
        { "-%0", NULL },
        { "-%0g", NULL },
        { "-%g0", NULL },
        { "-%00", NULL },
        { "-%7f", NULL },
        { "-%80", NULL },
        { "-a\tb", NULL },
        { "-a\x01", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) out = { 0 };
        struct sr_why why = { 0 };
        enum sr_err e = coll_chain_decode(span_of(rows[i].text), &out, &why);
        T_ROW(e == (rows[i].want ? SR_OK : SR_EFORMAT), rows[i].text);
        T_ROW(rows[i].want || why.reason == R_COLLATERAL_FORMAT, rows[i].text);
        T_ROW(!rows[i].want || span_eq(buf_span(&out), span_of(rows[i].want)), rows[i].text);
    }
    SR_OWN(buf) longest = { 0 };
    SR_OWN(buf) out = { 0 };
    for (size_t i = 0; i < COLL_CHAIN_MAX + 1; i++)
        wr_u8(&longest, '-');
    T(coll_chain_decode(buf_span(&longest), &out, NULL) == SR_EFORMAT);
    longest.n--;
    T(coll_chain_decode(buf_span(&longest), &out, NULL) == SR_OK && out.n == COLL_CHAIN_MAX);
}

static void bodies_may_be_hexadecimal(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "30aF", "\x30\xaf" },       { " 30af\r\n", "\x30\xaf" }, { "30a", "30a" }, { "", "" },
        { "{\"a\":1}", "{\"a\":1}" }, { "30 af", "30 af" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) out = { 0 };
        T_ROW(coll_body_decode(span_of(rows[i].text), &out) == SR_OK, rows[i].text);
        T_ROW(span_eq(buf_span(&out), span_of(rows[i].want)), rows[i].text);
    }
}

/* ---- the stand-in ---- */

static char dir[] = "/tmp/sealring-fetch-XXXXXX";

static void remove_all(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    MUST(system(command) == 0 && mkdtemp(strcpy(dir, "/tmp/sealring-fetch-XXXXXX")));
}

static enum sr_reason judge(const char *type, struct span evidence, const struct collateral *c,
                            const struct pins *roots)
{
    struct sr_why why = { 0 };
    static struct claims claims;
    struct verify_in in = { .evidence = evidence, .now = time(NULL), .roots = *roots, .collateral = c };
    memset(in.rd.b, 0xda, sizeof in.rd.b);
    return evidence_verify(span_of(type), &in, &claims, &why) == SR_OK ? R_NONE : why.reason;
}

/* What evidence needs, got in that order. */
static void fetch_for(struct coll_shelf *s, const struct coll_sources *from, const char *type,
                      struct span evidence, size_t want_n)
{
    static struct coll_wants wants;
    wants.n = 0;
    collateral_wants(s->set, &s->roots, span_of(type), evidence, time(NULL), &wants);
    T_ROW(wants.n == want_n, type);
    for (size_t i = 0; i < wants.n; i++) {
        SR_OWN(coll_folder) pieces = { 0 };
        struct sr_why why = { 0 };
        T_ROW(coll_fetch(from, &wants.v[i], &pieces, &why) == SR_OK, why.text);
        T(coll_shelf_put(s, &pieces, NULL, NULL, NULL) == SR_OK);
    }
}

static void evidence_gets_all_that_it_needs_and_nothing_else_is_asked(void)
{
    struct stand_in *pccs = stand_in_start(), *kds = stand_in_start(), *decoy = stand_in_start();
    SR_OWN(snp_world) amd = snp_today();
    struct world intel = tdx_today_naming(20, "UpToDate", decoy->base);
    struct sha256 pin[2] = { made_pin(s_key(K_ROOT)), made_pin(intel.root) };
    const struct pins roots = { pin, 2 };
    const struct coll_sources from = { .pccs = pccs->base, .kds = kds->base };
    SR_OWN(coll_shelf) s = { 0 };
    stand_in_intel(pccs, &intel);
    stand_in_amd(kds, &amd);
    remove_all();
    T(coll_shelf_open(dir, 0600, &roots, &s, NULL) == SR_OK);
    T(judge("snp", buf_span(&amd.evidence), s.set, &roots) == R_COLLATERAL_MISSING);
    fetch_for(&s, &from, "snp", buf_span(&amd.evidence), 3);
    T(judge("snp", buf_span(&amd.evidence), s.set, &roots) == R_NONE);
    fetch_for(&s, &from, "snp", buf_span(&amd.evidence), 0);
    T(judge("tdx", buf_span(&intel.evidence), s.set, &roots) == R_COLLATERAL_MISSING);
    fetch_for(&s, &from, "tdx", buf_span(&intel.evidence), 4);
    T(judge("tdx", buf_span(&intel.evidence), s.set, &roots) == R_NONE);
    fetch_for(&s, &from, "tdx", buf_span(&intel.evidence), 0);
    T(stand_in_asked(pccs) == 4 && stand_in_asked(kds) == 3 && stand_in_asked(decoy) == 0);
    static struct coll_wants again;
    collateral_refresh(s.set, time(NULL), 0, &again);
    T(again.n == 5); /* two lists, TCB info, QE identity, AMD's list */
    again.n = 0;
    collateral_refresh(s.set, time(NULL), 2 * S_DAY, &again);
    T(again.n == 6); /* the VCEK too */
    world_drop(&intel);
    stand_in_stop(pccs);
    stand_in_stop(kds);
    stand_in_stop(decoy);
}

static void servers_that_go_wrong_change_nothing(void)
{
    static const struct {
        const char *label;
        enum stand_in_manner manner;
        enum sr_err want;
        enum sr_reason reason;
    } rows[] = {
        { "404", NOT_FOUND, SR_ENOENT, R_UNKNOWN },
        { "500", FAILS, SR_EIO, R_UNKNOWN },
        { "a redirect", REDIRECTS, SR_EIO, R_UNKNOWN },
        { "half an answer", TRUNCATES, SR_EIO, R_NO_ANSWER },
        { "too much", IS_HUGE, SR_EIO, R_NO_ANSWER },
        { "no document", IS_GARBAGE, SR_OK, R_COLLATERAL_FORMAT },
        { "no chain", CHAINLESS, SR_EFORMAT, R_COLLATERAL_FORMAT },
        { "no chain in the header", BAD_CHAIN, SR_EFORMAT, R_COLLATERAL_FORMAT },
        { "two chains", TWO_CHAINS, SR_EIO, R_NO_ANSWER },
        { "no answer", HANGS, SR_EIO, R_NO_ANSWER },
    };
    struct stand_in *pccs = stand_in_start();
    struct world w = tdx_today(20, "UpToDate");
    struct sha256 pin = made_pin(w.root);
    const struct coll_sources from = { .pccs = pccs->base, .timeout_ms = 300 };
    const struct coll_want want = { .kind = DOC_TCB_INFO, .tee = INTEL_TDX, .fmspc = { 0xb0, 0xc0, 0x6f } };
    SR_OWN(coll_shelf) s = { 0 };
    stand_in_intel(pccs, &w);
    remove_all();
    T(coll_shelf_open(dir, 0600, &(struct pins){ &pin, 1 }, &s, NULL) == SR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(coll_folder) pieces = { 0 };
        struct sr_why why = { 0 };
        pccs->manner = rows[i].manner;
        size_t before = stand_in_asked(pccs);
        enum sr_err e = coll_fetch(&from, &want, &pieces, &why);
        T_ROW(e == rows[i].want, rows[i].label);
        T_ROW(e == SR_OK || why.reason == rows[i].reason, rows[i].label);
        T_ROW(e == SR_OK || pieces.n == 0, rows[i].label);
        T_ROW(stand_in_asked(pccs) == before + 1, rows[i].label);
        T(coll_shelf_put(&s, &pieces, NULL, NULL, NULL) == SR_OK);
        T_ROW(s.set->ntcb == 0, rows[i].label);
    }
    pccs->manner = ANSWERS;
    const struct coll_sources nobody = { .pccs = "http://127.0.0.1:1", .timeout_ms = 300 };
    SR_OWN(coll_folder) pieces = { 0 };
    struct sr_why why = { 0 };
    T(coll_fetch(&nobody, &want, &pieces, &why) == SR_EIO && why.reason == R_NO_ANSWER);
    const struct coll_sources elsewhere = { .pccs = "http://192.0.2.1" };
    T(coll_fetch(&elsewhere, &want, &pieces, &why) == SR_EFORMAT && why.reason == R_CONFIG);
    world_drop(&w);
    stand_in_stop(pccs);
}

int main(void)
{
    MUST(mkdtemp(dir));
    paths_are_those_of_the_interfaces();
    sources_are_https_or_loopback();
    chains_are_percent_encoded_pem();
    bodies_may_be_hexadecimal();
    evidence_gets_all_that_it_needs_and_nothing_else_is_asked();
    servers_that_go_wrong_change_nothing();
    remove_all();
    rmdir(dir);
    return t_end();
}
