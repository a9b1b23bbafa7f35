#include "proto/epoch.h"

void epoch_pubs_write(const struct epoch_pubs *p, struct buf *b)
{
    wr_u64be(b, p->epoch);
    wr_span(b, SPAN(p->commit.b));
    wr_span(b, SPAN(p->release.b));
    wr_span(b, SPAN(p->network.b));
    wr_span(b, SPAN(p->akca.b));
    wr_span(b, SPAN(p->member_ca.b));
}

void epoch_pubs_read(struct reader *r, struct epoch_pubs *p)
{
    p->epoch = rd_u64be(r);
    rd_copy(r, p->commit.b, sizeof p->commit.b);
    rd_copy(r, p->release.b, sizeof p->release.b);
    rd_copy(r, p->network.b, sizeof p->network.b);
    rd_copy(r, p->akca.b, sizeof p->akca.b);
    rd_copy(r, p->member_ca.b, sizeof p->member_ca.b);
}

enum sr_err epoch_link_text(const struct sha256 *cid, const struct epoch_pubs *next, struct buf *ret)
{
    wr_span(ret, SPAN(cid->b));
    epoch_pubs_write(next, ret);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err epoch_link_make(const struct sha256 *cid, const struct epoch_pubs *next,
                            const struct sign_key *old, const struct approval *approvals, size_t n,
                            struct buf *ret)
{
    SR_OWN(buf) text = { 0 };
    if (n > APPROVALS_MAX)
        return SR_ETOOBIG;
    SR_TRY(epoch_link_text(cid, next, &text));
    struct sig sig = sign_label(old, L_EPOCH_LINK, buf_span(&text));
    wr_u8(ret, 1);
    epoch_pubs_write(next, ret);
    wr_span(ret, SPAN(sig.b));
    wr_u8(ret, (uint8_t)n);
    for (size_t i = 0; i < n; i++) {
        wr_span(ret, SPAN(approvals[i].key.b));
        wr_span(ret, SPAN(approvals[i].sig.b));
    }
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err wrong(struct sr_why *why, uint64_t epoch, const char *what)
{
    return sr_fail(why, SR_EPROOF, R_EPOCH_CHAIN, "link to epoch %llu: %s", (unsigned long long)epoch, what);
}

/* One bad signature spoils the rest. */
static enum sr_err check_approvals(struct reader *r, struct span text, const struct approvers *approvers,
                                   uint64_t epoch, struct sr_why *why)
{
    const struct approved of = { L_EPOCH_APPROVAL, text, R_EPOCH_CHAIN, "a link to an epoch" };
    struct approvals a = { .n = rd_u8(r) };
    if (a.n > APPROVALS_MAX)
        return wrong(why, epoch, "too many approvals");
    for (size_t i = 0; i < a.n; i++) {
        rd_copy(r, a.v[i].key.b, sizeof a.v[i].key.b);
        rd_copy(r, a.v[i].sig.b, sizeof a.v[i].sig.b);
    }
    if (r->bad || !approvals_enough(&a, approvers))
        return wrong(why, epoch, "too few operators approve, or it is cut short");
    return approvals_check(&a, approvers, &of, why);
}

enum sr_err epoch_link_check(struct span link, const struct sha256 *cid, const struct epoch_pubs *before,
                             const struct approvers *approvers, struct epoch_pubs *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct epoch_pubs p = { 0 };
    struct sig sig = { 0 };
    struct reader r = rd_init(link);
    uint64_t epoch = before->epoch + 1;
    uint8_t version = rd_u8(&r);
    epoch_pubs_read(&r, &p);
    rd_copy(&r, sig.b, sizeof sig.b);
    if (r.bad || version != 1 || p.epoch != epoch)
        return wrong(why, epoch, "version, length or number");
    SR_TRY(epoch_link_text(cid, &p, &text));
    if (sign_check(&before->release, L_EPOCH_LINK, buf_span(&text), &sig) != SR_OK)
        return wrong(why, epoch, "not signed by the epoch before");
    SR_TRY(check_approvals(&r, buf_span(&text), approvers, epoch, why));
    if (!rd_end(&r))
        return wrong(why, epoch, "bytes are left");
    *ret = p;
    return SR_OK;
}

enum sr_err epoch_chain_follow(struct span chain, const struct sha256 *cid, const struct approvers *approvers,
                               struct epoch_pubs known[EPOCHS_MAX], size_t *n, struct sr_why *why)
{
    struct reader r = rd_init(chain);
    size_t links = rd_u16be(&r);
    if (links >= EPOCHS_MAX)
        return wrong(why, 2, "too many links");
    for (size_t i = 1; i <= links; i++) {
        struct span link = rd_lp(&r, EPOCH_LINK_MAX);
        if (i >= *n)
            SR_TRY(epoch_link_check(link, cid, &known[i - 1], approvers, &known[i], why));
    }
    if (!rd_end(&r))
        return wrong(why, links + 1, "bytes are left or missing");
    *n = links + 1 > *n ? links + 1 : *n;
    return SR_OK;
}

enum sr_err epoch_chain_check(struct span chain, const struct sha256 *cid, const struct epoch_pubs *first,
                              const struct approvers *approvers, struct epoch_pubs ret[EPOCHS_MAX],
                              size_t *ret_n, struct sr_why *why)
{
    size_t n = 1;
    if (first->epoch != 1)
        return wrong(why, 1, "not the first epoch");
    ret[0] = *first;
    SR_TRY(epoch_chain_follow(chain, cid, approvers, ret, &n, why));
    *ret_n = n;
    return SR_OK;
}

enum sr_err epoch_chain_add(struct span old, struct span link, struct buf *ret, struct sr_why *why)
{
    struct reader r = rd_init(old);
    size_t n = old.n ? rd_u16be(&r) : 0;
    if (r.bad || n + 1 >= EPOCHS_MAX || link.n > EPOCH_LINK_MAX)
        return sr_fail(why, SR_ETOOBIG, R_EPOCH_CHAIN, "the chain of epochs is full");
    wr_u16be(ret, (uint16_t)(n + 1));
    wr_span(ret, rd_span(&r, rd_left(&r)));
    wr_lp(ret, link);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
