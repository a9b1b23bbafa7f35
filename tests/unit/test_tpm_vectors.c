/* Structures captured from TPMs, judged by our parsers. Not part of the tree: SEALRING_VECTORS names the
 * folder (../shared/vectors unless set); without it this says so and is done. */
#include "tests/t.h"

#include "proto/evidence/tpm_check.h"

#include <stdlib.h>

static const char *folder;
static int ran;

static bool slurp(const char *name, struct buf *ret)
{
    char path[512];
    uint8_t bytes[8192];
    snprintf(path, sizeof path, "%s/tpm/%s", folder, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    wr_span(ret, (struct span){ bytes, fread(bytes, 1, sizeof bytes, f) });
    fclose(f);
    return true;
}

/* What each must be found to be. */
static const struct row {
    const char *attest, *signature, *ak; /* ak: TPM2B_PUBLIC, or TPMT_PUBLIC */
    enum sr_reason ak_reason, quote_reason;
} rows[] = {
    { "swtpm/quote-ecc.attest", "swtpm/quote-ecc.tpmt_signature", "swtpm/ak-ecc.tpm2b_public", R_NONE,
      R_QUOTE_SELECTION }, /* genuine, of PCRs 0-14 */
    { "swtpm/quote-rsa.attest", "swtpm/quote-rsa.tpmt_signature", "swtpm/ak-rsa.tpm2b_public", R_NONE,
      R_QUOTE_SELECTION },
    { "negative/relabel.attest", "negative/relabel.tpmt_signature", "negative/relabel.ak.tpm2b_public",
      R_NONE, R_QUOTE_SELECTION },
    { "negative/forged_unrestricted.attest", "negative/forged_unrestricted.tpmt_signature",
      "negative/forged_unrestricted.ak.tpm2b_public", R_AK_ATTRIBUTES, R_NONE },
    { "swtpm/quote-ecc.attest", "swtpm/quote-ecc.tpmt_signature", "negative/relabel.ak.tpm2b_public", R_NONE,
      R_QUOTE_SIGNATURE },
    { "negative/relabel.attest", "swtpm/quote-ecc.tpmt_signature", "negative/relabel.ak.tpm2b_public", R_NONE,
      R_QUOTE_SIGNATURE },
    { "raw/windows-gcp-sha1/quote.attest", "raw/windows-gcp-sha1/quote.tpmt_signature",
      "raw/windows-gcp-sha1/ak.tpmt_public", R_AK_ATTRIBUTES, R_QUOTE_FORMAT },
};

static struct span without_size(struct span s)
{
    bool sized = s.n > 2 && (size_t)(s.p[0] << 8 | s.p[1]) == s.n - 2;
    return sized ? (struct span){ s.p + 2, s.n - 2 } : s;
}

/* The nonce is taken from the quote: here it is the other checks that are asked. */
static enum sr_reason quote_reason(struct span attest, struct span sig, const struct tpm_public *ak)
{
    struct sr_why why = { 0 };
    struct tpm_attest a;
    struct tpm_pcrs pcrs = { 0 };
    SR_OWN(pubkey) key = { 0 };
    struct tpm_quote_in in = { .attest = attest, .signature = sig, .pcrs = &pcrs };
    if (tpm_attest_read(attest, &a, &why) != SR_OK)
        return why.reason;
    memcpy(in.nonce.b, a.extra.p, a.extra.n < 32 ? a.extra.n : 32);
    in.scheme = ak->scheme;
    in.scheme_hash = ak->scheme_hash;
    if (tpm_public_key(ak, &key) != SR_OK || tpm_quote_verify(&in, &key, &a, &why) == SR_OK)
        return R_INTERNAL;
    return why.reason;
}

static void one(const struct row *r)
{
    SR_OWN(buf) attest = { 0 };
    SR_OWN(buf) sig = { 0 };
    SR_OWN(buf) pub = { 0 };
    struct tpm_public ak;
    struct sr_why why = { 0 };
    if (!slurp(r->attest, &attest) || !slurp(r->signature, &sig) || !slurp(r->ak, &pub))
        return;
    ran++;
    T_ROW(tpm_public_read(without_size(buf_span(&pub)), R_AK_ATTRIBUTES, &ak, &why) == SR_OK, r->ak);
    T_ROW((tpm_ak_check(&ak, &why) == SR_OK) == (r->ak_reason == R_NONE), r->ak);
    T_ROW(why.reason == r->ak_reason, r->ak);
    if (r->quote_reason != R_NONE) {
        enum sr_reason got = quote_reason(buf_span(&attest), buf_span(&sig), &ak);
        T_ROW(got == r->quote_reason, r->attest);
        if (got != r->quote_reason)
            printf("  it was %s\n", sr_reason_text(got));
    }
}

/* A quote of nothing: well formed, and cut anywhere it is not. */
static void a_quote_of_nothing_is_read_as_that(void)
{

    SR_OWN(buf) empty = { 0 };
    struct tpm_attest attest;
    if (slurp("negative/emptysel.attest", &empty)) {
        ran++;
        T(tpm_attest_read(buf_span(&empty), &attest, NULL) == SR_OK);
        T(attest.nselection == 0 || attest.selection[0].bitmap.n != TPM_BITMAP ||
          memcmp(attest.selection[0].bitmap.p, tpm_selection_bitmap, TPM_BITMAP) != 0);
        for (size_t n = 0; n < empty.n; n++)
            T(tpm_attest_read((struct span){ empty.p, n }, &attest, NULL) == SR_EFORMAT);
    }
}

int main(void)
{
    folder = getenv("SEALRING_VECTORS");
    folder = folder ? folder : "../shared/vectors";
    if (secret_init() != SR_OK)
        return 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        one(&rows[i]);
    a_quote_of_nothing_is_read_as_that();
    if (ran == 0)
        printf("skipped: no captured vectors in %s\n", folder);
    return t_end();
}
