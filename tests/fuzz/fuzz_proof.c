/* Proof files write back the same. As raw bytes: u64 place, u64 size, two hashes, then proof hashes, which
 * must not verify, as nobody finds them by chance, but for the cases that need no hash. */
#include "proto/log.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_raw(struct span s)
{
    struct reader r = rd_init(s);
    struct sha256 a, b;
    struct merkle_proof p;
    uint64_t at = rd_u64be(&r), size = rd_u64be(&r);
    rd_copy(&r, a.b, sizeof a.b);
    rd_copy(&r, b.b, sizeof b.b);
    if (r.bad || merkle_proof_read(rd_span(&r, rd_left(&r)), &p) != SR_OK)
        return;
    if (merkle_check_inclusion(&p, &a, at, size, &b) == SR_OK && p.n == 0 && !sha256_eq(&a, &b))
        abort();
    if (merkle_check_consistency(&p, at, &a, size, &b) == SR_OK && at > size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    struct log_proof p;
    SR_OWN(buf) again = { 0 };
    check_raw(s);
    if (log_proof_read(s, &p) == SR_OK) {
        log_proof_write(&p, &again);
        if (!span_eq(buf_span(&again), s))
            abort();
    }
    return 0;
}
