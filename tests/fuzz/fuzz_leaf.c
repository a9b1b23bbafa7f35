/* A leaf that is read writes back the same and can be described. */
#include "proto/json.h"
#include "proto/leaf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    struct leaf l;
    SR_OWN(buf) again = { 0 }, json = { 0 };
    if (leaf_decode(s, &l, NULL) != SR_OK)
        return 0;
    leaf_describe(&l, &json);
    if (leaf_encode(&l, &again) != SR_OK || !span_eq(buf_span(&again), s) ||
        !json_is_canonical(buf_span(&json)))
        abort();
    return 0;
}
