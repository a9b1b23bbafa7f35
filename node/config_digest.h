#pragma once
/* config_digest.h - the configuration that is measured: fields that are equal on all members of a network,
 * and never addresses. specs/evidence-tpm.md, "Config event": SHA-256(LP(label "config-event") || LP(mode) ||
 * LP(PCR selection) || LP(evidence options)) */
#include "crypto/hash.h"

struct claims;

/* selection: the bitmap of the quoted PCRs; there are no evidence options yet. */
struct sha256 config_digest(void);
/* Refuses to run as something else than what was measured: SR_EPROOF, R_CONFIG_DIFFERS. Nothing measured is
 * no difference: policy decides whether that is enough. */
enum sr_err config_digest_check(const struct claims *self, struct sr_why *why);
