#pragma once
/* policy_file.h - a policy as operators keep it: signed, or a draft in any layout. */
#include "proto/policy.h"

/* Signatures are not looked at; a draft has none. Canonicalised first, so the hash is the canonical form's.
 */
enum sr_err policy_read_signed(const char *path, struct policy_signed *ret, struct sr_why *why);
/* The policy alone. The caller holds one reference to *ret. */
enum sr_err policy_read_file(const char *path, struct policy **ret, struct sr_why *why);
