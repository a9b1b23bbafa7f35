/* Member certificates: one that checks is made again byte for byte by who holds the key. */
#include "proto/member.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct key seed = { { 1 } };
    static const struct sha256 cid;
    struct span s = { data, size };
    SR_OWN(buf) b = { 0 };
    struct sign_key ca;
    struct sign_pub pub;
    struct member_cert c;
    uint64_t epoch;
    sign_from_seed(&seed, &ca, &pub);
    if (member_cert_epoch(s, &epoch, NULL) != SR_OK ||
        member_cert_check(s, &cid, epoch, &pub, &c, NULL) != SR_OK)
        return 0;
    if (member_cert_make(&c, &ca, &b) != SR_OK || !span_eq(buf_span(&b), s))
        abort();
    return 0;
}
