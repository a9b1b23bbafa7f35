#pragma once
/* composite_platform.h - a TEE and the TPM beside it as one platform: evidence in two parts over one
 * challenge. specs/evidence-composite.md, specs/platform-tsm.md. */
#include "node/platform/platform.h"
extern const struct platform_row platform_snp_tpm, platform_tdx_tpm;
