/* The ceremony: what a fresh node asks, what holders give, and how it ends. */
#include "tests/hex.h"
#include "tests/recovery_lab.h"
#include "tests/unit/rows_recovery.inc"

static enum sr_reason judged(const struct recovery_lab *l, struct span request)
{
    SR_OWN(buf) message = { 0 };
    struct sr_why why = { .reason = R_NONE };
    enum sr_err e = recovery_lab_holder(l, 0, request, &message, &why);
    T((e == SR_OK) == (why.reason == R_NONE) && (e == SR_OK) == (message.n > 0));
    return why.reason;
}

static enum sr_reason gathered(struct recovery_lab *l, struct span message)
{
    struct sr_why why = { .reason = R_NONE };
    uint8_t x = 0;
    size_t n = l->gather.n;
    enum sr_err e = recovery_gather_add(&l->gather, message, &x, &why);
    T((e == SR_OK) == (why.reason == R_NONE) && l->gather.n == n + (e == SR_OK));
    return why.reason;
}

static void give(struct recovery_lab *l, size_t i)
{
    SR_OWN(buf) message = { 0 };
    T(recovery_lab_holder(l, i, buf_span(&l->request), &message, NULL) == SR_OK);
    T(message.n == RECOVERY_TRANSFER_MAX && gathered(l, buf_span(&message)) == R_NONE);
}

static enum sr_reason ended(const struct recovery_lab *l)
{
    SR_OWN(master_bundle) masters = { 0 };
    struct sr_why why = { .reason = R_NONE };
    enum sr_err e = recovery_lab_end(l, &l->gather, &masters, &why);
    T((e == SR_OK) == recovery_lab_is_back(l, &masters) && (e == SR_OK) == (masters.n > 0));
    return why.reason;
}

static void any_two_of_three_holders_bring_the_master_back(void)
{
    struct sha512 log[MAKER_HOLDERS][MAKER_HOLDERS];
    struct recovery_lab l;
    recovery_lab_open(&l);
    for (size_t a = 0; a < MAKER_HOLDERS; a++)
        for (size_t b = 0; b < MAKER_HOLDERS; b++) {
            if (a == b)
                continue;
            l.gather.n = 0;
            give(&l, a);
            T(ended(&l) == R_RECOVERY_SHARES); /* t - 1 */
            give(&l, b);
            T(ended(&l) == R_NONE);
            T(l.gather.share[0].x < l.gather.share[1].x); /* whatever the order of arrival */
            log[a][b] = recovery_gather_transcript(&l.gather);
        }
    T(span_eq(SPAN(log[0][1].b), SPAN(log[1][0].b)) && !span_eq(SPAN(log[0][1].b), SPAN(log[0][2].b)));
    recovery_lab_drop(&l);
}

static void another_implementation_makes_the_same_ceremony(void)
{
    struct recovery_maker m;
    struct recovery_ceremony value;
    struct kem_key session;
    struct recovery_request q = { .created = 1700000000,
                                  .policy_number = 7,
                                  .epoch = 3,
                                  .rollback = { ROLLBACK_PEERS_TPM, 9 },
                                  .type = SPAN_STR("tpm"),
                                  .evidence = SPAN_STR("evidence") };
    SR_OWN(buf) request = { 0 };
    make_recovery(&m);
    fill(&value, sizeof value, "ceremony");
    fill(&session, sizeof session, "session");
    fill(&q.policy_hash, sizeof q.policy_hash, "policy");
    fill(&q.chain, sizeof q.chain, "chain");
    q.cid = m.cid;
    q.ceremony = value;
    kem_pub_of(&session, &q.session);
    T(recovery_request_encode(&q, &request) == SR_OK && is_hex(buf_span(&request), row_request));
    struct sha512 rd = recovery_request_rd(&q);
    struct sha256 network = recovery_request_network(&m.cid, &value);
    T(is_hex(SPAN(rd.b), row_rd) && is_hex(SPAN(network.b), row_ak_network));
    struct recovery_gather g = { .set = &m.set,
                                 .of = m.of,
                                 .session = recovery_transfer_session(&q, buf_span(&request)),
                                 .key = session };
    for (unsigned i = 0; i < MAKER_HOLDERS; i += 2) {
        SR_OWN(buf) message = { 0 };
        struct share share;
        struct kem_key eph;
        uint8_t x;
        fill_n(&eph, sizeof eph, "transfer", i);
        T(recovery_open_share(&m.set, &m.of, &m.holder[i], &share, NULL) == SR_OK);
        T(recovery_transfer_make(&g.session, &share, &eph, &message) == SR_OK);
        T(is_hex(buf_span(&message), i ? row_message_3 : row_message_1));
        T(recovery_gather_add(&g, buf_span(&message), &x, NULL) == SR_OK && x == i + 1);
    }
    struct sha512 transcript = recovery_gather_transcript(&g);
    T(is_hex(SPAN(transcript.b), row_transcript));
}

struct row {
    const char *what;
    void (*change)(struct recovery_lab *);
    enum sr_reason want;
};

static void nothing(struct recovery_lab *l)
{
    (void)l;
}
static void other_network(struct recovery_lab *l)
{
    l->q.cid.b[0] ^= 1;
}
static void other_ceremony(struct recovery_lab *l)
{
    l->q.ceremony.b[0] ^= 1;
}
static void yesterday(struct recovery_lab *l)
{
    l->q.created = MAKER_NOW - RECOVERY_AGE_MAX - 1;
}
static void nearly_yesterday(struct recovery_lab *l)
{
    l->q.created = MAKER_NOW - RECOVERY_AGE_MAX;
}
static void to_come(struct recovery_lab *l)
{
    l->q.created = MAKER_NOW + RECOVERY_AHEAD_MAX + 1;
}
static void old_policy(struct recovery_lab *l)
{
    l->q.policy_number = 0;
}
static void newer_policy(struct recovery_lab *l)
{
    l->q.policy_number = 2;
}
static void forked_policy(struct recovery_lab *l)
{
    l->q.policy_hash.b[0] ^= 1;
}
static void older_epoch(struct recovery_lab *l)
{
    l->q.epoch--;
}
static void newer_epoch(struct recovery_lab *l)
{
    l->q.epoch++;
}
static void other_chain(struct recovery_lab *l)
{
    l->q.chain.b[0] ^= 1;
}
static void other_code(struct recovery_lab *l)
{
    recovery_lab_machine(l, BAD);
}
static void genesis_certificate(struct recovery_lab *l)
{
    l->machine.cert.kind = AK_CERT_GENESIS;
}
static void network_certificate(struct recovery_lab *l)
{
    l->machine.cert.kind = AK_CERT_NETWORK;
    l->machine.cert.network = l->net.cid;
    l->machine.ca = l->net.keys.akca; /* by who learnt the master */
    l->machine.ca_pub = l->net.keys.pub.akca;
}
static void certificate_of_another_ceremony(struct recovery_lab *l)
{
    l->machine.cert.network.b[0] ^= 1;
}
static void certificate_of_the_genesis_parameters(struct recovery_lab *l)
{
    SR_OWN(buf) b = { 0 };
    T(genesis_params_encode(&l->net.genesis.params, &b, NULL) == SR_OK);
    l->machine.cert.network = genesis_params_hash(buf_span(&b));
}
static void expired_certificate(struct recovery_lab *l)
{
    l->machine.cert.not_after = MAKER_NOW - 1;
}
static void certified_by_a_stranger(struct recovery_lab *l)
{
    make_signer("stranger", &l->machine.ca, &l->machine.ca_pub);
}
static void other_root(struct recovery_lab *l)
{
    l->machine.cert.root.b[0] ^= 1;
}

static void a_holder_looks_before_it_opens(void)
{
    static const struct row rows[] = {
        { "as it should be", nothing, R_NONE },
        { "of another network", other_network, R_WRONG_NETWORK },
        { "of another ceremony", other_ceremony, R_RECOVERY_SESSION },
        { "more than a day old", yesterday, R_REQUEST_TIME },
        { "a day old", nearly_yesterday, R_NONE },
        { "of tomorrow", to_come, R_REQUEST_TIME },
        { "under an older policy", old_policy, R_POLICY_OLD },
        { "under a newer policy", newer_policy, R_POLICY_OLD },
        { "under another policy of the number", forked_policy, R_POLICY_FORK },
        { "an epoch before the newest", older_epoch, R_EPOCH },
        { "an epoch that the holder does not know", newer_epoch, R_EPOCH },
        { "another chain to the same epoch", other_chain, R_EPOCH_FORK },
        { "other code", other_code, R_NO_RULE },
        { "an AK certificate for the genesis evidence", genesis_certificate, R_AK_CERT },
        { "an AK certificate of the network's own", network_certificate, R_AK_CERT },
        { "an AK certificate of another ceremony", certificate_of_another_ceremony, R_AK_CERT_NETWORK },
        { "one that names the parameters", certificate_of_the_genesis_parameters, R_AK_CERT_NETWORK },
        { "an expired AK certificate", expired_certificate, R_AK_CERT_EXPIRED },
        { "an AK certificate by a stranger", certified_by_a_stranger, R_AK_CERT },
        { "a TPM under another root", other_root, R_EK_CHAIN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recovery_lab l;
        recovery_lab_open(&l);
        rows[i].change(&l);
        recovery_lab_ask(&l);
        T_ROW(judged(&l, buf_span(&l.request)) == rows[i].want, rows[i].what);
        recovery_lab_drop(&l);
    }
}

/* A certificate made for a recovery is good for nothing else. */
static void a_recovery_certificate_admits_nobody(void)
{
    struct recovery_lab l;
    struct appraisal a = { 0 };
    struct sr_why why = { 0 };
    recovery_lab_open(&l);
    const struct appraiser member = {
        .cid = l.net.cid, .newest = &l.net.keys.pub, .policy = l.policy, .now = MAKER_NOW
    };
    struct sha512 rd = recovery_request_rd(&l.q);
    T(appraise(&member, SPAN_STR("tpm"), l.q.evidence, &rd, &a, &why) == SR_EPROOF &&
      why.reason == R_AK_CERT);
    const struct key_set *cas = &l.net.genesis.params.akcas;
    const struct ak_trust genesis = { .network = l.machine.cert.network,
                                      .epoch = 1,
                                      .genesis_cas = cas->key,
                                      .genesis_n = cas->n,
                                      .genesis_k = cas->k };
    const struct verify_in in = { .evidence = l.q.evidence, .rd = rd, .now = MAKER_NOW, .ak = &genesis };
    struct claims claims = { 0 };
    T(evidence_verify(SPAN_STR("tpm"), &in, &claims, &why) == SR_EPROOF && why.reason == R_AK_CERT);
    recovery_lab_drop(&l);
}

static void every_bit_of_a_request_counts(void)
{
    struct recovery_lab l;
    struct recovery_request q;
    size_t taken = 0, fixed = 1 + 32 + 32 + 8 + 32 + 8 + 32 + 8 + 32 + 8;
    recovery_lab_open(&l);
    struct buf *b = &l.request;
    for (size_t bit = 0; bit < b->n * 8; bit += bit < fixed * 8 ? 1 : 11) {
        SR_OWN(buf) message = { 0 };
        b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += recovery_lab_holder(&l, 0, buf_span(b), &message, NULL) == SR_OK;
        b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < b->n; n++)
        taken += recovery_request_decode((struct span){ b->p, n }, &q, NULL) == SR_OK;
    T(taken == 0 && judged(&l, buf_span(b)) == R_NONE);
    wr_u8(b, 0);
    T(judged(&l, buf_span(b)) == R_RECOVERY_FORMAT);
    recovery_lab_drop(&l);
}

static void every_bit_of_a_message_counts(void)
{
    struct recovery_lab l;
    SR_OWN(buf) m = { 0 };
    size_t taken = 0;
    recovery_lab_open(&l);
    T(recovery_lab_holder(&l, 1, buf_span(&l.request), &m, NULL) == SR_OK);
    for (size_t bit = 0; bit < m.n * 8; bit++) {
        m.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum sr_reason r = gathered(&l, buf_span(&m));
        taken += r != (bit < 8        ? R_RECOVERY_FORMAT
                       : bit < 8 * 33 ? R_WRONG_NETWORK
                       : bit < 8 * 65 ? R_RECOVERY_SESSION
                                      : R_SEAL_OPEN);
        m.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < m.n; n++)
        taken += gathered(&l, (struct span){ m.p, n }) != R_RECOVERY_FORMAT;
    T(taken == 0 && gathered(&l, buf_span(&m)) == R_NONE);
    recovery_lab_drop(&l);
}

static void a_message_counts_once_for_one_session(void)
{
    struct recovery_lab l, later;
    SR_OWN(buf) m = { 0 };
    SR_OWN(buf) wrong = { 0 };
    struct share share;
    struct kem_key eph;
    struct sr_why why = { 0 };
    uint8_t x;
    recovery_lab_open(&l);
    give(&l, 0);
    T(recovery_lab_holder(&l, 0, buf_span(&l.request), &m, NULL) == SR_OK);
    T(gathered(&l, buf_span(&m)) == R_RECOVERY_REPEATED);
    recovery_lab_open(&later); /* the node again, after a restart: another session */
    fill(&later.gather.key, sizeof later.gather.key, "another session");
    kem_pub_of(&later.gather.key, &later.q.session);
    recovery_lab_ask(&later);
    later.gather.session = recovery_transfer_session(&later.q, buf_span(&later.request));
    T(gathered(&later, buf_span(&m)) == R_RECOVERY_SESSION);
    give(&later, 0);

    /* A holder that lies: a share that is not its own, sealed as it should be. */
    fill(&eph, sizeof eph, "eph");
    T(recovery_open_share(&l.r.set, &l.r.of, &l.r.holder[1], &share, NULL) == SR_OK);
    share.y.b[7] ^= 4;
    T(recovery_transfer_make(&l.gather.session, &share, &eph, &wrong) == SR_OK);
    T(recovery_gather_add(&l.gather, buf_span(&wrong), &x, &why) == SR_EPROOF &&
      why.reason == R_RECOVERY_SHARE && strstr(why.text, "holder 2"));
    share.y.b[7] ^= 4;
    share.x = 3; /* another's place */
    buf_drop(&wrong);
    T(recovery_transfer_make(&l.gather.session, &share, &eph, &wrong) == SR_OK);
    T(gathered(&l, buf_span(&wrong)) == R_RECOVERY_SHARE);
    T(ended(&l) == R_RECOVERY_SHARES);
    give(&l, 2); /* without the liar */
    T(ended(&l) == R_NONE);
    recovery_lab_drop(&later);
    recovery_lab_drop(&l);
}

static void the_policy_is_the_networks(void)
{
    struct recovery_lab l;
    SR_OWN(buf) first = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(policy_signed) got = { 0 };
    struct sr_why why = { 0 };
    recovery_lab_open(&l);
    s.policy = policy_ref(l.policy);
    policy_signed_write(&s, &first);
    T(recovery_request_policy(buf_span(&first), &l.net.genesis, &l.net.cid, &got, &why) == SR_OK);
    policy_signed_drop(&got);
    T(recovery_request_policy(policy_document(l.policy), &l.net.genesis, &l.net.cid, &got, &why) == SR_OK);
    struct genesis other = l.net.genesis;
    other.params.first_policy.b[0] ^= 1;
    T(recovery_request_policy(buf_span(&first), &other, &l.net.cid, &got, &why) == SR_EPROOF &&
      why.reason == R_POLICY_CHAIN);
    SR_OWN(buf) second = { 0 }; /* number 2, which nobody signed */
    struct span doc = policy_document(l.policy);
    for (size_t i = 0; i < doc.n; i++) {
        bool number = i > 8 && memcmp(doc.p + i - 9, "\"number\":", 9) == 0;
        bool previous = i > 11 && memcmp(doc.p + i - 12, "\"previous\":\"", 12) == 0;
        wr_u8(&second, number ? '2' : previous ? '1' : doc.p[i]);
    }
    T(recovery_request_policy(buf_span(&second), &l.net.genesis, &l.net.cid, &got, &why) == SR_EPROOF &&
      why.reason == R_POLICY_SIGNATURES);
    recovery_lab_drop(&l);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    another_implementation_makes_the_same_ceremony();
    any_two_of_three_holders_bring_the_master_back();
    a_holder_looks_before_it_opens();
    a_recovery_certificate_admits_nobody();
    every_bit_of_a_request_counts();
    every_bit_of_a_message_counts();
    a_message_counts_once_for_one_session();
    the_policy_is_the_networks();
    return t_end();
}
