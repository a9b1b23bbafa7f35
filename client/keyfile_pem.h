#pragma once
/* keyfile_pem.h - the three PEM texts that hold a 32-byte key: what stands around the key never varies (RFC
 * 8410: no parameters, no attributes). For keyfile*.c alone. */
#include "crypto/secret.h"

enum { KEYFILE_MAX = 8192 }; /* bytes: an RSA key of 4096 bits has 3.2 KiB */

struct keyfile_pem {
    const char *begin, *end;
    struct span head; /* the DER in front of the key */
};
extern const struct keyfile_pem keyfile_ed25519_private, keyfile_ed25519_public, keyfile_x25519_private;

/* Appends the whole block. */
void keyfile_pem_write(struct buf *b, const struct keyfile_pem *pem, struct span key);
/* SR_EFORMAT: not one PEM block of exactly that kind. */
enum sr_err keyfile_pem_read(const struct keyfile_pem *pem, struct span text, struct key *ret);
