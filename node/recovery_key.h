#pragma once
/* recovery_key.h - the key that masters are sealed to for recovery: only one that the genesis evidence
 * vouches for. Some evidence can be verified no longer than the vendors' collateral of its day is at hand, so
 * a member remembers that it did, and takes the word of another that is a member of the newest epoch: whoever
 * could give that falsely has the masters. Any thread may call. specs/recovery.md, "Later epochs". */
#include "node/core.h"
#include "node/peer.h"

/* SR_ENOENT: R_RECOVERY_NONE the record has no holders; R_NOT_FOUND this member has no copy of the bundle.
 * Else as genesis_verify() gives. */
enum sr_err recovery_key_get(struct node *n, struct core *c, struct kem_pub *ret, struct sr_why *why);
/* Another member's word for our bundle: a recovery file with it, of an epoch not before ours. It is kept.
 * SR_EPROOF: R_RECOVERY_FILE nobody signed it, or it is about another bundle; SR_ESTALE, R_EPOCH. Else as
 * recovery_file_check() gives. */
enum sr_err recovery_key_told(struct core *c, struct span file, struct sr_why *why);
/* In a round with a peer: its word, where the evidence does not verify here any more. SR_OK also where there
 * is nothing to ask, or it has none to give. */
enum sr_err recovery_key_ask(struct node *n, struct core *c, struct peer_link *p, struct sr_why *why);
