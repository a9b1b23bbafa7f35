#pragma once
/* report.h - what a set holds, for operators: each thing with who vouches for it, since when and how long it
 * is good, its number and its age. */
#include "proto/evidence/collateral_items.h"

/* A status is for everybody: which machines there are is not. */
enum report_extent { REPORT_ALL, REPORT_WITHOUT_CHIPS /* no VCEK */ };
/* A canonical JSON array, an object an item: age (seconds since it was issued), from, until (unix seconds),
 * kind, name, number (when it has one), reason ("none" when it counts now). */
void coll_report_json(const struct collateral *c, const struct pins *roots, time_t now,
                      enum report_extent extent, struct buf *ret);
/* A line an item. */
void coll_report_text(const struct collateral *c, const struct pins *roots, time_t now, struct buf *ret);
/* What does not count now (without those that something newer stands in for: a list that is kept for what it
 * revokes, a certificate whose key was certified again), and the first moment from now on at which something
 * ends (0: nothing does). */
struct coll_summary {
    size_t items, refused;
    time_t ends;
};
struct coll_summary coll_summary(const struct collateral *c, const struct pins *roots, time_t now);
