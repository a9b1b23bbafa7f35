#pragma once
/* announcement.h - how a machine will be started the next time: what an operator knows of new software or a
 * new operating system before it runs. A member seals ahead to it when the policy in force takes a machine so
 * started for a member. Canonical JSON; specs/upgrade.md, "Announcement". */
#include "proto/evidence/event_log.h"
#include "proto/evidence/tpm_quote.h"
#include "proto/json.h"

enum { ANNOUNCEMENT_MAX = 8192 /* bytes */, ANNOUNCED_FILES_MAX = EVENTS_MAX - 1 };

struct announced_pcr {
    unsigned index;
    struct sha256 value;
};

/* What is absent stays as it is now. */
struct announcement {
    struct sha256 file[ANNOUNCED_FILES_MAX]; /* as the launcher measures them: the program first */
    size_t nfiles;
    bool has_config, has_start;
    struct sha256 config;                   /* of the program's --print-config-digest */
    struct sha256 start;                    /* of PCR 14, before the launcher */
    struct announced_pcr pcr[TPM_SELECTED]; /* rising; never 14, which follows from the files */
    size_t npcrs;
};

/* SR_EFORMAT R_ANNOUNCEMENT, or a JSON reason: no file, too many, a PCR that no quote holds, or 14, or not
 * rising. SR_ETOOBIG. */
enum sr_err announcement_read(struct span text, struct announcement *ret, struct sr_why *why);
void announcement_write(const struct announcement *a, struct buf *ret);

/* What the event log and the PCRs will be, from what they are. SR_EFORMAT R_EVENT_LOG: there is no log now.
 */
enum sr_err announcement_apply(const struct announcement *a, const struct event_log *now,
                               const struct tpm_pcrs *pcrs, struct event_log *ret_log,
                               struct tpm_pcrs *ret_pcrs, struct sr_why *why);
