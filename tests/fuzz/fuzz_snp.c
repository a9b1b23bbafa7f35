/* Anything as SNP evidence: the report and the certificate table without their signatures, and the whole
 * verifier with nobody trusted. */
#include "proto/evidence/amd_table.h"
#include "proto/evidence/snp_report.h"
#include "proto/evidence/snp_verifier.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_within(struct span part, struct span all)
{
    return part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct claims c;
    const struct sha256 root = { { 1 } };
    struct verify_in in = { .evidence = { data, size }, .now = 1800000000, .roots = { &root, 1 } };
    struct snp_report report;
    struct amd_table table;
    struct amd_vek vek;
    SR_OWN(cert) cert = { 0 };
    if (amd_table_read(in.evidence, &table, NULL) == SR_OK)
        for (size_t i = 0; i < AMD_ENTRY_COUNT; i++)
            if (!lies_within(table.entry[i], in.evidence))
                abort();
    if (snp_report_read(in.evidence, &report, NULL) == SR_OK)
        memcpy(in.rd.b, report.report_data.p, sizeof in.rd.b);
    if (cert_read(in.evidence, &cert, NULL) == SR_OK)
        (void)amd_vek_read(&cert, &vek, NULL);
    if (verifier_snp.verify(&in, &c, NULL) == SR_OK)
        abort();
    return 0;
}
