/* Keys and tokens as they come from anybody. What is read is written again as it was understood. */
#include "crypto/text.h"
#include "proto/jose.h"
#include "proto/json_foreign.h"

#include <stdlib.h>
#include <string.h>

static void key(struct span text)
{
    SR_OWN(buf) again = { 0 };
    struct jwk k, back;
    if (json_foreign_check(text, NULL) != SR_OK || jwk_read(text, &k, NULL) != SR_OK)
        return;
    jwk_write(&k, JWK_SORTED, &again);
    if (json_foreign_check(buf_span(&again), NULL) != SR_OK ||
        jwk_read(buf_span(&again), &back, NULL) != SR_OK || memcmp(&k, &back, sizeof k) != 0)
        abort();
}

static void token(struct span text)
{
    static const enum jws_alg algs[] = { JWS_ES256, JWS_EDDSA };
    static const struct sign_pub nobody = { { 1 } };
    for (size_t i = 0; i < 2; i++) {
        SR_OWN(jws) j = { 0 };
        if (jws_read(text, algs[i], &j, NULL) == SR_OK && jws_verify_eddsa(&j, &nobody, NULL) == SR_OK)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (secret_init() != SR_OK)
        abort();
    key((struct span){ data, size });
    token((struct span){ data, size });
    return 0;
}
