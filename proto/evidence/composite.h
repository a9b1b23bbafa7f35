#pragma once
/* composite.h - evidence in several parts: a TEE's report and a quote of the TPM beside it, both over one
 * challenge. The TPM says which programs were started, which no report of a virtual machine does; the report
 * says what the host cannot reach. specs/evidence-composite.md. */
#include "proto/evidence.h"
extern const struct verifier verifier_snp_tpm, verifier_tdx_tpm;
