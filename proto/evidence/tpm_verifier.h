#pragma once
/* tpm_verifier.h - the row of TPM evidence. */
#include "proto/evidence.h"

extern const struct verifier verifier_tpm;
