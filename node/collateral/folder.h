#pragma once
/* folder.h - a folder of collateral: its files, read whole, in the order of their names. */
#include "proto/evidence/collateral.h"

enum {
    COLL_NAME_MAX = 255 /* bytes of a file's name */,
    COLL_FOLDER_MAX = 32 << 20 /* bytes of all files */
};

struct coll_file {
    char name[COLL_NAME_MAX + 1];
    struct buf bytes;
};
/* {0} is empty. */
struct coll_folder {
    struct coll_file *file;
    size_t n;
    size_t refused; /* entries that are no regular files of at most COLLATERAL_FILE_MAX bytes */
};
void coll_folder_drop(struct coll_folder *f);

/* One more, which need not be a file: a copy. SR_ETOOBIG: there are COLLATERAL_FILES_MAX. */
enum sr_err coll_folder_add(struct coll_folder *f, const char *name, struct span bytes, struct sr_why *why);
/* One file's pieces, each one thing: the blocks of PEM as DER, anything else as it is. SR_EFORMAT
 * R_COLLATERAL_FORMAT: it begins as PEM and does not go on so. */
enum sr_err coll_folder_split(struct coll_folder *f, const char *name, struct span file, struct sr_why *why);

/* Every regular file of a folder, not of folders in it, hidden ones not. What is none (a link, a FIFO, a
 * device, too many bytes) is counted and passed over, and never waited for. SR_ENOENT: no such folder;
 * SR_ETOOBIG: more than COLLATERAL_FILES_MAX files or COLL_FOLDER_MAX bytes; R_CONFIG. */
enum sr_err coll_folder_read(const char *dir, struct coll_folder *ret, struct sr_why *why);
/* A set of what was read. As collateral_make(). */
enum sr_err coll_folder_set(const struct coll_folder *f, const struct pins *roots, struct collateral **ret,
                            struct sr_why *why);
