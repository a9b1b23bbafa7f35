#pragma once
/* hardware.h - which machines evidence speaks of: the claims that name a chip, a platform or a TPM
 * (`hardware` of SNP, TDX and SGX, `ek` of TPM evidence), of every part that it has. */
#include "proto/claims.h"
#include "proto/evidence.h"

enum { HARDWARE_IDS_MAX = 2 * EVIDENCE_PARTS_MAX, HARDWARE_ID_MAX = 128 /* digits of one */ };

/* Borrowed from c. 0: evidence that names none. */
size_t hardware_ids(const struct claims *c, const struct claim *ret[static HARDWARE_IDS_MAX]);

/* As a policy spells one: 32 to 128 lower-case hex digits, an even number of them. */
bool hardware_id_ok(struct span text);
