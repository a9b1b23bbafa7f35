#include "node/platform/tpm_platform.h"
#include "node/platform/log_file.h"
#include "node/platform/tpm.h"
#include "proto/evidence/tpm_claims.h"

#include <stdlib.h>
#include <string.h>

struct platform_state {
    struct tpm tpm;
    char *tcti; /* and the deadline: to open it again when an answer was lost */
    unsigned deadline_ms;
    struct buf log; /* empty: no event log was named; then there is nothing to say in evidence */
};

static void close_tpm(struct platform_state *s)
{
    tpm_drop(&s->tpm);
    buf_drop(&s->log);
    free(s->tcti);
    free(s);
}

/* A TPM that did not answer in time is opened anew: its late answer would be taken for the next one's.
 * Nothing of ours lives in a TPM from one call to the next. */
static enum sr_err awake(struct platform_state *s, struct sr_why *why)
{
    if (!tpm_lost(&s->tpm))
        return SR_OK;
    tpm_drop(&s->tpm);
    return tpm_open(s->tcti, s->deadline_ms, &s->tpm, why);
}

static enum sr_err look(struct platform_state *s, struct event_log *log, struct tpm_pcrs *pcrs,
                        struct sr_why *why)
{
    if (s->log.n == 0)
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG, "no event log is configured");
    SR_TRY(event_log_read(buf_span(&s->log), log, why));
    return tpm_pcrs_read(&s->tpm, pcrs, why);
}

/* What evidence made now would say, and whether it would hold. */
static enum sr_err measured(struct platform_state *s, struct claims *ret, struct sr_why *why)
{
    struct event_log log;
    struct tpm_pcrs pcrs;
    SR_TRY(look(s, &log, &pcrs, why));
    return tpm_claims_measured(&log, &pcrs, ret, why);
}

static enum sr_err open_log(const char *path, struct platform_state *s, struct sr_why *why)
{
    struct claims c = { 0 };
    if (!path || !*path)
        return SR_OK;
    enum sr_err e = log_file_read(path, &s->log, why);
    if (e != SR_OK)
        return e == SR_ENOENT ? SR_EFORMAT : e;
    e = measured(s, &c, why);
    return e == SR_EPROOF ? SR_EFORMAT : e;
}

/* How a call ended. Whatever it made of it, a lost answer is the TPM's failure and says nothing of what was
 * asked. */
static enum sr_err ended(struct platform_state *s, enum sr_err e, struct sr_why *why)
{
    struct sr_why was = { 0 };
    if (e == SR_OK || e == SR_ENOMEM || !tpm_lost(&s->tpm))
        return e;
    if (why)
        was = *why;
    return was.reason == R_TPM ? SR_EIO
                               : sr_fail(why, SR_EIO, R_TPM, "the TPM does not answer: %.110s", was.text);
}

static enum sr_err open_tpm(const struct platform_options *o, struct platform_state **ret, struct sr_why *why)
{
    struct platform_state *s = calloc(1, sizeof *s);
    if (!s)
        return SR_ENOMEM;
    s->deadline_ms = o->deadline_ms ? o->deadline_ms : PLATFORM_DEADLINE_MS;
    s->tcti = strdup(o->tcti ? o->tcti : "");
    enum sr_err e = s->tcti ? awake(s, why) : SR_ENOMEM;
    if (e == SR_OK)
        e = open_log(o->event_log, s, why);
    if (e == SR_OK)
        *ret = s;
    else
        close_tpm(s);
    return e;
}

static enum sr_err quote(struct platform_state *s, const struct sha512 *rd, struct span ak_cert,
                         struct buf *ret, struct sr_why *why)
{
    struct sha256 nonce = evidence_nonce32(SPAN_STR("tpm"), rd);
    if (s->log.n == 0)
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG, "no event log is configured");
    SR_TRY(awake(s, why));
    return ended(s, tpm_quote(&s->tpm, &nonce, ak_cert, buf_span(&s->log), ret, why), why);
}

static enum sr_err seal(struct platform_state *s, const struct key *k, struct buf *ret, struct sr_why *why)
{
    SR_TRY(awake(s, why));
    return ended(s, tpm_seal(&s->tpm, k, ret, why), why);
}

static enum sr_err unseal(struct platform_state *s, struct span blob, struct key *ret, struct sr_why *why)
{
    SR_TRY(awake(s, why));
    return ended(s, tpm_unseal(&s->tpm, blob, ret, why), why);
}

static enum sr_err policy_digest(struct platform_state *s, struct sha256 *ret, struct sr_why *why)
{
    struct tpm_pcrs pcrs;
    SR_TRY(awake(s, why));
    SR_TRY(ended(s, tpm_pcrs_read(&s->tpm, &pcrs, why), why));
    return tpm_policy_digest(&pcrs, ret);
}

static enum sr_err count_once(struct platform_state *s, const struct tpm_counter *c, enum platform_count act,
                              uint64_t *ret, struct sr_why *why)
{
    switch (act) {
    case COUNT_DEFINE: return tpm_counter_define(&s->tpm, c, why);
    case COUNT_STEP: SR_TRY(tpm_counter_step(&s->tpm, c, why)); break;
    case COUNT_READ: break;
    }
    return tpm_counter_read(&s->tpm, c, ret, why);
}

static enum sr_err count(struct platform_state *s, const struct platform_counter *c, enum platform_count act,
                         uint64_t *ret, struct sr_why *why)
{
    struct tpm_counter one = { c->index, c->auth };
    enum sr_err e = awake(s, why);
    if (e == SR_OK)
        e = ended(s, count_once(s, &one, act, ret, why), why);
    key_drop(&one.auth);
    return e;
}

static enum sr_err enrol_request(struct platform_state *s, const struct sha256 *network,
                                 const struct enrol_nonce *nonce, struct buf *ret, struct sr_why *why)
{
    SR_TRY(awake(s, why));
    return ended(s, tpm_enrol_request(&s->tpm, network, nonce, ret, why), why);
}

static enum sr_err activate(struct platform_state *s, struct span blob, struct span seed, struct key *ret,
                            struct sr_why *why)
{
    SR_TRY(awake(s, why));
    return ended(s, tpm_activate(&s->tpm, blob, seed, ret, why), why);
}

/* What says which machine it is stays the same whatever it runs. */
static enum sr_err machine_claims(struct platform_state *s, struct claims *ret, struct sr_why *why)
{
    SR_OWN(buf) ak = { 0 };
    struct tpm_public pub;
    struct tpm_name name;
    SR_TRY(ended(s, tpm_ak_bytes(&s->tpm, &ak, why), why));
    SR_TRY(tpm_public_read(buf_span(&ak), R_TPM, &pub, why));
    SR_TRY(tpm_public_name(&pub, &name));
    claims_put_hex(ret, "ak", (struct span){ name.b + 2, name.n - 2 });
    claims_put_bool(ret, "debug", false);
    return SR_OK;
}

static enum sr_err self_claims(struct platform_state *s, struct claims *ret, struct sr_why *why)
{
    SR_TRY(awake(s, why));
    SR_TRY(ended(s, measured(s, ret, why), why));
    return machine_claims(s, ret, why);
}

/* The log and the PCRs once the machine is started as announced. */
static enum sr_err ahead(struct platform_state *s, const struct announcement *a, struct event_log *ret_log,
                         struct tpm_pcrs *ret_pcrs, struct sr_why *why)
{
    struct event_log log;
    struct tpm_pcrs pcrs;
    SR_TRY(awake(s, why));
    SR_TRY(ended(s, look(s, &log, &pcrs, why), why));
    return announcement_apply(a, &log, &pcrs, ret_log, ret_pcrs, why);
}

static enum sr_err foresee(struct platform_state *s, const struct announcement *a, struct claims *ret,
                           struct sr_why *why)
{
    struct event_log log;
    struct tpm_pcrs pcrs;
    SR_TRY(ahead(s, a, &log, &pcrs, why));
    SR_TRY(tpm_claims_measured(&log, &pcrs, ret, why));
    return machine_claims(s, ret, why);
}

static enum sr_err seal_ahead(struct platform_state *s, const struct announcement *a, const struct key *k,
                              struct buf *ret, struct sha256 *ret_digest, struct sr_why *why)
{
    struct event_log log;
    struct tpm_pcrs pcrs;
    SR_TRY(ahead(s, a, &log, &pcrs, why));
    SR_TRY(tpm_policy_digest(&pcrs, ret_digest));
    return ended(s, tpm_seal_under(&s->tpm, ret_digest, k, ret, why), why);
}

static enum sr_err probe(struct platform_state *s, struct sr_why *why)
{
    struct sha256 digest;
    return policy_digest(s, &digest, why);
}

/* What every other machine is taken for: opening it says whether there is one. */
static enum sr_err found(const struct platform_options *o, struct sr_why *why)
{
    (void)o, (void)why;
    return SR_OK;
}

const struct platform_row platform_tpm = { .name = "tpm",
                                           .trouble = R_TPM,
                                           .enrols = true,
                                           .seals_for_others = true,
                                           .found = found,
                                           .open = open_tpm,
                                           .close = close_tpm,
                                           .quote = quote,
                                           .seal = seal,
                                           .unseal = unseal,
                                           .policy_digest = policy_digest,
                                           .foresee = foresee,
                                           .seal_ahead = seal_ahead,
                                           .count = count,
                                           .probe = probe,
                                           .enrol_request = enrol_request,
                                           .activate = activate,
                                           .self_claims = self_claims };
