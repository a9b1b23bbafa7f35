#pragma once
/* join.h - both sides of a join as pure steps. Each step returns the object that the next one needs, so the
 * order can't be got wrong: no grant without evidence that verified for this very challenge and a nonce that
 * was taken, no member without a confirmation. Time, randomness and evidence come in as arguments.
 * Messages, hashes, reasons: specs/join.md. Borrowed spans point into the message given.
 *
 *   granter: join_challenge -> join_open_attest -> [verifier, policy, nonce_consume] -> join_grant
 *            -> [log join-granted; quote over rd] -> join_m4 -> join_confirm -> [log member] -> join_m6
 *   joiner:  join_hello -> join_read_challenge -> join_rd -> [quote] -> join_m3 -> join_read_grant
 *            -> [verifier, policy] -> join_open_grant -> [seal as provisional] -> join_m5 -> join_read_m6 */
#include "proto/genesis.h"
#include "proto/join_wire.h"
#include "proto/member.h"
#include "proto/nonce.h"

/* ---- granter ---- */

/* One consistent look at the granter: epoch and policy of one snapshot. Borrows nonce_key. */
struct granter {
    struct sha256 cid;
    const struct key *nonce_key; /* drawn at start, never stored */
    struct sign_pub id;          /* idB: drawn at start */
    uint64_t epoch_lo, epoch_hi; /* of the masters in the bundle */
    uint64_t policy_number;
    struct sha256 policy_hash;
    uint32_t ttl_ms;          /* lifetime of a challenge: at least three quotes */
    struct rollback rollback; /* what it says of itself in M4 */
    bool binding_required;
};

struct join_challenge_random {
    struct session_id sid;
    uint8_t rand[16];
};
/* Appends M2. R_MALFORMED, R_VERSION, R_SUITE, R_ROLE, R_WRONG_NETWORK. */
enum sr_err join_challenge(const struct granter *g, struct span m1,
                           const struct join_challenge_random *random, uint64_t now_ms, struct buf *ret_m2,
                           struct sr_why *why);

/* M3 with all checked that costs little: what is left is its evidence, which must prove rd. */
struct join_attest {
    struct m2 challenge;
    struct sha512 th1, th2, rd;
    struct kem_pub ekj;
    struct sign_pub idj, member_key;
    struct span type, address, evidence; /* borrow from M3 */
    struct rollback rollback;
    struct nonce nonce;
};
/* Order: form, version, suite, role, network; MAC; age; policy, epochs, identity and lifetime equal the
 * granter's own (SR_ESTALE, R_STALE_CHALLENGE); channel; signatures. binding: of the connection that carries
 * M3. */
enum sr_err join_open_attest(const struct granter *g, struct span m3, const struct binding *binding,
                             uint64_t now_ms, struct join_attest *ret, struct sr_why *why);

/* Secret; the owner drops it. Each for one grant alone. */
struct join_grant_random {
    struct kem_key ekb; /* this grant's key, in rdB */
    struct kem_key eph; /* HPKE's ephemeral key */
};
void join_grant_random_drop(struct join_grant_random *r);

/* Kept by the granter between M4 and M5, in a table by sid. Secret; the owner drops it. */
struct join_pending {
    struct session_id sid;
    struct sha512 th3;
    struct key kcj, kcb;
    struct sign_pub idj, member_key;
    char address[ADDRESS_MAX + 1];
    uint64_t epoch_lo, epoch_hi, policy_number;
    struct sha256 policy_hash;
    struct sha256 hardware, measurement; /* the joiner's, as leaves name them; the caller's to fill */
    uint64_t expires_ms;                 /* forget it after this */
};
void join_pending_drop(struct join_pending *p);

/* The sealed masters, not yet sent. Secret; the owner drops it. */
struct join_sealed {
    struct sha512 th2, ct_hash, rd; /* rd: what the granter's own evidence must be made over */
    struct kem_pub ekb, enc;
    struct buf ct;
    char type[EVIDENCE_TYPE_MAX + 1]; /* of the granter's own evidence */
    struct rollback rollback;
    struct sign_pub idb;
    struct join_pending pending; /* but for th3 */
};
void join_sealed_drop(struct join_sealed *s);
/* g: as it is now. type: the granter's own evidence type. Policy must have said yes to verified's claims.
 * R_EVIDENCE_SWAPPED (SR_EPROOF): verified or spent belong to another M3. R_STALE_CHALLENGE (SR_ESTALE):
 * policy or epoch moved on. R_EPOCH (SR_EBUG): the bundle is not g's range. */
enum sr_err join_grant(const struct granter *g, const struct join_attest *a, const struct verified *verified,
                       const struct nonce_spent *spent, const struct master_bundle *bundle, struct span type,
                       const struct join_grant_random *random, struct join_sealed *ret, struct sr_why *why);

/* What else M4 carries; borrowed for the call. */
struct join_m4_parts {
    struct span evidence; /* over join_sealed.rd */
    struct span record, chain, policy, checkpoint;
};
/* id: secret half of idB. Appends M4. */
enum sr_err join_m4(const struct join_sealed *s, const struct join_m4_parts *parts, const struct sign_key *id,
                    struct buf *ret_m4, struct join_pending *ret, struct sr_why *why);

/* The joiner holds the masters and said so: it may be written to the log as a member. Secret. */
struct join_confirmed {
    struct session_id sid;
    struct sha512 th3;
    struct key kcb;
    struct sign_pub idj, member_key;
    char address[ADDRESS_MAX + 1];
    uint64_t epoch_lo, epoch_hi;
    struct sha256 hardware, measurement; /* as in join_pending */
};
void join_confirmed_drop(struct join_confirmed *c);
/* The session that an M5 names, to find its join_pending. */
enum sr_err join_m5_session(struct span m5, struct session_id *ret, struct sr_why *why);
/* g: as it is now. R_SESSION_UNKNOWN, R_NONCE_EXPIRED, R_CONFIRM_MAC (SR_EAUTH); R_POLICY_OLD, R_EPOCH
 * (SR_ESTALE): policy or epoch moved on since M4, so this joiner has to start again. The same M5 again gives
 * the same answer. */
enum sr_err join_confirm(const struct granter *g, const struct join_pending *p, struct span m5,
                         uint64_t now_ms, struct join_confirmed *ret, struct sr_why *why);

struct join_m6_parts {
    struct span cert; /* made for member_key, address, epoch_hi */
    struct span leaf;
    uint64_t leaf_index;
    struct span proof, checkpoint;
};
/* Appends M6 with its MAC. SR_EBUG: a part is over its limit. */
enum sr_err join_m6(const struct join_confirmed *c, const struct join_m6_parts *parts, struct buf *ret_m6,
                    struct sr_why *why);

/* ---- joiner ---- */

struct joiner {
    struct sha256 cid; /* pinned in the joiner's configuration */
    struct span type;  /* its evidence type */
    struct rollback rollback;
    struct span address;
    uint64_t min_epoch;  /* the newest it knows of from a signed or witnessed source; 0 or 1 at first */
    uint64_t min_policy; /* likewise */
};

/* Keys of this one attempt, and the joiner's long-lived one. Secret; the owner drops it. */
struct join_keys {
    uint8_t nj[32];
    struct kem_key ekj;
    struct sign_key idj;
    struct sign_pub idj_pub;
    struct sign_key member;
    struct sign_pub member_pub;
};
void join_keys_drop(struct join_keys *k);

/* Appends M1. */
enum sr_err join_hello(const struct joiner *j, const struct join_keys *k, struct buf *ret_m1);

/* M2 as the joiner understood it; m1 and m2 borrow. */
struct join_challenged {
    struct span m1, m2;
    struct m2 challenge;
};
/* R_VERSION, R_SUITE, R_WRONG_NETWORK (SR_EPROOF), R_EPOCH, R_POLICY_OLD (SR_ESTALE). */
enum sr_err join_read_challenge(const struct joiner *j, struct span m1, struct span m2,
                                struct join_challenged *ret, struct sr_why *why);

/* What the joiner's evidence must be made over. */
struct join_offer {
    struct join_challenged c;
    struct binding binding;
    struct sha512 th1, rd;
};
void join_rd(const struct joiner *j, const struct join_challenged *c, const struct join_keys *k,
             const struct binding *binding, struct join_offer *ret);

/* Waiting for M4. */
struct join_wait {
    struct m2 challenge;
    struct sha512 th2;
};
enum sr_err join_m3(const struct joiner *j, const struct join_offer *o, const struct join_keys *k,
                    struct span evidence, struct buf *ret_m3, struct join_wait *ret);

/* M4 with all checked but the granter's evidence, which must prove rd, and the policy. Borrows from M4.
 * Large: keep one at a time. */
struct join_granted {
    struct m4 m4;
    struct sha512 th3, rd;
    struct genesis genesis;
    struct epoch_pubs epochs[EPOCHS_MAX]; /* [i] is epoch i + 1 */
    size_t nepochs;
};
/* Order: form, session, network (R_GENESIS_MISMATCH), signature, chain of epochs (R_EPOCH_CHAIN), newest
 * epoch as promised and not below the minimum (R_EPOCH). The granter's AK certificate must be of epoch
 * nepochs. */
enum sr_err join_read_grant(const struct joiner *j, const struct join_wait *w, struct span m4,
                            struct join_granted *ret, struct sr_why *why);

/* The policy document of M4 as the caller parsed and checked it. */
struct join_policy {
    uint64_t number;
    struct sha256 hash;
    uint64_t destroy_before; /* masters of earlier epochs are nobody's any more */
};
/* The granter's answer, opened and found to be this network's. Secret. */
struct join_hold {
    struct session_id sid;
    struct sha512 th3;
    struct key kcj, kcb;
    struct sha256 cid;
    struct sign_pub member_ca; /* of the newest epoch */
    uint64_t epoch;            /* the newest */
};
void join_hold_drop(struct join_hold *h);
/* Policy must have said yes to verified's claims, "same code as mine" included. All SR_EPROOF:
 * R_EVIDENCE_SWAPPED, R_POLICY_CHAIN (not the policy of the challenge), R_SEAL_OPEN, R_WRONG_NETWORK,
 * R_EPOCH, R_EPOCH_DESTROYED, R_MASTER_COMMIT_MISMATCH. Nothing is kept of a bundle that fails. */
enum sr_err join_open_grant(const struct join_wait *w, const struct join_granted *g,
                            const struct join_keys *k, const struct verified *verified,
                            const struct join_policy *policy, struct master_bundle *ret,
                            struct join_hold *ret_hold, struct sr_why *why);

/* Appends M5: the joiner has the masters, and says so by its MAC. */
enum sr_err join_m5(const struct join_hold *h, struct buf *ret_m5);

/* The joiner is a member once the inclusion proof has been checked, too. Borrows from M6. */
struct join_member {
    struct member_cert cert;
    struct span cert_bytes, leaf;
    uint64_t leaf_index;
    struct span proof, checkpoint;
};
/* R_SESSION_UNKNOWN, R_CONFIRM_MAC (SR_EAUTH), R_MEMBER_CERT (SR_EPROOF: not for this key and address). */
enum sr_err join_read_m6(const struct joiner *j, const struct join_hold *h, const struct join_keys *k,
                         struct span m6, struct join_member *ret, struct sr_why *why);
