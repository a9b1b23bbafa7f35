#pragma once
/* sign.h - Ed25519 (RFC 8032) by libsodium. Every signature of ours covers LP(label) || message. */
#include "crypto/hash.h"

struct sign_key {
    uint8_t b[64]; /* secret: seed and public half, libsodium's form */
};
struct sign_pub {
    uint8_t b[32];
};
struct sig {
    uint8_t b[64];
};

void sign_key_drop(struct sign_key *k);

/* A key pair from a 32-byte seed, the same for the same seed. */
void sign_from_seed(const struct key *seed, struct sign_key *ret, struct sign_pub *ret_pub);
void sign_random(struct sign_key *ret, struct sign_pub *ret_pub);

/* Over LP(label) || msg: no signature of one use counts for another. */
struct sig sign_label(const struct sign_key *k, enum label l, struct span msg);
/* SR_EPROOF unless sig is k's over LP(label) || msg. Small-order and non-canonical keys are refused. */
enum sr_err sign_check(const struct sign_pub *k, enum label l, struct span msg, const struct sig *sig);

/* Appends what the two above sign and check: for keys that are not in this process. */
void sign_text(enum label l, struct span msg, struct buf *ret);

/* Without a label: only for formats that other people define (C2SP signed notes). */
struct sig sign_raw(const struct sign_key *k, struct span msg);
enum sr_err sign_check_raw(const struct sign_pub *k, struct span msg, const struct sig *sig);
