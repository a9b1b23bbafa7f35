#pragma once
/* release.h - both sides of a release as pure steps; each returns the object that the next one needs.
 * specs/release.md. Borrowed spans point into the message given.
 *
 *   node:     release_challenge -> release_open_request -> [verifier, policy for every want, nonce_consume]
 *             -> [values; log release] -> release_w3
 *   workload: release_read_challenge -> release_rd -> [quote] -> release_w2 -> release_open */
#include "proto/nonce.h"
#include "proto/release_wire.h"

/* One consistent look at the node. Borrows nonce_key. */
struct releaser {
    struct sha256 cid;
    const struct key *nonce_key;
    struct sign_pub id; /* idB */
    uint64_t epoch;
    uint64_t policy_number;
    struct sha256 policy_hash;
    struct sign_pub release_pub; /* of epoch */
    uint32_t ttl_ms;
    bool binding_required;
};
/* Appends W1. */
enum sr_err release_challenge(const struct releaser *r, const uint8_t rand[16], uint64_t now_ms,
                              struct buf *ret_w1);

/* W2 with all checked but its evidence, which must prove rd, and the policy for each want. Large (18 KiB). */
struct release_request {
    struct w1 challenge;
    struct sha512 rd, th;
    struct kem_pub ekw;
    struct span type, evidence; /* borrow from W2 */
    struct want_list wants;
    struct nonce nonce;
};
/* Order: form, version, network; MAC; age; epoch, policy, identity, key and lifetime equal the node's own
 * (SR_ESTALE, R_STALE_CHALLENGE); channel; want list. */
enum sr_err release_open_request(const struct releaser *r, struct span w2, const struct binding *binding,
                                 uint64_t now_ms, struct release_request *ret, struct sr_why *why);

/* The leaf that is on disk before W3 exists. */
struct release_promise {
    uint64_t leaf_index;
    struct span leaf, checkpoint;
};
/* The key halves that one W3 needs. key: secret half of r's release_pub; eph: for this one call. */
struct release_keys {
    const struct kem_key *eph;
    const struct sign_key *key;
};
/* r: as it is now. values: exactly the wants, in their order. R_EVIDENCE_SWAPPED (SR_EPROOF),
 * R_STALE_CHALLENGE (SR_ESTALE), R_RELEASE_VALUES (SR_EBUG), R_TOO_LARGE (SR_ETOOBIG). */
enum sr_err release_w3(const struct releaser *r, const struct release_request *q,
                       const struct verified *verified, const struct nonce_spent *spent,
                       const struct release_values *values, const struct release_promise *promise,
                       const struct release_keys *keys, struct buf *ret_w3, struct sr_why *why);

/* What the workload trusts: the id it pins, and the keys of that network's epochs, from the genesis record
 * (the hash of which is the id) and the chain of epochs. */
struct workload {
    struct sha256 cid;
    struct span type;                /* of its evidence */
    const struct epoch_pubs *epochs; /* [i] is epoch i + 1 */
    size_t nepochs;
    uint64_t min_policy;
};
struct release_challenged {
    struct span w1; /* borrows */
    struct w1 challenge;
};
/* R_WRONG_NETWORK (SR_EPROOF), R_EPOCH (SR_ESTALE: not the newest known), R_RELEASE_SIGNATURE (SR_EPROOF: not
 * this network's release key), R_POLICY_OLD (SR_ESTALE). */
enum sr_err release_read_challenge(const struct workload *w, struct span w1, struct release_challenged *ret,
                                   struct sr_why *why);

/* What the workload's evidence must be made over. The owner drops it. */
struct release_offer {
    struct release_challenged c;
    struct binding binding;
    struct buf want; /* canonical */
    struct kem_pub ekw;
    struct sha512 rd;
};
void release_offer_drop(struct release_offer *o);
/* wants: in canonical order (want_list_sort). ekw: drawn for this one request. */
enum sr_err release_rd(const struct workload *w, const struct release_challenged *c,
                       const struct kem_key *ekw, const struct want_list *wants,
                       const struct binding *binding, struct release_offer *ret, struct sr_why *why);

struct release_wait {
    struct sha512 th;
    struct w1 challenge;
};
/* Appends W2. evidence: over the offer's rd. ret: what W3 is read with. */
enum sr_err release_w2(const struct workload *w, const struct release_offer *o, struct span evidence,
                       struct buf *ret_w2, struct release_wait *ret);

/* Secret; the owner drops it. leaf and checkpoint borrow from W3. */
struct released {
    struct release_values values; /* in the order of the wants */
    uint64_t leaf_index;
    struct span leaf, checkpoint;
};
void released_drop(struct released *r);
/* All SR_EPROOF: R_RELEASE_SIGNATURE, R_SEAL_OPEN, R_RELEASE_VALUES. */
enum sr_err release_open(const struct workload *w, const struct release_wait *wait, const struct kem_key *ekw,
                         const struct want_list *wants, struct span w3, struct released *ret,
                         struct sr_why *why);
