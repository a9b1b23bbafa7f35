#pragma once
/* cert.h - X.509 certificates of TPMs and evidence (RFC 5280; TCG EK Credential Profile 2.5). The only user
 * of OpenSSL's X.509 code, with cert_crl.h. Roots are pinned by key, times are arguments, nothing is
 * fetched. */
#include "crypto/hash.h"
#include "crypto/pubkey.h"

#include <time.h>

enum { CERT_MAX = 8192 /* bytes of one certificate */, CERTS_MAX = 8 /* in one chain, the leaf included */ };

struct x509_st;

/* Owns one certificate. {0} is empty and is refused everywhere. */
struct cert {
    struct x509_st *x509;
};
void cert_drop(struct cert *c);

struct certs {
    struct cert c[CERTS_MAX];
    size_t n;
};
void certs_drop(struct certs *c);

/* One certificate, version 3, in DER, every byte of it. SR_ETOOBIG over CERT_MAX; SR_EFORMAT: anything that
 * would be encoded differently, trailing bytes, duplicate or malformed extensions. */
enum sr_err cert_read(struct span der, struct cert *ret, struct sr_why *why);
/* One to CERTS_MAX PEM blocks "CERTIFICATE", with line ends between them and nothing else. */
enum sr_err certs_read_pem(struct span pem, struct certs *ret, struct sr_why *why);
/* The next PEM block (RFC 7468) of *rest, which moves on behind it; line ends before it are skipped. The
 * label borrows. SR_ENOENT: nothing but line ends is left. SR_EFORMAT: no block, or not base64. */
enum sr_err cert_pem_next(struct span *rest, struct span *ret_label, struct buf *ret_der);
/* The certificate at the front of a TPM's NV area that is filled up with 00 or ff bytes. Borrows. */
enum sr_err cert_trim(struct span padded, struct span *ret_der);

enum sr_err cert_der(const struct cert *c, struct buf *ret);          /* appends */
enum sr_err cert_spki_hash(const struct cert *c, struct sha256 *ret); /* of SubjectPublicKeyInfo */
/* A SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) that stands alone, DER, in its one spelling. SR_EFORMAT: it is
 * none; SR_EPROOF: a key too weak or of a kind without a row. */
enum sr_err cert_spki_read(struct span der, struct pubkey *ret);
/* The subject's key: SR_EPROOF, R_CERT_WEAK when it is of no kind or size we take; is it that key? */
enum sr_err cert_pubkey(const struct cert *c, struct pubkey *ret, struct sr_why *why);
bool cert_has_key(const struct cert *c, const struct pubkey *k);
enum sr_err cert_times(const struct cert *c, time_t *ret_from, time_t *ret_until); /* unix seconds, UTC */
/* The subject's one common name, as UTF-8. SR_ENOENT: none or several. */
enum sr_err cert_common_name(const struct cert *c, struct buf *ret);
/* The value of the extension of that OID (dotted): the bytes inside its OCTET STRING. Borrows from c.
 * SR_ENOENT: there is none or more than one. */
enum sr_err cert_extension(const struct cert *c, const char *oid, struct span *ret);

/* When something is good: unix seconds, both ends included. */
struct validity {
    time_t from, until;
};
static inline bool validity_at(struct validity v, time_t at)
{
    return v.from <= at && at <= v.until;
}
static inline struct validity validity_both(struct validity a, struct validity b)
{
    return (struct validity){ a.from > b.from ? a.from : b.from, a.until < b.until ? a.until : b.until };
}

/* What a leaf is for. */
enum cert_purpose {
    CERT_EK,         /* extended key usage 2.23.133.8.1; encrypts, does not sign */
    CERT_AK,         /* a vendor's certificate over an attestation key: signs */
    CERT_EVIDENCE,   /* a device's or instance's certificate that signs evidence (VCEK, PCK, Nitro, GPU) */
    CERT_AMD_CA,     /* an ASK or ASVK: a CA, RSA, signed with RSASSA-PSS and SHA-384 */
    CERT_AMD_VEK,    /* a VCEK or VLEK: P-384, signed with RSASSA-PSS and SHA-384 */
    CERT_INTEL_CA,   /* a PCK CA: P-256, signed with ECDSA and SHA-256 */
    CERT_INTEL_LEAF, /* a PCK or TCB signing certificate: no CA, P-256, signed with ECDSA and SHA-256 */
    CERT_PURPOSE_COUNT
};

/* Builds the path from leaf through chain (any order, unused ones are ignored) to a certificate in chain
 * whose public key is pinned in anchors. Every signature, the validity at the time given, basicConstraints,
 * path lengths, key usages, key types and sizes and signature algorithms of the path must be right; SHA-1 and
 * MD5 are refused, so are unknown critical extensions. *ret_anchor (may be NULL) says which pin it was.
 * SR_EPROOF with R_CERT_...; SR_ETOOBIG: more than CERTS_MAX certificates. */
enum sr_err cert_chain_verify(const struct cert *leaf, const struct cert chain[], size_t n_chain,
                              const struct sha256 anchors[], size_t n_anchors, time_t at,
                              enum cert_purpose purpose, struct sr_why *why, struct sha256 *ret_anchor);

/* The same for any time: *ret says when all of the path is good, and the caller compares. For endorsements,
 * which are verified once and used often. */
enum sr_err cert_chain_validity(const struct cert *leaf, const struct cert chain[], size_t n_chain,
                                const struct sha256 anchors[], size_t n_anchors, enum cert_purpose purpose,
                                struct sr_why *why, struct sha256 *ret_anchor, struct validity *ret);

/* A pinned root by itself: a CA that signed itself, of the purpose's algorithms. */
enum sr_err cert_root_check(const struct cert *c, enum cert_purpose purpose, struct sr_why *why,
                            struct validity *ret);
/* Could issuer have issued c, by names, key identifiers and key usage? Says nothing of the signature. */
bool cert_names_issuer(const struct cert *c, const struct cert *issuer);
bool cert_has_serial(const struct cert *c, struct span number); /* big-endian, no leading zeros */

/* Which TPM it is, by the directoryName in the subject alternative name (EK Credential Profile 3.2.9). */
struct ek_names {
    char manufacturer[16]; /* "id:" and 8 hex digits, attribute 2.23.133.2.1 */
    char model[64];        /* 2.23.133.2.2 */
    char version[64];      /* 2.23.133.2.3 */
};
/* SR_EFORMAT: one is missing, twice there, too long, or not printable ASCII. */
enum sr_err cert_ek_names(const struct cert *c, struct ek_names *ret, struct sr_why *why);
