#pragma once
/* insecure_sample.h - what guests without a TEE call evidence: their own word. Only in the insecure programs.
 * Type "sample"; evidence: u8 n, n bytes of svn, then the report data. */
#include "proto/evidence.h"

extern const struct verifier verifier_sample;
