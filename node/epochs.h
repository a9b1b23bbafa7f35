#pragma once
/* epochs.h - the epochs that a member knows and the masters that it holds, as one set that never changes and
 * is swapped whole: keyring, public halves and chain always belong together. A handler takes one hold for the
 * length of its request and uses nothing else; what is sealed is sealed with the set that the comparison
 * before it looked at (specs/node.md, "Threads, and who holds locks"). Any thread may call. */
#include "node/keyring.h"

struct epochs {
    struct keyring *keyring;
    struct epoch_pubs pub[EPOCHS_MAX]; /* [i] is epoch i + 1 */
    size_t n;
    struct buf chain; /* as proto/epoch.h has it: what pub follows from */
    _Atomic(unsigned) refs;
};

/* A set of its own, with one reference. keyring: taken, also on failure; pub and chain are copied. */
enum sr_err epochs_new(struct keyring *keyring, const struct epoch_pubs *pub, size_t n, struct span chain,
                       struct epochs **ret);
/* The newest epoch that the chain names. */
const struct epoch_pubs *epochs_newest(const struct epochs *e);

/* One counted reference. {NULL}: none. */
struct epochs_hold {
    struct epochs *e;
};
void epochs_hold_drop(struct epochs_hold *h);
struct epochs_hold epochs_hold_of(struct epochs *e); /* one more; {NULL} of NULL */

/* The set in use. */
struct epochs_holder;
enum sr_err epochs_holder_new(struct epochs *first,
                              struct epochs_holder **ret);     /* takes it, also on failure */
void epochs_holder_free(struct epochs_holder *h);              /* NULL is fine */
struct epochs_hold epochs_holder_get(struct epochs_holder *h); /* {NULL} of NULL: there is none yet */
/* From here on others get next; those who hold the one before keep it until they are done. Takes next. */
void epochs_holder_swap(struct epochs_holder *h, struct epochs *next);
