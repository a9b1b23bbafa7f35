#pragma once
/* snp.h - an SNP report on its way through the checks: what each check leaves for the next. */
#include "proto/evidence/amd_table.h"
#include "proto/evidence/collateral.h"
#include "proto/evidence/snp_report.h"

struct snp {
    const struct verify_in *in;
    struct span table_bytes; /* behind the report; empty: none */
    struct snp_report report;
    struct amd_table table;
    struct coll_cert own_root, own_ca, own_vek; /* of the table */
    const struct coll_cert *vek, *ca;           /* those that are used */
    struct amd_vek what;                        /* of vek */
    enum amd_product product;
    struct amd_tcb reported, committed, launch, current;
};
/* What a report says by itself, whoever signed it. p: AMD_NONE, the product is not known, leaves it and the
 * TCBs out. */
void snp_report_claims(const struct snp_report *r, enum amd_product p, struct claims *ret);
/* All that a verified report says: specs/evidence-snp.md, "Claims". */
void snp_claims(const struct snp *s, struct claims *ret);
