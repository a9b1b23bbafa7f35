#pragma once
/* sha384.h - SHA-384 by OpenSSL, for registers that TDX extends with it. FIPS 180-4. */
#include "crypto/bytes.h"
#include "crypto/err.h"

struct sha384 {
    uint8_t b[48];
};
/* SR_EBUG when the library refuses. */
enum sr_err sha384(struct span s, struct sha384 *ret);
