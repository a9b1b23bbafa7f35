#pragma once
/* collateral_holder.h - the collateral that this node verifies with: one set at a time, swapped whole. A
 * verification keeps the set it began with. What verifies is kept on disk, and nothing older takes its place,
 * also after a restart. Any thread may call. specs/collateral.md, "In a node". */
#include "node/collateral/folder.h"
#include "node/logline.h"
#include "proto/genesis.h"

struct collateral_holder;

/* Borrowed as long as the holder lives. */
struct collateral_holder_options {
    const char *dir;  /* of the administrator; empty: none */
    const char *keep; /* of ours, made when it is not there: where it is kept */
    const struct logger *log;
};
enum sr_err collateral_holder_new(const struct collateral_holder_options *o, struct collateral_holder **ret);
void collateral_holder_free(struct collateral_holder *h); /* NULL is fine; no hold may be left */

/* The roots that count, all types together: those of the network's genesis record but a TPM's, and no others.
 * From here on there is a set; before, all evidence that needs one is refused. A folder that can't be read is
 * no failure: it is logged, and the set is empty. Doing it again with the same roots does nothing. */
enum sr_err collateral_holder_trust(struct collateral_holder *h, const struct genesis_params *p,
                                    struct sr_why *why);
/* Reads the folder again. When that fails the set stays what it is. Before there are roots: nothing. */
enum sr_err collateral_holder_reload(struct collateral_holder *h, struct sr_why *why);
/* Takes what was fetched: verified, kept, and in the set from now on; what is refused is logged, and *ret_why
 * (may be NULL) is why the last one was. SR_EBUSY R_NOT_READY: there are no roots yet. */
enum sr_err collateral_holder_take(struct collateral_holder *h, const struct coll_folder *pieces,
                                   struct sr_why *ret_why, struct sr_why *why);

/* The set in force with a reference of the caller's own. */
struct collateral_hold {
    struct collateral_shared *s;
};
void collateral_hold_drop(struct collateral_hold *h);
struct collateral_hold collateral_holder_get(struct collateral_holder *h);
/* Borrow; NULL and nobody while there is none. */
const struct collateral *collateral_held(const struct collateral_hold *h);
struct pins collateral_held_roots(const struct collateral_hold *h);
