#include "proto/evidence/snp_verifier.h"
#include "proto/evidence/checks.h"
#include "proto/evidence/snp.h"

#include <string.h>

static void snp_drop(struct snp *s)
{
    coll_cert_drop(&s->own_root);
    coll_cert_drop(&s->own_ca);
    coll_cert_drop(&s->own_vek);
}

static struct span report_of(struct span evidence)
{
    return (struct span){ evidence.p, evidence.n < SNP_REPORT_SIZE ? evidence.n : SNP_REPORT_SIZE };
}

static enum sr_err report_format(void *state, struct sr_why *why)
{
    struct snp *s = state;
    struct span all = s->in->evidence;
    SR_TRY(snp_report_read(report_of(all), &s->report, why));
    if (all.n > SNP_REPORT_SIZE)
        SR_TRY(amd_table_read((struct span){ all.p + SNP_REPORT_SIZE, all.n - SNP_REPORT_SIZE }, &s->table,
                              why));
    return SR_OK;
}

static enum sr_err report_data(void *state, struct sr_why *why)
{
    struct snp *s = state;
    return span_eq(s->report.report_data, SPAN(s->in->rd.b))
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_REPORT_DATA, "the report is about something else");
}

/* ---- the key ---- */

/* One certificate of the table, DER or PEM, judged. What can't be read is as if it were not there, except the
 * VEK itself: hosts fill the other entries with anything. */
static enum sr_err own_cert(const struct snp *s, enum amd_entry which, const struct coll_cert *extra,
                            struct coll_cert *ret, struct sr_why *why)
{
    SR_OWN(buf) pem = { 0 };
    struct span der = s->table.entry[which], label;
    if (der.n && der.p[0] == '-' && cert_pem_next(&der, &label, &pem) == SR_OK)
        der = buf_span(&pem);
    SR_TRY(cert_read(der, &ret->cert, why));
    ret->der = sha256(der);
    ret->role = cert_role_of(&ret->cert);
    SR_TRY(cert_spki_hash(&ret->cert, &ret->key));
    collateral_judge(s->in->collateral, ret, extra, &s->in->roots);
    return SR_OK;
}

static enum amd_entry entry_of(const struct snp *s)
{
    return s->report.signing_key == SNP_KEY_VLEK ? AMD_ENTRY_VLEK : AMD_ENTRY_VCEK;
}

static enum sr_err table_vek(struct snp *s, struct sr_why *why)
{
    const struct coll_cert *root = NULL, *ca = NULL;
    if (s->table.entry[entry_of(s)].n == 0)
        return sr_fail(why, SR_EPROOF, R_SIGNING_KEY,
                       "certificate table: no certificate of the key that signed");
    if (s->table.entry[AMD_ENTRY_ROOT].n && own_cert(s, AMD_ENTRY_ROOT, NULL, &s->own_root, NULL) == SR_OK)
        root = &s->own_root;
    if (s->table.entry[AMD_ENTRY_CA].n && own_cert(s, AMD_ENTRY_CA, root, &s->own_ca, NULL) == SR_OK)
        ca = &s->own_ca;
    SR_TRY(own_cert(s, entry_of(s), ca, &s->own_vek, why));
    s->vek = &s->own_vek;
    return amd_vek_read(&s->own_vek.cert, &s->what, why);
}

/* How well a VEK of the collateral fits: kind, then chip, then TCB, then that it is good now. AMD issues a
 * new certificate of the same key at every request, so that a set may hold several of different dates. */
static int fit(const struct snp *s, const struct coll_cert *c)
{
    struct amd_tcb reported;
    const struct amd_vek *v = &c->vek;
    bool kind = (v->kind == VEK_VLEK) == (s->report.signing_key == SNP_KEY_VLEK);
    bool chip = v->kind == VEK_VLEK || span_eq(SPAN(v->chip_id), s->report.chip_id);
    bool tcb = snp_tcb_read(s->report.reported_tcb, v->product, &reported, NULL) == SR_OK &&
               amd_tcb_eq(&reported, &v->tcb);
    bool good = standing_check(&c->standing, &s->in->roots, s->in->now, R_CERT_TIME, NULL) == SR_OK;
    return 8 * kind + 4 * chip + 2 * tcb + good;
}

/* The best one there is: when none fits, the checks that follow say what is wrong with it. */
static enum sr_err collateral_vek(struct snp *s, struct sr_why *why)
{
    const struct collateral *c = s->in->collateral;
    int best = -1;
    for (size_t i = 0; c && i < c->ncert; i++)
        if (c->cert[i].role == ROLE_AMD_VEK && fit(s, &c->cert[i]) > best) {
            best = fit(s, &c->cert[i]);
            s->vek = &c->cert[i];
        }
    if (!s->vek)
        return sr_fail(why, SR_EPROOF, R_COLLATERAL_MISSING,
                       "no certificate of the key that signed the report");
    if (s->vek->standing.verdict != SR_OK)
        return standing_check(&s->vek->standing, &s->in->roots, s->in->now, R_CERT_TIME, why);
    s->what = s->vek->vek;
    return SR_OK;
}

static enum sr_err vek_certificate(void *state, struct sr_why *why)
{
    struct snp *s = state;
    return s->in->evidence.n > SNP_REPORT_SIZE ? table_vek(s, why) : collateral_vek(s, why);
}

static enum sr_err signing_key(void *state, struct sr_why *why)
{
    struct snp *s = state;
    return (s->what.kind == VEK_VLEK) == (s->report.signing_key == SNP_KEY_VLEK)
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_SIGNING_KEY, "the certificate is of the other kind of key");
}

static enum sr_err vek_chain(void *state, struct sr_why *why)
{
    struct snp *s = state;
    SR_TRY(standing_check(&s->vek->standing, &s->in->roots, s->in->now, R_CERT_TIME, why));
    s->ca = s->vek->issuer;
    return s->ca ? SR_OK : sr_fail(why, SR_EPROOF, R_CERT_CHAIN, "VEK certificate: nobody issued it");
}

/* "SEV-Milan" issues VCEKs and "SEV-VLEK-Milan" VLEKs. */
static bool ca_fits(const struct snp *s)
{
    static const char *const prefix[] = { [VEK_VCEK] = "SEV-", [VEK_VLEK] = "SEV-VLEK-" };
    SR_OWN(buf) name = { 0 };
    char want[32];
    int n = snprintf(want, sizeof want, "%s%s", prefix[s->what.kind], amd_product_name(s->what.product));
    return n > 0 && cert_common_name(&s->ca->cert, &name) == SR_OK && span_eq(buf_span(&name), span_of(want));
}

static enum sr_err product(void *state, struct sr_why *why)
{
    struct snp *s = state;
    s->product = s->what.product;
    if (!ca_fits(s))
        return sr_fail(why, SR_EPROOF, R_PRODUCT, "the CA is not for this product and kind of key");
    if (s->report.version >= 3 && snp_report_product(&s->report) != s->product)
        return sr_fail(why, SR_EPROOF, R_PRODUCT,
                       "the report is of another product than its key, or of none known");
    return SR_OK;
}

/* ---- the report against the key's certificate ---- */

static enum sr_err tcb(void *state, struct sr_why *why)
{
    struct snp *s = state;
    SR_TRY(snp_tcb_read(s->report.reported_tcb, s->product, &s->reported, why));
    SR_TRY(snp_tcb_read(s->report.committed_tcb, s->product, &s->committed, why));
    SR_TRY(snp_tcb_read(s->report.launch_tcb, s->product, &s->launch, why));
    SR_TRY(snp_tcb_read(s->report.current_tcb, s->product, &s->current, why));
    return amd_tcb_eq(&s->reported, &s->what.tcb)
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_TCB_MISMATCH,
                         "the key is that of another TCB than the reported one");
}

static bool is_masked(struct span chip)
{
    for (size_t i = 0; i < chip.n; i++)
        if (chip.p[i])
            return false;
    return true;
}

static enum sr_err chip_id(void *state, struct sr_why *why)
{
    struct snp *s = state;
    if (s->what.kind == VEK_VLEK)
        return SR_OK; /* of a provider, not of a chip */
    if (is_masked(s->report.chip_id) || !span_eq(s->report.chip_id, SPAN(s->what.chip_id)))
        return sr_fail(why, SR_EPROOF, R_CHIP_ID, "the key is that of another chip, or the chip is masked");
    return SR_OK;
}

static enum sr_err report_signature(void *state, struct sr_why *why)
{
    struct snp *s = state;
    SR_OWN(pubkey) own = { 0 };
    const struct pubkey *key;
    SR_TRY(coll_cert_key(s->vek, &own, &key, why));
    if (pubkey_verify_ecdsa(key, HASH_SHA384, s->report.signed_part, SPAN(s->report.r), SPAN(s->report.s)) !=
        SR_OK)
        return sr_fail(why, SR_EPROOF, R_REPORT_SIGNATURE, "the key did not sign the report");
    return SR_OK;
}

static enum sr_err tcb_order(void *state, struct sr_why *why)
{
    struct snp *s = state;
    return amd_tcb_none_above(&s->reported, &s->committed) && amd_tcb_none_above(&s->committed, &s->current)
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_TCB_ORDER,
                         "reported, committed and current TCB in an order that cannot be");
}

static const struct check_row rows[] = {
    { "report-format", report_format },
    { "report-data", report_data },
    { "vek-certificate", vek_certificate },
    { "signing-key", signing_key },
    { "vek-chain", vek_chain },
    { "product", product },
    { "tcb", tcb },
    { "chip-id", chip_id },
    { "report-signature", report_signature },
    { "tcb-order", tcb_order },
    { 0 },
};

static enum sr_err verify(const struct verify_in *in, struct claims *ret, struct sr_why *why)
{
    SR_OWN(snp) s = { .in = in };
    SR_TRY(checks_run(rows, &s, in->trail, why));
    snp_claims(&s, ret);
    return SR_OK;
}

static enum sr_err report_data_of(struct span evidence, struct sha512 *ret, struct sr_why *why)
{
    struct snp_report r;
    SR_TRY(snp_report_read(report_of(evidence), &r, why));
    memcpy(ret->b, r.report_data.p, sizeof ret->b);
    return SR_OK;
}

const struct verifier verifier_snp = {
    .name = "snp", .max = SNP_REPORT_SIZE + AMD_TABLE_MAX, .verify = verify, .report_data = report_data_of
};
