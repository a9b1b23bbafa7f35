/* Anything as a TDX or SGX quote: the quote and its certificates without their signatures, and the whole
 * verifiers with nobody trusted. */
#include "proto/evidence/dcap.h"
#include "proto/evidence/dcap_verifier.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct claims c;
    const struct sha256 root = { { 1 } };
    struct verify_in in = { .evidence = { data, size }, .now = 1800000000, .roots = { &root, 1 } };
    struct dcap_quote quote;
    struct intel_pck pck;
    struct dcap_path path = { 0 };
    SR_OWN(cert) cert = { 0 };
    if (dcap_quote_read(in.evidence, &quote, NULL) == SR_OK) {
        memcpy(in.rd.b, dcap_report_data(&quote).p, sizeof in.rd.b);
        if (dcap_path_read(&quote, NULL, &path, NULL) == SR_OK)
            (void)intel_pck_read(&path.leaf->cert, &pck, NULL);
        dcap_path_drop(&path);
    }
    if (cert_read(in.evidence, &cert, NULL) == SR_OK)
        (void)intel_pck_read(&cert, &pck, NULL);
    if (verifier_tdx.verify(&in, &c, NULL) == SR_OK || verifier_sgx.verify(&in, &c, NULL) == SR_OK)
        abort();
    return 0;
}
