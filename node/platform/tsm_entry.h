#pragma once
/* tsm_entry.h - one report from the kernel's report interface, configfs-tsm: an entry (a folder) of our own
 * is made, used once and removed. Linux Documentation/ABI/testing/configfs-tsm; fs/configfs. These calls
 * block for as long as the kernel does: late.h puts an end to it. specs/platform-tsm.md. */
#include "crypto/bytes.h"
#include "crypto/err.h"

#define TSM_REPORT_DIR "/sys/kernel/config/tsm/report"
enum {
    TSM_INBLOB_SIZE = 64,    /* both providers want exactly that */
    TSM_BLOB_MAX = 32 << 10, /* bytes of outblob or auxblob, the kernel's limit */
    TSM_PROVIDER_SIZE = 32,  /* with its NUL */
    TSM_TRIES = 16           /* before a busy or raced interface has failed */
};

struct tsm_ask {
    const char *dir; /* the report folder */
    uint8_t inblob[TSM_INBLOB_SIZE];
    int64_t end; /* monotonic milliseconds: nothing is tried again after it */
};
struct tsm_report {
    char provider[TSM_PROVIDER_SIZE];
    struct buf out, aux; /* aux: empty where there is none */
};
void tsm_report_drop(struct tsm_report *r);

/* Which provider answers. SR_ENOENT R_TSM: there is no such folder, or nobody behind it. SR_EIO R_TSM: the
 * kernel refuses, or goes on refusing until the end. */
enum sr_err tsm_provider(const char *dir, int64_t end, char ret[static TSM_PROVIDER_SIZE],
                         struct sr_why *why);
/* A report over ask->inblob. What another writer to the entry did is noticed by the count of writes, and all
 * of it is done anew in another entry; so is what the kernel could not do just now. */
enum sr_err tsm_report_get(const struct tsm_ask *ask, struct tsm_report *ret, struct sr_why *why);

/* Removes what processes that were killed left behind: entries of ours whose process is no more. */
void tsm_sweep(const char *dir);

int64_t tsm_now(void); /* monotonic milliseconds */
