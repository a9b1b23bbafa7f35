/* Attacks on recovery: by the host of the node that asks, by who wants the masters, by a holder. */
#include "tests/draw_lab.h"

/* Two holders give, the node combines, and has the network's masters. */
static bool recovered(const struct recovery_lab *l, struct recovery_gather *g, struct master_bundle *ret,
                      struct sr_why *why)
{
    uint8_t x;
    for (size_t i = 0; i < MAKER_T; i++) {
        SR_OWN(buf) message = { 0 };
        if (recovery_lab_holder(l, i, buf_span(&l->request), &message, why) != SR_OK ||
            recovery_gather_add(g, buf_span(&message), &x, why) != SR_OK)
            return false;
    }
    return recovery_lab_end(l, g, ret, why) == SR_OK;
}

static bool ceremony(struct lab *unused)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    return recovered(&l, &l.gather, &masters, NULL) && recovery_lab_is_back(&l, &masters);
}

/* The host's own key in place of the session's, beside honest evidence: shares would be sealed to it. */
static bool session_swapped(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    fill(&l.gather.key, sizeof l.gather.key, "the host's key");
    kem_pub_of(&l.gather.key, &l.q.session);
    buf_drop(&l.request);
    T(recovery_request_encode(&l.q, &l.request) == SR_OK);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    return recovered(&l, &l.gather, &masters, why) && recovery_lab_is_back(&l, &masters);
}

/* A genuine machine, certified for the ceremony, runs a modified node. */
static bool modified_node(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    recovery_lab_machine(&l, BAD);
    recovery_lab_ask(&l);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    return recovered(&l, &l.gather, &masters, why);
}

/* The policy asks those who recover for a level; the machine says that it runs at this one. */
static void asked_for_a_level(struct recovery_lab *l, enum rollback_level level)
{
    policy_unref(l->policy);
    l->policy = lab_policy_asking(GOOD_CODE, ",{\"claim\":\"rollback\",\"op\":\"in\",\"value\":[\"peers\"]}");
    l->by.policy = l->policy;
    l->q.policy_hash = *policy_hash(l->policy);
    l->q.rollback.level = (uint8_t)level;
    recovery_lab_ask(l);
    l->gather.session = recovery_transfer_session(&l->q, buf_span(&l->request));
}

static bool guarded_ceremony(struct lab *unused)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    asked_for_a_level(&l, ROLLBACK_PEERS);
    return recovered(&l, &l.gather, &masters, NULL) && recovery_lab_is_back(&l, &masters);
}

/* Its disk can be put back when the host likes. */
static bool unguarded_recovers(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    asked_for_a_level(&l, ROLLBACK_NONE);
    return recovered(&l, &l.gather, &masters, why) && recovery_lab_is_back(&l, &masters);
}

/* And its host has the request say something better than the evidence does. */
static bool recovery_level_changed(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    asked_for_a_level(&l, ROLLBACK_NONE);
    l.q.rollback.level = ROLLBACK_PEERS;
    buf_drop(&l.request);
    T(recovery_request_encode(&l.q, &l.request) == SR_OK);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    return recovered(&l, &l.gather, &masters, why) && recovery_lab_is_back(&l, &masters);
}

/* The request of a recovery years ago, whose session key leaked since. */
static bool earlier_ceremony(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct recovery_ceremony today;
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    fill(&today, sizeof today, "today's ceremony");
    l.by.ceremony = &today;
    return recovered(&l, &l.gather, &masters, why);
}

/* The node is to serve under a policy that was replaced since. */
static bool policy_taken_back(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    l.q.policy_number = 0;
    recovery_lab_ask(&l);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    return recovered(&l, &l.gather, &masters, why);
}

/* The sealed master is the attacker's, to the network's recovery key, which is public: shares open it. */
static bool master_swapped(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct key own;
    struct master_bundle got;
    (void)unused;
    recovery_lab_open(&l);
    fill(&own, sizeof own, "the attacker's master");
    T(recovery_seal_master(&l.r.set.pub, &l.net.cid, &own, &l.r.epoch, &l.r.rand.master_eph,
                           &l.r.set.master) == SR_OK);
    return recovered(&l, &l.gather, &got, why) && span_eq(key_span(&got.epoch[0].master), key_span(&own));
}

/* The same with a later epoch's: whoever keeps files puts a master of their own into one, and learnt the keys
 * of a member to sign it. */
static bool later_master_swapped(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct key own;
    struct master_bundle got;
    struct recovery_sealed s;
    (void)unused;
    recovery_lab_open(&l);
    fill(&own, sizeof own, "the attacker's master");
    T(recovery_seal_master(&l.r.set.pub, &l.net.cid, &own, &l.newest.pub, &l.r.rand.master_eph, &s) == SR_OK);
    l.sealed.n -= RECOVERY_LATER_SIZE;
    recovery_later_write(LAB_EPOCHS, &s, &l.sealed);
    recovery_lab_file(&l);
    return recovered(&l, &l.gather, &got, why) &&
           span_eq(key_span(&got.epoch[LAB_EPOCHS - 1].master), key_span(&own));
}

/* Whoever keeps files spoils one, so that the recovery it is for fails, on the day it is needed. */
static bool file_spoilt(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    struct recovery_epochs epochs;
    (void)unused;
    recovery_lab_open(&l);
    l.sealed.p[l.sealed.n - 1] ^= 1;
    return recovery_file_check(&l.file, &l.net.cid, &l.net.genesis, &epochs, why) == SR_OK;
}

/* The network is to come back as it was before a rotation, with the member that was shut out by it. */
static bool chain_taken_back(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    static struct recovery_lab older;
    struct master_bundle masters;
    (void)unused;
    recovery_lab_open(&l);
    recovery_lab_open(&older);
    buf_drop(&older.chain);
    buf_drop(&older.sealed);
    older.newest = older.net.keys;
    recovery_lab_rotate(&older, 2);
    recovery_lab_file(&older);
    l.q.epoch = older.epochs.n;
    l.q.chain = older.epochs.chain;
    recovery_lab_ask(&l);
    l.gather.session = recovery_transfer_session(&l.q, buf_span(&l.request));
    l.file = older.file;
    bool got = recovered(&l, &l.gather, &masters, why) && masters.n == 2;
    recovery_lab_drop(&older);
    return got;
}

/* A holder's share is not the one published: the recovery fails, and nobody is to know by whom. */
static bool saboteur(struct lab *unused, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    SR_OWN(buf) wrong = { 0 };
    SR_OWN(buf) right = { 0 };
    struct share share;
    struct master_bundle masters;
    uint8_t x;
    (void)unused;
    recovery_lab_open(&l);
    T(recovery_open_share(&l.r.set, &l.r.of, &l.r.holder[0], &share, NULL) == SR_OK);
    share.y.b[0] ^= 1;
    T(recovery_transfer_make(&l.gather.session, &share, &l.r.rand.master_eph, &wrong) == SR_OK);
    T(recovery_lab_holder(&l, 1, buf_span(&l.request), &right, NULL) == SR_OK);
    if (recovery_gather_add(&l.gather, buf_span(&wrong), &x, why) == SR_OK &&
        recovery_gather_add(&l.gather, buf_span(&right), &x, why) == SR_OK &&
        recovery_lab_end(&l, &l.gather, &masters, why) == SR_OK)
        return false;
    return !strstr(why->text, "holder 1");
}

/* Somebody founds a network of their own for another network's holders, with the package that the other one
 * published for a holder, and recovers it: does the holder hand out the other network's share? */
static bool moved(size_t i, struct sr_why *why)
{
    SR_OWN(recovery_lab) l = { 0 };
    SR_OWN(buf) message = { 0 };
    struct recovery_maker other;
    struct share share;
    uint8_t x;
    recovery_lab_open(&l);
    make_mixed_recovery(&other);
    T(recovery_open_share(&other.set, &other.of, &other.holder[i], &share, NULL) == SR_OK);
    recovery_maker_drop(&other);
    l.r.set.pub = other.set.pub;
    l.r.set.package[i] = other.set.package[i];
    return recovery_lab_holder(&l, i, buf_span(&l.request), &message, why) == SR_OK &&
           recovery_gather_add(&l.gather, buf_span(&message), &x, why) == SR_OK &&
           span_eq(key_span(&l.gather.share[0].y), key_span(&share.y));
}

static bool package_moved(struct lab *unused, struct sr_why *why)
{
    (void)unused;
    return moved(0, why);
}

static bool rsa_package_moved(struct lab *unused, struct sr_why *why)
{
    (void)unused;
    return moved(MAKER_HOLDERS - 1, why);
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

static bool approved(struct lab *unused)
{
    SR_OWN(draw_lab) l = { 0 };
    struct claims claims = { 0 };
    (void)unused;
    draw_lab_open(&l);
    return rotation_judge(&l.by, &l.d, &claims, NULL) == SR_OK;
}

/* On its way to the operators the next master, sealed for recovery, is exchanged for something that no
 * holder will ever open. */
static bool draw_resealed(struct lab *unused, struct sr_why *why)
{
    SR_OWN(draw_lab) l = { 0 };
    struct claims claims = { 0 };
    (void)unused;
    draw_lab_open(&l);
    l.sealed.p[l.sealed.n - 1] ^= 1;
    return rotation_judge(&l.by, &l.d, &claims, why) == SR_OK;
}

static const struct attack rows[] = {
    { "session_swapped", ceremony, session_swapped, R_REPORT_DATA },
    { "modified_node", ceremony, modified_node, R_NO_RULE },
    { "unguarded_recovers", guarded_ceremony, unguarded_recovers, R_NO_RULE },
    { "recovery_level_changed", guarded_ceremony, recovery_level_changed, R_REPORT_DATA },
    { "earlier_ceremony", ceremony, earlier_ceremony, R_RECOVERY_SESSION },
    { "policy_taken_back", ceremony, policy_taken_back, R_POLICY_OLD },
    { "master_swapped", ceremony, master_swapped, R_MASTER_COMMIT_MISMATCH },
    { "later_master_swapped", ceremony, later_master_swapped, R_MASTER_COMMIT_MISMATCH },
    { "file_spoilt", ceremony, file_spoilt, R_RECOVERY_FILE },
    { "chain_taken_back", ceremony, chain_taken_back, R_EPOCH },
    { "draw_resealed", approved, draw_resealed, R_REPORT_DATA },
    { "saboteur", ceremony, saboteur, R_RECOVERY_SHARE },
    { "set_made_later", ceremony, set_made_later, R_REPORT_DATA },
    { "package_moved", ceremony, package_moved, R_SEAL_OPEN },
    { "rsa_package_moved", ceremony, rsa_package_moved, R_SEAL_OPEN },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
