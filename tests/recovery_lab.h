#pragma once
/* recovery_lab.h - a network with recovery holders, rotated twice, all of whose members are gone, and a
 * machine that asks the holders: the real verifier and the real policy between them. Tests change one thing,
 * then ask. */
#include "proto/recovery_transfer.h"
#include "tests/attacks/lab.h"
#include "tests/recovery_maker.h"

enum { LAB_EPOCHS = 3 };

struct recovery_lab {
    struct net net; /* its record names the holders */
    struct recovery_maker r;
    struct key later[EPOCHS_MAX - 1]; /* masters of the epochs 2, 3, and of those that a test adds */
    struct epoch_keys newest;
    struct buf chain, sealed, cert; /* what the recovery file is made of */
    struct recovery_file file;
    struct recovery_epochs epochs;
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
    buf_drop(&l->chain);
    buf_drop(&l->sealed);
    buf_drop(&l->cert);
    epoch_keys_drop(&l->newest);
    maker_drop(&l->machine);
    policy_unref(l->policy);
    net_drop(&l->net);
    recovery_maker_drop(&l->r);
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
    make_mixed_recovery(&l->r);
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

/* One link more, by the operator and the epoch before; its master sealed to the recovery key. */
static inline void recovery_lab_rotate(struct recovery_lab *l, uint64_t epoch)
{
    struct key *master = &l->later[epoch - 2];
    struct epoch_keys next;
    struct recovery_sealed sealed;
    struct sign_key op;
    struct approval a;
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) link = { 0 };
    SR_OWN(buf) chain = { 0 };
    fill_n(master, sizeof *master, "later", (unsigned)epoch);
    T(epoch_keys_derive(master, epoch, l->net.genesis.params.salt, &next) == SR_OK);
    T(epoch_link_text(&l->net.cid, &next.pub, &text) == SR_OK);
    make_signer("operator", &op, &a.key);
    a.sig = sign_label(&op, L_EPOCH_APPROVAL, buf_span(&text));
    T(epoch_link_make(&l->net.cid, &next.pub, &l->newest.release, &a, 1, &link) == SR_OK);
    T(epoch_chain_add(buf_span(&l->chain), buf_span(&link), &chain, NULL) == SR_OK);
    buf_drop(&l->chain);
    l->chain = SR_TAKE(chain);
    T(recovery_seal_master(&l->r.set.pub, &l->net.cid, master, &next.pub, &l->r.rand.master_eph, &sealed) ==
      SR_OK);
    recovery_later_write(epoch, &sealed, &l->sealed);
    l->newest = next;
}

/* As a member of the newest epoch writes it. */
static inline void recovery_lab_file(struct recovery_lab *l)
{
    struct sign_key member;
    struct member_cert c = { .cid = l->net.cid, .epoch = l->newest.pub.epoch, .issued_at = 7 };
    make_signer("member", &member, &c.key);
    strcpy(c.address, "https://m.example:7443");
    buf_drop(&l->cert);
    T(member_cert_make(&c, &l->newest.member_ca, &l->cert) == SR_OK);
    l->file = (struct recovery_file){ .bundle = SPAN_STR("bundle"),
                                      .chain = buf_span(&l->chain),
                                      .later = buf_span(&l->sealed),
                                      .cert = buf_span(&l->cert) };
    T(recovery_file_sign(&l->file, &l->net.cid, &member, &l->file.sig) == SR_OK);
    T(recovery_file_check(&l->file, &l->net.cid, &l->net.genesis, &l->epochs, NULL) == SR_OK);
}

static inline void recovery_lab_open(struct recovery_lab *l)
{
    *l = (struct recovery_lab){ 0 };
    recovery_lab_network(l);
    l->newest = l->net.keys;
    for (uint64_t e = 2; e <= LAB_EPOCHS; e++)
        recovery_lab_rotate(l, e);
    recovery_lab_file(l);
    fill(&l->value, sizeof l->value, "ceremony");
    fill(&l->session, sizeof l->session, "session");
    recovery_lab_machine(l, GOOD);
    l->q = (struct recovery_request){ .cid = l->net.cid,
                                      .ceremony = l->value,
                                      .created = MAKER_NOW,
                                      .policy_number = 1,
                                      .policy_hash = *policy_hash(l->policy),
                                      .epoch = l->epochs.n,
                                      .chain = l->epochs.chain,
                                      .type = SPAN_STR("tpm") };
    kem_pub_of(&l->session, &l->q.session);
    recovery_lab_ask(l);
    l->by = (struct recovery_judge){ .genesis = &l->net.genesis,
                                     .cid = &l->net.cid,
                                     .ceremony = &l->value,
                                     .policy = l->policy,
                                     .epochs = &l->epochs,
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

/* The node, once it has the shares. */
static inline enum sr_err recovery_lab_end(const struct recovery_lab *l, const struct recovery_gather *g,
                                           struct master_bundle *ret, struct sr_why *why)
{
    const struct recovery_source from = { l->net.genesis.params.salt, &l->epochs, &l->file };
    return recovery_gather_masters(g, &from, ret, why);
}

static inline bool recovery_lab_is_back(const struct recovery_lab *l, const struct master_bundle *b)
{
    bool same = b->n == LAB_EPOCHS && span_eq(key_span(&b->epoch[0].master), key_span(&l->net.master));
    for (size_t i = 1; same && i < LAB_EPOCHS; i++)
        same = span_eq(key_span(&b->epoch[i].master), key_span(&l->later[i - 1]));
    return same;
}
