#include "proto/ak_cert.h"

#include <string.h>

enum { VERSION = 1 };

static struct reader read_body(struct span bytes, struct ak_cert *c)
{
    struct reader r = rd_init(bytes);
    if (rd_u8(&r) != VERSION || bytes.n > AK_CERT_MAX)
        r.bad = true;
    c->kind = rd_u8(&r);
    rd_copy(&r, c->network.b, sizeof c->network.b);
    c->epoch = rd_u64be(&r);
    c->ak = rd_lp(&r, AK_PUBLIC_MAX);
    rd_copy(&r, c->ek.b, sizeof c->ek.b);
    rd_copy(&r, c->root.b, sizeof c->root.b);
    c->not_before = rd_u64be(&r);
    c->not_after = rd_u64be(&r);
    if (c->kind != AK_CERT_NETWORK && c->kind != AK_CERT_GENESIS && c->kind != AK_CERT_RECOVERY)
        r.bad = true;
    return r;
}

enum sr_err ak_cert_read(struct span bytes, struct ak_cert *ret, struct sr_why *why)
{
    struct ak_cert c = { 0 };
    struct reader r = read_body(bytes, &c);
    c.body = (struct span){ bytes.p, bytes.n - rd_left(&r) };
    size_t n = rd_u8(&r);
    bool sorted = true;
    for (; !r.bad && c.nsig < n && c.nsig < AK_CERT_SIGS_MAX; c.nsig++) {
        rd_copy(&r, c.sigs[c.nsig].pub.b, sizeof c.sigs[0].pub.b);
        rd_copy(&r, c.sigs[c.nsig].sig.b, sizeof c.sigs[0].sig.b);
        if (c.nsig && span_cmp(SPAN(c.sigs[c.nsig - 1].pub.b), SPAN(c.sigs[c.nsig].pub.b)) >= 0)
            sorted = false;
    }
    if (!rd_end(&r) || !sorted || c.nsig != n)
        return sr_fail(why, SR_EFORMAT, R_AK_CERT, "malformed AK certificate");
    *ret = c;
    return SR_OK;
}

static void write_body(const struct ak_cert *c, struct buf *b)
{
    wr_u8(b, VERSION);
    wr_u8(b, c->kind);
    wr_span(b, SPAN(c->network.b));
    wr_u64be(b, c->epoch);
    wr_lp(b, c->ak);
    wr_span(b, SPAN(c->ek.b));
    wr_span(b, SPAN(c->root.b));
    wr_u64be(b, c->not_before);
    wr_u64be(b, c->not_after);
}

enum sr_err ak_cert_write(const struct ak_cert *c, struct buf *ret)
{
    if (c->ak.n > AK_PUBLIC_MAX || c->nsig > AK_CERT_SIGS_MAX)
        return SR_EFORMAT;
    write_body(c, ret);
    wr_u8(ret, (uint8_t)c->nsig);
    for (size_t i = 0; i < c->nsig; i++) {
        wr_span(ret, SPAN(c->sigs[i].pub.b));
        wr_span(ret, SPAN(c->sigs[i].sig.b));
    }
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum label label_of(uint8_t kind)
{
    if (kind == AK_CERT_RECOVERY)
        return L_AK_CERT_RECOVERY;
    return kind == AK_CERT_GENESIS ? L_AK_CERT_GENESIS : L_AK_CERT;
}

enum sr_err ak_cert_sign(const struct ak_cert *c, const struct sign_key *k, const struct sign_pub *pub,
                         struct buf *ret)
{
    struct ak_cert more = *c;
    SR_OWN(buf) body = { 0 };
    size_t at = 0;
    while (at < c->nsig && span_cmp(SPAN(c->sigs[at].pub.b), SPAN(pub->b)) < 0)
        at++;
    if (c->nsig >= AK_CERT_SIGS_MAX || (at < c->nsig && span_eq(SPAN(c->sigs[at].pub.b), SPAN(pub->b))))
        return SR_EFORMAT;
    write_body(c, &body);
    if (!buf_ok(&body))
        return SR_ENOMEM;
    memmove(&more.sigs[at + 1], &more.sigs[at], (c->nsig - at) * sizeof more.sigs[0]);
    more.sigs[at].pub = *pub;
    more.sigs[at].sig = sign_label(k, label_of(c->kind), buf_span(&body));
    more.nsig++;
    return ak_cert_write(&more, ret);
}

static enum sr_err check_sig(const struct ak_cert *c, size_t i, struct sr_why *why)
{
    if (sign_check(&c->sigs[i].pub, label_of(c->kind), c->body, &c->sigs[i].sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "a signature of the AK certificate is wrong");
    return SR_OK;
}

static bool is_genesis_ca(const struct ak_trust *trust, const struct sign_pub *pub)
{
    for (size_t i = 0; i < trust->genesis_n; i++)
        if (span_eq(SPAN(trust->genesis_cas[i].b), SPAN(pub->b)))
            return true;
    return false;
}

static enum sr_err check_network_sigs(const struct ak_cert *c, const struct ak_trust *trust,
                                      struct sr_why *why)
{
    if (c->nsig != 1 || !span_eq(SPAN(c->sigs[0].pub.b), SPAN(trust->akca.b)))
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "not signed by the network's AK-CA");
    return check_sig(c, 0, why);
}

static enum sr_err check_genesis_sigs(const struct ak_cert *c, const struct ak_trust *trust,
                                      struct sr_why *why)
{
    if (c->nsig < trust->genesis_k)
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "%zu operators signed, %zu must", c->nsig,
                       trust->genesis_k);
    for (size_t i = 0; i < c->nsig; i++) {
        if (!is_genesis_ca(trust, &c->sigs[i].pub))
            return sr_fail(why, SR_EPROOF, R_AK_CERT, "signed by a key that is no operator's AK-CA");
        SR_TRY(check_sig(c, i, why));
    }
    return SR_OK;
}

static uint8_t wanted_kind(const struct ak_trust *trust)
{
    if (!trust->genesis_k)
        return AK_CERT_NETWORK;
    return trust->purpose == AK_FOR_RECOVERY ? AK_CERT_RECOVERY : AK_CERT_GENESIS;
}

enum sr_err ak_cert_verify(const struct ak_cert *c, const struct ak_trust *trust, time_t now,
                           struct sr_why *why)
{
    uint8_t wanted = wanted_kind(trust);
    if (c->kind != wanted)
        return sr_fail(why, SR_EPROOF, R_AK_CERT, "AK certificates of kind %u do not count here", c->kind);
    if (!sha256_eq(&c->network, &trust->network))
        return sr_fail(why, SR_EPROOF, R_AK_CERT_NETWORK, "AK certificate of another network");
    if (c->epoch != trust->epoch)
        return sr_fail(why, SR_EPROOF, R_AK_CERT_EPOCH, "AK certificate of epoch %llu, not %llu",
                       (unsigned long long)c->epoch, (unsigned long long)trust->epoch);
    if (now < 0 || (uint64_t)now < c->not_before || (uint64_t)now > c->not_after)
        return sr_fail(why, SR_EPROOF, R_AK_CERT_EXPIRED, "AK certificate not valid now");
    if (trust->max_age && (uint64_t)now - c->not_before > AK_CERT_BACKDATE + trust->max_age)
        return sr_fail(why, SR_EPROOF, R_AK_CERT_EXPIRED, "AK certificate older than policy allows");
    return trust->genesis_k ? check_genesis_sigs(c, trust, why) : check_network_sigs(c, trust, why);
}
