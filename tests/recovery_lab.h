#pragma once
/* recovery_lab.h - a network with recovery holders, all of whose members are gone, and a machine that asks
 * the holders: the real verifier and the real policy between them. Tests change one thing, then ask. */
#include "proto/recovery_transfer.h"
#include "tests/attacks/lab.h"
#include "tests/recovery_maker.h"

struct recovery_lab {
    struct net net; /* its record names the holders */
    struct recovery_maker r;
    struct policy *policy;
    struct maker machine;
    struct recovery_ceremony value;
    struct kem_key session;
    struct recovery_request q;
    struct buf evidence, request;
    struct recovery_judge by; /* a holder */
    struct recovery_gather gather;
};

static inline void recovery_lab_drop(struct recovery_lab *l)
{
    buf_drop(&l->evidence);
    buf_drop(&l->request);
    maker_drop(&l->machine);
    policy_unref(l->policy);
    net_drop(&l->net);
    recovery_gather_drop(&l->gather);
}

/* The machine's evidence over q as it stands, and the request made of it. */
static inline void recovery_lab_ask(struct recovery_lab *l)
{
    buf_drop(&l->evidence);
    buf_drop(&l->request);
    struct sha512 rd = recovery_request_rd(&l->q);
    maker_evidence(&l->machine, &rd, &l->evidence);
    l->q.evidence = buf_span(&l->evidence);
    T(recovery_request_encode(&l->q, &l->request) == SR_OK);
}

/* A machine that the operators certified for a ceremony. */
static inline void recovery_lab_machine(struct recovery_lab *l, uint8_t code)
{
    maker_drop(&l->machine);
    maker_new(&l->machine);
    make_signer("certifier", &l->machine.ca, &l->machine.ca_pub);
    l->machine.cert.kind = AK_CERT_RECOVERY;
    l->machine.cert.network = recovery_request_network(&l->net.cid, &l->value);
    l->machine.cert.epoch = 1;
    l->machine.cert.root = l->net.genesis.params.types[0].root[0];
    maker_launch(&l->machine, code, NULL);
}

static inline void recovery_lab_network(struct recovery_lab *l)
{
    net_make(&l->net, "master");
    make_recovery(&l->r);
    l->policy = lab_policy(GOOD_CODE);
    l->net.genesis.params.recovery = l->r.holders;
    l->net.genesis.params.first_policy = *policy_hash(l->policy);
    buf_drop(&l->net.record);
    T(genesis_encode(&l->net.genesis, &l->net.record, NULL) == SR_OK);
    l->net.cid = genesis_cid(buf_span(&l->net.record));
    l->r.cid = l->net.cid;
    l->r.master = l->net.master;
    l->r.epoch = l->net.keys.pub;
    draw_set(&l->r, "recovery key");
}

static inline void recovery_lab_open(struct recovery_lab *l)
{
    *l = (struct recovery_lab){ 0 };
    recovery_lab_network(l);
    fill(&l->value, sizeof l->value, "ceremony");
    fill(&l->session, sizeof l->session, "session");
    recovery_lab_machine(l, GOOD);
    l->q = (struct recovery_request){ .cid = l->net.cid,
                                      .ceremony = l->value,
                                      .created = MAKER_NOW,
                                      .policy_number = 1,
                                      .policy_hash = *policy_hash(l->policy),
                                      .type = SPAN_STR("tpm") };
    kem_pub_of(&l->session, &l->q.session);
    recovery_lab_ask(l);
    l->by = (struct recovery_judge){ .genesis = &l->net.genesis,
                                     .cid = &l->net.cid,
                                     .ceremony = &l->value,
                                     .policy = l->policy,
                                     .now = MAKER_NOW };
    l->gather = (struct recovery_gather){ .set = &l->r.set,
                                          .of = { &l->net.cid, &l->r.holders },
                                          .session = recovery_transfer_session(&l->q, buf_span(&l->request)),
                                          .key = l->session };
}

/* A holder's command, from the request's bytes to the message. */
static inline enum sr_err recovery_lab_holder(const struct recovery_lab *l, size_t i, struct span request,
                                              struct buf *ret, struct sr_why *why)
{
    struct recovery_request q;
    struct claims claims = { 0 };
    SR_OWN(share) share = { 0 };
    struct kem_key eph;
    fill_n(&eph, sizeof eph, "transfer", (unsigned)i);
    SR_TRY(recovery_request_decode(request, &q, why));
    SR_TRY(recovery_request_judge(&l->by, &q, &claims, why));
    const struct recovery_session to = recovery_transfer_session(&q, request);
    SR_TRY(recovery_open_share(&l->r.set, &l->r.of, &l->r.holder[i], &share, why));
    return recovery_transfer_make(&to, &share, &eph, ret);
}
