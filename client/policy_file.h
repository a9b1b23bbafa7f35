#pragma once
/* policy_file.h - a policy as operators keep it: signed, or a draft. */
#include "proto/policy.h"

/* The caller holds one reference to *ret. Signatures are not looked at. */
enum sr_err policy_read_file(const char *path, struct policy **ret, struct sr_why *why);
