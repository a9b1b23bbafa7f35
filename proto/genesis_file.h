#pragma once
/* genesis_file.h - genesis.json: the genesis parameters as operators see, review and pass them round. What
 * counts is the canonical binary form it stands for (genesis_params_encode); two files that say the same give
 * the same parameters' hash. specs/genesis.md, "genesis.json". */
#include "proto/genesis.h"

enum { GENESIS_FILE_MAX = 64 << 10 };

struct genesis_file {
    struct genesis_params params;
    uint8_t opnonce[GENESIS_OPNONCE_MAX]; /* beside the parameters: stands in the genesis evidence */
    size_t opnonce_n;                     /* bytes, 1..64 */
};

/* SR_EFORMAT: R_GENESIS_FORMAT, or a json reason. SR_EPROOF, R_GENESIS_MISMATCH: made for the other mode. */
enum sr_err genesis_file_read(struct span json, struct genesis_file *ret, struct sr_why *why);
/* Appends canonical JSON. What genesis_params_encode() refuses is refused here. */
enum sr_err genesis_file_write(const struct genesis_file *f, struct buf *ret, struct sr_why *why);
