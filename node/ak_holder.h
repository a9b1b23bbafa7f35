#pragma once
/* ak_holder.h - this member's own AK certificate: short-lived, so made anew in good time. Any thread. */
#include "proto/ak_cert.h"

struct ak_holder;
/* One that holds nothing yet. SR_ENOMEM. */
enum sr_err ak_holder_new(struct ak_holder **ret);
void ak_holder_free(struct ak_holder *h); /* NULL is fine */
struct ak_want {
    uint64_t epoch;   /* a certificate dies with its epoch */
    uint64_t max_age; /* seconds, by policy */
};
/* Appends the certificate. SR_ENOENT: there is none of that epoch, or it is past half its life or half of
 * max_age, or not valid yet, as after a clock was set back. */
enum sr_err ak_holder_get(struct ak_holder *h, uint64_t now, const struct ak_want *want, struct buf *ret);
/* SR_EFORMAT: not a certificate. */
enum sr_err ak_holder_set(struct ak_holder *h, struct span cert, struct sr_why *why);
