#pragma once
/* keyfile.h - Ed25519 keys of operators, tenants and AK-CAs in files: PKCS #8 and SubjectPublicKeyInfo in PEM
 * (RFC 8410 §7, §10.3; RFC 7468), so that OpenSSL's and other tools read them too. A private file must be
 * readable by its owner alone. */
#include "crypto/kem_sign.h"
#include "proto/holder_secret.h"

/* SR_EFORMAT: not one PEM block of exactly that kind. SR_EDENIED: others can read the file. */
enum sr_err keyfile_read(const char *path, struct sign_key *ret, struct sign_pub *ret_pub,
                         struct sr_why *why);
/* A public key: a file, in PEM or as SSH writes it (one line, ssh-ed25519 …); or that line, or 64 hex digits,
 * in place of a file name. */
enum sr_err keyfile_read_pub(const char *path_or_hex, struct sign_pub *ret, struct sr_why *why);

/* A recovery holder's key: X25519, Ed25519 taken over to X25519 (crypto/kem_sign.h), or RSA of 2048, 3072 or
 * 4096 bits with exponent 65537. As PEM, or with the kind said, as genesis.json has it: "x25519:HEX",
 * "rsa-3072:HEX", and "ed25519:HEX"; a key that is read as the wrong kind would be nobody's. Private RSA keys
 * are PKCS #8 or PKCS #1, without a passphrase as all our key files. SR_EFORMAT, R_RECOVERY_HOLDER: all other
 * kinds and sizes, and keys that are too weak. */
enum sr_err keyfile_read_holder_pub(const char *path_or_text, struct holder *ret, struct sr_why *why);
enum sr_err keyfile_read_holder(const char *path, struct holder_secret *ret, struct sr_why *why);

/* How a holder opens: the file of a private key, or of the 32 bytes that a token decrypted. One of the two.
 */
struct holder_source {
    const char *key, *seed;
};
enum sr_err keyfile_read_holder_source(const struct holder_source *from, struct holder_secret *ret,
                                       struct sr_why *why);

/* Makes a key pair. The private file is 0600 from its birth; neither overwrites a file that exists. */
enum sr_err keyfile_make(const char *path, const char *pub_path, struct sign_pub *ret_pub,
                         struct sr_why *why);
