#pragma once
/* collateral_ask.h - what an operator wants fetched: by evidence, by a platform's FMSPC, by a processor's
 * product and chip. */
#include "client/cli.h"
#include "proto/evidence/collateral_wants.h"

struct collateral_ask {
    struct option_list evidence, fmspc, product,
        chip; /* chip: PRODUCT:CHIP_ID:TCB, all as a report has them */
};
/* Against what is held already: only what is missing is wanted for evidence; what is named is wanted always.
 * SR_EFORMAT R_CONFIG: a word that is none; or R_EVIDENCE_FORMAT: a file that is no evidence of SNP, TDX or
 * SGX. */
enum sr_err collateral_ask_wants(const struct collateral_ask *ask, const struct collateral *held,
                                 const struct pins *roots, struct coll_wants *ret, struct sr_why *why);
