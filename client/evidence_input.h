#pragma once
/* evidence_input.h - evidence and collateral as they lie about in files. */
#include "proto/evidence/collateral.h"

/* Evidence as raw bytes, hex of either case or base64 (line ends and blanks within are passed over), told
 * apart by what is in the file: no format that is verified here is all text. */
enum sr_err evidence_read_file(const char *path, struct buf *ret, struct sr_why *why);
/* Every regular file of a folder, not of folders in it. The caller frees *ret. */
enum sr_err collateral_read_dir(const char *dir, const struct pins *roots, struct collateral **ret,
                                struct sr_why *why);
