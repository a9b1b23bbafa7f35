#pragma once
/* status_witness.h - who has witnessed this member's log, in its status and metrics. Private to status*.c. */
#include "crypto/bytes.h"

struct core;

void status_witnesses(struct core *c, struct buf *ret); /* the value of "witnesses" */
/* What of it somebody should look at: texts in the array of warnings. */
void status_witness_warnings(struct core *c, struct buf *ret);
/* In Prometheus' text. */
void status_witness_gauges(struct core *c, struct buf *ret);
