#include "crypto/cert_crl.h"
#include "crypto/errmark.h"

#include <openssl/x509v3.h>

SR_DEFINE_OWN_PTR(AUTHORITY_KEYID, AUTHORITY_KEYID_free)

void cert_crl_drop(struct cert_crl *c)
{
    X509_CRL_free(c->x509);
    *c = (struct cert_crl){ 0 };
}

static bool is_canonical(X509_CRL *x, struct span der)
{
    SR_OWN(buf) again = { 0 };
    int n = i2d_X509_CRL(x, NULL);
    uint8_t *at = n > 0 ? wr_room(&again, (size_t)n) : NULL;
    return at && i2d_X509_CRL(x, &at) == n && span_eq(buf_span(&again), der);
}

/* Past the head of one; the bytes are DER already. */
static void into_sequence(struct reader *r)
{
    (void)rd_u8(r);
    uint8_t length = rd_u8(r);
    if (length & 0x80)
        (void)rd_span(r, length & 0x7f);
}

/* The algorithm stands in the signed part and beside the signature. Nobody signs the second one, and OpenSSL
 * does not compare them in lists as it does in certificates: RFC 5280, 5.1.1.2. */
static bool algorithms_agree(const X509_CRL *x, struct span der)
{
    static const uint8_t version_2[] = { 0x02, 1, 1 };
    SR_OWN(buf) outer = { 0 };
    struct reader r = rd_init(der);
    const X509_ALGOR *a = NULL;
    X509_CRL_get0_signature(x, NULL, &a);
    int n = i2d_X509_ALGOR(a, NULL);
    uint8_t *at = n > 0 ? wr_room(&outer, (size_t)n) : NULL;
    into_sequence(&r);
    into_sequence(&r);
    return at && i2d_X509_ALGOR(a, &at) == n && span_eq(rd_span(&r, sizeof version_2), SPAN(version_2)) &&
           span_eq(rd_span(&r, outer.n), buf_span(&outer));
}

/* Critical extensions that are none of ours mean something that we would miss: 5.2. */
static bool has_critical(const X509_CRL *x)
{
    for (int i = 0; i < X509_CRL_get_ext_count(x); i++)
        if (X509_EXTENSION_get_critical(X509_CRL_get_ext(x, i)))
            return true;
    return false;
}

static bool times(const X509_CRL *x, struct validity *ret)
{
    struct tm from = { 0 }, until = { 0 };
    if (!X509_CRL_get0_nextUpdate(x) || ASN1_TIME_to_tm(X509_CRL_get0_lastUpdate(x), &from) != 1 ||
        ASN1_TIME_to_tm(X509_CRL_get0_nextUpdate(x), &until) != 1)
        return false;
    *ret = (struct validity){ timegm(&from), timegm(&until) };
    return true;
}

enum sr_err cert_crl_read(struct span der, struct cert_crl *ret, struct sr_why *why)
{
    KEEP_ERROR_QUEUE;
    struct validity valid;
    if (der.n > CERT_CRL_MAX)
        return sr_fail(why, SR_ETOOBIG, R_CRL_FORMAT, "revocation list: %zu bytes", der.n);
    const unsigned char *p = der.p;
    SR_OWN(cert_crl) c = { der.n ? d2i_X509_CRL(NULL, &p, (long)der.n) : NULL };
    if (!c.x509 || !is_canonical(c.x509, der))
        return sr_fail(why, SR_EFORMAT, R_CRL_FORMAT, "revocation list: not one DER list and nothing else");
    if (X509_CRL_get_version(c.x509) != X509_CRL_VERSION_2 || !times(c.x509, &valid))
        return sr_fail(why, SR_EFORMAT, R_CRL_FORMAT, "revocation list: not version 2 with a next update");
    if (!algorithms_agree(c.x509, der))
        return sr_fail(why, SR_EFORMAT, R_CRL_FORMAT, "revocation list: two signature algorithms");
    if (has_critical(c.x509) || X509_CRL_get_ext_by_NID(c.x509, NID_delta_crl, -1) >= 0)
        return sr_fail(why, SR_EFORMAT, R_CRL_FORMAT, "revocation list: not a whole list by its issuer");
    *ret = SR_TAKE(c);
    return SR_OK;
}

struct validity cert_crl_validity(const struct cert_crl *c)
{
    KEEP_ERROR_QUEUE;
    struct validity v;
    return c->x509 && times(c->x509, &v) ? v : (struct validity){ .from = 1, .until = 0 };
}

bool cert_crl_is_by(const struct cert_crl *c, const struct cert *issuer)
{
    KEEP_ERROR_QUEUE;
    if (!c->x509 || !issuer->x509 ||
        X509_NAME_cmp(X509_CRL_get_issuer(c->x509), X509_get_subject_name(issuer->x509)) != 0)
        return false;
    SR_OWN_PTR(AUTHORITY_KEYID) aki = X509_CRL_get_ext_d2i(c->x509, NID_authority_key_identifier, NULL, NULL);
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer->x509);
    return !aki || !aki->keyid || (ski && ASN1_OCTET_STRING_cmp(aki->keyid, ski) == 0);
}

/* What AMD and Intel sign their lists with. */
static bool is_known_signature(const X509_CRL *x)
{
    int nid = X509_CRL_get_signature_nid(x);
    return nid == NID_rsassaPss || nid == NID_ecdsa_with_SHA256;
}

/* No key usage is no permission. */
static bool may_sign(X509 *issuer)
{
    return (X509_get_extension_flags(issuer) & EXFLAG_KUSAGE) && (X509_get_key_usage(issuer) & KU_CRL_SIGN);
}

enum sr_err cert_crl_verify(const struct cert_crl *c, const struct cert *issuer, struct sr_why *why)
{
    KEEP_ERROR_QUEUE;
    EVP_PKEY *key = issuer->x509 ? X509_get0_pubkey(issuer->x509) : NULL;
    if (!key || !cert_crl_is_by(c, issuer))
        return sr_fail(why, SR_EPROOF, R_CRL_SIGNATURE, "revocation list: by somebody else");
    if (!may_sign(issuer->x509))
        return sr_fail(why, SR_EPROOF, R_CRL_SIGNATURE, "revocation list: its issuer may not sign any");
    if (!is_known_signature(c->x509) || X509_CRL_verify(c->x509, key) != 1)
        return sr_fail(why, SR_EPROOF, R_CRL_SIGNATURE, "revocation list: the signature");
    return SR_OK;
}

bool cert_crl_lists(const struct cert_crl *c, const struct cert *cert)
{
    KEEP_ERROR_QUEUE;
    X509_REVOKED *entry = NULL;
    return c->x509 && cert->x509 && X509_CRL_get0_by_cert(c->x509, &entry, cert->x509) != 0;
}

/* ---- one after another ---- */

SR_DEFINE_OWN_PTR(ASN1_INTEGER, ASN1_INTEGER_free)

static ASN1_INTEGER *number_of(const struct cert_crl *c)
{
    return X509_CRL_get_ext_d2i(c->x509, NID_crl_number, NULL, NULL);
}

/* By number alone; none at all is lower than any. */
static int number_order(const struct cert_crl *a, const struct cert_crl *b)
{
    SR_OWN_PTR(ASN1_INTEGER) x = number_of(a);
    SR_OWN_PTR(ASN1_INTEGER) y = number_of(b);
    if (!x || !y)
        return (x != NULL) - (y != NULL);
    int order = ASN1_INTEGER_cmp(x, y);
    return (order > 0) - (order < 0);
}

int cert_crl_order(const struct cert_crl *c, const struct cert_crl *than)
{
    KEEP_ERROR_QUEUE;
    time_t ours = cert_crl_validity(c).from, theirs = cert_crl_validity(than).from;
    int number = number_order(c, than);
    if (number < 0 || ours < theirs)
        return -1;
    return number > 0 || ours > theirs;
}

bool cert_crl_covers(const struct cert_crl *c, const struct cert_crl *other)
{
    KEEP_ERROR_QUEUE;
    STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(other->x509);
    for (int i = 0; i < sk_X509_REVOKED_num(list); i++) {
        X509_REVOKED *found = NULL;
        const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(list, i));
        if (X509_CRL_get0_by_serial(c->x509, &found, serial) == 0)
            return false;
    }
    return true;
}

enum sr_err cert_crl_number(const struct cert_crl *c, uint64_t *ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN_PTR(ASN1_INTEGER) n = number_of(c);
    return n && ASN1_INTEGER_get_uint64(ret, n) == 1 ? SR_OK : SR_ENOENT;
}
