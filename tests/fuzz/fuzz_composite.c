/* Anything as evidence in two parts: the frame, and the whole verifier with nobody trusted. */
#include "proto/evidence_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct claims c;
    const struct span all = { data, size };
    const struct ak_trust nobody = { 0 };
    struct verify_in in = { .evidence = all, .now = 1800000000, .ak = &nobody };
    struct evidence_parts parts;
    SR_OWN(buf) again = { 0 };
    if (evidence_split(SPAN_STR("snp-tpm"), all, &parts, NULL) == SR_OK) {
        evidence_join(&parts, &again);
        if (!buf_ok(&again) || !span_eq(buf_span(&again), all))
            abort();
    }
    if (evidence_verify(SPAN_STR("snp-tpm"), &in, &c, NULL) == SR_OK ||
        evidence_verify(SPAN_STR("tdx-tpm"), &in, &c, NULL) == SR_OK)
        abort();
    return 0;
}
