#pragma once
/* status_collateral.h - what a status says of collateral: what is held, how old it is and when it ends, what
 * became of the last fetch. Which machines there are is nobody's business: VCEKs are counted, not listed. */
#include "crypto/bytes.h"

struct node;

/* The value of the member "collateral": an object. */
void status_collateral(struct node *n, struct buf *ret);
bool status_collateral_ends(struct node *n); /* something that is held does not count now */
void status_collateral_gauges(struct node *n, struct buf *ret);
