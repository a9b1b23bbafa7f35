#pragma once
/* sqlite_file.h - the folder and the files of an sqlite store, looked at before sqlite does: everything here
 * may have been put there by an enemy. specs/keystore.md section 9. */
#include "store/store.h"

#include <limits.h>

enum {
    SQLITE_FILE_APP_ID = 0x53524b53, /* "SRKS" */
    SQLITE_FILE_FORMAT = 1,          /* PRAGMA user_version */
    SQLITE_FILE_PAGE = 4096,
};

struct sqlite_file {
    int dir;             /* the locked folder, or -1 */
    char path[PATH_MAX]; /* of the database, without symbolic links in it */
    char name[NAME_MAX + 1];
};
void sqlite_file_drop(struct sqlite_file *f);

/* Opens and locks the folder, refuses hostile files, says whether there is a database already. */
enum sr_err sqlite_file_open(const char *where, struct sqlite_file *ret, bool *ret_exists,
                             struct sr_why *why);
/* An empty file NAME.new, mode 0600 from birth, in place of any left over; its path goes to path. */
enum sr_err sqlite_file_new(struct sqlite_file *f, char path[static PATH_MAX], struct sr_why *why);
/* Puts NAME.new in its place and makes that durable. */
enum sr_err sqlite_file_publish(struct sqlite_file *f, struct sr_why *why);
/* A new, empty file at any path: refuses an existing one and a folder that is not ours. fd is the folder's.
 */
enum sr_err sqlite_file_create(const char *where, struct sqlite_file *ret, struct sr_why *why);
enum sr_err sqlite_file_sync(const struct sqlite_file *f); /* the file, then the folder */
