#pragma once
/* preflight.h - what can go wrong with an upgrade, asked before it: each check is a row with its verdict.
 * specs/upgrade.md, "Preflight". */
#include "client/remote.h"
#include "proto/announcement.h"
#include "proto/json.h"

enum preflight_verdict { PREFLIGHT_OK, PREFLIGHT_WARNING, PREFLIGHT_FAILS, PREFLIGHT_SKIPPED };

/* What the members that `here` lists said, each asked once. */
struct preflight_others {
    size_t n, answer;               /* without the member itself; how many of them are up */
    bool other_policy, other_epoch; /* one of those goes by another than `here` */
};

/* What the checks look at. Borrowed. */
struct preflight {
    const struct json *here;         /* status of the member to be upgraded */
    struct preflight_others others;  /* by preflight_survey() */
    struct http_client *socket;      /* its administrator's socket; NULL: not given */
    const struct announcement *what; /* NULL: not given */
};

/* Asks the other members for their status. how: as the member itself was called, with its node replaced. */
void preflight_survey(struct preflight *p, const struct remote_options *how);

enum { PREFLIGHT_TEXT_MAX = 320 };
struct preflight_check {
    const char *name;
    enum preflight_verdict (*run)(const struct preflight *p, char text[static PREFLIGHT_TEXT_MAX]);
};
/* Ended by an empty row. */
extern const struct preflight_check preflight_checks[];
