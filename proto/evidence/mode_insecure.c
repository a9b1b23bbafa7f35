#include "proto/evidence/coco_tpm_verifier.h"
#include "proto/evidence/dcap_verifier.h"
#include "proto/evidence/insecure_sample.h"
#include "proto/evidence/insecure_verifier.h"
#include "proto/evidence/snp_verifier.h"
#include "proto/evidence/tpm_verifier.h"
#include "proto/kbs_tee.h"

const struct verifier *const evidence_rows[] = { &verifier_tpm,    &verifier_coco_tpm,
                                                 &verifier_snp,    &verifier_tdx,
                                                 &verifier_sgx,    &verifier_insecure,
                                                 &verifier_sample, NULL };

extern const struct kbs_tee kbs_tee_sample;
const struct kbs_tee *const kbs_tee_rows[] = { &kbs_tee_snp, &kbs_tee_tdx,    &kbs_tee_sgx,
                                               &kbs_tee_tpm, &kbs_tee_sample, NULL };
