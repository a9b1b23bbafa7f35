#pragma once
/* tpm_check.h - the judgements on TPM structures, apart from where they came from. */
#include "proto/evidence/tpm_quote.h"

/* May this key's signature mean anything? fixedTPM, fixedParent, sensitiveDataOrigin, restricted and sign are
 * set, decrypt is not, and it signs by one scheme with SHA-256 or better. SR_EPROOF R_AK_ATTRIBUTES. */
enum sr_err tpm_ak_check(const struct tpm_public *ak, struct sr_why *why);

/* Everything about one quote by a key that is trusted. scheme 0: the key is a vendor's, any scheme that fits.
 * In this order, so that all that is cheap comes before the signature:
 *   R_QUOTE_FORMAT     not a TPMS_ATTEST of a quote, or not a TPMT_SIGNATURE
 *   R_REPORT_DATA      extraData is not nonce
 *   R_QUOTE_SIGNATURE  key did not sign it, or by another scheme than its own
 *   R_QUOTE_SELECTION  not exactly one selection, SHA-256, of exactly our PCRs
 *   R_QUOTE_DIGEST     the digest is not that of the values */
struct tpm_quote_in {
    struct span attest, signature;
    struct sha256 nonce;
    const struct tpm_pcrs *pcrs;
    uint16_t scheme, scheme_hash;
};
enum sr_err tpm_quote_verify(const struct tpm_quote_in *in, const struct pubkey *key, struct tpm_attest *ret,
                             struct sr_why *why);
/* The parts of it that cost nothing: format and nonce. */
enum sr_err tpm_quote_precheck(const struct tpm_quote_in *in, struct tpm_attest *ret,
                               struct tpm_signature *ret_sig, struct sr_why *why);
