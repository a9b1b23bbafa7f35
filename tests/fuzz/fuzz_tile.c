/* Paths write back the same; bundles never read outside. */
#include "proto/tile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    struct tile t;
    SR_OWN(buf) path = { 0 };
    if (tile_parse(s, &t) == SR_OK) {
        tile_path(&t, &path);
        if (!span_eq(buf_span(&path), s))
            abort();
    }
    for (unsigned width = 1; width <= TILE_WIDTH; width <<= 1)
        if (tile_check_bundle(s, width) == SR_OK && size < width * 2)
            abort();
    return 0;
}
