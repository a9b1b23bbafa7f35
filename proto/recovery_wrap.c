#include "proto/recovery_wrap.h"

#include <string.h>

enum sr_err recovery_wrap_closed(struct sr_why *why)
{
    return sr_fail(why, SR_EPROOF, R_SEAL_OPEN, "recovery: sealed for another key, network or place");
}

static enum sr_err info_of(const struct recovery_wrap *w, struct buf *ret)
{
    struct label_text t = label_text(w->label);
    wr_lp(ret, (struct span){ (const uint8_t *)t.b, t.n });
    return buf_ok(ret) && buf_ok(w->about) ? SR_OK : SR_ENOMEM;
}

enum sr_err recovery_wrap_seal(const struct recovery_wrap *w, const struct kem_pub *to,
                               const struct kem_key *eph, const uint8_t plain[static 32],
                               struct recovery_sealed *ret)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) ct = { 0 };
    struct recovery_sealed s;
    SR_TRY(info_of(w, &info));
    SR_TRY(hpke_setup_send(to, buf_span(&info), NULL, eph, &s.enc, &ctx));
    SR_TRY(hpke_seal(&ctx, buf_span(w->about), (struct span){ plain, 32 }, &ct));
    if (ct.n != sizeof s.ct)
        return SR_EBUG;
    memcpy(s.ct, ct.p, sizeof s.ct);
    *ret = s;
    return SR_OK;
}

enum sr_err recovery_wrap_open(const struct recovery_wrap *w, const struct kem_key *me,
                               const struct recovery_sealed *s, uint8_t ret[static 32], struct sr_why *why)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_TRY(info_of(w, &info));
    if (hpke_setup_recv(&s->enc, me, buf_span(&info), NULL, &ctx) != SR_OK ||
        hpke_open(&ctx, buf_span(w->about), SPAN(s->ct), &plain) != SR_OK || plain.n != 32)
        return recovery_wrap_closed(why);
    memcpy(ret, plain.p, 32);
    return SR_OK;
}
