#pragma once
/* tsm_platform.h - SEV-SNP and TDX: evidence through the kernel's report interface. Two rows, one for each
 * kind of evidence; which one a machine has is the interface's word. specs/platform-tsm.md. */
#include "node/platform/platform.h"
extern const struct platform_row platform_snp, platform_tdx;
