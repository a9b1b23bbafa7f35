/* The engine's answer as the door follows it, in one piece and byte by byte: never more passes than has come.
 */
#include "node/answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 4096 };

/* How many bytes pass when at most `step` more arrive at a time; what is refused counts up to there. */
static size_t passed(struct span all, size_t step)
{
    struct answer a = { 0 };
    size_t done = 0, have = 0;
    for (;;) {
        size_t pass = 0;
        have += step < all.n - have ? step : all.n - have;
        if (answer_next(&a, (struct span){ all.p + done, have - done }, CAP, &pass) != SR_OK)
            return done;
        if (pass > have - done)
            abort();
        done += pass;
        if (a.at == ANSWER_DONE || (pass == 0 && have == all.n))
            return done;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = { data, size < CAP ? size : CAP };
    if (passed(all, 1) > all.n || passed(all, all.n + 1) > all.n)
        abort();
    return 0;
}
