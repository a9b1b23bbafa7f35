#pragma once
/* keyring.h - the masters of a network and everything that is made with them. Narrow on purpose: nothing here
 * hands out a master or a signing key, so that the keyring can become a process of its own by changing
 * keyring*.c alone. A keyring never changes once made; any thread may use it. Two functions draw masters and
 * no other code path does, keyring_generate() the first and keyring_draw() the next; keyring_install() takes
 * what a granter sealed to us in a join or a pull, or what t recovery holders' shares opened
 * (bootstrap/recovery.c). (keyring_unseal() brings back what one of them had made.) */
#include "crypto/derive.h"
#include "proto/enrol.h"
#include "proto/join.h"
#include "proto/package.h"
#include "proto/release.h"
#include "store/keystore.h"

struct keyring;

enum { KEYRING_BLOB_MAX = MASTER_BUNDLE_MAX + 128 }; /* bytes of the sealed masters */

/* Draws the master of epoch 1 from the kernel's generator. Genesis alone calls this. salt: the genesis
 * parameters', here and below. */
enum sr_err keyring_generate(const uint8_t salt[static 32], struct keyring **ret);
/* What join_open_grant() gave: its commitments are checked. */
enum sr_err keyring_install(const struct master_bundle *b, const uint8_t salt[static 32],
                            struct keyring **ret);
/* The same, with the masters that `older` has and b has not: what is stored under them stays readable. */
enum sr_err keyring_install_with(const struct master_bundle *b, const struct keyring *older,
                                 const uint8_t salt[static 32], struct keyring **ret);
/* k without the masters of epochs below `before`; the newest stays. */
enum sr_err keyring_without(const struct keyring *k, uint64_t before, const uint8_t salt[static 32],
                            struct keyring **ret);
/* k and one more master, of the epoch after its newest. It is not in use by that: node/rotation.c decides
 * when it is. SR_ETOOBIG: EPOCHS_MAX are there. */
enum sr_err keyring_draw(const struct keyring *k, const uint8_t salt[static 32], struct keyring **ret);
/* The link to the next epoch, signed by k's newest release key; see epoch_link_make(). */
enum sr_err keyring_link(const struct keyring *k, const struct sha256 *cid, const struct epoch_pubs *next,
                         const struct approval *approvals, size_t n, struct buf *ret);
/* k's master of that epoch, sealed to the recovery key; see recovery_seal_master(). SR_ENOENT: k has none. */
enum sr_err keyring_seal_recovery(const struct keyring *k, uint64_t epoch, const struct sha256 *cid,
                                  const struct kem_pub *to, struct recovery_sealed *ret);
/* The recovery set of a new network: its recovery key is drawn, split, and forgotten here. Genesis alone
 * calls this, before its evidence; for a record without holders it is refused. */
enum sr_err keyring_make_recovery(const struct keyring *k, const struct recovery_of *of,
                                  struct recovery_set *ret, struct sr_why *why);
void keyring_free(struct keyring *k); /* wipes; NULL is fine */

/* The epochs whose masters it has. */
uint64_t keyring_oldest(const struct keyring *k);
/* The oldest of those that are not below `before`; the newest, if all are. */
uint64_t keyring_oldest_from(const struct keyring *k, uint64_t before);
uint64_t keyring_newest(const struct keyring *k);                               /* the active epoch */
const struct epoch_pubs *keyring_pubs(const struct keyring *k, uint64_t epoch); /* NULL: no such; borrows */

/* The masters under a key that the platform keeps. AAD = LP(label) || cid || digest of the platform's policy
 * (PCRs): a blob from another network or another measured state does not open even with its key. */
enum sr_err keyring_seal(const struct keyring *k, const struct sha256 *cid, const struct key *kek,
                         const struct sha256 *pcrs, struct buf *ret);
/* SR_EPROOF, R_UNSEAL. Commitments are compared with the genesis record's epoch and chain:
 * R_MASTER_COMMIT_... */
struct keyring_home {
    struct sha256 cid;
    const uint8_t *salt;             /* 32 bytes */
    const struct epoch_pubs *epochs; /* [i] is epoch i + 1 */
    size_t n;
};
enum sr_err keyring_unseal(struct span blob, const struct keyring_home *home, const struct key *kek,
                           const struct sha256 *pcrs, struct keyring **ret, struct sr_why *why);

/* The joiner's masters, sealed to its attested key; see join_grant(). Of those that k has, only the ones from
 * g's epoch_lo on. */
enum sr_err keyring_grant(const struct keyring *k, const struct granter *g, const struct join_attest *a,
                          const struct verified *verified, const struct nonce_spent *spent, struct span type,
                          struct join_sealed *ret, struct sr_why *why);
/* An AK certificate of the newest epoch; see enrol_certify_network(). */
enum sr_err keyring_certify_ak(const struct keyring *k, const struct enroller *by, struct span e3,
                               struct buf *ret_e4, struct ak_cert *ret_cert, struct sr_why *why);
/* Fills in the epoch: the newest. */
enum sr_err keyring_certify_member(const struct keyring *k, struct member_cert *c, struct buf *ret);
/* W3 under the release key of r's epoch; see release_w3(). */
enum sr_err keyring_release(const struct keyring *k, const struct releaser *r,
                            const struct release_request *q, const struct verified *verified,
                            const struct nonce_spent *spent, const struct release_values *values,
                            const struct release_promise *promise, struct buf *ret, struct sr_why *why);
/* What a tenant stored; see package_open(). SR_ENOENT, R_EPOCH_DESTROYED: sealed to an epoch whose master is
 * gone. */
enum sr_err keyring_open_package(const struct keyring *k, const struct package *p, struct secret *ret,
                                 struct sr_why *why);

/* A workload's derived key, from the master of the epoch that its version names. SR_ENOENT: R_KEY_VERSION
 * there is no such epoch, or not yet; R_KEY_DESTROYED its master is gone. */
struct keyring_want {
    struct span tenant, path;
    uint32_t version; /* an epoch */
    const struct derived_kind *kind;
    size_t size; /* raw only */
};
enum sr_err keyring_workload(const struct keyring *k, const struct keyring_want *w, struct secret *ret,
                             struct sr_why *why);
enum sr_err keyring_workload_pub(const struct keyring *k, const struct keyring_want *w, struct buf *ret,
                                 struct sr_why *why);
/* The newest release key's word on a derived public half: over cid || LP(tenant) || LP(path) || u32 version
 * || LP(kind) || LP(public). */
struct sig keyring_attest_derived(const struct keyring *k, struct span text);

/* How an identifier stands in this network's logs. */
struct sha256 keyring_leaf_id(const struct keyring *k, enum leaf_id_kind kind, struct span id);
/* The newest epoch's key, for keystore_add_key(). Secret: the caller wipes it. */
struct keystore_epoch keyring_row_key(const struct keyring *k);
/* Keys of the keystore's rows: index and newest epoch go into o, the others into older. */
void keyring_keystore(const struct keyring *k, struct keystore_options *o,
                      struct keystore_epoch older[static EPOCHS_MAX], size_t *ret_older);
