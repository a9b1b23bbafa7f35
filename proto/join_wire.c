#include "proto/join_wire.h"

#include "crypto/url.h"

static enum sr_err malformed(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_MALFORMED, "%s", what);
}

static enum sr_err done(const struct reader *r, struct sr_why *why, const char *what)
{
    return rd_end(r) ? SR_OK : malformed(why, what);
}

static enum sr_err sized(struct span s, size_t max, struct sr_why *why)
{
    return s.n <= max ? SR_OK : sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "the message is over its limit");
}

/* Hands on what was written when its decoder takes it. */
static enum sr_err hand_on(const struct buf *b, enum sr_err decoded, struct buf *ret)
{
    if (!buf_ok(b))
        return SR_ENOMEM;
    SR_TRY(decoded);
    wr_span(ret, buf_span(b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

void wr_head(struct buf *b, uint8_t type)
{
    wr_u16be(b, WIRE_VERSION);
    wr_u8(b, type);
}

enum sr_err wire_head(struct reader *r, uint8_t type, struct sr_why *why)
{
    uint16_t version = rd_u16be(r);
    uint8_t got = rd_u8(r);
    if (r->bad)
        return malformed(why, "shorter than a message's head");
    if (version != WIRE_VERSION)
        return sr_fail(why, SR_EFORMAT, R_VERSION, "a message of another version");
    return got == type ? SR_OK : malformed(why, "another message was due");
}

struct span wire_body(struct span message, size_t n)
{
    return message.n < n ? (struct span){ 0 } : (struct span){ message.p, message.n - n };
}

bool address_ok(struct span address)
{
    return address.n <= ADDRESS_MAX && url_of_node(address);
}

enum sr_err m1_encode(const struct m1 *m, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct m1 back;
    wr_head(&b, MSG_M1);
    wr_u8(&b, (uint8_t)m->nsuites);
    for (size_t i = 0; i < m->nsuites && i < SUITES_MAX; i++)
        wr_u16be(&b, m->suite[i]);
    wr_span(&b, SPAN(m->cid.b));
    wr_lp(&b, m->role);
    wr_lp(&b, m->type);
    wr_span(&b, SPAN(m->nj));
    return hand_on(&b, m1_decode(buf_span(&b), &back, NULL), ret);
}

enum sr_err m1_decode(struct span s, struct m1 *ret, struct sr_why *why)
{
    struct m1 m = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(sized(s, M1_MAX, why));
    SR_TRY(wire_head(&r, MSG_M1, why));
    m.nsuites = rd_u8(&r);
    if (m.nsuites < 1 || m.nsuites > SUITES_MAX)
        return malformed(why, "M1: number of suites");
    for (size_t i = 0; i < m.nsuites; i++) {
        m.suite[i] = rd_u16be(&r);
        if (i && m.suite[i] <= m.suite[i - 1])
            return malformed(why, "M1: suites out of order");
    }
    rd_copy(&r, m.cid.b, sizeof m.cid.b);
    m.role = rd_lp(&r, EVIDENCE_TYPE_MAX);
    m.type = rd_lp(&r, EVIDENCE_TYPE_MAX);
    rd_copy(&r, m.nj, sizeof m.nj);
    SR_TRY(done(&r, why, "M1: length"));
    if (!evidence_type_ok(m.role) || !evidence_type_ok(m.type))
        return malformed(why, "M1: role or type");
    *ret = m;
    return SR_OK;
}

enum sr_err m2_encode(const struct m2 *m, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct m2 back;
    wr_head(&b, MSG_M2);
    wr_u16be(&b, m->suite);
    wr_span(&b, SPAN(m->cid.b));
    wr_span(&b, SPAN(m->sid.b));
    wr_u64be(&b, m->ts_ms);
    wr_span(&b, SPAN(m->rand));
    wr_u64be(&b, m->epoch_lo);
    wr_u64be(&b, m->epoch_hi);
    wr_u64be(&b, m->policy_number);
    wr_span(&b, SPAN(m->policy_hash.b));
    wr_span(&b, SPAN(m->idb.b));
    wr_u32be(&b, m->deadline_ms);
    wr_span(&b, SPAN(m->mac.b));
    return hand_on(&b, m2_decode(buf_span(&b), &back, NULL), ret);
}

enum sr_err m2_decode(struct span s, struct m2 *ret, struct sr_why *why)
{
    struct m2 m = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(wire_head(&r, MSG_M2, why));
    m.suite = rd_u16be(&r);
    rd_copy(&r, m.cid.b, sizeof m.cid.b);
    rd_copy(&r, m.sid.b, sizeof m.sid.b);
    m.ts_ms = rd_u64be(&r);
    rd_copy(&r, m.rand, sizeof m.rand);
    m.epoch_lo = rd_u64be(&r);
    m.epoch_hi = rd_u64be(&r);
    m.policy_number = rd_u64be(&r);
    rd_copy(&r, m.policy_hash.b, sizeof m.policy_hash.b);
    rd_copy(&r, m.idb.b, sizeof m.idb.b);
    m.deadline_ms = rd_u32be(&r);
    rd_copy(&r, m.mac.b, sizeof m.mac.b);
    SR_TRY(done(&r, why, "M2: length"));
    *ret = m;
    return SR_OK;
}

enum sr_err m3_encode(const struct m3 *m, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct m3 back;
    wr_head(&b, MSG_M3);
    wr_lp(&b, m->m1);
    wr_lp(&b, m->m2);
    wr_u8(&b, m->cb_kind);
    wr_span(&b, SPAN(m->ekj.b));
    wr_span(&b, SPAN(m->idj.b));
    wr_span(&b, SPAN(m->member_key.b));
    wr_lp(&b, m->address);
    wr_rollback(&b, &m->rollback);
    wr_lp(&b, m->evidence);
    wr_span(&b, SPAN(m->sigm.b));
    wr_span(&b, SPAN(m->sigj.b));
    return hand_on(&b, m3_decode(buf_span(&b), &back, NULL), ret);
}

enum sr_err m3_decode(struct span s, struct m3 *ret, struct sr_why *why)
{
    struct m3 m = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(sized(s, M3_MAX, why));
    SR_TRY(wire_head(&r, MSG_M3, why));
    m.m1 = rd_lp(&r, M1_MAX);
    m.m2 = rd_lp(&r, M2_SIZE);
    m.cb_kind = rd_u8(&r);
    rd_copy(&r, m.ekj.b, sizeof m.ekj.b);
    rd_copy(&r, m.idj.b, sizeof m.idj.b);
    rd_copy(&r, m.member_key.b, sizeof m.member_key.b);
    m.address = rd_lp(&r, ADDRESS_MAX);
    m.rollback = rd_rollback(&r);
    m.evidence = rd_lp(&r, HANDSHAKE_EVIDENCE_MAX);
    rd_copy(&r, m.sigm.b, sizeof m.sigm.b);
    rd_copy(&r, m.sigj.b, sizeof m.sigj.b);
    SR_TRY(done(&r, why, "M3: length"));
    if (!address_ok(m.address) || !m.evidence.n)
        return malformed(why, "M3: address or evidence");
    *ret = m;
    return SR_OK;
}

enum sr_err m4_encode(const struct m4 *m, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct m4 back;
    wr_head(&b, MSG_M4);
    wr_span(&b, SPAN(m->sid.b));
    wr_span(&b, SPAN(m->ekb.b));
    wr_lp(&b, m->type);
    wr_rollback(&b, &m->rollback);
    wr_lp(&b, m->evidence);
    wr_span(&b, SPAN(m->enc.b));
    wr_lp(&b, m->ct);
    wr_lp(&b, m->record);
    wr_lp(&b, m->chain);
    wr_lp(&b, m->policy);
    wr_lp(&b, m->checkpoint);
    wr_span(&b, SPAN(m->sigb.b));
    return hand_on(&b, m4_decode(buf_span(&b), &back, NULL), ret);
}

enum sr_err m4_decode(struct span s, struct m4 *ret, struct sr_why *why)
{
    struct m4 m = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(sized(s, M4_MAX, why));
    SR_TRY(wire_head(&r, MSG_M4, why));
    rd_copy(&r, m.sid.b, sizeof m.sid.b);
    rd_copy(&r, m.ekb.b, sizeof m.ekb.b);
    m.type = rd_lp(&r, EVIDENCE_TYPE_MAX);
    m.rollback = rd_rollback(&r);
    m.evidence = rd_lp(&r, HANDSHAKE_EVIDENCE_MAX);
    rd_copy(&r, m.enc.b, sizeof m.enc.b);
    m.ct = rd_lp(&r, JOIN_CT_MAX);
    m.record = rd_lp(&r, RECORD_MAX);
    m.chain = rd_lp(&r, EPOCH_CHAIN_MAX);
    m.policy = rd_lp(&r, SIGNED_POLICY_MAX);
    m.checkpoint = rd_lp(&r, CHECKPOINT_MAX);
    rd_copy(&r, m.sigb.b, sizeof m.sigb.b);
    SR_TRY(done(&r, why, "M4: length"));
    if (!evidence_type_ok(m.type) || !m.evidence.n || !m.ct.n || !m.record.n)
        return malformed(why, "M4: a part is missing");
    *ret = m;
    return SR_OK;
}

enum sr_err m5_encode(const struct m5 *m, struct buf *ret)
{
    wr_head(ret, MSG_M5);
    wr_span(ret, SPAN(m->sid.b));
    wr_span(ret, SPAN(m->mac.b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err m5_decode(struct span s, struct m5 *ret, struct sr_why *why)
{
    struct m5 m = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(wire_head(&r, MSG_M5, why));
    rd_copy(&r, m.sid.b, sizeof m.sid.b);
    rd_copy(&r, m.mac.b, sizeof m.mac.b);
    SR_TRY(done(&r, why, "M5: length"));
    *ret = m;
    return SR_OK;
}

enum sr_err m6_encode(const struct m6 *m, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct m6 back;
    wr_head(&b, MSG_M6);
    wr_span(&b, SPAN(m->sid.b));
    wr_lp(&b, m->cert);
    wr_lp(&b, m->leaf);
    wr_u64be(&b, m->leaf_index);
    wr_lp(&b, m->proof);
    wr_lp(&b, m->checkpoint);
    wr_span(&b, SPAN(m->mac.b));
    return hand_on(&b, m6_decode(buf_span(&b), &back, NULL), ret);
}

enum sr_err m6_decode(struct span s, struct m6 *ret, struct sr_why *why)
{
    struct m6 m = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(sized(s, M6_MAX, why));
    SR_TRY(wire_head(&r, MSG_M6, why));
    rd_copy(&r, m.sid.b, sizeof m.sid.b);
    m.cert = rd_lp(&r, MEMBER_CERT_MAX);
    m.leaf = rd_lp(&r, LEAF_MAX);
    m.leaf_index = rd_u64be(&r);
    m.proof = rd_lp(&r, PROOF_MAX);
    m.checkpoint = rd_lp(&r, CHECKPOINT_MAX);
    rd_copy(&r, m.mac.b, sizeof m.mac.b);
    SR_TRY(done(&r, why, "M6: length"));
    *ret = m;
    return SR_OK;
}
