#pragma once
/* insecure_platform.h - a platform that protects nothing, for trying things out: says of itself what a file
 * says, and seals under a key in a file beside it. Only in the insecure programs.
 *   DIR/insecure-key      32 bytes, 0600, made at the first start
 *   DIR/insecure-claims   optional lines "name value"; without it code and measurement are the digest of the
 *                         running executable */
#include "node/platform/platform.h"

extern const struct platform_row platform_insecure;
