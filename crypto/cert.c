#include "crypto/cert.h"
#include "crypto/errmark.h"

#include <openssl/x509v3.h>
#include <string.h>

SR_DEFINE_OWN_PTR(ASN1_OBJECT, ASN1_OBJECT_free)

void cert_drop(struct cert *c)
{
    X509_free(c->x509);
    *c = (struct cert){ 0 };
}

void certs_drop(struct certs *c)
{
    for (size_t i = 0; i < CERTS_MAX; i++)
        cert_drop(&c->c[i]);
    c->n = 0;
}

enum sr_err cert_der(const struct cert *c, struct buf *ret)
{
    int n = c->x509 ? i2d_X509(c->x509, NULL) : -1;
    if (n < 0)
        return SR_EFORMAT;
    uint8_t *at = wr_room(ret, (size_t)n);
    return at && i2d_X509(c->x509, &at) == n ? SR_OK : SR_ENOMEM;
}

/* OpenSSL keeps the signed part as it came; the rest is compared by encoding it again. */
static bool is_canonical(const struct cert *c, struct span der)
{
    SR_OWN(buf) again = { 0 };
    return cert_der(c, &again) == SR_OK && span_eq(buf_span(&again), der);
}

static bool has_duplicate_extension(const X509 *x)
{
    for (int i = 0; i < X509_get_ext_count(x); i++)
        if (X509_get_ext_by_OBJ(x, X509_EXTENSION_get_object(X509_get_ext(x, i)), i) >= 0)
            return true;
    return false;
}

enum sr_err cert_read(struct span der, struct cert *ret, struct sr_why *why)
{
    KEEP_ERROR_QUEUE;
    if (der.n > CERT_MAX)
        return sr_fail(why, SR_ETOOBIG, R_CERT_FORMAT, "certificate: %zu bytes", der.n);
    const unsigned char *p = der.p;
    SR_OWN(cert) c = { der.n ? d2i_X509(NULL, &p, (long)der.n) : NULL };
    if (!c.x509 || !is_canonical(&c, der))
        return sr_fail(why, SR_EFORMAT, R_CERT_FORMAT,
                       "certificate: not one DER certificate and nothing else");
    if (X509_get_version(c.x509) != X509_VERSION_3)
        return sr_fail(why, SR_EFORMAT, R_CERT_FORMAT, "certificate: not version 3");
    if (has_duplicate_extension(c.x509))
        return sr_fail(why, SR_EFORMAT, R_CERT_FORMAT, "certificate: an extension is there twice");
    if (X509_check_purpose(c.x509, -1, 0) != 1 || (X509_get_extension_flags(c.x509) & EXFLAG_INVALID))
        return sr_fail(why, SR_EFORMAT, R_CERT_FORMAT, "certificate: an extension is malformed");
    *ret = SR_TAKE(c);
    return SR_OK;
}

enum sr_err cert_spki_hash(const struct cert *c, struct sha256 *ret)
{
    SR_OWN(buf) der = { 0 };
    X509_PUBKEY *spki = c->x509 ? X509_get_X509_PUBKEY(c->x509) : NULL;
    int n = spki ? i2d_X509_PUBKEY(spki, NULL) : -1;
    if (n < 0)
        return SR_EFORMAT;
    uint8_t *at = wr_room(&der, (size_t)n);
    if (!at || i2d_X509_PUBKEY(spki, &at) != n)
        return SR_ENOMEM;
    *ret = sha256(buf_span(&der));
    return SR_OK;
}

enum sr_err cert_pubkey(const struct cert *c, struct pubkey *ret, struct sr_why *why)
{
    KEEP_ERROR_QUEUE;
    EVP_PKEY *pkey = c->x509 ? X509_get0_pubkey(c->x509) : NULL;
    if (!pkey || pubkey_from_pkey(pkey, ret) != SR_OK)
        return sr_fail(
            why, SR_EPROOF, R_CERT_WEAK,
            "certificate: its key is not RSA of 2048 to 8192 bits, P-256 or P-384, or is a weak one");
    return SR_OK;
}

bool cert_has_key(const struct cert *c, const struct pubkey *k)
{
    SR_OWN(pubkey) own = { 0 };
    return cert_pubkey(c, &own, NULL) == SR_OK && pubkey_eq(&own, k);
}

static bool unix_time(const ASN1_TIME *t, time_t *ret)
{
    struct tm tm = { 0 };
    if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
        return false;
    *ret = timegm(&tm);
    return true;
}

enum sr_err cert_times(const struct cert *c, time_t *ret_from, time_t *ret_until)
{
    KEEP_ERROR_QUEUE;
    time_t from, until;
    if (!c->x509 || !unix_time(X509_get0_notBefore(c->x509), &from) ||
        !unix_time(X509_get0_notAfter(c->x509), &until))
        return SR_EFORMAT;
    *ret_from = from;
    *ret_until = until;
    return SR_OK;
}

enum sr_err cert_common_name(const struct cert *c, struct buf *ret)
{
    KEEP_ERROR_QUEUE;
    const X509_NAME *name = c->x509 ? X509_get_subject_name(c->x509) : NULL;
    int at = name ? X509_NAME_get_index_by_NID(name, NID_commonName, -1) : -1;
    if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
        return SR_ENOENT;
    unsigned char *text = NULL;
    int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (n < 0)
        return SR_EFORMAT;
    bool has_nul = memchr(text, 0, (size_t)n) != NULL; /* "good\0bad" must not pass for "good" */
    if (!has_nul)
        wr_span(ret, (struct span){ text, (size_t)n });
    OPENSSL_free(text);
    return has_nul ? SR_EFORMAT : buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err cert_extension(const struct cert *c, const char *oid, struct span *ret)
{
    KEEP_ERROR_QUEUE;
    SR_OWN_PTR(ASN1_OBJECT) obj = OBJ_txt2obj(oid, 1);
    int at = c->x509 && obj ? X509_get_ext_by_OBJ(c->x509, obj, -1) : -1;
    if (at < 0)
        return SR_ENOENT;
    const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(X509_get_ext(c->x509, at));
    *ret = (struct span){ ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data) };
    return SR_OK;
}
