#pragma once
/* makecred.h - TPM2_MakeCredential in software (TPM 2.0 part 1, 24.4, and annexes B.10.3, C.6.3; KDFa and
 * KDFe: 11.4.10), and which endorsement keys it is made for (TCG EK Credential Profile 2.5, annex B). */
#include "proto/evidence/tpm_quote.h"

/* An EK is restricted to decryption and made from a template of the profile: L-1 (RSA-2048), L-2 (P-256), H-1
 * (RSA-2048), H-2 (P-256), H-3 (P-384), H-6 (RSA-3072). SR_EPROOF R_EK_TEMPLATE. */
enum sr_err ek_template_check(const struct tpm_public *ek, struct sr_why *why);

/* Only a TPM that holds ek, and next to it the key of that name, learns secret. Appends TPM2B_ID_OBJECT's and
 * TPM2B_ENCRYPTED_SECRET's contents, without their outer sizes. Draws seed and ephemeral key inside. */
enum sr_err make_credential(const struct tpm_public *ek, const struct tpm_name *ak, const struct key *secret,
                            struct buf *ret_blob, struct buf *ret_seed, struct sr_why *why);

/* The key derivations, for their vectors. At most one block: bits is no more than the hash has. */
struct kdf_in {
    enum hash_alg hash;
    struct span key; /* KDFe: Z */
    const char *label;
    struct span u, v;
    uint32_t bits;
};
void tpm_digest_drop(struct tpm_digest *d); /* wipes */
enum sr_err tpm_kdfa(const struct kdf_in *in, struct tpm_digest *ret);
enum sr_err tpm_kdfe(const struct kdf_in *in, struct tpm_digest *ret);
