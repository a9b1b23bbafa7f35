#pragma once
/* policy_holder.h - the policy in force: one signed document at a time, swapped whole, never taken back. Any
 * thread may call. Every policy ever held stays in the keystore, so that members that lag can catch up. */
#include "proto/policy_delay.h"

struct journal;
struct keystore;
struct keystore_txn;
struct policy_holder;

struct policy_holder_options {
    struct keystore *ks; /* borrowed, as all here */
    struct journal *journal;
    struct sha256 cid;
    struct sha256 first; /* hash of policy number 1, from the genesis record */
    const struct sign_pub *operators;
    size_t operators_n, operators_k;
};

/* Opens on the newest policy in the keystore; with none there, the first policy_holder_apply() only needs to
 * be one of this network. */
enum sr_err policy_holder_open(const struct policy_holder_options *o, struct policy_holder **ret,
                               struct sr_why *why);
void policy_holder_close(struct policy_holder *h); /* NULL is fine */

/* The snapshot in force, with a reference of the caller's own; {NULL} while there is none. */
struct policy_hold policy_holder_get(struct policy_holder *h);
/* The signed text of a number; 0 is the one in force. SR_ENOENT. */
enum sr_err policy_holder_text(struct policy_holder *h, uint64_t number, struct buf *ret, struct sr_why *why);

/* The next policy, from operators or another member: checks signatures, then that it leads on from the one in
 * force, writes it with its leaf, then swaps. Errors as policy_signed_check() and policy_follows() give. */
enum sr_err policy_holder_apply(struct policy_holder *h, struct span text, struct sr_why *why);

/* A member that joined late holds its policy and those that came after. The lowest number from which on it
 * has all of them; 0 while there is none. */
uint64_t policy_holder_oldest(struct policy_holder *h);
/* The one before that, from another member: of this network, and the one that the oldest names as its
 * previous. It is kept for others; it does not count here. SR_EPROOF, R_POLICY_CHAIN. */
enum sr_err policy_holder_before(struct policy_holder *h, struct span text, struct sr_why *why);

/* What the policy in force newly lets in and must wait for, with the time to hold it against: for
 * policy_join_waiting(). The caller drops it. A policy that is taken after policy_holder_get() waits here
 * already; that is on the safe side. */
void policy_holder_waits(struct policy_holder *h, struct policy_waits *ret, struct policy_moment *ret_now);

/* A member that joined can't tell what is new before it has the policies from before its time, or knows that
 * nobody has them. Asked before every grant. */
bool policy_holder_knows_past(struct policy_holder *h);
/* All members that answered were asked, and none has them. */
enum sr_err policy_holder_past_ends(struct policy_holder *h, struct sr_why *why);

/* Adds the policy that a member is born with to the transaction that makes it one. Open the holder after that
 * transaction. Errors as policy_signed_check() gives. */
enum sr_err policy_holder_put(const struct policy_holder_options *o, struct span text,
                              struct keystore_txn *txn, struct sr_why *why);

/* Is it a policy of this network: signed by k operators, or number 1 with the pinned hash? */
enum sr_err policy_holder_check(const struct policy_holder_options *o, const struct policy_signed *s,
                                struct sr_why *why);
