#pragma once
/* evidence.h - one row a kind of evidence. A verifier is pure: evidence, trust anchors, expected report data
 * and the time come in, claims come out. Which rows exist is decided when the program is linked
 * (evidence/mode_production.c or evidence/mode_insecure.c). */
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "proto/claims.h"

#include <time.h>

/* Whose word on attestation keys counts. Two kinds of AK certificate of ours, and vendors' X.509:
 *   network certificates count always; they must be signed by akca and name this network and epoch
 *   genesis certificates count only when genesis_k > 0, which is only for the genesis evidence; network is
 *   then the hash of the genesis parameters, akca is not looked at and no network certificate counts
 *   recovery certificates count in their place with purpose AK_FOR_RECOVERY: for one ceremony, which network
 * then names (recovery_request_network) X.509 chains count when they end in one of vendor_roots (SHA-256 of
 * the root's SubjectPublicKeyInfo) Borrowed for the call. */
enum ak_purpose { AK_FOR_GENESIS, AK_FOR_RECOVERY }; /* of operators' certificates, when genesis_k > 0 */
struct ak_trust {
    struct sha256 network; /* cid, or the hash of the genesis parameters */
    uint64_t epoch;
    struct sign_pub akca;
    const struct sign_pub *genesis_cas;
    size_t genesis_n, genesis_k;
    enum ak_purpose purpose;
    const struct sha256 *vendor_roots;
    size_t vendor_n;
    uint64_t max_age; /* seconds that a network certificate counts, whatever it says; 0: no limit */
};

/* Keys that are trusted, by the SHA-256 of their SubjectPublicKeyInfo. Borrowed. {0} trusts nobody. */
struct pins {
    const struct sha256 *v;
    size_t n;
};
static inline bool pins_have(const struct pins *p, const struct sha256 *key)
{
    for (size_t i = 0; i < p->n; i++)
        if (sha256_eq(&p->v[i], key))
            return true;
    return false;
}

struct collateral;  /* proto/evidence/collateral.h */
struct check_trail; /* proto/evidence/checks.h */

enum { EVIDENCE_PARTS_MAX = 2 };

struct verify_in {
    struct span evidence;
    struct sha512 rd;                           /* the report data that the evidence must be bound to */
    time_t now;                                 /* unix seconds */
    const struct ak_trust *ak;                  /* tpm */
    struct pins roots;                          /* snp, tdx, sgx: the vendors' roots that count */
    struct pins part_roots[EVIDENCE_PARTS_MAX]; /* the same, of each part of a composite type */
    const struct collateral *collateral;        /* snp, tdx, sgx: NULL is none, and refuses */
    struct span event_log;                      /* tdx: what was measured into the RTMRs; empty: not given */
    struct check_trail *trail;                  /* filled with what was checked; NULL: nobody asks */
};

struct verifier {
    const char *name; /* as on the wire and in policies */
    size_t max;       /* longest evidence taken, bytes */
    enum sr_err (*verify)(const struct verify_in *in, struct claims *ret, struct sr_why *why);
    /* What the evidence says it is bound to, before anything is verified: for looking at evidence without a
     * challenge. NULL: it is not to be had from the evidence. */
    enum sr_err (*report_data)(struct span evidence, struct sha512 *ret, struct sr_why *why);
    /* A composite type: the rows that it is made of, and no verify of its own (evidence_parts.h). */
    const char *parts[EVIDENCE_PARTS_MAX];
};

/* The program's rows, NULL last. */
extern const struct verifier *const evidence_rows[];

/* Exact bytes; NULL: this program has no such row. */
const struct verifier *verifier_find(struct span name);

/* Finds the row, checks the length, verifies. SR_EPROOF or SR_EFORMAT with
 *   R_EVIDENCE_TYPE    no such row
 *   R_TOO_LARGE        (SR_ETOOBIG) longer than the row's max
 *   others             as the row says
 * ret is untouched unless SR_OK, and then claims_ok(). */
enum sr_err evidence_verify(struct span tee_type, const struct verify_in *in, struct claims *ret,
                            struct sr_why *why);

/* What kinds of evidence with a 32-byte nonce field carry: SHA-256(LP(label rd32) || LP(tee_type) || rd). */
struct sha256 evidence_nonce32(struct span tee_type, const struct sha512 *rd);
