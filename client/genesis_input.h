#pragma once
/* genesis_input.h - a genesis bundle from anywhere, checked and verified before anything in it counts. */
#include "client/remote.h"
#include "proto/genesis.h"

/* From a file; with path NULL from a member. */
enum sr_err genesis_input_get(const char *path, const struct remote_options *from, struct buf *ret,
                              struct sr_why *why);

/* opnonce: what the operators chose; empty takes the bundle's word. collateral: a folder; NULL: none. ret
 * borrows from bundle. Errors as genesis_check() and genesis_verify() give. */
enum sr_err genesis_input_verify(struct span bundle, const struct sha256 *cid, struct span opnonce,
                                 const char *collateral, struct genesis_checked *ret,
                                 struct claims *ret_claims, struct sr_why *why);
