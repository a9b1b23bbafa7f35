#pragma once
/* oaep.h - how OpenSSL is told RSAES-OAEP (RFC 8017, 7.1): for code that seals or opens with
 * an RSA key of its own making. */
#include "crypto/bytes.h"

#include <openssl/evp.h>

/* MGF1 with the same hash. Empty label: none. false: OpenSSL refuses. */
bool oaep_set(EVP_PKEY_CTX *ctx, const EVP_MD *md, struct span label);
