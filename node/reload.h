#pragma once
/* reload.h - what SIGHUP and the administrator's `reload` read again: TLS files, the folder of collateral. */
#include "node/node.h"

/* All that is configured, each whatever became of the other; the first failure is returned, and what failed
 * stays as it was. SR_ENOENT, R_NOT_FOUND: nothing is configured. */
enum sr_err reload_all(struct node *n, struct sr_why *why);
