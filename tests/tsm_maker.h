#pragma once
/* tsm_maker.h - machines that make SNP reports and TDX quotes from roots of our own, as of now, for the
 * stand-in of the kernel's report interface (tests/parts/tsm_fs.c). One machine of each kind is enough to
 * make the collateral that fits them all: keys are made once a process. */
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"

enum made_kind { MADE_SNP, MADE_TDX };
struct made_settings {
    unsigned measurement;                           /* each byte of it; 0: 0x4d */
    unsigned debug, low;                            /* a debug guest; a TCB one below the newest */
    unsigned padding;                               /* zeros behind a quote */
    unsigned no_aux, bad_aux, vmpl, svn, committed; /* of SNP; committed: added to its microcode */
};

static inline void made_times(struct made_spec *s)
{
    s->from = time(NULL) - 100 * S_DAY;
    s->until = time(NULL) + 100 * S_DAY;
}

static inline void made_list(struct made_crl *c)
{
    c->from = time(NULL) - S_DAY;
    c->until = time(NULL) + S_DAY;
}

static inline const char *made_date(time_t t, char ret[32])
{
    struct tm tm;
    MUST(gmtime_r(&t, &tm) && strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm));
    return ret;
}

/* ---- SNP: a Genoa with a chip of its own ---- */

/* A chip has a key for each TCB, as chips do. */
static inline EVP_PKEY *made_vek(unsigned chip, bool low)
{
    static EVP_PKEY *keys[32];
    EVP_PKEY **k = &keys[chip % 16 * 2 + low];
    if (!*k)
        *k = make_key("P-384");
    return *k;
}

static inline struct snp_world made_snp(unsigned chip, const struct made_settings *s)
{
    struct snp_world w = snp_world_make(&s_products[1], 3, false);
    w.chip[0] = (uint8_t)(0x40 + chip);
    memcpy(w.report + 0x1a0, w.chip, sizeof w.chip);
    w.vek.key = w.signed_by = made_vek(chip, s->low);
    made_times(&w.root);
    made_times(&w.ca);
    made_times(&w.vek);
    made_list(&w.crl);
    w.omit[S_CRL] = false;
    if (s->low)
        w.spl[2]--;
    s_tcb(&w, 0x180, w.spl);
    if (s->debug)
        w.report[0x08 + 2] |= 1 << 3;
    if (s->measurement)
        memset(w.report + 0x90, (int)s->measurement, 48);
    s_put(&w, 0x30, s->vmpl, 4);
    s_put(&w, 0x04, s->svn, 4);
    for (unsigned i = 0; i < s->committed; i++) /* committed and all above it */
        w.report[0x1e0 + 7]++, w.report[0x38 + 7]++, w.report[0x1f0 + 7]++;
    return w;
}

/* Report and certificate table over these 64 bytes. */
static inline void made_snp_report(unsigned chip, const struct made_settings *s, const uint8_t rd[64],
                                   struct buf *out, struct buf *aux)
{
    struct snp_world w = made_snp(chip, s);
    memcpy(w.report + 0x50, rd, 64);
    snp_world_build(&w);
    wr_span(out, buf_span(&w.evidence));
    if (s->bad_aux)
        wr_text(aux, "something that is no table");
    else if (!s->no_aux) {
        snp_world_table(&w);
        wr_span(aux, (struct span){ w.evidence.p + SNP_REPORT_SIZE, w.evidence.n - SNP_REPORT_SIZE });
    }
    snp_world_drop(&w);
}

/* ---- TDX ---- */

/* texts: of the dates, for as long as the world is used. */
static inline struct world made_tdx(const struct made_settings *s, bool stale, char texts[2][32])
{
    struct world w = world_make(5, true);
    time_t now = time(NULL);
    made_times(&w.root_cert);
    made_times(&w.ca_cert);
    made_times(&w.pck_cert);
    made_times(&w.signer_cert);
    made_list(&w.root_crl);
    made_list(&w.ca_crl);
    w.tcb.issue = w.identity.issue = made_date(now - (stale ? 3 : 1) * W_DAY, texts[0]);
    w.tcb.next = w.identity.next = made_date(now + (stale ? -1 : 1) * W_DAY, texts[1]);
    if (s->low) {
        w.svn[7]--;
        w.cpusvn[7]--;
    }
    if (s->debug)
        w.body[120] |= 1;
    if (s->measurement)
        memset(w.body + 136, (int)s->measurement, 48);
    w.padding = s->padding;
    return w;
}

static inline void made_tdx_quote(const struct made_settings *s, const uint8_t rd[64], struct buf *out)
{
    char texts[2][32];
    struct world w = made_tdx(s, false, texts);
    memcpy(w.body + 520, rd, 64);
    world_build(&w);
    wr_span(out, buf_span(&w.evidence));
    world_drop(&w);
}
