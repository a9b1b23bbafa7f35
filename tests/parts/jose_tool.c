/* jose_tool.c - seals and verifies for tests/parts/jose_interop.py. Each line of input, texts in hex:
 *   seal FORM JWK PLAIN     FORM: flattened, legacy; answers the JWE
 *   sign SCALAR KID PAYLOAD answers token and public key
 *   es256 SCALAR TOKEN, eddsa PUB TOKEN   answers "good" or "refused"; SCALAR of the private key */
#include "crypto/text.h"
#include "proto/jose.h"
#include "proto/json_foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 3, LINE_MAX_BYTES = 1 << 16 };

static void field(const char *hex, struct buf *into)
{
    size_t n = hex ? strlen(hex) / 2 : 0;
    uint8_t *at = wr_room(into, n);
    if (n && (!at || hex_read(span_of(hex), at, n) != SR_OK))
        exit(2);
}

static enum sr_err seal(const struct buf *f, struct buf *ret)
{
    SR_OWN(jwe_random) r = { 0 };
    struct jwk k;
    enum jwe_form form = span_eq(buf_span(&f[0]), SPAN_STR("legacy")) ? JWE_LEGACY_0_1_X : JWE_FLATTENED;
    SR_TRY(json_foreign_check(buf_span(&f[1]), NULL));
    SR_TRY(jwk_read(buf_span(&f[1]), &k, NULL));
    jwe_random_draw(&k, &r);
    return jwe_seal(&k, form, buf_span(&f[2]), &r, ret);
}

static enum sr_err sign(const struct buf *f, struct buf *ret)
{
    SR_OWN(jws_key) k = { 0 };
    char kid[64] = "";
    memcpy(kid, f[1].p, f[1].n < 63 ? f[1].n : 63);
    SR_TRY(jws_key_make(buf_span(&f[0]), &k));
    SR_TRY(jws_sign_es256(&k, kid, buf_span(&f[2]), ret));
    wr_u8(ret, ' ');
    jws_key_write(&k, kid, ret);
    return SR_OK;
}

static enum sr_err verify(bool es256, const struct buf *f, struct buf *ret)
{
    SR_OWN(jws) j = { 0 };
    SR_OWN(jws_key) k = { 0 };
    struct sign_pub pub;
    SR_TRY(jws_read(buf_span(&f[1]), es256 ? JWS_ES256 : JWS_EDDSA, &j, NULL));
    if (es256) {
        SR_TRY(jws_key_make(buf_span(&f[0]), &k));
        SR_TRY(jws_verify_es256(&j, &k, NULL));
    } else {
        memcpy(pub.b, f[0].p, sizeof pub.b);
        SR_TRY(jws_verify_eddsa(&j, &pub, NULL));
    }
    wr_text(ret, "good");
    return SR_OK;
}

static enum sr_err answer(const char *verb, const struct buf *f, struct buf *ret)
{
    if (strcmp(verb, "seal") == 0)
        return seal(f, ret);
    return strcmp(verb, "sign") == 0 ? sign(f, ret) : verify(strcmp(verb, "es256") == 0, f, ret);
}

int main(void)
{
    static char line[LINE_MAX_BYTES];
    if (secret_init() != SR_OK)
        return 2;
    while (fgets(line, sizeof line, stdin)) {
        struct buf f[FIELDS] = { 0 };
        SR_OWN(buf) out = { 0 };
        char *rest = line;
        const char *verb = strsep(&rest, " \n");
        for (size_t i = 0; i < FIELDS; i++)
            field(rest ? strsep(&rest, " \n") : NULL, &f[i]);
        enum sr_err e = answer(verb, f, &out);
        wr_u8(&out, 0);
        printf("%s\n", e == SR_OK && buf_ok(&out) ? (const char *)out.p : "refused");
        fflush(stdout);
        for (size_t i = 0; i < FIELDS; i++)
            buf_drop(&f[i]);
    }
    return 0;
}
