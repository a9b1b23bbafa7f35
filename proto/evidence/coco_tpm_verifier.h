#pragma once
/* coco_tpm_verifier.h - TPM evidence as guests of Confidential Containers make it: a quote of all 24 PCRs of
 * the SHA-256 bank, whose extraData is the first 32 bytes of the report data, and no log of ours. It says
 * nothing of what the launcher measured, so it is a type of its own: nothing of "tpm" is mistaken for it, or
 * it for that. Fields in order: u8 version = 1 | u8 kind of certificate | LP certificate | LP
 * SubjectPublicKeyInfo that the guest names | LP TPMS_ATTEST | LP TPMT_SIGNATURE | 24 x 32 bytes.
 * specs/evidence-tpm.md, "Of other guests". */
#include "proto/evidence.h"
#include "proto/evidence/tpm_evidence.h"

enum { COCO_TPM_PCRS = 24, COCO_TPM_MAX = 24576, COCO_TPM_SPKI_MAX = 1024 };
extern const struct verifier verifier_coco_tpm; /* "coco-tpm" */

/* All spans are borrowed. */
struct coco_tpm {
    uint8_t cert_kind; /* as TPM_CERT_OURS, TPM_CERT_X509 */
    struct span cert, spki, attest, signature;
    struct sha256 pcr[COCO_TPM_PCRS];
};
/* SR_EFORMAT R_EVIDENCE_FORMAT. */
enum sr_err coco_tpm_read(struct span bytes, struct coco_tpm *ret, struct sr_why *why);
enum sr_err coco_tpm_write(const struct coco_tpm *e, struct buf *ret);
