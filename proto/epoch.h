#pragma once
/* epoch.h - what follows from one epoch's master: its keys, the commitment to it, the signed link from one
 * epoch to the next, and the bundle in which masters travel to a joiner. specs/genesis.md, "Epochs". */
#include "crypto/hpke.h"
#include "proto/approvals.h"

/* The public halves of an epoch's keys, and the commitment to its master. */
struct epoch_pubs {
    uint64_t epoch; /* 1 is the first */
    struct sha512 commit;
    struct sign_pub release;   /* signs W3 */
    struct kem_pub network;    /* tenants seal packages to it */
    struct sign_pub akca;      /* signs AK certificates */
    struct sign_pub member_ca; /* signs member certificates */
};

/* Everything that a member derives from one master. Secret; the owner drops it. */
struct epoch_keys {
    struct key kek; /* keystore rows */
    struct sign_key release, akca, member_ca;
    struct kem_key network;
    struct epoch_pubs pub;
};
void epoch_keys_drop(struct epoch_keys *k);

/* salt: the genesis parameters'. SR_EBUG only when the library below fails. */
enum sr_err epoch_keys_derive(const struct key *master, uint64_t epoch, const uint8_t salt[32],
                              struct epoch_keys *ret);
/* What the network needs of epoch 1 for its whole life, and keeps when that master is destroyed: nothing else
 * follows from it. Secret; the owner drops it. specs/epochs.md, "What is left of epoch 1". */
struct lasting_keys {
    struct key index;      /* blind index of the keystore */
    struct key log_salt;   /* salts identifiers in log leaves */
    struct key kbs_writer; /* Ed25519 seed: signs packages put over KBS */
};
void lasting_keys_drop(struct lasting_keys *k);
/* first: epoch 1's master. */
enum sr_err lasting_keys_derive(const struct key *first, const uint8_t salt[32], struct lasting_keys *ret);

/* The commitment to an epoch's master. salt: the genesis parameters'. */
struct sha512 master_commit(const uint8_t salt[32], uint64_t epoch, const struct key *master);

enum {
    EPOCHS_MAX = 256, /* one rotation a week for five years; what it costs: specs/genesis.md */
    EPOCH_LINK_MAX = 266 + APPROVALS_MAX * 96,
    EPOCH_CHAIN_MAX = 2 + (EPOCHS_MAX - 1) * (4 + EPOCH_LINK_MAX)
};

/* The public halves as links and draws carry them: u64 epoch, commitment, release, network, akca, member_ca.
 */
void epoch_pubs_write(const struct epoch_pubs *p, struct buf *ret);
void epoch_pubs_read(struct reader *r, struct epoch_pubs *ret);

/* What an operator signs with L_EPOCH_APPROVAL, and the old release key with L_EPOCH_LINK. */
enum sr_err epoch_link_text(const struct sha256 *cid, const struct epoch_pubs *next, struct buf *ret);
/* Appends one link. approvals: sorted by key, no two alike. */
enum sr_err epoch_link_make(const struct sha256 *cid, const struct epoch_pubs *next,
                            const struct sign_key *old, const struct approval *approvals, size_t n,
                            struct buf *ret);

/* One link, to the epoch after `before`, as epoch_chain_check() checks each. SR_EPROOF, R_EPOCH_CHAIN. */
enum sr_err epoch_link_check(struct span link, const struct sha256 *cid, const struct epoch_pubs *before,
                             const struct approvers *approvers, struct epoch_pubs *ret, struct sr_why *why);

/* A chain is u16 n, then n x LP(link) for the epochs 2, 3, ... without a gap; the empty chain is two zero
 * bytes. Each link must be signed by the release key of the epoch before and by at least k operators.
 * ret[0] is first (the genesis record's epoch), ret[i] epoch i + 1; *ret_n is the newest epoch. On failure
 * nothing in ret counts. SR_EPROOF, R_EPOCH_CHAIN. */
enum sr_err epoch_chain_check(struct span chain, const struct sha256 *cid, const struct epoch_pubs *first,
                              const struct approvers *approvers, struct epoch_pubs ret[EPOCHS_MAX],
                              size_t *ret_n, struct sr_why *why);
/* The same for whoever knows *n epochs already: only links to later ones are checked, from the newest known
 * one on, so a chain that took another turn before it is refused, and a shorter one says nothing. What was
 * known stays as it is, on failure also *n. */
enum sr_err epoch_chain_follow(struct span chain, const struct sha256 *cid, const struct approvers *approvers,
                               struct epoch_pubs known[EPOCHS_MAX], size_t *n, struct sr_why *why);
/* Appends the chain `old` with one more link; an empty span is the empty chain. */
enum sr_err epoch_chain_add(struct span old, struct span link, struct buf *ret, struct sr_why *why);

enum epoch_state { EPOCH_ACTIVE = 1, EPOCH_RETIRING = 2 }; /* retiring: opens old data, seals nothing new */

struct epoch_master {
    uint64_t epoch;
    enum epoch_state state;
    struct key master;
};

/* Masters of ascending epochs; the last one, and only it, is active. Destroyed ones are missing; where that
 * of epoch 1 is, `lasting` is what is left of it. Secret; the owner drops it. */
struct master_bundle {
    struct sha256 cid;
    struct lasting_keys lasting; /* zeros while epoch 1's master is there */
    size_t n;
    struct epoch_master epoch[EPOCHS_MAX];
};
enum { MASTER_BUNDLE_MAX = 35 + 3 * 32 + (EPOCHS_MAX - 1) * 41 };
void master_bundle_drop(struct master_bundle *b);
/* Epoch 1's master is destroyed. */
bool master_bundle_lasts(const struct master_bundle *b);
/* b without the masters of epochs below `before`; the last one stays, whatever its number. lasting: of epoch
 * 1, for when its master goes or is gone. */
void master_bundle_without(const struct master_bundle *b, uint64_t before, const struct lasting_keys *lasting,
                           struct master_bundle *ret);
enum sr_err master_bundle_encode(const struct master_bundle *b, struct secret *ret);
/* SR_EFORMAT, R_MALFORMED. */
enum sr_err master_bundle_decode(struct span s, struct master_bundle *ret, struct sr_why *why);
/* Every master against the commitment of its epoch ([i] is epoch i + 1). SR_EPROOF,
 * R_MASTER_COMMIT_MISMATCH. */
enum sr_err master_bundle_check(const struct master_bundle *b, const uint8_t salt[32],
                                const struct epoch_pubs *epochs, size_t n, struct sr_why *why);
