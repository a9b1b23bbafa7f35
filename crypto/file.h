#pragma once
/* file.h - whole files, in and out. Whatever the host put there (a symbolic link, a FIFO, a device, too many
 * bytes) is refused without waiting for it. */
#include "crypto/bytes.h"
#include "crypto/err.h"

/* Appends a regular file of at most max bytes. Symbolic links in the last component are refused. SR_ENOENT:
 * there is none; SR_EIO with R_CONFIG: it is something else, or too large. */
enum sr_err file_read(const char *path, size_t max, struct buf *ret, struct sr_why *why);
/* Replaces the file or leaves the old one, also when the machine stops in between: temporary file with its
 * final mode, fsync, rename, fsync of the folder. */
enum sr_err file_write(const char *path, unsigned mode, struct span content, struct sr_why *why);
