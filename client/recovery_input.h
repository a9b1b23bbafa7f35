#pragma once
/* recovery_input.h - a recovery file, or a genesis bundle alone, from anywhere: checked and verified before
 * anything in it counts. */
#include "client/remote.h"
#include "proto/recovery_file.h"

/* Large: not on the stack of a thread. */
struct recovery_input {
    struct sha256 cid;
    struct buf bytes;
    struct recovery_file file;      /* borrows from bytes */
    struct genesis_checked genesis; /* the same */
    struct claims first;            /* of the genesis evidence */
    struct recovery_epochs epochs;
};
void recovery_input_drop(struct recovery_input *in);

/* From a file; with path NULL from a member. cid: text. collateral: a folder; NULL: none. ret: empty; drop it
 * whatever is returned. SR_EDENIED, R_RECOVERY_NONE: a network without holders. Else as genesis_check(),
 * genesis_verify() and recovery_file_check() give. */
struct recovery_source_options {
    const char *path, *cid, *collateral;
    struct remote_options from;
};
enum sr_err recovery_input_get(const struct recovery_source_options *o, struct recovery_input *ret,
                               struct sr_why *why);
