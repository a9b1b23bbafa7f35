#pragma once
/* tpm.h - the TPM behind the platform: connection, handles, sessions. Internal to node/platform. TPM 2.0
 * library specification 1.59, part 3, by tpm2-tss ESYS. */
#include "proto/enrol.h"
#include "proto/evidence/event_log.h"
#include "proto/evidence/tpm_quote.h"

#include <tss2/tss2_esys.h>

struct tpm {
    ESYS_CONTEXT *esys;
    TSS2_TCTI_CONTEXT *tcti;
};

/* tcti: tpm_tcti.h. Every answer has the deadline. Self-tests, and flushes what a killed predecessor left in
 * a TPM that has no resource manager. SR_EIO R_TPM. */
enum sr_err tpm_open(const char *tcti, unsigned deadline_ms, struct tpm *ret, struct sr_why *why);
void tpm_drop(struct tpm *t);
bool tpm_lost(const struct tpm *t); /* closed, or an answer did not come in time: only opening anew helps */

/* SR_EIO R_TPM with what failed, unless rc is success. */
enum sr_err tpm_rc(TSS2_RC rc, const char *what, struct sr_why *why);
/* The TPM looked at the input and refused it: no transport failure, no shortage, no lockout. */
bool tpm_refused(TSS2_RC rc);

/* A loaded object or session; dropping flushes it. */
struct tpm_object {
    struct tpm *t; /* NULL: empty */
    ESYS_TR h;
};
void tpm_object_drop(struct tpm_object *o);

/* The primary keys, made anew from the TPM's seeds each time: always the same. ret_public may be NULL and is
 * Esys_Free'd by the caller. */
enum sr_err tpm_make_ak(struct tpm *t, struct tpm_object *ret, TPM2B_PUBLIC **ret_public, struct sr_why *why);
enum sr_err tpm_make_srk(struct tpm *t, struct tpm_object *ret, struct sr_why *why);
enum sr_err tpm_make_primary(struct tpm *t, ESYS_TR hierarchy, const TPM2B_PUBLIC *in, struct tpm_object *ret,
                             TPM2B_PUBLIC **ret_public, struct sr_why *why);

/* A session salted with the storage key, so that nobody on the bus reads what is wrapped by it. */
enum sr_err tpm_session(struct tpm *t, TPM2_SE type, struct tpm_object *ret, struct sr_why *why);

/* TPMT_PUBLIC of a key, appended. */
enum sr_err tpm_public_bytes(const TPM2B_PUBLIC *p, struct buf *ret);

/* The 13 selected PCRs; extending PCR 14, SHA-256 bank. */
void tpm_selection(TPML_PCR_SELECTION *ret);
enum sr_err tpm_pcrs_read(struct tpm *t, struct tpm_pcrs *ret, struct sr_why *why);
enum sr_err tpm_pcr_extend(struct tpm *t, const struct sha256 *value, struct sr_why *why);

/* Appends TPM evidence over nonce. */
enum sr_err tpm_quote(struct tpm *t, const struct sha256 *nonce, struct span ak_cert, struct span log,
                      struct buf *ret, struct sr_why *why);

/* Sealing: specs/measurement.md, "Sealing". */
enum sr_err tpm_policy_digest(const struct tpm_pcrs *pcrs, struct sha256 *ret);
enum sr_err tpm_seal(struct tpm *t, const struct key *k, struct buf *ret, struct sr_why *why);
/* Under a policy digest of other PCR values than those of now. */
enum sr_err tpm_seal_under(struct tpm *t, const struct sha256 *policy, const struct key *k, struct buf *ret,
                           struct sr_why *why);
enum sr_err tpm_unseal(struct tpm *t, struct span blob, struct key *ret, struct sr_why *why);

/* A counter of ours in NV memory: specs/measurement.md, "Counter". The authorization value is ours alone:
 * what the TPM says of the counter is authenticated with it. SR_ENOENT, R_ROLLED_BACK: there is none.
 * SR_EPROOF, R_ROLLED_BACK: what is there is not ours. */
struct tpm_counter {
    uint32_t index;
    struct key auth;
};
/* SR_ESTALE, R_STATE_EXISTS: something is at that index. The owner's authorization must be empty. */
enum sr_err tpm_counter_define(struct tpm *t, const struct tpm_counter *c, struct sr_why *why);
enum sr_err tpm_counter_read(struct tpm *t, const struct tpm_counter *c, uint64_t *ret,
                             struct sr_why *why); /* 0: never stepped */
/* One more. The first step goes past every count that this TPM ever reached. */
enum sr_err tpm_counter_step(struct tpm *t, const struct tpm_counter *c, struct sr_why *why);

/* Enrolment. */
enum sr_err tpm_enrol_request(struct tpm *t, const struct sha256 *network, const struct enrol_nonce *nonce,
                              struct buf *ret, struct sr_why *why);
enum sr_err tpm_ak_bytes(struct tpm *t, struct buf *ret, struct sr_why *why); /* TPMT_PUBLIC, appended */
enum sr_err tpm_activate(struct tpm *t, struct span blob, struct span seed, struct key *ret,
                         struct sr_why *why);
