/* Anything as a blob sealed by SNP firmware's key, on a machine whose firmware derives whatever it is asked
 * for: none opens, for none was sealed here. */
#include "tests/sev_maker.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct made_guest m = { .svn = UINT32_MAX, .tcb = UINT64_MAX };
    const struct sev_guest g = made_guest(&m);
    SR_OWN(key) k = { 0 };
    if (secret_init() != SR_OK || sev_unseal(&g, (struct span){ data, size }, &k, NULL) == SR_OK)
        abort();
    return 0;
}
