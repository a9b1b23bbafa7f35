#pragma once
/* rotation_maker.h - a draw, an epoch file and a muster of recorded randomness, for the network of
 * handshake.h. */
#include "proto/muster.h"
#include "tests/handshake.h"

enum { MAKER_MEMBERS = 3 };

struct rotation_maker {
    struct net net;
    struct approvers approvers;
    struct muster_of of;
    struct key master; /* of epoch 2 */
    struct epoch_keys next;
    struct buf draw, file, link, muster;
    struct sign_key member[MAKER_MEMBERS];
    struct sign_pub member_pub[MAKER_MEMBERS];
    struct buf cert[MAKER_MEMBERS];
};

static inline void maker_member_name(char ret[16], unsigned i)
{
    snprintf(ret, 16, "member %u", i);
}

static inline void maker_certs(struct rotation_maker *m)
{
    for (unsigned i = 0; i < MAKER_MEMBERS; i++) {
        char name[16];
        maker_member_name(name, i);
        make_signer(name, &m->member[i], &m->member_pub[i]);
        struct member_cert c = { .cid = m->net.cid, .epoch = 2, .key = m->member_pub[i], .issued_at = 7 };
        snprintf(c.address, sizeof c.address, "https://m%u.example:7443", i);
        T(member_cert_make(&c, &m->next.member_ca, &m->cert[i]) == SR_OK);
    }
}

static inline void maker_draw(struct rotation_maker *m)
{
    struct rotation_file f = { 0 };
    struct sign_key k;
    struct sign_pub p;
    const struct epoch_draw d = { .cid = m->net.cid,
                                  .pubs = m->next.pub,
                                  .created = 1700000000,
                                  .rollback = { ROLLBACK_TPM, 5 },
                                  .type = SPAN_STR("tpm"),
                                  .evidence = SPAN_STR("evidence") };
    T(epoch_draw_encode(&d, &m->draw) == SR_OK);
    wr_span(&f.draw_bytes, buf_span(&m->draw));
    T(epoch_draw_decode(buf_span(&f.draw_bytes), &f.draw, NULL) == SR_OK);
    make_signer("operator", &k, &p);
    T(rotation_approve(&f, &k, &p, NULL) == SR_OK);
    rotation_file_write(&f, &m->file);
    T(epoch_link_make(&m->net.cid, &m->next.pub, &m->net.keys.release, f.approvals.v, f.approvals.n,
                      &m->link) == SR_OK);
    rotation_file_drop(&f);
}

static inline void maker_muster(struct rotation_maker *m)
{
    SR_OWN(muster) all = { 0 };
    T(muster_begin(&m->of, buf_span(&m->link), (struct span){ 0 }, &all, NULL) == SR_OK);
    for (unsigned i = 0; i < MAKER_MEMBERS; i++)
        T(muster_say(&all, buf_span(&m->cert[i]), &m->member[i], &m->member_pub[i], NULL) == SR_OK);
    T(muster_encode(&all, &m->muster) == SR_OK);
}

/* Borrows itself: stays where it is. */
static inline void rotation_make(struct rotation_maker *m)
{
    *m = (struct rotation_maker){ 0 };
    net_make(&m->net, "master");
    fill(&m->master, sizeof m->master, "master 2");
    T(epoch_keys_derive(&m->master, 2, m->net.genesis.params.salt, &m->next) == SR_OK);
    m->approvers = genesis_approvers(&m->net.genesis);
    m->of = (struct muster_of){ &m->net.cid, &m->net.genesis.first, &m->approvers, NULL };
    maker_certs(m);
    maker_draw(m);
    maker_muster(m);
}

static inline void rotation_maker_drop(struct rotation_maker *m)
{
    buf_drop(&m->draw);
    buf_drop(&m->file);
    buf_drop(&m->link);
    buf_drop(&m->muster);
    for (unsigned i = 0; i < MAKER_MEMBERS; i++)
        buf_drop(&m->cert[i]);
    epoch_keys_drop(&m->next);
    net_drop(&m->net);
}
