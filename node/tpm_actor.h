#pragma once
/* tpm_actor.h - the one thread that talks to the platform. TPMs do one thing at a time and take milliseconds
 * to seconds; so callers queue here, at most `queue` of them, and each waits no longer than the deadline. Any
 * thread may call; every call blocks. */
#include "node/platform/platform.h"

struct tpm_actor;

/* A platform fails when its device does not answer, or answers with trouble of its own. Until it answers
 * again every call is refused at once (SR_EBUSY, R_TPM), and the actor's thread tries it every probe_ms. */
struct tpm_actor_options {
    size_t queue;         /* callers that may hold a slot at a time, at least 1 */
    unsigned deadline_ms; /* for one call, the wait in the queue included */
    unsigned probe_ms;    /* 0: TPM_ACTOR_PROBE_MS */
    /* Told of each change, by whichever thread noticed it; NULL: nobody. why: of a failure. */
    void (*on_health)(void *ctx, bool healthy, const struct sr_why *why);
    void *ctx;
};
enum { TPM_ACTOR_PROBE_MS = 5000, TPM_ACTOR_STOP_MS = 2000 };

/* Takes the platform, also on failure. */
enum sr_err tpm_actor_start(struct platform *take, const struct tpm_actor_options *o, struct tpm_actor **ret);
/* Callers that wait leave with SR_EBUSY, and none is let in any more. */
void tpm_actor_quit(struct tpm_actor *a);
/* Waits TPM_ACTOR_STOP_MS for the job that runs; a thread that the device holds longer is left behind with
 * all it has, for the process ends. No caller may be inside. NULL is fine. */
void tpm_actor_stop(struct tpm_actor *a);

bool tpm_actor_healthy(struct tpm_actor *a, struct sr_why *why); /* false: why it failed */

const char *tpm_actor_type(const struct tpm_actor *a); /* the tee_type */
/* Does its evidence need an AK certificate? */
bool tpm_actor_enrols(const struct tpm_actor *a);
bool tpm_actor_seals(const struct tpm_actor *a);
const char *tpm_actor_sealer(const struct tpm_actor *a); /* as platform_sealer() */

/* A place in the queue. Handlers take one before they consume a nonce, so that a node that is too busy to
 * quote answers "try again" while the challenge is still good. */
struct tpm_slot {
    struct tpm_actor *actor;
};
enum sr_err tpm_slot_take(struct tpm_actor *a, struct tpm_slot *ret,
                          struct sr_why *why); /* SR_EBUSY R_BUSY, or the platform's trouble */
void tpm_slot_drop(struct tpm_slot *s);

/* As platform_*(), in the actor's thread. SR_EBUSY: R_BUSY, no place in the queue, or the deadline passed
 * behind others; R_TPM or R_TSM, the platform failed, or did not answer. */
enum sr_err tpm_actor_quote(struct tpm_slot *s, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                            struct sr_why *why);
enum sr_err tpm_actor_seal(struct tpm_actor *a, const struct key *k, struct buf *ret, struct sr_why *why);
enum sr_err tpm_actor_unseal(struct tpm_actor *a, struct span blob, struct key *ret, struct sr_why *why);
bool tpm_actor_counts(const struct tpm_actor *a);
enum sr_err tpm_actor_count(struct tpm_actor *a, const struct platform_counter *c, enum platform_count act,
                            uint64_t *ret, struct sr_why *why);
enum sr_err tpm_actor_policy_digest(struct tpm_actor *a, struct sha256 *ret, struct sr_why *why);
enum sr_err tpm_actor_enrol_request(struct tpm_actor *a, const struct sha256 *network, struct buf *ret_e1,
                                    struct sr_why *why);
enum sr_err tpm_actor_enrol_answer(struct tpm_actor *a, struct span e1, struct span e2, struct buf *ret_e3,
                                   struct sr_why *why);
enum sr_err tpm_actor_foresee(struct tpm_actor *a, const struct announcement *what, struct claims *ret,
                              struct sr_why *why);
enum sr_err tpm_actor_seal_ahead(struct tpm_actor *a, const struct announcement *what, const struct key *k,
                                 struct buf *ret, struct sha256 *ret_digest, struct sr_why *why);
enum sr_err tpm_actor_self_claims(struct tpm_actor *a, struct claims *ret, struct sr_why *why);
