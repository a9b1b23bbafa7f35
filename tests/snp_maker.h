#pragma once
/* snp_maker.h - SNP reports and the keys above them from roots of our own, for every product. A test changes
 * one thing before it is made, or of the bytes after. */
#include "proto/appraisal.h"
#include "proto/evidence/collateral.h"
#include "proto/evidence/snp_report.h"
#include "tests/reached.h"
#include "tests/vendor_maker.h"

enum { S_NOW = 1800000000, S_DAY = 86400 };
enum snp_file { S_ROOT, S_CA, S_VEK, S_CRL, S_COUNT };

struct s_product {
    enum amd_product product;
    const char *root, *ca, *vlek_ca, *name; /* common names; productName */
    uint8_t family, model, version, chip;   /* structVersion, bytes of hwID */
};
static const struct s_product s_products[] = {
    { AMD_MILAN, "ARK-Milan", "SEV-Milan", "SEV-VLEK-Milan", "Milan-B0", 0x19, 0x01, 0, 64 },
    { AMD_GENOA, "ARK-Genoa", "SEV-Genoa", "SEV-VLEK-Genoa", "Genoa", 0x19, 0x11, 0, 64 },
    { AMD_TURIN, "ARK-Turin", "SEV-Turin", "SEV-VLEK-Turin", "Turin", 0x1a, 0x02, 1, 8 },
};

enum s_key { K_ROOT, K_CA, K_VEK, K_OTHER_RSA, K_OTHER_EC, K_COUNT };
static inline EVP_PKEY *s_key(enum s_key i)
{
    static EVP_PKEY *keys[K_COUNT];
    if (!keys[i])
        keys[i] = make_key(i == K_VEK || i == K_OTHER_EC ? "P-384" : "RSA");
    return keys[i];
}

struct snp_world {
    const struct s_product *of;
    bool vlek, table_other, omit[S_COUNT]; /* table_other: the VEK in the other kind's place */
    struct made_spec root, ca, vek;
    struct made_crl crl;
    uint8_t report[SNP_REPORT_SIZE];
    EVP_PKEY *signed_by;
    /* the VEK's extensions: values of the SPLs in the order bl, tee, snp, ucode, fmc; drop: OID to leave out
     */
    uint8_t spl[5], chip[64];
    const char *drop, *twice, *product_name, *csp;
    size_t chip_n;
    bool extra_chip; /* hwID in a VLEK */
    enum appraisal_set appraisal;
    struct buf evidence, file[S_COUNT];
};

static inline void snp_world_drop(struct snp_world *w)
{
    buf_drop(&w->evidence);
    for (int i = 0; i < S_COUNT; i++)
        buf_drop(&w->file[i]);
}

static inline void s_put(struct snp_world *w, size_t at, uint64_t v, int n)
{
    for (int i = 0; i < n; i++)
        w->report[at + (size_t)i] = (uint8_t)(v >> 8 * i);
}

/* A TCB_VERSION in the product's layout. */
static inline void s_tcb(struct snp_world *w, size_t at, const uint8_t spl[5])
{
    static const uint8_t old[5] = { 0, 1, 6, 7, 2 /* unused: no fmc */ }, turin[5] = { 1, 2, 3, 7, 0 };
    const uint8_t *place = w->of->product == AMD_TURIN ? turin : old;
    memset(w->report + at, 0, 8);
    for (int i = 0; i < (w->of->product == AMD_TURIN ? 5 : 4); i++)
        w->report[at + place[i]] = spl[i];
}

static inline struct made_spec s_cert(const char *cn, const char *issuer, EVP_PKEY *key, EVP_PKEY *by,
                                      bool ca)
{
    struct made_spec s = { .cn = cn, .issuer = issuer, .key = key, .issuer_key = by, .ca = ca, .pss = true };
    s.pathlen = ca ? 0 : -1;
    s.usage = ca ? (key == by ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_KEY_CERT_SIGN) : 0;
    s.serial = ca ? (key == by ? 1 : 77) : 0;
    s.from = S_NOW - 100 * S_DAY;
    s.until = S_NOW + 100 * S_DAY;
    return s;
}

static inline struct snp_world snp_world_make(const struct s_product *p, uint32_t version, bool vlek)
{
    struct snp_world w = { .of = p, .vlek = vlek, .signed_by = s_key(K_VEK), .spl = { 4, 1, 24, 219, 3 } };
    w.product_name = vlek && p->product == AMD_MILAN ? "Milan" : p->name;
    w.csp = "CN=cc-test";
    w.chip_n = p->chip;
    for (size_t i = 0; i < p->chip; i++)
        w.chip[i] = (uint8_t)(0x04 + i); /* begins as a DER OCTET STRING would */
    w.root = s_cert(p->root, p->root, s_key(K_ROOT), s_key(K_ROOT), true);
    w.root.pathlen = 1;
    w.ca = s_cert(vlek ? p->vlek_ca : p->ca, p->root, s_key(K_CA), s_key(K_ROOT), true);
    w.vek = s_cert(vlek ? "SEV-VLEK" : "SEV-VCEK", w.ca.cn, s_key(K_VEK), s_key(K_CA), false);
    w.crl = (struct made_crl){ p->root, s_key(K_ROOT), true, S_NOW - S_DAY, S_NOW + S_DAY, 0, CRL_GOOD, 1 };
    w.omit[S_CRL] = true;
    s_put(&w, 0x00, version, 4);
    s_put(&w, 0x08, UINT64_C(0x30000) | 31 << 8, 8); /* SMT, the bit that is one, ABI 31.0 */
    s_put(&w, 0x34, 1, 4);
    s_put(&w, 0x40, 0x25, 8); /* SMT, ECC, alias check */
    s_put(&w, 0x48, vlek ? 1 << 2 : 0, 4);
    memset(w.report + 0x50, 0xda, 64);
    memset(w.report + 0x90, 0x4d, 48);
    memset(w.report + 0x160, 0xff, 32);
    s_tcb(&w, 0x38, w.spl);
    s_tcb(&w, 0x180, w.spl);
    s_tcb(&w, 0x1e0, w.spl);
    s_tcb(&w, 0x1f0, w.spl);
    if (version >= 3) {
        w.report[0x188] = p->family;
        w.report[0x189] = p->model;
        w.report[0x18a] = 1;
    }
    memcpy(w.report + 0x1a0, w.chip, sizeof w.chip);
    if (vlek)
        memset(w.report + 0x1a0, 0, 64);
    if (version >= 5)
        s_put(&w, 0x200, 0x3f, 8);
    return w;
}

static inline void s_ext(struct snp_world *w, const char *oid, const void *der, size_t n)
{
    bool dropped = w->drop && strcmp(w->drop, oid) == 0;
    if (!dropped)
        made_ext(&w->vek, oid, der, n);
    if (w->twice && strcmp(w->twice, oid) == 0)
        made_ext(&w->vek, oid, der, n);
}

static inline void s_spl(struct snp_world *w, const char *oid, uint8_t v)
{
    const uint8_t one[3] = { 2, 1, v }, two[4] = { 2, 2, 0, v };
    s_ext(w, oid, v < 0x80 ? one : two, v < 0x80 ? 3 : 4);
}

static inline void s_text(struct snp_world *w, const char *oid, const char *text)
{
    uint8_t der[66] = { 0x16, (uint8_t)strlen(text) };
    memcpy(der + 2, text, strlen(text));
    s_ext(w, oid, der, strlen(text) + 2);
}

#define S_ARC "1.3.6.1.4.1.3704.1."
static inline void s_extensions(struct snp_world *w)
{
    s_spl(w, S_ARC "1", w->of->version);
    s_text(w, S_ARC "2", w->product_name);
    s_spl(w, S_ARC "3.1", w->spl[0]);
    s_spl(w, S_ARC "3.2", w->spl[1]);
    s_spl(w, S_ARC "3.3", w->spl[2]);
    s_spl(w, S_ARC "3.8", w->spl[3]);
    if (w->of->product == AMD_TURIN)
        s_spl(w, S_ARC "3.9", w->spl[4]);
    else
        s_spl(w, S_ARC "3.4", 0);
    if (!w->vlek || w->extra_chip)
        s_ext(w, S_ARC "4", w->chip, w->chip_n);
    if (w->vlek)
        s_text(w, S_ARC "5", w->csp);
}

static inline void s_sign(struct snp_world *w)
{
    uint8_t big[96];
    make_signature(w->signed_by, EVP_sha384(), (struct span){ w->report, SNP_SIGNED_SIZE }, big, 48);
    memset(w->report + SNP_SIGNED_SIZE, 0, 512);
    for (size_t i = 0; i < 48; i++) {
        w->report[SNP_SIGNED_SIZE + i] = big[47 - i];
        w->report[SNP_SIGNED_SIZE + 72 + i] = big[95 - i];
    }
}

static inline void snp_world_build(struct snp_world *w)
{
    s_extensions(w);
    make_cert(&w->root, &w->file[S_ROOT]);
    make_cert(&w->ca, &w->file[S_CA]);
    make_cert(&w->vek, &w->file[S_VEK]);
    make_crl(&w->crl, &w->file[S_CRL]);
    s_sign(w);
    wr_span(&w->evidence, SPAN(w->report));
}

/* ---- the certificate table of an extended report ---- */

static inline void s_guid(struct buf *b, enum snp_file f, bool vlek, size_t at, size_t n)
{
    static const uint8_t guids[4][16] = {
        { 0xa4, 0x06, 0xb4, 0xc0, 0x03, 0xa8, 0x52, 0x49, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae },
        { 0x79, 0xb3, 0xb7, 0x4a, 0xac, 0xbb, 0xe4, 0x4f, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82 },
        { 0x8d, 0x75, 0xda, 0x63, 0x64, 0xe6, 0x64, 0x45, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd },
        { 0xc2, 0x4b, 0x07, 0xa8, 0x5a, 0xa2, 0x3e, 0x48, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1 },
    };
    wr_span(b, SPAN(guids[f == S_VEK && vlek ? 3 : f]));
    for (int i = 0; i < 4; i++)
        wr_u8(b, (uint8_t)(at >> 8 * i));
    for (int i = 0; i < 4; i++)
        wr_u8(b, (uint8_t)(n >> 8 * i));
}

/* Behind the report: root, CA and VEK as the host would hand them over. */
static inline void snp_world_table(struct snp_world *w)
{
    bool vlek = w->vlek != w->table_other;
    size_t at = 4 * 24;
    for (int f = S_ROOT; f <= S_VEK; f++) {
        s_guid(&w->evidence, (enum snp_file)f, vlek, at, w->file[f].n);
        at += w->file[f].n;
    }
    for (int i = 0; i < 24; i++)
        wr_u8(&w->evidence, 0);
    for (int f = S_ROOT; f <= S_VEK; f++)
        wr_span(&w->evidence, buf_span(&w->file[f]));
}

static inline struct collateral *snp_world_collateral(const struct snp_world *w, const struct pins *roots)
{
    struct span files[S_COUNT];
    struct collateral *c = NULL;
    size_t n = 0;
    for (int i = 0; i < S_COUNT; i++)
        if (!w->omit[i])
            files[n++] = buf_span(&w->file[i]);
    MUST(collateral_make(files, n, roots, &c, NULL) == SR_OK);
    return c;
}

static inline enum sr_reason snp_world_judge(const struct snp_world *w, time_t now, struct claims *ret)
{
    struct sr_why why = { 0 };
    struct sha256 root = made_pin(s_key(K_ROOT));
    struct check_trail trail = { 0 };
    struct verify_in in = {
        .evidence = buf_span(&w->evidence), .now = now, .roots = { &root, 1 }, .trail = &trail
    };
    struct collateral *c = snp_world_collateral(w, &in.roots);
    *ret = (struct claims){ 0 };
    in.collateral = c;
    memset(in.rd.b, 0xda, sizeof in.rd.b);
    enum sr_err e = evidence_verify(SPAN_STR("snp"), &in, ret, &why);
    if (e == SR_OK)
        e = appraisal_check(w->appraisal, ret, NULL, &trail, &why);
    collateral_free(c);
    reached("snp", &trail, &why);
    return e == SR_OK ? R_NONE : why.reason;
}
