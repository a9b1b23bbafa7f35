/* Anything as an AK certificate: what is read is written back the same, and nobody trusts it. */
#include "proto/ak_cert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ak_cert c;
    struct ak_trust trust = { .epoch = 3, .akca.b = { 1 } };
    SR_OWN(buf) again = { 0 };
    if (ak_cert_read((struct span){ data, size }, &c, NULL) != SR_OK)
        return 0;
    if (ak_cert_write(&c, &again) != SR_OK || !span_eq(buf_span(&again), (struct span){ data, size }))
        abort();
    if (ak_cert_verify(&c, &trust, 1800000000, NULL) == SR_OK)
        abort();
    return 0;
}
