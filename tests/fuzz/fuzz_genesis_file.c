/* genesis.json: what is read is written, and what is written reads the same and writes the same. */
#include "crypto/secret.h"
#include "proto/genesis_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct genesis_file f = { 0 }, again = { 0 };
    SR_OWN(buf) once = { 0 };
    SR_OWN(buf) twice = { 0 };
    if (secret_init() != SR_OK || genesis_file_read((struct span){ data, size }, &f, NULL) != SR_OK)
        return 0;
    if (genesis_file_write(&f, &once, NULL) != SR_OK ||
        genesis_file_read(buf_span(&once), &again, NULL) != SR_OK ||
        genesis_file_write(&again, &twice, NULL) != SR_OK || !span_eq(buf_span(&once), buf_span(&twice)))
        abort();
    return 0;
}
