#pragma once
/* tpm_platform.h - the row of TPMs. */
#include "node/platform/platform.h"

extern const struct platform_row platform_tpm;
