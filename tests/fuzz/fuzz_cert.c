/* Anything as a certificate, a padded one, or PEM: read, looked at from all sides, and tried as a chain. */
#include "crypto/cert.h"

#include <stdlib.h>

static void look_at(const struct cert *c, struct span der)
{
    SR_OWN(buf) again = { 0 };
    SR_OWN(buf) cn = { 0 };
    SR_OWN(pubkey) key = { 0 };
    struct ek_names names;
    struct sha256 pin, anchor;
    struct span ext;
    time_t from, until;
    if (cert_der(c, &again) != SR_OK || !span_eq(buf_span(&again), der))
        abort(); /* it was accepted, but is not what it says */
    (void)cert_times(c, &from, &until);
    (void)cert_common_name(c, &cn);
    (void)cert_extension(c, "2.5.29.37", &ext);
    (void)cert_ek_names(c, &names, NULL);
    (void)cert_pubkey(c, &key, NULL);
    if (cert_spki_hash(c, &pin) != SR_OK)
        return;
    /* Alone, and pinned itself: no leaf vouches for itself. */
    if (cert_chain_verify(c, c, 1, &pin, 1, 1767225600, CERT_EVIDENCE, NULL, &anchor) == SR_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size }, der;
    SR_OWN(cert) c = { 0 };
    SR_OWN(certs) many = { 0 };
    if (cert_read(in, &c, NULL) == SR_OK)
        look_at(&c, in);
    else if (cert_trim(in, &der) == SR_OK && cert_read(der, &c, NULL) == SR_OK)
        look_at(&c, der);
    (void)certs_read_pem(in, &many, NULL);
    return 0;
}
