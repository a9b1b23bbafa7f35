/* W1..W3, want lists and released values: what is read is written again byte for byte. */
#include "proto/release.h"

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
    static struct want_list wants;
    struct span s = { data, size };
    SR_OWN(buf) b = { 0 };
    SR_OWN(release_values) values = { 0 };
    struct w1 w1;
    struct w2 w2;
    struct w3 w3;
    if (secret_init() != SR_OK)
        abort();
    if (w1_decode(s, &w1, NULL) == SR_OK)
        same(w1_encode(&w1, &b), &b, s);
    if (w2_decode(s, &w2, NULL) == SR_OK)
        same(w2_encode(&w2, &b), &b, s);
    if (w3_decode(s, &w3, NULL) == SR_OK)
        same(w3_encode(&w3, &b), &b, s);
    if (want_list_decode(s, &wants, NULL) == SR_OK)
        same(want_list_encode(&wants, &b, NULL), &b, s);
    wants = (struct want_list){ .n = 1, .want[0] = { "acme", "app/db", WANT_SECRET, 0, 0 } };
    if (release_values_decode(s, &wants, &values, NULL) == SR_OK) {
        SR_OWN(secret) again = { 0 };
        if (release_values_encode(&values, &again, NULL) != SR_OK || !span_eq(secret_span(&again), s))
            abort();
    }
    return 0;
}
