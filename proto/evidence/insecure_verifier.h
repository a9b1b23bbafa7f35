#pragma once
/* insecure_verifier.h - evidence that proves nothing: what a program says of itself. Only in the insecure
 * programs, for trying things out without a TEE. Format: specs/evidence-tpm.md, "Insecure evidence". */
#include "proto/evidence.h"

extern const struct verifier verifier_insecure;

/* Appends evidence over rd that claims c (without type and debug, which the verifier sets). */
enum sr_err insecure_evidence_write(const struct sha512 *rd, const struct claims *c, struct buf *ret);
