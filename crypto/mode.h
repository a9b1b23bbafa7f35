#pragma once
/* mode.h - production or insecure, fixed when the program is linked, never chosen at run time.
 * Each program links exactly one of mode_production.c and mode_insecure.c: other label prefix, other cid
 * prefix, so that nothing made by one mode means anything to the other. */

struct mode {
    const char *name;         /* "production", "insecure": stands in the genesis record */
    const char *label_prefix; /* in front of every hash, signature and derivation label */
    const char *cid_prefix;   /* "sr1", "srx1" */
};

extern const struct mode sr_mode;
