#include "proto/recovery_transfer.h"

#include "proto/recovery_wrap.h"

#include <string.h>

enum { TRANSFER_VERSION = 1 };

struct transfer {
    struct sha256 cid, request;
    uint8_t x;
    struct recovery_sealed sealed;
};

struct recovery_session recovery_transfer_session(const struct recovery_request *q, struct span request)
{
    return (struct recovery_session){ .cid = q->cid, .request = sha256(request), .key = q->session };
}

static void about(const struct recovery_session *to, uint8_t x, struct buf *b)
{
    wr_span(b, SPAN(to->cid.b));
    wr_span(b, SPAN(to->request.b));
    wr_u8(b, x);
}

enum sr_err recovery_transfer_make(const struct recovery_session *to, const struct share *share,
                                   const struct kem_key *eph, struct buf *ret)
{
    SR_OWN(buf) text = { 0 };
    struct recovery_sealed sealed;
    about(to, share->x, &text);
    SR_TRY(recovery_wrap_seal(&(struct recovery_wrap){ L_RECOVERY_TRANSFER, &text }, &to->key, eph,
                              share->y.b, &sealed));
    wr_u8(ret, TRANSFER_VERSION);
    wr_span(ret, buf_span(&text));
    wr_span(ret, SPAN(sealed.enc.b));
    wr_span(ret, SPAN(sealed.ct));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err read_transfer(struct span s, struct transfer *ret, struct sr_why *why)
{
    struct transfer t;
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    rd_copy(&r, t.cid.b, sizeof t.cid.b);
    rd_copy(&r, t.request.b, sizeof t.request.b);
    t.x = rd_u8(&r);
    rd_copy(&r, t.sealed.enc.b, sizeof t.sealed.enc.b);
    rd_copy(&r, t.sealed.ct, sizeof t.sealed.ct);
    if (!rd_end(&r) || version != TRANSFER_VERSION)
        return sr_fail(why, SR_EFORMAT, R_RECOVERY_FORMAT, "not a holder's message");
    *ret = t;
    return SR_OK;
}

void recovery_gather_drop(struct recovery_gather *g)
{
    sodium_memzero(g, sizeof *g);
}

static enum sr_err open_transfer(const struct recovery_gather *g, struct span message, struct share *ret,
                                 struct sr_why *why)
{
    struct transfer t;
    SR_OWN(share) share = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_TRY(read_transfer(message, &t, why));
    if (!sha256_eq(&t.cid, &g->session.cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "a share of another network");
    if (!sha256_eq(&t.request, &g->session.request))
        return sr_fail(why, SR_EPROOF, R_RECOVERY_SESSION, "a share for another session than this one");
    about(&g->session, t.x, &text);
    share.x = t.x;
    SR_TRY(recovery_wrap_open(&(struct recovery_wrap){ L_RECOVERY_TRANSFER, &text }, &g->key, &t.sealed,
                              share.y.b, why));
    *ret = share;
    return SR_OK;
}

enum sr_err recovery_gather_add(struct recovery_gather *g, struct span message, uint8_t *ret_x,
                                struct sr_why *why)
{
    SR_OWN(share) share = { 0 };
    SR_TRY(open_transfer(g, message, &share, why));
    SR_TRY(recovery_check_share(g->set, &g->of, &share, why));
    for (size_t i = 0; i < g->n; i++)
        if (g->share[i].x == share.x)
            return sr_fail(why, SR_EDENIED, R_RECOVERY_REPEATED, "holder %u's share is there already",
                           share.x);
    if (g->n == HOLDERS_MAX)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "more shares than holders");
    size_t at = g->n;
    for (; at > 0 && g->share[at - 1].x > share.x; at--) {
        g->share[at] = g->share[at - 1];
        g->message[at] = g->message[at - 1];
    }
    g->share[at] = share;
    g->message[at] = sha256(message);
    g->n++;
    *ret_x = share.x;
    return SR_OK;
}

static enum sr_err open_one(const struct kem_key *key, const struct recovery_source *from, uint64_t epoch,
                            const struct recovery_sealed *sealed, struct master_bundle *b, struct sr_why *why)
{
    struct epoch_master *m = &b->epoch[b->n];
    SR_TRY(recovery_open_master(key, &b->cid, from->salt, &from->epochs->pub[epoch - 1], sealed, &m->master,
                                why));
    if (b->n)
        b->epoch[b->n - 1].state = EPOCH_RETIRING;
    m->epoch = epoch;
    m->state = EPOCH_ACTIVE;
    b->n++;
    return SR_OK;
}

enum sr_err recovery_gather_masters(const struct recovery_gather *g, const struct recovery_source *from,
                                    struct master_bundle *ret, struct sr_why *why)
{
    SR_OWN(kem_key) key = { 0 };
    SR_OWN(master_bundle) b = { .cid = g->session.cid };
    struct recovery_sealed later;
    SR_TRY(recovery_combine(g->set, &g->of, g->share, g->n, &key, why));
    SR_TRY(open_one(&key, from, 1, &g->set->master, &b, why));
    for (uint64_t e = 2; e <= from->epochs->n; e++)
        if (recovery_file_master(from->file, e, &later))
            SR_TRY(open_one(&key, from, e, &later, &b, why));
    *ret = b;
    return SR_OK;
}

struct sha512 recovery_gather_transcript(const struct recovery_gather *g)
{
    struct hash512 h = hash512_start(L_RECOVERY_TRANSCRIPT);
    hash512_lp(&h, SPAN(g->session.request.b));
    for (size_t i = 0; i < g->n; i++) {
        hash512_u64(&h, g->share[i].x);
        hash512_lp(&h, SPAN(g->message[i].b));
    }
    return hash512_end(&h);
}
