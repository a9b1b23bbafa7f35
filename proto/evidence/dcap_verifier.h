#pragma once
/* dcap_verifier.h - the rows of SGX and TDX evidence. */
#include "proto/evidence.h"

extern const struct verifier verifier_tdx, verifier_sgx;
