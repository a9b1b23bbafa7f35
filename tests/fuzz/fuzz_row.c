/* A row of the keystore, its key and header: nothing opens that was not sealed. */
#include "store/keystore_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct key kek = { { 7 } };
    static const struct sha256 cid = { { 0xc1 } };
    const struct row_id id = { { 0x1d } };
    const struct span row = { data, size };
    SR_OWN(row_plain) plain = { 0 };
    struct row_header h;
    enum keystore_table table;
    struct row_id got;
    if (row_key_read(row, &table, &got)) {
        struct row_key k = row_key(table, &got);
        if (!span_eq(SPAN(k.b), row))
            abort();
    }
    if (row_header_read(row, &h) == SR_OK && size < ROW_HEADER)
        abort();
    if (row_open(&kek, &cid, &id, row, &h, &plain) == SR_OK)
        abort();
    return 0;
}
