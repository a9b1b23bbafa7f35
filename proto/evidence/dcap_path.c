#include "proto/evidence/dcap.h"

enum { CERT_PEM_CHAIN = 5 /* certification data type: PCK, CA and root in PEM */ };

void dcap_path_drop(struct dcap_path *p)
{
    coll_cert_drop(&p->own_leaf);
    coll_cert_drop(&p->own_ca);
    coll_cert_drop(&p->own_root);
    p->leaf = p->ca = p->root = NULL;
}

static enum sr_err refuse(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_CERT_DATA, "certification data: %s", what);
}

/* The next certificate, which must play that role. One that the collateral knows as good is taken from there.
 */
static enum sr_err next(struct span *pem, const struct collateral *c, enum cert_role role,
                        struct coll_cert *own, const struct coll_cert **ret, struct sr_why *why)
{
    SR_OWN(buf) der = { 0 };
    struct span label;
    if (cert_pem_next(pem, &label, &der) != SR_OK || !span_eq(label, SPAN_STR("CERTIFICATE")))
        return refuse(why, "not three certificates in PEM");
    own->der = sha256(buf_span(&der));
    *ret = collateral_find(c, &own->der);
    if (*ret && (*ret)->role == role && (*ret)->standing.verdict == SR_OK)
        return SR_OK;
    *ret = own;
    SR_TRY(cert_read(buf_span(&der), &own->cert, why));
    own->role = cert_role_of(&own->cert);
    if (own->role != role)
        return refuse(why, "not PCK, CA and root in that order");
    return cert_spki_hash(&own->cert, &own->key);
}

enum sr_err dcap_path_read(const struct dcap_quote *q, const struct collateral *c, struct dcap_path *ret,
                           struct sr_why *why)
{
    struct span pem = q->cert_data;
    if (q->cert_type != CERT_PEM_CHAIN)
        return refuse(why, "of a type without certificates");
    if (pem.n && pem.p[pem.n - 1] == 0) /* most quote libraries write their text with its NUL */
        pem.n--;
    SR_TRY(next(&pem, c, ROLE_INTEL_PCK, &ret->own_leaf, &ret->leaf, why));
    SR_TRY(next(&pem, c, ROLE_INTEL_CA, &ret->own_ca, &ret->ca, why));
    SR_TRY(next(&pem, c, ROLE_INTEL_ROOT, &ret->own_root, &ret->root, why));
    SR_OWN(buf) rest = { 0 };
    struct span label;
    return cert_pem_next(&pem, &label, &rest) == SR_ENOENT ? SR_OK
                                                           : refuse(why, "more than three certificates");
}

enum sr_err dcap_path_verify(struct dcap_path *p, const struct verify_in *in, struct sr_why *why)
{
    if (p->root == &p->own_root)
        collateral_judge(in->collateral, &p->own_root, NULL, &in->roots);
    SR_TRY(standing_check(&p->root->standing, &in->roots, in->now, R_CERT_TIME, why));
    if (p->ca == &p->own_ca)
        collateral_judge(in->collateral, &p->own_ca, p->root, &in->roots);
    SR_TRY(standing_check(&p->ca->standing, &in->roots, in->now, R_CERT_TIME, why));
    if (p->leaf == &p->own_leaf)
        collateral_judge(in->collateral, &p->own_leaf, p->ca, &in->roots);
    SR_TRY(standing_check(&p->leaf->standing, &in->roots, in->now, R_CERT_TIME, why));
    if (!p->leaf->issuer || !sha256_eq(&p->leaf->issuer->key, &p->ca->key))
        return sr_fail(why, SR_EPROOF, R_CERT_CHAIN, "PCK certificate: not issued by the CA beside it");
    return SR_OK;
}

enum sr_err dcap_path_lists(const struct dcap_path *p, const struct verify_in *in, struct sr_why *why)
{
    struct validity valid;
    SR_TRY(collateral_crl_current(in->collateral, p->root, in->now, &valid, why));
    return collateral_crl_current(in->collateral, p->ca, in->now, &valid, why);
}
