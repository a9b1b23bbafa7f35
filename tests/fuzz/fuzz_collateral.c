/* Anything as a file of collateral: as one of a set, and by each parser without signatures. */
#include "proto/evidence/collateral.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tcb_info info;
    static struct qe_identity identity;
    const struct sha256 root = { { 1 } };
    const struct pins roots = { &root, 1 };
    const struct span file = { data, size };
    struct collateral *c = NULL;
    SR_OWN(cert_crl) crl = { 0 };
    if (tcb_info_read(file, &info, NULL) == SR_OK && (info.nlevel == 0 || info.nlevel > TCB_LEVELS_MAX))
        abort();
    (void)qe_identity_read(file, &identity, NULL);
    (void)cert_crl_read(file, &crl, NULL);
    if (collateral_make(&file, 1, &roots, &c, NULL) == SR_OK)
        for (size_t i = 0; i < c->ncert; i++)
            if (c->cert[i].standing.verdict == SR_OK)
                abort(); /* nobody is trusted */
    collateral_free(c);
    return 0;
}
