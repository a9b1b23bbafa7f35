/* edge_crypto.c - a signature that verified once verifies again: the same certificates, links and checkpoints
 * go round in every exchange, and half of a run's time went there. What did not verify is computed each time.
 */
#include <sodium.h>
#include <string.h>

enum { MEMO = 1 << 14, DIGEST = 16 };

int __real_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long n,
                                       const unsigned char *pk);

static void digest_of(const unsigned char *sig, const unsigned char *m, unsigned long long n,
                      const unsigned char *pk, unsigned char ret[static DIGEST])
{
    crypto_generichash_state s;
    crypto_generichash_init(&s, NULL, 0, DIGEST);
    crypto_generichash_update(&s, pk, crypto_sign_PUBLICKEYBYTES);
    crypto_generichash_update(&s, sig, crypto_sign_BYTES);
    crypto_generichash_update(&s, m, n);
    crypto_generichash_final(&s, ret, DIGEST);
}

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long n,
                                       const unsigned char *pk)
{
    static unsigned char good[MEMO][DIGEST];
    unsigned char d[DIGEST];
    digest_of(sig, m, n, pk, d);
    unsigned char *known = good[(d[0] << 8 | d[1]) % MEMO];
    if (memcmp(known, d, DIGEST) == 0)
        return 0;
    int result = __real_crypto_sign_verify_detached(sig, m, n, pk);
    if (result == 0)
        memcpy(known, d, DIGEST);
    return result;
}
