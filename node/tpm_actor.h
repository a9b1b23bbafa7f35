#pragma once
/* tpm_actor.h - the one thread that talks to the platform. TPMs do one thing at a time and take milliseconds
 * to seconds; so callers queue here, at most `queue` of them, and each waits no longer than the deadline. Any
 * thread may call; every call blocks. */
#include "node/platform/platform.h"

struct tpm_actor;

struct tpm_actor_options {
    size_t queue;         /* callers that may hold a slot at a time, at least 1 */
    unsigned deadline_ms; /* for one call, the wait in the queue included */
};

/* Takes the platform, also on failure. */
enum sr_err tpm_actor_start(struct platform *take, const struct tpm_actor_options *o, struct tpm_actor **ret);
/* Waits for the job that runs. No caller may be inside. NULL is fine. */
void tpm_actor_stop(struct tpm_actor *a);

const char *tpm_actor_type(const struct tpm_actor *a); /* the tee_type */
bool tpm_actor_enrols(const struct tpm_actor *a);

/* A place in the queue. Handlers take one before they consume a nonce, so that a node that is too busy to
 * quote answers "try again" while the challenge is still good. */
struct tpm_slot {
    struct tpm_actor *actor;
};
enum sr_err tpm_slot_take(struct tpm_actor *a, struct tpm_slot *ret,
                          struct sr_why *why); /* SR_EBUSY R_BUSY */
void tpm_slot_drop(struct tpm_slot *s);

/* As platform_*(), in the actor's thread. SR_EBUSY, R_BUSY: no place in the queue, or the deadline passed. */
enum sr_err tpm_actor_quote(struct tpm_slot *s, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                            struct sr_why *why);
enum sr_err tpm_actor_seal(struct tpm_actor *a, const struct key *k, struct buf *ret, struct sr_why *why);
enum sr_err tpm_actor_unseal(struct tpm_actor *a, struct span blob, struct key *ret, struct sr_why *why);
enum sr_err tpm_actor_policy_digest(struct tpm_actor *a, struct sha256 *ret, struct sr_why *why);
enum sr_err tpm_actor_enrol_request(struct tpm_actor *a, const struct sha256 *network, struct buf *ret_e1,
                                    struct sr_why *why);
enum sr_err tpm_actor_enrol_answer(struct tpm_actor *a, struct span e1, struct span e2, struct buf *ret_e3,
                                   struct sr_why *why);
enum sr_err tpm_actor_self_claims(struct tpm_actor *a, struct claims *ret, struct sr_why *why);
