#include "proto/kbs.h"
#include "proto/kbs_parts.h"

#include "crypto/text.h"

#include <string.h>

static const struct kbs_version_row rows[KBS_VERSIONS] = {
    [KBS_0_1_0] = { .text = "0.1.0",
                    .flat = true,
                    .evidence_is_text = true,
                    .rsa1_5 = true,
                    .form = JWE_LEGACY_0_1_X,
                    .hashed = HASHED_OLD },
    [KBS_0_1_1] = { .text = "0.1.1",
                    .flat = true,
                    .rsa1_5 = true,
                    .form = JWE_LEGACY_0_1_X,
                    .hashed = HASHED_OLD },
    [KBS_0_2_0] = { .text = "0.2.0", .flat = true, .form = JWE_FLATTENED, .hashed = HASHED_OLD },
    [KBS_0_3_0] = { .text = "0.3.0",
                    .flat = true,
                    .nested = true,
                    .composite = true,
                    .form = JWE_FLATTENED,
                    .hashed = HASHED_OLD | HASHED_ADDITIONAL },
    [KBS_0_4_0] = { .text = "0.4.0",
                    .nested = true,
                    .composite = true,
                    .form = JWE_FLATTENED,
                    .hashed = HASHED_ADDITIONAL },
};

const struct kbs_version_row *kbs_version_row(enum kbs_version v)
{
    return (unsigned)v < KBS_VERSIONS ? &rows[v] : &rows[KBS_0_4_0];
}

const char *kbs_version_text(enum kbs_version v)
{
    return kbs_version_row(v)->text;
}

enum jwe_form kbs_reply_form(enum kbs_version v)
{
    return kbs_version_row(v)->form;
}

enum sr_err kbs_bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "KBS: %s", what);
}

/* Three numbers; build metadata (semver.org, 10) does not count, a pre-release is another version. */
static bool find_version(struct span text, enum kbs_version *ret)
{
    const uint8_t *plus = text.n ? memchr(text.p, '+', text.n) : NULL;
    struct span v = { text.p, plus ? (size_t)(plus - text.p) : text.n };
    for (size_t i = 0; i < KBS_VERSIONS; i++)
        if (span_eq(v, span_of(rows[i].text))) {
            *ret = (enum kbs_version)i;
            return true;
        }
    return false;
}

enum sr_err kbs_request_read(struct span body, struct kbs_request *ret, struct sr_why *why)
{
    struct span version = { 0 }, tee = { 0 }, extra = { 0 };
    const struct jf_member m[] = { { "version", &version }, { "tee", &tee }, { "extra-params", &extra } };
    struct kbs_request q = { 0 };
    SR_TRY(json_foreign_check(body, why));
    if (!jf_members(body, m, sizeof m / sizeof *m) || !jf_plain(version, &version) || !jf_plain(tee, &tee) ||
        extra.n == 0)
        return kbs_bad(why, "version, tee or extra-params");
    if (!find_version(version, &q.version))
        return sr_fail(why, SR_EFORMAT, R_KBS_VERSION, "KBS: a version that is not spoken");
    SR_TRY(kbs_tee_find(tee, &q.tee, why));
    *ret = q;
    return SR_OK;
}

void kbs_nonce_text(const uint8_t nonce[static KBS_NONCE_SIZE], struct buf *ret)
{
    wr_base64(ret, (struct span){ nonce, KBS_NONCE_SIZE });
}

void kbs_challenge_write(const uint8_t nonce[static KBS_NONCE_SIZE], struct buf *ret)
{
    wr_text(ret, "{\"nonce\":\"");
    kbs_nonce_text(nonce, ret);
    wr_text(ret, "\",\"extra-params\":\"\"}");
}

static bool name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool kbs_segment_ok(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!name_char(s.p[i]) && (i == 0 || s.p[i] != '.'))
            return false;
    return s.n > 0;
}
