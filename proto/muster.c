#include "proto/muster.h"

#include <stdlib.h>
#include <string.h>

void muster_drop(struct muster *m)
{
    buf_drop(&m->link);
    buf_drop(&m->recovery);
    free(m->entry);
    *m = (struct muster){ 0 };
}

static struct sha256 id_of(struct span link, struct span recovery)
{
    SR_OWN(buf) b = { 0 };
    wr_lp(&b, link);
    wr_lp(&b, recovery);
    return sha256(buf_span(&b));
}

static enum sr_err held_text(const struct muster *m, struct buf *ret)
{
    wr_span(ret, SPAN(m->cid.b));
    wr_u64be(ret, m->next.epoch);
    wr_span(ret, SPAN(m->id.b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err muster_begin(const struct muster_of *of, struct span link, struct span recovery,
                         struct muster *ret, struct sr_why *why)
{
    SR_OWN(muster) m = { .cid = *of->cid };
    if (recovery.n && recovery.n != EPOCH_RECOVERY_SIZE)
        return sr_fail(why, SR_EFORMAT, R_EPOCH_MUSTER, "muster: what is sealed for recovery");
    SR_TRY(epoch_link_check(link, of->cid, of->before, of->approvers, &m.next, why));
    wr_span(&m.link, link);
    wr_span(&m.recovery, recovery);
    if (!buf_ok(&m.link) || !buf_ok(&m.recovery))
        return SR_ENOMEM;
    m.id = id_of(link, recovery);
    *ret = SR_TAKE(m);
    return SR_OK;
}

/* Where the key is, or would be. */
static size_t place(const struct muster *m, const struct sign_pub *key)
{
    size_t lo = 0, hi = m->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (span_cmp(SPAN(m->entry[mid].cert.key.b), SPAN(key->b)) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool at(const struct muster *m, size_t i, const struct sign_pub *key)
{
    return i < m->n && span_eq(SPAN(m->entry[i].cert.key.b), SPAN(key->b));
}

bool muster_has(const struct muster *m, const struct sign_pub *key)
{
    return at(m, place(m, key), key);
}

static enum sr_err insert(struct muster *m, const struct muster_entry *e)
{
    size_t i = place(m, &e->cert.key);
    if (m->n == MUSTER_ENTRIES_MAX)
        return SR_ETOOBIG;
    struct muster_entry *grown = reallocarray(m->entry, m->n + 1, sizeof *grown);
    if (!grown)
        return SR_ENOMEM;
    m->entry = grown;
    memmove(&grown[i + 1], &grown[i], (m->n - i) * sizeof *grown);
    grown[i] = *e;
    m->n++;
    return SR_OK;
}

static enum sr_err entry_cert(const struct muster *m, struct span cert, struct muster_entry *e,
                              struct sr_why *why)
{
    if (cert.n > sizeof e->bytes)
        return sr_fail(why, SR_EFORMAT, R_EPOCH_MUSTER, "muster: a certificate's length");
    SR_TRY(member_cert_check(cert, &m->cid, m->next.epoch, &m->next.member_ca, &e->cert, why));
    memcpy(e->bytes, cert.p, cert.n);
    e->n = cert.n;
    return SR_OK;
}

enum sr_err muster_say(struct muster *m, struct span cert, const struct sign_key *key,
                       const struct sign_pub *pub, struct sr_why *why)
{
    struct muster_entry e = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_TRY(entry_cert(m, cert, &e, why));
    if (!span_eq(SPAN(e.cert.key.b), SPAN(pub->b)))
        return sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "muster: the certificate is for another key");
    if (muster_has(m, pub))
        return SR_OK;
    SR_TRY(held_text(m, &text));
    e.sig = sign_label(key, L_EPOCH_HELD, buf_span(&text));
    return insert(m, &e);
}

enum sr_err muster_encode(const struct muster *m, struct buf *ret)
{
    wr_u8(ret, 1);
    wr_span(ret, SPAN(m->cid.b));
    wr_lp(ret, buf_span(&m->link));
    wr_lp(ret, buf_span(&m->recovery));
    wr_u16be(ret, (uint16_t)m->n);
    for (size_t i = 0; i < m->n; i++) {
        wr_lp(ret, (struct span){ m->entry[i].bytes, m->entry[i].n });
        wr_span(ret, SPAN(m->entry[i].sig.b));
    }
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err check_entry(const struct muster *m, struct span cert, struct muster_entry *e,
                               struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    if (entry_cert(m, cert, e, NULL) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_EPOCH_MUSTER, "muster: a certificate that is not of its epoch");
    SR_TRY(held_text(m, &text));
    if (sign_check(&e->cert.key, L_EPOCH_HELD, buf_span(&text), &e->sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_EPOCH_MUSTER, "muster: not what that member said");
    return SR_OK;
}

/* The entry of these very bytes, in a muster of the same link that was checked. */
static const struct muster_entry *find(const struct muster *m, const struct muster *known, struct span cert,
                                       const struct sig *sig)
{
    if (!known || !sha256_eq(&known->id, &m->id))
        return NULL;
    for (size_t i = 0; i < known->n; i++)
        if (span_eq((struct span){ known->entry[i].bytes, known->entry[i].n }, cert) &&
            span_eq(SPAN(known->entry[i].sig.b), SPAN(sig->b)))
            return &known->entry[i];
    return NULL;
}

static enum sr_err read_entry(struct reader *r, const struct muster *known, struct muster *m,
                              struct sr_why *why)
{
    struct muster_entry e = { 0 };
    struct span cert = rd_lp(r, MEMBER_CERT_MAX);
    rd_copy(r, e.sig.b, sizeof e.sig.b);
    if (r->bad)
        return sr_fail(why, SR_EFORMAT, R_EPOCH_MUSTER, "muster: too short");
    const struct muster_entry *before = find(m, known, cert, &e.sig);
    if (before)
        e = *before;
    else
        SR_TRY(check_entry(m, cert, &e, why));
    if (m->n && span_cmp(SPAN(m->entry[m->n - 1].cert.key.b), SPAN(e.cert.key.b)) >= 0)
        return sr_fail(why, SR_EFORMAT, R_EPOCH_MUSTER, "muster: not ascending");
    return insert(m, &e);
}

enum sr_err muster_read(struct span s, const struct muster_of *of, struct muster *ret, struct sr_why *why)
{
    SR_OWN(muster) m = { 0 };
    struct sha256 cid;
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    rd_copy(&r, cid.b, sizeof cid.b);
    struct span link = rd_lp(&r, EPOCH_LINK_MAX), recovery = rd_lp(&r, EPOCH_RECOVERY_SIZE);
    size_t n = rd_u16be(&r);
    if (r.bad || version != 1 || n < 1 || n > MUSTER_ENTRIES_MAX)
        return sr_fail(why, SR_EFORMAT, R_EPOCH_MUSTER, "muster: version, length or count");
    if (!sha256_eq(&cid, of->cid))
        return sr_fail(why, SR_EPROOF, R_EPOCH_MUSTER, "muster: of another network");
    SR_TRY(muster_begin(of, link, recovery, &m, why));
    for (size_t i = 0; i < n; i++)
        SR_TRY(read_entry(&r, of->known, &m, why));
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_EPOCH_MUSTER, "muster: bytes are left");
    *ret = SR_TAKE(m);
    return SR_OK;
}

enum sr_err muster_epoch(struct span s, uint64_t *ret, struct sr_why *why)
{
    struct reader r = rd_init(s);
    (void)rd_span(&r, 1 + sizeof(struct sha256));
    struct reader link = rd_init(rd_lp(&r, EPOCH_LINK_MAX));
    (void)rd_u8(&link);
    uint64_t epoch = rd_u64be(&link);
    if (r.bad || link.bad)
        return sr_fail(why, SR_EFORMAT, R_EPOCH_MUSTER, "muster: too short");
    *ret = epoch;
    return SR_OK;
}

enum sr_err muster_join(struct muster *m, const struct muster *from, size_t *ret_new, struct sr_why *why)
{
    size_t added = 0;
    if (!sha256_eq(&m->id, &from->id))
        return sr_fail(why, SR_EPROOF, R_EPOCH_FORK, "two masters for epoch %llu",
                       (unsigned long long)m->next.epoch);
    for (size_t i = 0; i < from->n; i++) {
        if (muster_has(m, &from->entry[i].cert.key))
            continue;
        SR_TRY(insert(m, &from->entry[i]));
        added++;
    }
    *ret_new = added;
    return SR_OK;
}

void muster_certs(const struct muster *m, struct buf *ret)
{
    wr_u16be(ret, (uint16_t)m->n);
    for (size_t i = 0; i < m->n; i++)
        wr_lp(ret, (struct span){ m->entry[i].bytes, m->entry[i].n });
}
