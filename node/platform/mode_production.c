#include "node/platform/tpm_platform.h"

const struct platform_row *const platform_rows[] = { &platform_tpm, NULL };
