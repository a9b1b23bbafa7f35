#include "client/root_file.h"

#include "client/cli.h"
#include "crypto/cert.h"
#include "crypto/text.h"

enum { ROOT_FILE_MAX = 128 << 10 };

static enum sr_err add(const struct sha256 *spki, struct sha256 ret[], size_t max, size_t *n,
                       struct sr_why *why)
{
    if (*n == max)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "more than %zu roots", max);
    ret[(*n)++] = *spki;
    return SR_OK;
}

enum sr_err root_file_read(const char *path_or_pin, struct sha256 ret[], size_t max, size_t *n,
                           struct sr_why *why)
{
    SR_OWN(buf) pem = { 0 };
    SR_OWN(certs) certs = { 0 };
    struct sha256 spki;
    if (hex_read(span_of(path_or_pin), spki.b, sizeof spki.b) == SR_OK)
        return add(&spki, ret, max, n, why);
    SR_TRY(cli_read_file(path_or_pin, ROOT_FILE_MAX, &pem, why));
    SR_TRY(certs_read_pem(buf_span(&pem), &certs, why));
    for (size_t i = 0; i < certs.n; i++) {
        SR_TRY(cert_spki_hash(&certs.c[i], &spki));
        SR_TRY(add(&spki, ret, max, n, why));
    }
    return SR_OK;
}
