#pragma once
/* kbs_tee.h - the kinds of TEE that guests of Confidential Containers name, one row each: how their JSON
 * becomes the evidence that our verifiers take, or why it does not. Sources: kbs_attestation_protocol.md and
 * the attesters of guest-components. Which rows exist is decided when the program is linked: "sample" proves
 * nothing and stands in the insecure programs alone. specs/kbs.md, "Kinds of TEE". */
#include "crypto/bytes.h"
#include "crypto/err.h"

struct kbs_tee {
    const char *name;  /* as on the wire */
    const char *alias; /* as older clients spelt it; NULL: never otherwise */
    const char *type;  /* of the verifier and in policies; NULL: refused, whatever is shown */
    /* From the JSON of its attester (a value of a checked text); appends the evidence. SR_EFORMAT,
     * R_KBS_FORMAT. */
    enum sr_err (*convert)(struct span json, struct buf *ret, struct sr_why *why);
    const char *init_claim; /* the claim that holds the digest of init-data, in hex; NULL: none does */
    const char *refused;    /* type NULL: why, in words for the log */
};

/* The program's rows, NULL last. */
extern const struct kbs_tee *const kbs_tee_rows[];
extern const struct kbs_tee kbs_tee_snp, kbs_tee_tdx, kbs_tee_sgx, kbs_tee_tpm;

/* A row by its name or older name, those that are refused too. SR_EPROOF, R_TEE_REFUSED: none at all. */
enum sr_err kbs_tee_find(struct span name, const struct kbs_tee **ret, struct sr_why *why);
/* By its stable name: of a session. NULL: none. */
const struct kbs_tee *kbs_tee_named(const char *name);
/* SR_EPROOF, R_TEE_REFUSED for a row that is refused. */
enum sr_err kbs_tee_convert(const struct kbs_tee *t, struct span json, struct buf *ret, struct sr_why *why);
