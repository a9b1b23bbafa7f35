#pragma once
/* collateral.h - endorsements: vendors' certificates, revocation lists, TCB info and identities of quoting
 * enclaves. Everything that does not depend on one piece of evidence is done once, when the set is made:
 * parsing, chains up to a pinned root, signatures. What depends on the time of verification is kept as a
 * window and compared at each use, so that the set never changes and any thread may use it.
 * specs/collateral.md says what is recognised and in which order things are chosen. */
#include "crypto/cert_crl.h"
#include "proto/evidence.h"
#include "proto/evidence/amd_vek.h"
#include "proto/evidence/intel_pck.h"
#include "proto/evidence/intel_tcb.h"

enum {
    COLLATERAL_FILE_MAX = 256 << 10, /* bytes of one file */
    COLLATERAL_FILES_MAX = 1024,
    COLLATERAL_CERTS_MAX = 512,
    COLLATERAL_CRLS_MAX = 64,
    COLLATERAL_TCB_MAX = 256,
    COLLATERAL_QE_MAX = 16
};

/* What was found when the set was made. */
struct standing {
    enum sr_err verdict; /* SR_OK, or why says why it counts for nothing */
    struct sr_why why;
    struct validity valid; /* of the thing and all that vouches for it */
    struct sha256 anchor;  /* the root that it leads to */
};
/* Does it count, under these roots and now? stale is the reason when it is out of its time. SR_EPROOF with
 * its own reason, R_CERT_ANCHOR, or stale. */
enum sr_err standing_check(const struct standing *s, const struct pins *roots, time_t now,
                           enum sr_reason stale, struct sr_why *why);

/* By subject. */
enum cert_role {
    ROLE_OTHER,
    ROLE_AMD_ROOT,
    ROLE_AMD_CA,
    ROLE_AMD_VEK,
    ROLE_INTEL_ROOT,
    ROLE_INTEL_CA,
    ROLE_INTEL_SIGNER,
    ROLE_INTEL_PCK,
    ROLE_COUNT
};
enum cert_role cert_role_of(const struct cert *c);
const char *cert_role_text(enum cert_role r);

struct coll_cert {
    struct cert cert;
    enum cert_role role;
    struct sha256 der, key;         /* hashes of all of it, of its SubjectPublicKeyInfo */
    const struct coll_cert *issuer; /* NULL: unknown, or its own */
    struct standing standing;
    struct amd_vek vek;   /* of ROLE_AMD_VEK */
    struct intel_pck pck; /* of ROLE_INTEL_PCK */
    struct pubkey own;    /* the key, of these two */
};
void coll_cert_drop(struct coll_cert *c);
/* The key of a VEK or PCK: the set's, or made in own, which the caller drops. */
enum sr_err coll_cert_key(const struct coll_cert *c, struct pubkey *own, const struct pubkey **ret,
                          struct sr_why *why);

struct coll_crl {
    struct cert_crl crl;
    struct sha256 der;              /* hash of all of it */
    const struct coll_cert *issuer; /* who signed it; NULL: nobody of this set */
    struct standing standing;       /* SR_OK: its issuer did */
    struct validity valid;
};
struct coll_tcb {
    struct tcb_info info;
    struct sha256 file; /* hash of the document as it came */
    struct standing standing;
};
struct coll_qe {
    struct qe_identity id;
    struct sha256 file;
    struct standing standing;
};

struct collateral {
    struct coll_cert cert[COLLATERAL_CERTS_MAX];
    struct coll_crl crl[COLLATERAL_CRLS_MAX];
    struct coll_tcb *tcb[COLLATERAL_TCB_MAX];
    struct coll_qe *qe[COLLATERAL_QE_MAX];
    size_t ncert, ncrl, ntcb, nqe;
    size_t unknown;          /* files that are nothing of this */
    struct sr_why malformed; /* about the last of Intel's documents that could not be read */
};

/* A set made of files in any order, recognised by what is in them: PEM with one or several blocks, DER,
 * Intel's JSON. What is no collateral is counted and passed over; what is collateral and wrong keeps its
 * reason, so that a verifier that wants it can say why it has none. roots: all that may count for any kind of
 * evidence. The caller frees it. SR_ETOOBIG: over a limit; SR_ENOMEM. */
enum sr_err collateral_make(const struct span files[], size_t n, const struct pins *roots,
                            struct collateral **ret, struct sr_why *why);
void collateral_free(struct collateral *c); /* takes NULL */

/* The certificate with these bytes. NULL: not in the set. */
const struct coll_cert *collateral_find(const struct collateral *c, const struct sha256 *der);

/* A certificate judged as those of the set are: by an issuer of the set, or by extra (may be NULL), a CA that
 * came with evidence and was judged before. Fills one->issuer and one->standing; cert, role and key are
 * given. R_COLLATERAL_MISSING: there is no certificate of its issuer. */
void collateral_judge(const struct collateral *c, struct coll_cert *one, const struct coll_cert *extra,
                      const struct pins *roots);

/* Revocation. A certificate that any list by its issuer has ever named stays revoked, also when the list is
 * out of date; and those that this program knows of itself. SR_EPROOF R_CERT_REVOKED. */
enum sr_err collateral_not_revoked(const struct collateral *c, const struct cert *one,
                                   const struct coll_cert *issuer, struct sr_why *why);
/* Is there a list by that issuer that is good now? SR_EPROOF R_COLLATERAL_MISSING, R_COLLATERAL_TIME, or
 * R_CRL_SIGNATURE when the only one is forged. *ret_valid: the window of the one that was found. */
enum sr_err collateral_crl_current(const struct collateral *c, const struct coll_cert *issuer, time_t now,
                                   struct validity *ret_valid, struct sr_why *why);

/* The one that counts now with the highest evaluation number. SR_EPROOF R_COLLATERAL_MISSING: none for this
 * platform; R_COLLATERAL_TIME: only such as are not good now; else the reason of the one there is. */
enum sr_err collateral_tcb(const struct collateral *c, enum intel_tee tee, const uint8_t fmspc[6],
                           const uint8_t pceid[2], const struct pins *roots, time_t now,
                           const struct tcb_info **ret, struct sr_why *why);
enum sr_err collateral_qe(const struct collateral *c, enum qe_id id, const struct pins *roots, time_t now,
                          const struct qe_identity **ret, struct sr_why *why);
