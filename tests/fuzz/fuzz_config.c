/* A sealring.conf over the defaults: read or refused, and then checked. */
#include "node/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config c;
    static char program[] = "sealring-node";
    char *const argv[] = { program, NULL };
    enum config_action action;
    if (config_load(&c, &action, 1, argv, NULL) != SR_OK)
        abort();
    if (config_read(&c, "fuzz", (struct span){ data, size }, NULL) == SR_OK)
        (void)(config_check(&c, NULL) == SR_OK);
    return 0;
}
