#include "proto/evidence/dcap_verifier.h"
#include "proto/evidence/snp_verifier.h"
#include "proto/evidence/tpm_verifier.h"

const struct verifier *const evidence_rows[] = { &verifier_tpm, &verifier_snp, &verifier_tdx, &verifier_sgx,
                                                 NULL };
