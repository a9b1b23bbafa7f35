#include "proto/evidence/collateral.h"
#include "proto/evidence/collateral_parts.h"

#include <stdlib.h>

static enum sr_err put_cert(struct collateral *c, struct span der, struct sr_why *why)
{
    struct coll_cert one = { .der = sha256(der) };
    if (collateral_find(c, &one.der))
        return SR_OK;
    if (c->ncert == COLLATERAL_CERTS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "collateral: more than %d certificates",
                       COLLATERAL_CERTS_MAX);
    SR_TRY(cert_read(der, &one.cert, why));
    one.role = cert_role_of(&one.cert);
    if (cert_spki_hash(&one.cert, &one.key) != SR_OK) {
        cert_drop(&one.cert);
        return SR_EFORMAT;
    }
    c->cert[c->ncert++] = one;
    return SR_OK;
}

static enum sr_err put_crl(struct collateral *c, struct span der, struct sr_why *why)
{
    struct coll_crl *one = &c->crl[c->ncrl];
    if (c->ncrl == COLLATERAL_CRLS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "collateral: more than %d lists", COLLATERAL_CRLS_MAX);
    SR_TRY(cert_crl_read(der, &one->crl, why));
    one->der = sha256(der);
    one->valid = cert_crl_validity(&one->crl);
    one->standing.verdict = sr_fail(&one->standing.why, SR_EPROOF, R_COLLATERAL_MISSING,
                                    "revocation list: no certificate of its issuer");
    c->ncrl++;
    return SR_OK;
}

/* A certificate is larger than a list may be and a list larger than a certificate: the size is no hint. */
static enum sr_err put_der(struct collateral *c, struct span der, struct sr_why *why)
{
    if (der.n <= CERT_MAX) {
        enum sr_err e = put_cert(c, der, why);
        if (e == SR_OK || e == SR_ENOMEM || e == SR_ETOOBIG)
            return e;
    }
    return put_crl(c, der, why);
}

static enum sr_err put_pem(struct collateral *c, struct span text, struct sr_why *why)
{
    for (;;) {
        SR_OWN(buf) der = { 0 };
        struct span label;
        enum sr_err e = cert_pem_next(&text, &label, &der);
        if (e == SR_ENOENT)
            return SR_OK;
        SR_TRY(e);
        SR_TRY(put_der(c, buf_span(&der), why));
    }
}

enum file_kind { FILE_OTHER, FILE_DER, FILE_PEM, FILE_JSON };

static enum file_kind kind_of(struct span file)
{
    if (file.n == 0 || file.n > COLLATERAL_FILE_MAX)
        return FILE_OTHER;
    return file.p[0] == 0x30  ? FILE_DER
           : file.p[0] == '-' ? FILE_PEM
           : file.p[0] == '{' ? FILE_JSON
                              : FILE_OTHER;
}

static enum sr_err put_file(struct collateral *c, struct span file, struct sr_why *why)
{
    switch (kind_of(file)) {
    case FILE_DER: return put_der(c, file, why);
    case FILE_PEM: return put_pem(c, file, why);
    case FILE_JSON: return collateral_put_document(c, file, why);
    case FILE_OTHER: break;
    }
    return SR_EFORMAT;
}

/* Those files that are documents, or those that are not. */
static enum sr_err put_files(struct collateral *c, const struct span files[], size_t n, bool documents,
                             struct sr_why *why)
{
    for (size_t i = 0; i < n; i++) {
        if ((kind_of(files[i]) == FILE_JSON) != documents)
            continue;
        enum sr_err e = put_file(c, files[i], why);
        if (e == SR_ENOMEM || e == SR_ETOOBIG)
            return e;
        c->unknown += e != SR_OK;
    }
    return SR_OK;
}

/* Certificates and lists first: who signed a document must be known when it is read. */
static enum sr_err fill(struct collateral *c, const struct span files[], size_t n, const struct pins *roots,
                        struct sr_why *why)
{
    SR_TRY(put_files(c, files, n, false, why));
    collateral_judge_all(c, roots);
    return put_files(c, files, n, true, why);
}

enum sr_err collateral_make(const struct span files[], size_t n, const struct pins *roots,
                            struct collateral **ret, struct sr_why *why)
{
    if (n > COLLATERAL_FILES_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "collateral: %zu files", n);
    struct collateral *c = calloc(1, sizeof *c);
    enum sr_err e = c ? fill(c, files, n, roots, why) : SR_ENOMEM;
    if (e != SR_OK) {
        collateral_free(c);
        return e;
    }
    *ret = c;
    return SR_OK;
}

const struct coll_cert *collateral_find(const struct collateral *c, const struct sha256 *der)
{
    for (size_t i = 0; c && i < c->ncert; i++)
        if (sha256_eq(&c->cert[i].der, der))
            return &c->cert[i];
    return NULL;
}

void coll_cert_drop(struct coll_cert *c)
{
    pubkey_drop(&c->own);
    cert_drop(&c->cert);
}

enum sr_err coll_cert_key(const struct coll_cert *c, struct pubkey *own, const struct pubkey **ret,
                          struct sr_why *why)
{
    *ret = &c->own;
    if (c->own.pkey)
        return SR_OK;
    *ret = own;
    return cert_pubkey(&c->cert, own, why);
}

void collateral_free(struct collateral *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->ncert; i++)
        coll_cert_drop(&c->cert[i]);
    for (size_t i = 0; i < c->ncrl; i++)
        cert_crl_drop(&c->crl[i].crl);
    for (size_t i = 0; i < c->ntcb; i++)
        free(c->tcb[i]);
    for (size_t i = 0; i < c->nqe; i++)
        free(c->qe[i]);
    free(c);
}
