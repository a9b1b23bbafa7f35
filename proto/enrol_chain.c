#include "crypto/cert.h"
#include "proto/enrol.h"

/* DER of the certificates added, which the request borrows while it is written. */
struct chain_der {
    struct buf der[CERTS_MAX];
};

static void chain_der_drop(struct chain_der *c)
{
    for (size_t i = 0; i < CERTS_MAX; i++)
        buf_drop(&c->der[i]);
}

static enum sr_err add(const struct certs *more, struct chain_der *keep, struct enrol_request *e1,
                       struct sr_why *why)
{
    for (size_t i = 0; i < more->n; i++) {
        if (e1->n == ENROL_CHAIN_MAX)
            return sr_fail(why, SR_ETOOBIG, R_EK_CHAIN, "more than %d certificates", ENROL_CHAIN_MAX);
        SR_TRY(cert_der(&more->c[i], &keep->der[i]));
        e1->chain[e1->n++] = buf_span(&keep->der[i]);
    }
    return SR_OK;
}

enum sr_err enrol_request_extend(struct span e1, struct span pem, struct buf *ret, struct sr_why *why)
{
    SR_OWN(certs) more = { 0 };
    SR_OWN(chain_der) keep = { 0 };
    struct enrol_request request;
    SR_TRY(enrol_request_read(e1, &request, why));
    if (pem.n > 0)
        SR_TRY(certs_read_pem(pem, &more, why));
    SR_TRY(add(&more, &keep, &request, why));
    return enrol_request_write(&request, ret);
}
