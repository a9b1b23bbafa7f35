#pragma once
/* home.h - what a node has once it holds the masters, member or not yet: the genesis record, the chain of
 * epochs and the keyring (one set, node/epochs.h), the keystore and the node's own long-lived key. On disk:
 * the record and the chain in the clear (they prove themselves), the masters sealed under a key that the
 * platform keeps, the rest sealed under the masters. specs/node.md, "State on disk". */
#include "node/epochs.h"
#include "node/tpm_actor.h"
#include "store/keystore.h"

struct home {
    struct sha256 cid;
    struct buf record;
    struct genesis genesis;
    struct epochs_holder *epochs; /* NULL: no masters yet */
    struct keystore *ks;
    bool has_member;        /* false: stopped between the masters and the first settings */
    bool was_member;        /* home_make() found a member's state: it goes on as that */
    bool started_anew;      /* home_load() opened what was sealed ahead (ahead.h) */
    struct sign_key member; /* signs this member's log, and its requests to other members */
    struct sign_pub member_pub;
    struct member_id id;
};
void home_drop(struct home *h);

/* Back from the disk: unseals, compares with the record and the commitments, opens the keystore. want: the
 * pinned cid, NULL to take the record's own. SR_ENOENT: there is nothing. SR_EPROOF: R_UNSEAL,
 * R_GENESIS_MISMATCH, R_MASTER_COMMIT_MISMATCH, R_STORE_TAMPERED. */
enum sr_err home_load(struct store *store, struct tpm_actor *tpm, const struct sha256 *want, struct home *ret,
                      struct sr_why *why);

/* To the disk for the first time, or again with newer masters. takes: what a fresh home is made of; the
 * keyring is the home's afterwards, also on failure. member: the key to keep. A member that seals nothing
 * (specs/platform-tsm.md) finds its own state again once it has the masters: with its certificate it goes on
 * as the member it is, without one the new key takes the old one's place. */
struct home_parts {
    struct span record, chain;
    struct keyring *keyring; /* taken */
    const struct sign_key *member;
    const struct sign_pub *member_pub;
};
enum sr_err home_make(struct store *store, struct tpm_actor *tpm, const struct home_parts *parts,
                      struct home *ret, struct sr_why *why);

/* Masters under a key that the platform keeps: what stands in KC_TPM_BLOB and KC_MASTER_BUNDLE. Both are
 * empty where the platform seals nothing. */
struct home_sealed {
    struct buf blob, bundle;
};
void home_sealed_drop(struct home_sealed *s);
enum sr_err home_seal(struct tpm_actor *tpm, const struct sha256 *cid, const struct keyring *k,
                      struct home_sealed *ret, struct sr_why *why);
/* Errors as keyring_unseal() gives. */
enum sr_err home_unseal(struct tpm_actor *tpm, const struct home_sealed *s, const struct keyring_home *home,
                        struct keyring **ret, struct sr_why *why);
/* What stands in KC_GENESIS. Appends. */
enum sr_err home_genesis_file(const struct home *h, struct span chain, struct buf *ret);

/* Stores the key where there is none yet. SR_EBUG: another one is there. */
enum sr_err home_keep_member(struct home *h, const struct sign_key *member, const struct sign_pub *pub,
                             struct sr_why *why);

/* Another key in its place, in one commit with what the transaction holds already: from here on this is
 * another member. */
enum sr_err home_renew(struct home *h, const struct sign_key *member, struct keystore_txn *with,
                       struct sr_why *why);

/* Settings of this member in its keystore. SR_ENOENT. */
enum sr_err home_get(struct home *h, const char *name, struct buf *ret, struct sr_why *why);
/* Has it no master that was destroyed here? What was sealed before, put back beside this keystore, has; and
 * what who has not heard of it grants. SR_EPROOF, R_EPOCH_DESTROYED. */
enum sr_err home_spared(struct home *h, const struct keyring *k, struct sr_why *why);
void home_put(struct keystore_txn *t, const char *name, struct span value);
#define HOME_DESTROYED   "destroyed-before" /* u64: masters of earlier epochs are destroyed here */
#define HOME_MEMBER_KEY  "member-key"
#define HOME_MEMBER_CERT "member-cert" /* there: this node is a member */
