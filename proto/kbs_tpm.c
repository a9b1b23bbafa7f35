/* TPM evidence of guests of Confidential Containers. */
#include "proto/kbs_tee.h"

const struct kbs_tee kbs_tee_tpm = { .name = "tpm",
                                     .refused =
                                         "a TPM's quote without a certificate of its key says nothing" };
