/* Anything as E1, E2 or E3: nobody gets a certificate. */
#include "proto/enrol.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct key k = { { 9 } };
    const struct sha256 root = { { 1 } };
    const struct enroller by = {
        .network.b = { 0xc1 }, .key = &k, .roots = &root, .nroots = 1, .now = 1767225600
    };
    const struct enrol_rand rnd = { { 8 } };
    const struct span in = { data, size };
    struct enrol_request q;
    struct ak_cert c;
    struct span blob, seed;
    SR_OWN(buf) again = { 0 };
    SR_OWN(buf) e2 = { 0 };
    if (enrol_request_read(in, &q, NULL) == SR_OK &&
        (enrol_request_write(&q, &again) != SR_OK || !span_eq(buf_span(&again), in)))
        abort();
    (void)enrol_credential(in, &blob, &seed, NULL);
    if (enrol_challenge(&by, &rnd, in, &e2, NULL) == SR_OK || enrol_certify(&by, in, &c, NULL) == SR_OK)
        abort();
    return 0;
}
