#pragma once
/* recovery_file.h - all that is public and that a recovery needs, in one file: the genesis bundle, the chain
 * of epochs, and every later master sealed to the recovery key, as a member wrote it and signed it. A genesis
 * bundle alone is one too, of a network that was never rotated. specs/recovery.md, "Later epochs". */
#include "proto/genesis.h"
#include "proto/member.h"

enum {
    RECOVERY_LATER_SIZE = 8 + 32 + RECOVERY_SEALED,
    RECOVERY_FILE_MAX = GENESIS_BUNDLE_MAX + EPOCH_CHAIN_MAX + EPOCHS_MAX * RECOVERY_LATER_SIZE +
                        MEMBER_CERT_MAX + 256, /* bytes */
};

/* Spans borrow from the bytes given. */
struct recovery_file {
    struct span bundle, chain;
    struct span later; /* n x { u64 epoch, sealed master }, epochs ascending, from 2 on */
    struct span cert;  /* the member's, of the newest epoch; empty: a genesis bundle, which nobody signed */
    struct sig sig;
};
/* Appends what stands in later. */
void recovery_later_write(uint64_t epoch, const struct recovery_sealed *sealed, struct buf *ret);
/* The member's signature over all of it; cert and sig are not read. */
enum sr_err recovery_file_sign(const struct recovery_file *f, const struct sha256 *cid,
                               const struct sign_key *member, struct sig *ret);
/* Appends the file; refuses what the decoder would. */
enum sr_err recovery_file_encode(const struct recovery_file *f, struct buf *ret);
/* SR_EFORMAT, R_RECOVERY_FORMAT. Bytes that are no file are taken for a bundle: genesis_check() comes next.
 */
enum sr_err recovery_file_decode(struct span s, struct recovery_file *ret, struct sr_why *why);

/* The epochs that a file proves. */
struct recovery_epochs {
    struct epoch_pubs pub[EPOCHS_MAX]; /* [i] is epoch i + 1 */
    size_t n;
    struct sha256 chain; /* SHA-256 of the chain: what is to be brought back */
};
/* On failure nothing in ret counts. SR_EPROOF: R_EPOCH_CHAIN; R_RECOVERY_FILE: not signed by a member of its
 * newest epoch, or it has masters of epochs that its chain has not. */
enum sr_err recovery_file_check(const struct recovery_file *f, const struct sha256 *cid,
                                const struct genesis *g, struct recovery_epochs *ret, struct sr_why *why);
/* Has it every master from epoch `from` on, and the newest one whatever `from` is? SR_EPROOF,
 * R_RECOVERY_EPOCH. */
enum sr_err recovery_file_whole(const struct recovery_file *f, const struct recovery_epochs *epochs,
                                uint64_t from, struct sr_why *why);
/* false: it has none of that epoch. */
bool recovery_file_master(const struct recovery_file *f, uint64_t epoch, struct recovery_sealed *ret);
