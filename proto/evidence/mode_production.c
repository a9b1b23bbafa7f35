#include "proto/evidence/coco_tpm_verifier.h"
#include "proto/evidence/composite.h"
#include "proto/evidence/dcap_verifier.h"
#include "proto/evidence/snp_verifier.h"
#include "proto/evidence/tpm_verifier.h"
#include "proto/kbs_tee.h"

const struct verifier *const evidence_rows[] = { &verifier_tpm,     &verifier_coco_tpm,
                                                 &verifier_snp,     &verifier_tdx,
                                                 &verifier_sgx,     &verifier_snp_tpm,
                                                 &verifier_tdx_tpm, NULL };

const struct kbs_tee *const kbs_tee_rows[] = { &kbs_tee_snp, &kbs_tee_tdx, &kbs_tee_sgx, &kbs_tee_tpm, NULL };
