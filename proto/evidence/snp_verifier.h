#pragma once
/* snp_verifier.h - the row of SEV-SNP evidence: a report, or a report and its certificate table. */
#include "proto/evidence.h"

extern const struct verifier verifier_snp;
