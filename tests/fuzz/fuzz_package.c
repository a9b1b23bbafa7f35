/* Packages as they come from anybody: read, held against rules, compared, opened. */
#include "proto/package.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kem_key network = { { 8 } };
    SR_OWN(secret) value = { 0 };
    struct package p;
    if (secret_init() != SR_OK)
        abort();
    if (package_read((struct span){ data, size }, &p, NULL) != SR_OK)
        return 0;
    if (package_follows(&p, &p, NULL) != PACKAGE_SAME || package_sync(&p, &p, NULL) != PACKAGE_SAME)
        abort();
    (void)!package_check(&p, &p.cid, p.epoch, &p.signer, 1, NULL);
    (void)!package_open(&p, &network, &value, NULL);
    return 0;
}
