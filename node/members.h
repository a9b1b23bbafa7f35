#pragma once
/* members.h - the members we know of, by certificates that the network's own key signed: they are passed on
 * from member to member and need no other proof. Any thread may call. */
#include "node/home.h"

struct journal;
struct members;
struct policy;
enum { MEMBERS_MAX = 1024 };

enum sr_err members_open(struct home *home, struct members **ret, struct sr_why *why); /* borrows home */
void members_close(struct members *m);

/* Epochs later than this member's, from a chain as proto/epoch.h has it, which proves itself: from here on
 * their certificates can be read. So whoever is behind still knows who is a member, and can vouch for it. In
 * memory alone. SR_EPROOF, R_EPOCH_CHAIN: nothing changed. */
enum sr_err members_hear(struct members *m, struct span chain, struct sr_why *why);

/* Is there room for a member of that key, known or new? SR_ETOOBIG, R_TOO_LARGE: there are MEMBERS_MAX
 * others. Then nobody joins any more; those who are members go on. */
enum sr_err members_room(struct members *m, const struct sign_pub *key, struct sr_why *why);
/* Checks a certificate; true in *ret_new when it was not known or is newer than the one we have. SR_EPROOF,
 * R_MEMBER_CERT; errors of members_room(). */
enum sr_err members_check(struct members *m, struct span cert, struct member_cert *ret, bool *ret_new,
                          struct sr_why *why);
/* Adds the row to a transaction that the caller commits, then members_learn() once it did. */
void members_put(struct keystore_txn *t, const struct member_cert *c, struct span cert);
void members_learn(struct members *m, const struct member_cert *c);
/* Check, write and learn in one, for certificates from peers. SR_EPROOF, R_MEMBER_CERT: of an epoch before
 * p's min_epoch, too. */
enum sr_err members_take(struct members *m, const struct policy *p, struct span cert, bool *ret_new,
                         struct sr_why *why);

/* Those of a list as members_write() writes it that verify, each as above; the others are passed over.
 * SR_EFORMAT: not a list. */
enum sr_err members_take_all(struct members *m, const struct policy *p, struct span list);

/* Is it a member under that policy: not expelled, and the certificate of an epoch that counts. What a member
 * signs, witnesses or vouches for counts for as long. */
bool members_counts(const struct policy *p, const struct member_cert *c);
/* That key's certificate is known, and counts. */
bool members_has_key(struct members *m, const struct sign_pub *key, const struct policy *p);
bool members_knows(struct members *m, const struct sign_pub *key); /* by a certificate of any epoch */
size_t members_count(struct members *m);
/* Those that the policy does not expel, whatever the epoch of their certificates. */
size_t members_left_by(struct members *m, const struct policy *p);
/* Goes up whenever a certificate is learnt. */
uint64_t members_changes(struct members *m);
/* A copy of the i-th; SR_ENOENT past the end. Order: as learnt. */
enum sr_err members_at(struct members *m, size_t i, struct member_cert *ret);
/* Every certificate, MEMBERS_MAX at most: u16 n, n x LP(cert). */
enum sr_err members_write(struct members *m, struct buf *ret, struct sr_why *why);
