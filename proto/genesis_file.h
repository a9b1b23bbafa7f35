#pragma once
/* genesis_file.h - genesis.json: what the operators fix before there is a master, as people write it. Hex in
 * lower case; lists may stand in any order and are sorted here. specs/genesis.md, "genesis.json":
 *   {"akcas":{"k":1,"keys":[hex32,...]},"first_policy":hex32,"mode":"production","operators":{"k":1,"keys":[...]},
 *    "opnonce":hex(1..64 bytes),"recovery":{"keys":[],"t":0},"salt":hex32,"types":[{"roots":[hex32,...],
 *    "type":"tpm"}],"version":1,"witnesses":{"k":0,"keys":[]}} */
#include "proto/genesis.h"

enum { GENESIS_FILE_MAX = 64 << 10 }; /* bytes */

struct genesis_file {
    struct genesis_params params;
    uint8_t opnonce[GENESIS_OPNONCE_MAX];
    size_t nopnonce;
};

/* SR_EFORMAT with R_GENESIS_FORMAT or a json reason; SR_EPROOF, R_GENESIS_MISMATCH: the other mode's. */
enum sr_err genesis_file_read(struct span text, struct genesis_file *ret, struct sr_why *why);
/* Appends the canonical form. */
enum sr_err genesis_file_write(const struct genesis_file *f, struct buf *ret);
