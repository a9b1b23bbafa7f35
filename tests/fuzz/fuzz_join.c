/* M1..M6 and member certificates: what is read is written again byte for byte. */
#include "proto/join.h"

#include <stdlib.h>

static void same(enum sr_err e, struct buf *b, struct span s)
{
    if (e != SR_OK || !span_eq(buf_span(b), s))
        abort();
    buf_drop(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    SR_OWN(buf) b = { 0 };
    struct m1 m1;
    struct m2 m2;
    struct m3 m3;
    struct m4 m4;
    struct m5 m5;
    struct m6 m6;
    uint64_t epoch;
    if (m1_decode(s, &m1, NULL) == SR_OK)
        same(m1_encode(&m1, &b), &b, s);
    if (m2_decode(s, &m2, NULL) == SR_OK)
        same(m2_encode(&m2, &b), &b, s);
    if (m3_decode(s, &m3, NULL) == SR_OK)
        same(m3_encode(&m3, &b), &b, s);
    if (m4_decode(s, &m4, NULL) == SR_OK)
        same(m4_encode(&m4, &b), &b, s);
    if (m5_decode(s, &m5, NULL) == SR_OK)
        same(m5_encode(&m5, &b), &b, s);
    if (m6_decode(s, &m6, NULL) == SR_OK)
        same(m6_encode(&m6, &b), &b, s);
    (void)!member_cert_epoch(s, &epoch, NULL);
    return 0;
}
