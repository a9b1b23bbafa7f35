#pragma once
/* cert_crl.h - lists of revoked certificates (RFC 5280, section 5) as AMD and Intel publish them: whole
 * lists by the issuer itself, no deltas, no indirect ones. */
#include "crypto/cert.h"

enum { CERT_CRL_MAX = 256 << 10 /* bytes */ };

struct X509_crl_st;

/* Owns one list. {0} is empty and is refused everywhere. */
struct cert_crl {
    struct X509_crl_st *x509;
};
void cert_crl_drop(struct cert_crl *c);

/* One list, version 2, in DER, every byte of it. SR_EFORMAT R_CRL_FORMAT: anything that would be encoded
 * differently, two signature algorithms, an unknown critical extension, a delta or indirect list, no next
 * update. */
enum sr_err cert_crl_read(struct span der, struct cert_crl *ret, struct sr_why *why);
/* From thisUpdate to nextUpdate. */
struct validity cert_crl_validity(const struct cert_crl *c);
/* Is issuer, by its names and key identifiers, who says this? Says nothing of the signature. */
bool cert_crl_is_by(const struct cert_crl *c, const struct cert *issuer);
/* Did issuer sign it, and may it (cRLSign)? P-256 with SHA-256, or RSASSA-PSS with SHA-384.
 * SR_EPROOF R_CRL_SIGNATURE. The issuer's own standing is the caller's to know. */
enum sr_err cert_crl_verify(const struct cert_crl *c, const struct cert *issuer, struct sr_why *why);
/* Is this certificate of the list's issuer on it? */
bool cert_crl_lists(const struct cert_crl *c, const struct cert *cert);

/* How it compares with another list of the same issuer: -1 older, 0 neither, 1 newer. Older is one whose
 * number (5.2.3) is lower, or missing where the other has one, or whose thisUpdate is earlier. */
int cert_crl_order(const struct cert_crl *c, const struct cert_crl *than);
/* Does it name every certificate that the other one names? */
bool cert_crl_covers(const struct cert_crl *c, const struct cert_crl *other);
/* The list's number. SR_ENOENT: none, or beyond 64 bits. */
enum sr_err cert_crl_number(const struct cert_crl *c, uint64_t *ret);
