#pragma once
/* sessions.h - joins between M4 and M6: what the granter needs to check M5, and the M6 it has sent, for the
 * joiner whose answer got lost. Bounded; entries go when their challenge expires. Any thread may call. */
#include "proto/join.h"

struct sessions;

/* Room for max sessions. SR_ENOMEM. */
enum sr_err sessions_new(size_t max, struct sessions **ret);
void sessions_free(struct sessions *s); /* wipes; NULL is fine */

/* Is there room for one more? SR_EBUSY, R_NONCES_FULL: asked before a nonce is consumed. */
enum sr_err sessions_room(struct sessions *s, uint64_t now_ms, struct sr_why *why);
/* Takes p. SR_EBUSY when full; SR_EBUG when that session exists. */
enum sr_err sessions_put(struct sessions *s, struct join_pending *p, uint64_t now_ms);

/* Whoever begins a session has it alone until sessions_end(). m6 is filled when that session is over and its
 * answer is known: it is the answer to a repeat of the same M5 (m5: its hash), and the caller must not end.
 * SR_EAUTH, R_SESSION_UNKNOWN; SR_EBUSY, R_BUSY: another thread is at it. */
enum sr_err sessions_begin(struct sessions *s, const struct session_id *sid, const struct sha256 *m5,
                           uint64_t now_ms, struct join_pending *ret, struct buf *m6, struct sr_why *why);
/* m6: empty when the M5 was refused; the session stays for the right one. */
void sessions_end(struct sessions *s, const struct session_id *sid, const struct sha256 *m5, struct span m6);
