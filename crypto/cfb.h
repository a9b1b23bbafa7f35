#pragma once
/* cfb.h - AES-128 and AES-256 in CFB-128 mode (NIST SP 800-38A, 6.3), only because TPM 2.0 wraps credentials
 * with it. It has no integrity of its own: always under a MAC. */
#include "crypto/secret.h"

struct cfb_iv {
    uint8_t b[16];
};

/* key: 16 or 32 bytes, SR_EFORMAT else. Appends as many bytes as came in. */
enum sr_err cfb_encrypt(struct span key, const struct cfb_iv *iv, struct span plain, struct buf *ret);
enum sr_err cfb_decrypt(struct span key, const struct cfb_iv *iv, struct span sealed, struct secret *ret);
