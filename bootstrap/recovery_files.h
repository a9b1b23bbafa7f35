#pragma once
/* recovery_files.h - the folder that holders' messages are put into. The host owns it: whatever lies there is
 * looked at once and may be anything. */
#include "node/logline.h"
#include "proto/recovery_transfer.h"

enum { RECOVERY_FILES_MAX = 256 };

/* Which files were looked at: name and content. */
struct recovery_files {
    size_t n;
    struct sha256 seen[RECOVERY_FILES_MAX];
};

/* One look at the folder: every file that was not seen is given to the collection, and what became of it is
 * logged: "recovery-share" with the holder's place, or with the file and the reason. SR_EIO: no folder. */
enum sr_err recovery_files_look(struct recovery_files *f, const char *folder, struct recovery_gather *g,
                                const struct logger *log, struct sr_why *why);
