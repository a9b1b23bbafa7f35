/* Public keys that come without a certificate. */
#include "crypto/cert.h"
#include "crypto/errmark.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

SR_DEFINE_OWN_PTR(EVP_PKEY, EVP_PKEY_free)

/* A point has three spellings, and DER is not all that OpenSSL takes: written again, it must be what it was.
 */
static bool is_canonical(EVP_PKEY *k, struct span der)
{
    uint8_t *again = NULL;
    if (EVP_PKEY_get_base_id(k) == EVP_PKEY_EC &&
        EVP_PKEY_set_utf8_string_param(k, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") != 1)
        return false;
    int n = i2d_PUBKEY(k, &again);
    bool same = n > 0 && (size_t)n == der.n && memcmp(again, der.p, der.n) == 0;
    OPENSSL_free(again);
    return same;
}

enum sr_err cert_spki_read(struct span der, struct pubkey *ret)
{
    KEEP_ERROR_QUEUE;
    const uint8_t *at = der.p;
    if (der.n == 0 || der.n > CERT_MAX)
        return SR_EFORMAT;
    SR_OWN_PTR(EVP_PKEY) k = d2i_PUBKEY(NULL, &at, (long)der.n);
    if (!k || at != der.p + der.n || !is_canonical(k, der))
        return SR_EFORMAT;
    return pubkey_from_pkey(k, ret);
}
