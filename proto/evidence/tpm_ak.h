#pragma once
/* tpm_ak.h - whose attestation key a TPM's evidence is signed by: a certificate of ours, or a vendor's X.509
 * chain. specs/evidence-tpm.md, "Whose key". */
#include "proto/evidence.h"
#include "proto/evidence/tpm_quote.h"

/* What is known of the attestation key once it is trusted. */
struct tpm_ak {
    struct pubkey key;
    uint16_t scheme, scheme_hash; /* 0: a vendor's key, whose template is the vendor's business */
    bool endorsed;                /* signer must be its name under the endorsement hierarchy */
    struct tpm_name signer;
};
void tpm_ak_drop(struct tpm_ak *a);

/* cert_kind: TPM_CERT_OURS or TPM_CERT_X509, of the envelope. Puts the claims ak, ek and root. SR_EPROOF or
 * SR_EFORMAT with R_AK_CERT..., R_AK_ATTRIBUTES, or the reasons of certificates. */
enum sr_err tpm_ak_trust(uint8_t cert_kind, struct span cert, const struct verify_in *in, struct tpm_ak *ret,
                         struct claims *claims, struct sr_why *why);
