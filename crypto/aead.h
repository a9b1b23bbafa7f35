#pragma once
/* aead.h - seals bytes under a 32-byte key: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random
 * nonce and a commitment to the key, because Poly1305 alone lets one box open under two keys. Format, fields
 * in order (specs/keystore.md section 3):
 *   u8 version = 1 | nonce[24] | commitment[32] | ciphertext | tag[16]
 * commitment = HKDF-Expand(key, LP(label "row/commit") || nonce, 32). The version byte is part of the AAD. */
#include "crypto/hash.h"

enum { AEAD_VERSION = 1, AEAD_OVERHEAD = 1 + 24 + 32 + 16 };

/* Appends the box, plain.n + AEAD_OVERHEAD bytes. SR_ENOMEM, SR_ETOOBIG (over BUF_MAX). */
enum sr_err aead_seal(const struct key *k, struct span aad, struct span plain, struct buf *ret);

/* SR_EFORMAT: too short, or a version we do not know. SR_EPROOF: another key, other aad, any changed bit. An
 * empty message opens to an empty secret. */
enum sr_err aead_open(const struct key *k, struct span aad, struct span box, struct secret *ret);

/* The same to a wiping buffer, which is replaced: for what is not key material. A secret's guarded pages cost
 * several system calls each. */
enum sr_err aead_open_buf(const struct key *k, struct span aad, struct span box, struct buf *ret);

/* The pure half of aead_seal, for vectors and tests: the nonce is an argument. Never use a nonce twice. */
enum sr_err aead_seal_with(const struct key *k, const uint8_t nonce[24], struct span aad, struct span plain,
                           struct buf *ret);
