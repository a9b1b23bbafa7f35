/* fuzz_glob.c - a pattern, a NUL, a path: what matches was valid, and a valid path matches itself. */
#include "proto/glob.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    struct span pattern = { data, nul ? (size_t)(nul - data) : size };
    struct span path = { nul ? nul + 1 : NULL, nul ? size - pattern.n - 1 : 0 };
    if (glob_match(pattern, path) && !(glob_ok(pattern) && glob_path_ok(path)))
        abort();
    if (glob_path_ok(path) && !(glob_match(path, path) && glob_match(SPAN_STR("**"), path)))
        abort();
    if (glob_path_ok(pattern) && !glob_ok(pattern))
        abort();
    (void)glob_tenant_ok(path);
    return 0;
}
