#pragma once
/* reached.h - which check refused, for which reason, in which words: a line for each refusal of a made-up
 * world, when SEALRING_REACHED is set. parts/evidence_reach.py compares them with the sources. */
#include "proto/evidence/checks.h"

#include <stdio.h>
#include <stdlib.h>

/* One that no trail shows. */
static inline void reached_text(const char *type, const struct sr_why *why)
{
    if (getenv("SEALRING_REACHED"))
        printf("reached|%s||%s|%s\n", type, sr_reason_text(why->reason), why->text);
}

static inline void reached(const char *type, const struct check_trail *t, const struct sr_why *why)
{
    if (!getenv("SEALRING_REACHED"))
        return;
    for (size_t i = 0; i < t->n; i++) {
        if (t->c[i].outcome == CHECK_FAILED)
            printf("reached|%s|%s|%s|%s\n", type, t->c[i].name, sr_reason_text(t->c[i].reason), why->text);
        else if (t->c[i].outcome == CHECK_PASSED)
            printf("passed|%s|%s\n", type, t->c[i].name);
    }
}
