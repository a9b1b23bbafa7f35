#include "proto/evidence/tpm_evidence.h"
#include "proto/evidence/event_log.h"

enum { VERSION = 1 };

enum sr_err tpm_evidence_read(struct span bytes, struct tpm_evidence *ret, struct sr_why *why)
{
    struct reader r = rd_init(bytes);
    struct tpm_evidence e = { 0 };
    if (bytes.n > TPM_EVIDENCE_MAX || rd_u8(&r) != VERSION)
        r.bad = true;
    e.cert_kind = rd_u8(&r);
    e.cert = rd_lp(&r, TPM_CHAIN_MAX);
    e.attest = rd_lp(&r, TPM_ATTEST_MAX);
    e.signature = rd_lp(&r, TPM_SIGNATURE_MAX);
    if (rd_u8(&r) != TPM_SELECTED)
        r.bad = true;
    rd_copy(&r, e.pcrs.v, sizeof e.pcrs.v);
    e.log = rd_lp(&r, EVENT_LOG_MAX);
    if (!rd_end(&r) || (e.cert_kind != TPM_CERT_OURS && e.cert_kind != TPM_CERT_X509))
        return sr_fail(why, SR_EFORMAT, R_EVIDENCE_FORMAT, "malformed TPM evidence");
    *ret = e;
    return SR_OK;
}

enum sr_err tpm_evidence_write(const struct tpm_evidence *e, struct buf *ret)
{
    wr_u8(ret, VERSION);
    wr_u8(ret, e->cert_kind);
    wr_lp(ret, e->cert);
    wr_lp(ret, e->attest);
    wr_lp(ret, e->signature);
    wr_u8(ret, TPM_SELECTED);
    wr_span(ret, SPAN(e->pcrs.v));
    wr_lp(ret, e->log);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
