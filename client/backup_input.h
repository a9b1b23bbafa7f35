#pragma once
/* backup_input.h - a backup from a file, as a command's argument. */
#include "proto/backup.h"

/* Verifies it and holds it against the network's id; cid: NULL takes the file's own word. SR_EPROOF,
 * R_WRONG_NETWORK; errors of backup_read(). */
enum sr_err backup_input_verify(const char *path, const struct sha256 *cid, struct backup *ret,
                                struct sr_why *why);
