#include "node/platform/composite_platform.h"
#include "node/platform/tpm_platform.h"
#include "node/platform/tsm_platform.h"

const struct platform_row *const platform_rows[] = { &platform_snp,     &platform_tdx,     &platform_tpm,
                                                     &platform_snp_tpm, &platform_tdx_tpm, NULL };
