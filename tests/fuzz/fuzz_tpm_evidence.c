/* Anything as TPM evidence: parsed and judged with an AK-CA that signed nothing of it. */
#include "proto/evidence/tpm_evidence.h"
#include "proto/evidence/tpm_verifier.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sha512 rd = { { 0x5a } };
    const struct sha256 root = { { 1 } };
    const struct ak_trust trust = {
        .network.b = { 0xc1 }, .epoch = 3, .akca.b = { 1 }, .vendor_roots = &root, .vendor_n = 1
    };
    const struct verify_in in = { .evidence = { data, size }, .rd = rd, .now = 1800000000, .ak = &trust };
    struct tpm_evidence e;
    struct tpm_attest attest;
    struct tpm_signature sig;
    struct tpm_public pub;
    struct claims c;
    SR_OWN(buf) again = { 0 };
    if (verifier_tpm.verify(&in, &c, NULL) == SR_OK)
        abort();
    if (tpm_evidence_read(in.evidence, &e, NULL) == SR_OK) {
        if (tpm_evidence_write(&e, &again) != SR_OK || !span_eq(buf_span(&again), in.evidence))
            abort(); /* not canonical */
        (void)tpm_attest_read(e.attest, &attest, NULL);
        (void)tpm_signature_read(e.signature, &sig, NULL);
    }
    (void)tpm_attest_read(in.evidence, &attest, NULL);
    (void)tpm_signature_read(in.evidence, &sig, NULL);
    (void)tpm_public_read(in.evidence, R_AK_ATTRIBUTES, &pub, NULL);
    return 0;
}
