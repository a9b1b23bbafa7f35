#pragma once
/* tpm_evidence.h - the envelope of TPM evidence: specs/evidence-tpm.md, "Envelope". */
#include "crypto/cert.h"
#include "proto/evidence/tpm_quote.h"

enum {
    TPM_CERT_OURS = 1, /* an AK certificate, proto/ak_cert.h */
    TPM_CERT_X509 = 2  /* a vendor's: the AK's certificate first, then its chain */
};
enum { TPM_EVIDENCE_MAX = 24576, TPM_CHAIN_MAX = 16384, TPM_ATTEST_MAX = 1024, TPM_SIGNATURE_MAX = 1100 };

/* All spans are borrowed. */
struct tpm_evidence {
    uint8_t cert_kind;
    struct span cert; /* AK certificate, or u8 n, n times LP(DER) */
    struct span attest, signature;
    struct tpm_pcrs pcrs;
    struct span log;
};
/* SR_EFORMAT R_EVIDENCE_FORMAT. */
enum sr_err tpm_evidence_read(struct span bytes, struct tpm_evidence *ret, struct sr_why *why);
enum sr_err tpm_evidence_write(const struct tpm_evidence *e, struct buf *ret);
