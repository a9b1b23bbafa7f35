#pragma once
/* status_witness.h - who has witnessed this member's log, in its status and metrics. Private to status*.c. */
#include "crypto/bytes.h"

struct core;

/* "peers" while members and witnesses guard this log as policy asks for, else "none". */
const char *status_rollback(struct core *c);
void status_witnesses(struct core *c, struct buf *ret); /* the value of "witnesses" */
void status_witness_warnings(struct core *c, struct buf *ret);
void status_witness_gauges(struct core *c, struct buf *ret);
