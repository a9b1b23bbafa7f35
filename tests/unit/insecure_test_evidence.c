/* The insecure programs' own evidence and platform: bound to rd, claims what a file says, and is no TPM's. */
#include "tests/t.h"

#include "node/platform/platform.h"
#include "proto/evidence/insecure_verifier.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct sha512 rd = { { 1 } }, other = { { 2 } };

static enum sr_err verify(const char *type, struct span e, const struct sha512 *over, struct claims *c,
                          struct sr_why *why)
{
    const struct ak_trust nobody = { .epoch = 0 };
    const struct verify_in in = { .evidence = e, .rd = *over, .now = 0, .ak = &nobody };
    return evidence_verify(span_of(type), &in, c, why);
}

int main(void)
{
    char dir[] = "/tmp/insecure-XXXXXX", path[64];
    struct sr_why why = { 0 };
    struct claims c = { 0 };
    struct stat st;
    struct sha256 digest;
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) e = { 0 };
    SR_OWN(buf) blob = { 0 };
    SR_OWN(key) back = { 0 };
    const struct key k = { { 42 } };
    if (secret_init() != SR_OK || !mkdtemp(dir))
        return 1;
    struct platform_options o = { .dir = dir };
    T(platform_open(SPAN_STR("insecure"), &o, &p, &why) == SR_OK && !platform_enrols(&p));
    snprintf(path, sizeof path, "%s/insecure-key", dir);
    T(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    T(platform_quote(&p, &rd, (struct span){ 0 }, &e, &why) == SR_OK);
    T(verify("insecure", buf_span(&e), &rd, &c, &why) == SR_OK);
    T(claims_find(&c, SPAN_STR("code")) && claims_find(&c, SPAN_STR("debug"))->num == 1);
    T(verify("insecure", buf_span(&e), &other, &c, &why) == SR_EPROOF && why.reason == R_REPORT_DATA);
    T(verify("tpm", buf_span(&e), &rd, &c, &why) == SR_EFORMAT && why.reason == R_EVIDENCE_FORMAT);
    for (size_t n = 0; n < e.n; n++)
        T(verify("insecure", (struct span){ e.p, n }, &rd, &c, NULL) != SR_OK);
    wr_u8(&e, 0);
    T(verify("insecure", buf_span(&e), &rd, &c, NULL) == SR_EFORMAT);
    T(platform_seal(&p, &k, &blob, &why) == SR_OK && platform_policy_digest(&p, &digest, &why) == SR_OK);
    platform_drop(&p);
    T(platform_open(SPAN_STR("insecure"), &o, &p, &why) == SR_OK);
    T(platform_unseal(&p, buf_span(&blob), &back, &why) == SR_OK && back.b[0] == 42);
    blob.p[blob.n - 1] ^= 1;
    T(platform_unseal(&p, buf_span(&blob), &back, &why) == SR_EPROOF && why.reason == R_UNSEAL);
    unlink(path);
    rmdir(dir);
    return t_end();
}
