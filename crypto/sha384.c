#include "crypto/sha384.h"
#include "crypto/errmark.h"

#include <openssl/evp.h>

enum sr_err sha384(struct span s, struct sha384 *ret)
{
    KEEP_ERROR_QUEUE;
    struct sha384 h;
    unsigned n = 0;
    if (EVP_Digest(s.n ? s.p : h.b, s.n, h.b, &n, EVP_sha384(), NULL) != 1 || n != sizeof h.b)
        return SR_EBUG;
    *ret = h;
    return SR_OK;
}
