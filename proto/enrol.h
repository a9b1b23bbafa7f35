#pragma once
/* enrol.h - enrolment: a machine proves that its attestation key (AK) lives in the TPM whose endorsement key
 * (EK) a manufacturer vouches for, and gets an AK certificate. Four messages, E1..E4; the enroller keeps no
 * state between E2 and E3. Format and reasons: specs/enrolment.md. TPM 2.0 part 1, 24 (credential
 * protection); TCG EK Credential Profile 2.5. Pure but for MakeCredential, which draws a seed of its own. */
#include "crypto/sign.h"
#include "proto/ak_cert.h"

enum {
    ENROL_E1_MAX = 32768, /* bytes; at most CERTS_MAX certificates of CERT_MAX bytes */
    ENROL_E2_MAX = 2048,
    ENROL_E3_MAX = ENROL_E1_MAX + ENROL_E2_MAX + 64,
    ENROL_AGE_MAX = 300, /* seconds from E2 to E3: a slow TPM needs tens of them at its first start */
    ENROL_CHAIN_MAX = 8
};

struct enrol_nonce {
    uint8_t b[32];
};

/* E1. All spans are borrowed. */
struct enrol_request {
    struct sha256 network;
    struct enrol_nonce nonce;
    struct span chain[ENROL_CHAIN_MAX]; /* DER, the EK certificate first */
    size_t n;
    struct span ek; /* TPMT_PUBLIC */
    struct span ak; /* TPMT_PUBLIC */
};
enum sr_err enrol_request_write(const struct enrol_request *e1, struct buf *ret);
enum sr_err enrol_request_read(struct span e1, struct enrol_request *ret, struct sr_why *why);

/* Appends the same E1 with the certificates of a PEM text behind those it has: what a TPM's own memory does
 * not hold of the chain. An empty text adds none. SR_ETOOBIG, R_EK_CHAIN: more than ENROL_CHAIN_MAX. */
enum sr_err enrol_request_extend(struct span e1, struct span pem, struct buf *ret, struct sr_why *why);

/* What the enroller knows. */
struct enroller {
    struct sha256 network;      /* cid; at genesis the hash of the genesis parameters */
    const struct key *key;      /* per boot, or of the operators' tool; makes challenges stateless */
    const struct sha256 *roots; /* endorsement roots: SHA-256 of SubjectPublicKeyInfo */
    size_t nroots;
    time_t now;
    uint64_t lifetime; /* seconds, of the certificates it issues; 0: AK_CERT_LIFETIME */
};
/* Randomness of one challenge. */
struct enrol_rand {
    uint8_t b[16];
};

/* E1 -> E2. Checks the EK chain, template and key, and the AK's attributes first. Appends E2.
 *   R_MALFORMED, R_WRONG_NETWORK, R_EK_CHAIN, R_CERT_..., R_EK_KEY, R_EK_TEMPLATE, R_AK_ATTRIBUTES */
enum sr_err enrol_challenge(const struct enroller *by, const struct enrol_rand *rand, struct span e1,
                            struct buf *ret_e2, struct sr_why *why);

/* The machine's half: what of E2 goes to the TPM (TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET without their
 * sizes; borrowed), and E3 from what the TPM gave back. */
enum sr_err enrol_credential(struct span e2, struct span *ret_blob, struct span *ret_seed,
                             struct sr_why *why);
enum sr_err enrol_answer(struct span e1, struct span e2, const struct key *secret, struct buf *ret_e3);

/* E3 -> an AK certificate without signatures, to be signed with ak_cert_sign() (kind, epoch and lifetime are
 * the caller's). ret_cert's spans borrow from e3. All that E1 was checked for is checked again.
 *   R_NONCE_FORGED   E2 is not ours, or not for this E1
 *   R_NONCE_EXPIRED  E2 is older than ENROL_AGE_MAX
 *   R_ACTIVATION     the proof is wrong: the TPM with that EK does not hold that AK */
enum sr_err enrol_certify(const struct enroller *by, struct span e3, struct ak_cert *ret_cert,
                          struct sr_why *why);

/* E4 for a network's AK-CA: certificate kind network, from now on, for by->lifetime. Appends E4. */
enum sr_err enrol_certify_network(const struct enroller *by, struct span e3, uint64_t epoch,
                                  const struct sign_key *akca, const struct sign_pub *akca_pub,
                                  struct buf *ret_e4, struct ak_cert *ret_cert, struct sr_why *why);
