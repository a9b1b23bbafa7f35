#include "proto/member.h"

#include <string.h>

enum { CERT_SIG = 64 };

struct member_id member_id_of(const struct sign_pub *key)
{
    struct sha256 d = sha256(SPAN(key->b));
    struct member_id id;
    memcpy(id.b, d.b, sizeof id.b);
    return id;
}

enum sr_err member_cert_make(const struct member_cert *c, const struct sign_key *member_ca, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    if (!address_ok(span_of(c->address)))
        return SR_EFORMAT;
    wr_u8(&b, 1);
    wr_span(&b, SPAN(c->cid.b));
    wr_u64be(&b, c->epoch);
    wr_span(&b, SPAN(c->key.b));
    wr_lp(&b, span_of(c->address));
    wr_u64be(&b, c->issued_at);
    wr_span(&b, SPAN(c->granter.b));
    if (!buf_ok(&b))
        return SR_ENOMEM;
    struct sig sig = sign_label(member_ca, L_MEMBER_CERT, buf_span(&b));
    wr_span(&b, SPAN(sig.b));
    wr_span(ret, buf_span(&b));
    return buf_ok(&b) && buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err read_cert(struct span s, struct member_cert *ret, struct sig *ret_sig, struct sr_why *why)
{
    struct member_cert c = { 0 };
    struct sig sig = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    rd_copy(&r, c.cid.b, sizeof c.cid.b);
    c.epoch = rd_u64be(&r);
    rd_copy(&r, c.key.b, sizeof c.key.b);
    struct span address = rd_lp(&r, ADDRESS_MAX);
    c.issued_at = rd_u64be(&r);
    rd_copy(&r, c.granter.b, sizeof c.granter.b);
    rd_copy(&r, sig.b, sizeof sig.b);
    if (!rd_end(&r) || version != 1 || !address_ok(address))
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "member certificate: version, length or address");
    memcpy(c.address, address.p, address.n);
    *ret = c;
    *ret_sig = sig;
    return SR_OK;
}

enum sr_err member_cert_check(struct span cert, const struct sha256 *cid, uint64_t epoch,
                              const struct sign_pub *member_ca, struct member_cert *ret, struct sr_why *why)
{
    struct member_cert c;
    struct sig sig;
    SR_TRY(read_cert(cert, &c, &sig, why));
    if (!sha256_eq(&c.cid, cid) || c.epoch != epoch)
        return sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "a certificate of another network or epoch");
    if (sign_check(member_ca, L_MEMBER_CERT, wire_body(cert, CERT_SIG), &sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "not signed by the network");
    *ret = c;
    return SR_OK;
}

enum sr_err member_cert_epoch(struct span cert, uint64_t *ret, struct sr_why *why)
{
    struct member_cert c;
    struct sig sig;
    SR_TRY(read_cert(cert, &c, &sig, why));
    *ret = c.epoch;
    return SR_OK;
}
