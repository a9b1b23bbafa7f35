#pragma once
/* witness.h - this member as a witness of the others' logs: what it has seen of each, sealed in the keystore,
 * and whether it cosigns one more checkpoint. What is stored never goes back: each write names the commit of
 * the row that was judged, so that of two requests at one time one is judged anew. specs/log.md section 7.
 * Any thread may call. */
#include "proto/member.h"
#include "proto/witness.h"

struct core;
struct node;

/* Judges the request by what is stored of this log, stores, and appends our cosignature to ret. *ret_size is
 * what we have when the reason is R_WITNESS_SIZE. Errors of witness_request_read(), checkpoint_open() and
 * witness_judge(); SR_ENOENT, R_NOT_FOUND: no log of another member; errors of witness_boot_check() and
 * witness_judge_boot(). Two histories are written down in our own log, and nothing of that log is cosigned
 * from then on. */
enum sr_err witness_take(struct node *n, struct core *c, struct span request, const struct witness_boot *boot,
                         struct buf *ret, uint64_t *ret_size, struct sr_why *why);

/* At the start: counts the forks seen before. SR_EPROOF, R_STORE_TAMPERED. */
enum sr_err witness_load(struct core *c, struct sr_why *why);

/* The member whose log has that origin. SR_ENOENT, R_NOT_FOUND: none, or we ourselves. */
enum sr_err witness_member(struct core *c, const char *origin, struct member_cert *ret, struct sr_why *why);
/* What we have of that member's log; {0} when nothing. */
enum sr_err witness_recall(struct core *c, const struct sign_pub *member, struct witness_row *ret,
                           uint64_t *ret_seq, struct sr_why *why);
