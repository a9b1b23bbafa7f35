/* TPM evidence of other guests: the envelope, and its verification under a trust that nobody can satisfy. */
#include "proto/evidence/coco_tpm_verifier.h"

#include <stdlib.h>

static struct claims claims;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_OWN(buf) again = { 0 };
    struct coco_tpm e;
    struct ak_trust trust = { 0 };
    struct verify_in in = { .evidence = { data, size }, .ak = &trust };
    if (coco_tpm_read(in.evidence, &e, NULL) == SR_OK &&
        (coco_tpm_write(&e, &again) != SR_OK || !span_eq(buf_span(&again), in.evidence)))
        abort();
    if (verifier_coco_tpm.verify(&in, &claims, NULL) == SR_OK)
        abort();
    return 0;
}
