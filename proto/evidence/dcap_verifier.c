#include "proto/evidence/dcap_verifier.h"
#include "proto/evidence/checks.h"
#include "proto/evidence/dcap.h"

static void dcap_drop(struct dcap *d)
{
    pubkey_drop(&d->own_key);
    dcap_path_drop(&d->path);
}

static enum sr_err read_of(struct span evidence, enum intel_tee tee, struct dcap_quote *ret,
                           struct sr_why *why)
{
    SR_TRY(dcap_quote_read(evidence, ret, why));
    return ret->tee == tee ? SR_OK : sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "a quote of the other TEE");
}

static enum sr_err format_tdx(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return read_of(d->in->evidence, INTEL_TDX, &d->quote, why);
}

static enum sr_err format_sgx(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return read_of(d->in->evidence, INTEL_SGX, &d->quote, why);
}

static enum sr_err report_data(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return span_eq(dcap_report_data(&d->quote), SPAN(d->in->rd.b))
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_REPORT_DATA, "the quote is about something else");
}

static enum sr_err certification_data(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return dcap_path_read(&d->quote, d->in->collateral, &d->path, why);
}

static enum sr_err pck_chain(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return dcap_path_verify(&d->path, d->in, why);
}

static enum sr_err pck_extension(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    if (d->path.leaf == &d->path.own_leaf)
        return intel_pck_read(&d->path.own_leaf.cert, &d->pck, why);
    d->pck = d->path.leaf->pck; /* read when the set was made */
    return SR_OK;
}

/* r and s, 32 bytes each, under ECDSA P-256 with SHA-256. */
static bool is_signed(const struct pubkey *key, struct span msg, struct span sig)
{
    return pubkey_verify_ecdsa(key, HASH_SHA256, msg, (struct span){ sig.p, 32 },
                               (struct span){ sig.p + 32, 32 }) == SR_OK;
}

static enum sr_err qe_report_signature(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    SR_TRY(coll_cert_key(d->path.leaf, &d->own_key, &d->pck_key, why));
    return is_signed(d->pck_key, d->quote.qe.bytes, d->quote.qe_signature)
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_QE_REPORT_SIGNATURE,
                         "the PCK did not sign the quoting enclave's report");
}

/* Nothing but this makes the attestation key trustworthy: it has no certificate. */
static enum sr_err qe_binding(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    SR_OWN(buf) bound = { 0 };
    uint8_t want[64] = { 0 };
    wr_span(&bound, d->quote.key);
    wr_span(&bound, d->quote.qe_auth);
    if (!buf_ok(&bound))
        return SR_ENOMEM;
    struct sha256 hash = sha256(buf_span(&bound));
    for (size_t i = 0; i < sizeof hash.b; i++)
        want[i] = hash.b[i];
    return span_eq(d->quote.qe.report_data, SPAN(want))
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_QE_BINDING, "the quoting enclave vouches for another key");
}

static enum sr_err quote_signature(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    SR_OWN(pubkey) key = { 0 };
    struct span k = d->quote.key;
    /* The PCK is a P-256 key, by its certificate's purpose; so is this one. */
    if (pubkey_type(d->pck_key) != PUBKEY_P256 ||
        pubkey_from_ec_like(d->pck_key, (struct span){ k.p, 32 }, (struct span){ k.p + 32, 32 }, &key) !=
            SR_OK ||
        !is_signed(&key, d->quote.signed_part, d->quote.signature))
        return sr_fail(why, SR_EPROOF, R_QUOTE_SIGNATURE, "the attestation key did not sign the quote");
    return SR_OK;
}

static enum sr_err revocation(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return dcap_path_lists(&d->path, d->in, why);
}

static enum sr_err qe_document(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return collateral_qe(d->in->collateral, d->quote.tee == INTEL_TDX ? QE_TD : QE_SGX, &d->in->roots,
                         d->in->now, &d->identity, why);
}

static enum sr_err qe_identity(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return intel_qe_match(d->identity, &d->quote.qe, why);
}

static enum sr_err tcb_document(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return collateral_tcb(d->in->collateral, d->quote.tee, d->pck.fmspc, d->pck.pceid, &d->in->roots,
                          d->in->now, &d->info, why);
}

static enum sr_err tdx_module(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    return intel_module_match(d->info, &d->quote.td, why);
}

static enum sr_err tcb_level(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    const struct td_report *td = d->quote.tee == INTEL_TDX ? &d->quote.td : NULL;
    return intel_tcb_match(d->info, d->identity, &d->pck, &d->quote.qe, td, &d->tcb, why);
}

/* The quote vouches for the registers alone. A log is asked for by a policy that compares its claims. */
static enum sr_err event_log(void *state, struct sr_why *why)
{
    struct dcap *d = state;
    if (d->in->event_log.n == 0)
        return SR_OK;
    SR_TRY(cc_log_read(d->in->event_log, &d->log, why));
    SR_TRY(cc_log_replay(&d->log, &d->replayed));
    for (size_t i = 0; i < CC_REGISTERS; i++)
        if (!span_eq(SPAN(d->replayed.rtmr[i].b), d->quote.td.rtmr[i]))
            return sr_fail(why, SR_EPROOF, R_EVENT_LOG, "event log: does not replay to RTMR%zu", i);
    return SR_OK;
}

/* What is cheap comes first, then what the quote proves by itself, then what needs Intel's word. */
static const struct check_row tdx_rows[] = {
    { "quote-format", format_tdx },
    { "report-data", report_data },
    { "certification-data", certification_data },
    { "pck-chain", pck_chain },
    { "pck-extension", pck_extension },
    { "qe-report-signature", qe_report_signature },
    { "qe-binding", qe_binding },
    { "quote-signature", quote_signature },
    { "revocation-lists", revocation },
    { "qe-identity-document", qe_document },
    { "qe-identity", qe_identity },
    { "tcb-info-document", tcb_document },
    { "tdx-module", tdx_module },
    { "tcb-level", tcb_level },
    { "event-log", event_log },
    { 0 },
};

static const struct check_row sgx_rows[] = {
    { "quote-format", format_sgx },
    { "report-data", report_data },
    { "certification-data", certification_data },
    { "pck-chain", pck_chain },
    { "pck-extension", pck_extension },
    { "qe-report-signature", qe_report_signature },
    { "qe-binding", qe_binding },
    { "quote-signature", quote_signature },
    { "revocation-lists", revocation },
    { "qe-identity-document", qe_document },
    { "qe-identity", qe_identity },
    { "tcb-info-document", tcb_document },
    { "tcb-level", tcb_level },
    { 0 },
};

static enum sr_err verify(const struct check_row *rows, const struct verify_in *in, struct claims *ret,
                          struct sr_why *why)
{
    SR_OWN(dcap) d = { .in = in };
    SR_TRY(checks_run(rows, &d, in->trail, why));
    dcap_claims(&d, ret);
    return SR_OK;
}

static enum sr_err verify_tdx(const struct verify_in *in, struct claims *ret, struct sr_why *why)
{
    return verify(tdx_rows, in, ret, why);
}

static enum sr_err verify_sgx(const struct verify_in *in, struct claims *ret, struct sr_why *why)
{
    return verify(sgx_rows, in, ret, why);
}

static enum sr_err report_data_of(struct span evidence, struct sha512 *ret, struct sr_why *why)
{
    struct dcap_quote q;
    SR_TRY(dcap_quote_read(evidence, &q, why));
    struct span rd = dcap_report_data(&q);
    for (size_t i = 0; i < sizeof ret->b; i++)
        ret->b[i] = rd.p[i];
    return SR_OK;
}

const struct verifier verifier_tdx = {
    .name = "tdx", .max = DCAP_EVIDENCE_MAX, .verify = verify_tdx, .report_data = report_data_of
};
const struct verifier verifier_sgx = {
    .name = "sgx", .max = DCAP_EVIDENCE_MAX, .verify = verify_sgx, .report_data = report_data_of
};
