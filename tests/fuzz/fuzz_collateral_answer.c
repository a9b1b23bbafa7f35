/* Anything as a header that brings a chain, and as a body. What is taken of a chain is text of PEM, never
 * longer than what stood there. */
#include "node/collateral/answer.h"
#include "node/collateral/folder.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span all = { data, size };
    SR_OWN(buf) chain = { 0 };
    SR_OWN(buf) body = { 0 };
    SR_OWN(coll_folder) pieces = { 0 };
    if (coll_chain_decode(all, &chain, NULL) == SR_OK) {
        if (chain.n > size || chain.n > COLL_CHAIN_MAX || chain.n == 0 || chain.p[0] != '-')
            abort();
        for (size_t i = 0; i < chain.n; i++)
            if (chain.p[i] > '~' || (chain.p[i] < ' ' && chain.p[i] != '\n' && chain.p[i] != '\r'))
                abort();
    }
    if (coll_body_decode(all, &body) != SR_OK || body.n > size)
        abort();
    if (coll_folder_split(&pieces, "chain", buf_span(&chain), NULL) == SR_OK)
        for (size_t i = 0; i < pieces.n; i++)
            if (pieces.file[i].bytes.n > chain.n)
                abort();
    return 0;
}
