#include "proto/evidence/collateral_wants.h"
#include "proto/evidence_parts.h"

#include "proto/evidence/dcap.h"
#include "proto/evidence/snp_report.h"

#include <string.h>

bool coll_want_eq(const struct coll_want *a, const struct coll_want *b)
{
    return a->kind == b->kind && a->product == b->product && a->tee == b->tee && a->ca == b->ca &&
           memcmp(a->chip_id, b->chip_id, sizeof a->chip_id) == 0 &&
           memcmp(a->fmspc, b->fmspc, sizeof a->fmspc) == 0 && amd_tcb_eq(&a->tcb, &b->tcb);
}

void coll_wants_add(struct coll_wants *l, const struct coll_want *one)
{
    for (size_t i = 0; i < l->n; i++)
        if (coll_want_eq(&l->v[i], one))
            return;
    if (l->n < COLL_WANTS_MAX)
        l->v[l->n++] = *one;
}

/* ---- SNP ---- */

static bool is_good(const struct coll_cert *c, enum cert_role role, const struct pins *roots, time_t now)
{
    return c->role == role && standing_check(&c->standing, roots, now, R_CERT_TIME, NULL) == SR_OK;
}

static bool is_named(const struct coll_cert *c, const char *prefix, enum amd_product p)
{
    SR_OWN(buf) name = { 0 };
    char want[32];
    int n = snprintf(want, sizeof want, "%s%s", prefix, amd_product_name(p));
    return n > 0 && cert_common_name(&c->cert, &name) == SR_OK && span_eq(buf_span(&name), span_of(want));
}

static const struct coll_cert *amd_ca(const struct collateral *c, const struct pins *roots, bool vlek,
                                      enum amd_product p, time_t now)
{
    for (size_t i = 0; c && i < c->ncert; i++)
        if (is_good(&c->cert[i], ROLE_AMD_CA, roots, now) &&
            is_named(&c->cert[i], vlek ? "SEV-VLEK-" : "SEV-", p))
            return &c->cert[i];
    return NULL;
}

static bool has_vcek(const struct collateral *c, const struct pins *roots, const struct coll_want *w,
                     time_t now)
{
    for (size_t i = 0; c && i < c->ncert; i++) {
        const struct amd_vek *v = &c->cert[i].vek;
        if (is_good(&c->cert[i], ROLE_AMD_VEK, roots, now) && v->kind == VEK_VCEK &&
            v->product == w->product && memcmp(v->chip_id, w->chip_id, sizeof v->chip_id) == 0 &&
            amd_tcb_eq(&v->tcb, &w->tcb))
            return true;
    }
    return false;
}

static void wants_of_snp(const struct collateral *c, const struct pins *roots, struct span evidence,
                         time_t now, struct coll_wants *ret)
{
    struct snp_report r;
    struct validity valid;
    bool alone = evidence.n == SNP_REPORT_SIZE; /* no table behind it, which would hold the certificate */
    struct span report = { evidence.p, evidence.n < SNP_REPORT_SIZE ? evidence.n : SNP_REPORT_SIZE };
    if (snp_report_read(report, &r, NULL) != SR_OK || snp_report_product(&r) == AMD_NONE)
        return;
    bool vlek = r.signing_key == SNP_KEY_VLEK;
    struct coll_want w = { .kind = vlek ? DOC_VLEK_CHAIN : DOC_AMD_CHAIN, .product = snp_report_product(&r) };
    const struct coll_cert *ca = amd_ca(c, roots, vlek, w.product, now);
    if (!ca)
        coll_wants_add(ret, &w);
    w.kind = DOC_AMD_LIST;
    if (!ca || !ca->issuer || collateral_crl_current(c, ca->issuer, now, &valid, NULL) != SR_OK)
        coll_wants_add(ret, &w);
    w.kind = DOC_VCEK;
    memcpy(w.chip_id, r.chip_id.p, sizeof w.chip_id);
    if (!vlek && alone && snp_tcb_read(r.reported_tcb, w.product, &w.tcb, NULL) == SR_OK &&
        !has_vcek(c, roots, &w, now))
        coll_wants_add(ret, &w);
}

/* ---- TDX and SGX ---- */

static enum pck_ca ca_of(const struct cert *c)
{
    SR_OWN(buf) name = { 0 };
    return cert_common_name(c, &name) == SR_OK &&
                   span_eq(buf_span(&name), SPAN_STR("Intel SGX PCK Processor CA"))
               ? PCK_PROCESSOR
               : PCK_PLATFORM;
}

static void lists_of_dcap(const struct collateral *c, const struct dcap_path *p, time_t now,
                          struct coll_wants *ret)
{
    struct validity valid;
    struct coll_want list = { .kind = DOC_PCK_LIST, .ca = ca_of(&p->ca->cert) };
    if (collateral_crl_current(c, p->ca, now, &valid, NULL) != SR_OK)
        coll_wants_add(ret, &list);
    list = (struct coll_want){ .kind = DOC_ROOT_LIST };
    if (collateral_crl_current(c, p->root, now, &valid, NULL) != SR_OK)
        coll_wants_add(ret, &list);
}

static void documents_of_dcap(const struct collateral *c, const struct pins *roots, enum intel_tee tee,
                              const struct intel_pck *pck, time_t now, struct coll_wants *ret)
{
    const struct tcb_info *info;
    const struct qe_identity *qe;
    struct coll_want w = { .kind = DOC_TCB_INFO, .tee = tee };
    memcpy(w.fmspc, pck->fmspc, sizeof w.fmspc);
    if (collateral_tcb(c, tee, pck->fmspc, pck->pceid, roots, now, &info, NULL) != SR_OK)
        coll_wants_add(ret, &w);
    w = (struct coll_want){ .kind = DOC_QE_IDENTITY, .tee = tee };
    if (collateral_qe(c, tee == INTEL_TDX ? QE_TD : QE_SGX, roots, now, &qe, NULL) != SR_OK)
        coll_wants_add(ret, &w);
}

static void wants_of_dcap(const struct collateral *c, const struct pins *roots, struct span evidence,
                          time_t now, struct coll_wants *ret)
{
    SR_OWN(dcap_path) path = { 0 };
    struct dcap_quote q;
    struct intel_pck pck;
    if (dcap_quote_read(evidence, &q, NULL) != SR_OK || dcap_path_read(&q, c, &path, NULL) != SR_OK ||
        intel_pck_read(&path.leaf->cert, &pck, NULL) != SR_OK)
        return;
    lists_of_dcap(c, &path, now, ret);
    documents_of_dcap(c, roots, q.tee, &pck, now, ret);
}

static const struct {
    const char *type;
    void (*wants)(const struct collateral *c, const struct pins *roots, struct span evidence, time_t now,
                  struct coll_wants *ret);
} types[] = {
    { "snp", wants_of_snp },
    { "tdx", wants_of_dcap },
    { "sgx", wants_of_dcap },
};

static void wants_of(const struct collateral *c, const struct pins *roots, struct span type,
                     struct span evidence, time_t now, struct coll_wants *ret)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (span_eq(span_of(types[i].type), type))
            types[i].wants(c, roots, evidence, now, ret);
}

void collateral_wants(const struct collateral *c, const struct pins *roots, struct span type,
                      struct span evidence, time_t now, struct coll_wants *ret)
{
    struct evidence_parts parts;
    wants_of(c, roots, type, evidence, now, ret);
    if (evidence_split(type, evidence, &parts, NULL) != SR_OK)
        return;
    for (size_t i = 0; i < parts.n; i++)
        wants_of(c, roots, span_of(parts.v[i].type), parts.v[i].evidence, now, ret);
}

/* ---- what is held ---- */

static void refresh_list(const struct coll_crl *l, struct coll_wants *ret)
{
    struct coll_want w = { .kind = DOC_ROOT_LIST };
    if (!l->issuer)
        return;
    if (l->issuer->role == ROLE_INTEL_CA)
        w = (struct coll_want){ .kind = DOC_PCK_LIST, .ca = ca_of(&l->issuer->cert) };
    else if (l->issuer->role != ROLE_INTEL_ROOT)
        w.kind = DOC_AMD_LIST;
    for (int p = AMD_MILAN; w.kind == DOC_AMD_LIST && p < AMD_PRODUCT_COUNT; p++)
        if (is_named(l->issuer, "ARK-", (enum amd_product)p))
            w.product = (enum amd_product)p;
    if (w.kind != DOC_AMD_LIST || w.product != AMD_NONE)
        coll_wants_add(ret, &w);
}

static void refresh_vek(const struct coll_cert *c, time_t now, time_t margin, struct coll_wants *ret)
{
    struct coll_want w = { .kind = DOC_VCEK, .product = c->vek.product, .tcb = c->vek.tcb };
    if (c->role != ROLE_AMD_VEK || c->standing.verdict != SR_OK || c->vek.kind != VEK_VCEK ||
        c->standing.valid.until - now >= margin)
        return;
    memcpy(w.chip_id, c->vek.chip_id, sizeof w.chip_id);
    coll_wants_add(ret, &w);
}

void collateral_refresh(const struct collateral *c, time_t now, time_t margin, struct coll_wants *ret)
{
    for (size_t i = 0; i < c->ncrl; i++)
        refresh_list(&c->crl[i], ret);
    for (size_t i = 0; i < c->ntcb; i++) {
        struct coll_want w = { .kind = DOC_TCB_INFO, .tee = c->tcb[i]->info.tee };
        memcpy(w.fmspc, c->tcb[i]->info.fmspc, sizeof w.fmspc);
        if (c->tcb[i]->standing.verdict == SR_OK)
            coll_wants_add(ret, &w);
    }
    for (size_t i = 0; i < c->nqe; i++) {
        struct coll_want w = { .kind = DOC_QE_IDENTITY,
                               .tee = c->qe[i]->id.id == QE_TD ? INTEL_TDX : INTEL_SGX };
        if (c->qe[i]->standing.verdict == SR_OK)
            coll_wants_add(ret, &w);
    }
    for (size_t i = 0; i < c->ncert; i++)
        refresh_vek(&c->cert[i], now, margin, ret);
}
