#pragma once
/* ssh_key.h - Ed25519 public keys as SSH writes them (RFC 4253 §6.6, RFC 8709 §4). Operators have such keys
 * already; only ssh-ed25519 is one of ours: certificates and keys on FIDO tokens (sk-ssh-ed25519) sign other
 * bytes. */
#include "crypto/sign.h"

enum {
    SSH_KEY_BLOB = 4 + 11 + 4 + 32,   /* bytes of string "ssh-ed25519" || string key */
    SSH_KEY_FINGERPRINT = 7 + 43 + 1, /* "SHA256:" and base64 without padding, NUL included */
    SSH_KEY_LINE_MAX = 1024,          /* bytes of a line, comment and all */
};

/* Appends that blob. */
void ssh_key_blob(const struct sign_pub *pub, struct buf *ret);
/* SR_EFORMAT: not exactly that blob. */
enum sr_err ssh_key_blob_read(struct span blob, struct sign_pub *ret);

/* One line, as in a .pub file or authorized_keys without options: ssh-ed25519, base64, a comment if any; a
 * line end if any. SR_EFORMAT. */
enum sr_err ssh_key_line_read(struct span line, struct sign_pub *ret);

/* As ssh-keygen -l and ssh-add -l print it. */
void ssh_key_fingerprint(const struct sign_pub *pub, char ret[SSH_KEY_FINGERPRINT]);
