#include "proto/evidence/tpm_claims.h"

#include <stdio.h>

static void put_pcrs(const struct tpm_pcrs *pcrs, struct claims *ret)
{
    for (size_t i = 0; i < TPM_SELECTED; i++) {
        char name[CLAIM_NAME_SIZE];
        snprintf(name, sizeof name, "pcr.%u", (unsigned)tpm_selected_pcrs[i]);
        claims_put_hex(ret, name, SPAN(pcrs->v[i].b));
    }
}

enum sr_err tpm_claims_measured(const struct event_log *log, const struct tpm_pcrs *pcrs, struct claims *ret,
                                struct sr_why *why)
{
    static const struct sha256 zero;
    struct sha256 now, measurement;
    SR_TRY(event_log_replay(log, log->n, &log->start, &now));
    SR_TRY(event_log_replay(log, log->n, &zero, &measurement));
    if (!sha256_eq(&now, tpm_pcr(pcrs, TPM_PCR_SEALRING)))
        return sr_fail(why, SR_EPROOF, R_EVENT_LOG, "the event log does not lead to PCR %d",
                       TPM_PCR_SEALRING);
    claims_put_text(ret, "type", SPAN_STR("tpm"));
    claims_put_hex(ret, "code", SPAN(log->e[0].digest.b));
    claims_put_hex(ret, "measurement", SPAN(measurement.b));
    claims_put_uint(ret, "code.count", log->n - 1);
    const struct sha256 *config = &log->e[log->n - 1].digest;
    if (!sha256_eq(config, &zero))
        claims_put_hex(ret, "config", SPAN(config->b));
    claims_put_text(ret, "boot", span_of(tpm_boot_kind(pcrs)));
    claims_put_hex(ret, "pcr14.start", SPAN(log->start.b));
    put_pcrs(pcrs, ret);
    return SR_OK;
}
