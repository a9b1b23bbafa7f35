/* Attacks on recovery: by the host of the node that asks, by who wants the masters, by a holder. */
#include "tests/recovery_lab.h"

/* Two holders give, the node combines, and has the network's master. */
static bool recovered(const struct recovery_lab *l, struct recovery_gather *g, struct key *ret,
                      struct sr_why *why)
{
    uint8_t x;
    for (size_t i = 0; i < MAKER_T; i++) {
        SR_OWN(buf) message = { 0 };
        if (recovery_lab_holder(l, i, buf_span(&l->request), &message, why) != SR_OK ||
            recovery_gather_add(g, buf_span(&message), &x, why) != SR_OK)
            return false;
    }
    return recovery_gather_master(g, l->net.genesis.params.salt, &l->net.genesis.first, ret, why) == SR_OK;
}

static bool ceremony(struct lab *unused)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct key master;
    (void)unused;
    recovery_lab_open(&l);
    return recovered(&l, &l.gather, &master, NULL) && span_eq(key_span(&master), key_span(&l.net.master));
}

/* The host's own key in place of the session's, beside honest evidence: shares would be sealed to it. */
static bool session_swapped(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct key master;
    (void)unused;
    recovery_lab_open(&l);
    fill(&l.gather.key, sizeof l.gather.key, "the host's key");
    kem_pub_of(&l.gather.key, &l.q.session);
    buf_drop(&l.request);
    T(recovery_request_encode(&l.q, &l.request) == SR_OK);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    return recovered(&l, &l.gather, &master, why) && span_eq(key_span(&master), key_span(&l.net.master));
}

/* A genuine machine, certified for the ceremony, runs a modified node. */
static bool modified_node(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct key master;
    (void)unused;
    recovery_lab_open(&l);
    recovery_lab_machine(&l, BAD);
    recovery_lab_ask(&l);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    return recovered(&l, &l.gather, &master, why);
}

/* The request of a recovery years ago, whose session key leaked since. */
static bool earlier_ceremony(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct recovery_ceremony today;
    struct key master;
    (void)unused;
    recovery_lab_open(&l);
    fill(&today, sizeof today, "today's ceremony");
    l.by.ceremony = &today;
    return recovered(&l, &l.gather, &master, why);
}

/* The node is to serve under a policy that was replaced since. */
static bool policy_taken_back(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct key master;
    (void)unused;
    recovery_lab_open(&l);
    l.q.policy_number = 0;
    recovery_lab_ask(&l);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    return recovered(&l, &l.gather, &master, why);
}

/* The sealed master is the attacker's, to the network's recovery key, which is public: shares open it. */
static bool master_swapped(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct key own, got;
    (void)unused;
    recovery_lab_open(&l);
    fill(&own, sizeof own, "the attacker's master");
    T(recovery_seal_master(&l.r.set.pub, &l.net.cid, &own, &l.r.epoch, &l.r.rand.master_eph,
                           &l.r.set.master) == SR_OK);
    return recovered(&l, &l.gather, &got, why) && span_eq(key_span(&got), key_span(&own));
}

/* A holder's share is not the one published: the recovery fails, and nobody is to know by whom. */
static bool saboteur(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    SR_OWN(buf) wrong = { 0 };
    SR_OWN(buf) right = { 0 };
    struct share share;
    struct key master;
    uint8_t x;
    (void)unused;
    recovery_lab_open(&l);
    T(recovery_open_share(&l.r.set, &l.r.of, &l.r.holder[0], &share, NULL) == SR_OK);
    share.y.b[0] ^= 1;
    T(recovery_transfer_make(&l.gather.session, &share, &l.r.rand.master_eph, &wrong) == SR_OK);
    T(recovery_lab_holder(&l, 1, buf_span(&l.request), &right, NULL) == SR_OK);
    if (recovery_gather_add(&l.gather, buf_span(&wrong), &x, why) == SR_OK &&
        recovery_gather_add(&l.gather, buf_span(&right), &x, why) == SR_OK &&
        recovery_gather_master(&l.gather, l.net.genesis.params.salt, &l.net.genesis.first, &master, why) ==
            SR_OK)
        return false;
    return !strstr(why->text, "holder 1");
}

/* Whoever learnt the master makes shares for the record's holders under a recovery key of their own, so that
 * later masters are sealed to it. Honest evidence, the set changed. */
static bool set_made_later(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    SR_OWN(buf) set = { 0 };
    SR_OWN(buf) evidence = { 0 };
    SR_OWN(buf) bundle = { 0 };
    static struct genesis_checked checked;
    struct claims claims = { 0 };
    (void)unused;
    recovery_lab_open(&l);
    T(recovery_encode(&l.r.set, &set) == SR_OK);
    struct genesis_bundle b = { .record = buf_span(&l.net.record),
                                .opnonce = SPAN_STR("beacon"),
                                .created = MAKER_NOW,
                                .type = SPAN_STR("tpm"),
                                .policy = policy_document(l.policy),
                                .recovery = buf_span(&set) };
    SR_OWN(buf) params = { 0 };
    T(genesis_params_encode(&l.net.genesis.params, &params, NULL) == SR_OK);
    l.machine.cert.kind = AK_CERT_GENESIS;
    l.machine.cert.network = genesis_params_hash(buf_span(&params));
    struct sha512 rd = genesis_rd(&l.net.cid, &b);
    maker_evidence(&l.machine, &rd, &evidence);
    b.evidence = buf_span(&evidence);
    T(genesis_bundle_encode(&b, &bundle, NULL) == SR_OK);
    T(genesis_check(buf_span(&bundle), &l.net.cid, (struct span){ 0 }, &checked, NULL) == SR_OK &&
      genesis_verify(&checked, NULL, &claims, NULL) == SR_OK); /* the honest one, in the same run */
    draw_set(&l.r, "the attacker's recovery key");
    buf_drop(&set);
    buf_drop(&bundle);
    T(recovery_encode(&l.r.set, &set) == SR_OK);
    b.recovery = buf_span(&set);
    T(genesis_bundle_encode(&b, &bundle, NULL) == SR_OK);
    return genesis_check(buf_span(&bundle), &l.net.cid, (struct span){ 0 }, &checked, why) == SR_OK &&
           genesis_verify(&checked, NULL, &claims, why) == SR_OK &&
           span_eq(SPAN(checked.recovery.pub.b), SPAN(l.r.set.pub.b));
}

static const struct attack rows[] = {
    { "session_swapped", ceremony, session_swapped, R_REPORT_DATA },
    { "modified_node", ceremony, modified_node, R_NO_RULE },
    { "earlier_ceremony", ceremony, earlier_ceremony, R_RECOVERY_SESSION },
    { "policy_taken_back", ceremony, policy_taken_back, R_POLICY_OLD },
    { "master_swapped", ceremony, master_swapped, R_MASTER_COMMIT_MISMATCH },
    { "saboteur", ceremony, saboteur, R_RECOVERY_SHARE },
    { "set_made_later", ceremony, set_made_later, R_REPORT_DATA },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
