#include "node/config_digest.h"

#include "crypto/mode.h"
#include "crypto/text.h"
#include "proto/claims.h"
#include "proto/evidence/tpm_quote.h"

#include <string.h>

struct sha256 config_digest(void)
{
    struct hash256 h = hash256_start(L_CONFIG_EVENT);
    hash256_lp(&h, span_of(sr_mode.name));
    hash256_lp(&h, (struct span){ tpm_selection_bitmap, TPM_BITMAP });
    hash256_lp(&h, (struct span){ 0 });
    return hash256_end(&h);
}

enum sr_err config_digest_check(const struct claims *self, struct sr_why *why)
{
    struct sha256 own = config_digest();
    char text[65];
    const struct claim *measured = claims_find(self, SPAN_STR("config"));
    hex_text(SPAN(own.b), text);
    if (!measured || strcmp(measured->text, text) == 0)
        return SR_OK;
    return sr_fail(why, SR_EPROOF, R_CONFIG_DIFFERS, "measured configuration %.16s..., own %.16s...",
                   measured->text, text);
}
