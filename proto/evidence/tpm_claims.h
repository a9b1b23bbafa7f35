#pragma once
/* tpm_claims.h - the claims that follow from PCR values and the event log alone, so that a node can say of
 * itself what a verifier would say of it. */
#include "proto/claims.h"
#include "proto/evidence/event_log.h"
#include "proto/evidence/tpm_quote.h"

/* type, code, code.count, measurement, config (absent: the launcher was given none), boot, pcr14.start,
 * pcr.N. SR_EPROOF R_EVENT_LOG: the log does not lead to the value of PCR 14. */
enum sr_err tpm_claims_measured(const struct event_log *log, const struct tpm_pcrs *pcrs, struct claims *ret,
                                struct sr_why *why);
