#pragma once
/* collateral_parts.h - what the files of collateral share. */
#include "proto/evidence/collateral.h"

/* Roots, then the lists by roots, then what roots signed, then the lists by those, then leaves. */
void collateral_judge_all(struct collateral *c, const struct pins *roots);
/* Intel's JSON, with its signature. SR_EFORMAT: none of the documents that we know. */
enum sr_err collateral_put_document(struct collateral *c, struct span file, struct sr_why *why);
