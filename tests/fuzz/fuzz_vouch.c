/* fuzz_vouch.c - questions and answers of members: what is read is written the same; no answer counts that
 * nobody signed. */
#include "proto/vouch.h"

#include <stdlib.h>
#include <string.h>

static void must(bool held)
{
    if (!held)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sha256 cid = { { 1 } };
    static const struct sign_pub nobody = { { 2 } };
    struct span s = { data, size };
    struct vouch_request q;
    struct vouch_answer a;
    SR_OWN(buf) again = { 0 };
    if (secret_init() != SR_OK)
        return 0;
    if (vouch_request_read(s, &q, NULL) == SR_OK) {
        vouch_request_write(&q, &again);
        must(span_eq(buf_span(&again), s));
    }
    const struct vouch_about about = { &cid, &nobody, s };
    must(vouch_answer_check(s, &about, &nobody, &a, NULL) != SR_OK);
    return 0;
}
