/* What an attacker between, or in the place of, either side of a join may try; each refusal by its reason,
 * and each beside the honest run that succeeds. */
#include "proto/join_hash.h"
#include "tests/handshake.h"

static void an_honest_join_gives_the_masters_and_membership(void)
{
    struct net n;
    struct tape t;
    net_make(&n, "master");
    tape_start(&t, &n.cid);
    run_join(&n, &t, NULL);
    T(t.refused_at == DONE);
    T(t.got.n == 1 && span_eq(key_span(&t.got.epoch[0].master), key_span(&n.master)));
    T(t.hold.epoch == 1 && span_eq(SPAN(t.hold.th3.b), SPAN(t.pending.th3.b)));
    T(strcmp(t.confirmed.address, "https://b.example:7443") == 0);
    tape_drop(&t);
    net_drop(&n);
}

/* Same code, same parameters, other master: T06. */
static void a_second_network_can_not_pass_for_the_first(void)
{
    struct net real, rogue;
    struct tape t;
    net_make(&real, "master");
    net_make(&rogue, "a master that somebody kept");
    tape_start(&t, &real.cid);
    run_join(&rogue, &t, NULL);
    T(t.refused_at == M1 && t.why.reason == R_WRONG_NETWORK); /* as itself */

    struct buf own = rogue.record;
    rogue.record = (struct buf){ 0 };
    rogue.g.cid = rogue.bundle.cid = real.cid; /* it lies about its id */
    rogue.record = own;
    tape_drop(&t);
    tape_start(&t, &real.cid);
    run_join(&rogue, &t, NULL);
    T(t.refused_at == M4 && t.why.reason == R_GENESIS_MISMATCH);

    nonce_set_free(rogue.used);
    uint8_t seed[16] = { 0 };
    T(nonce_set_new(4, seed, &rogue.used) == SR_OK);
    buf_drop(&rogue.record);
    wr_span(&rogue.record, buf_span(&real.record)); /* and shows the first one's record */
    tape_drop(&t);
    tape_start(&t, &real.cid);
    run_join(&rogue, &t, NULL);
    T(t.refused_at == M4 && t.why.reason == R_MASTER_COMMIT_MISMATCH);
    T(t.got.n == 0 && sodium_is_zero((const uint8_t *)&t.hold, sizeof t.hold)); /* nothing is kept */
    tape_drop(&t);
    net_drop(&real);
    net_drop(&rogue);
}

/* M1..M3 of an honest run, then the granter's view of it. */
struct half {
    struct net n;
    struct tape t;
    struct join_attest a;
    struct buf arrived[7];
};
static void half_make(struct half *h)
{
    *h = (struct half){ 0 };
    net_make(&h->n, "master");
    tape_start(&h->t, &h->n.cid);
    T(join_first_half(&h->n, &h->t, NULL, &h->a, h->arrived));
}
static void half_drop(struct half *h)
{
    for (int i = 0; i < 7; i++)
        buf_drop(&h->arrived[i]);
    tape_drop(&h->t);
    net_drop(&h->n);
}

static enum sr_reason open_at(struct half *h, uint64_t now)
{
    struct join_attest a;
    struct sr_why why = { 0 };
    (void)!join_open_attest(&h->n.g, buf_span(&h->t.m[M3]), &h->t.granter_cb, now, &a, &why);
    return why.reason;
}

static void a_challenge_lives_exactly_as_long_as_it_says(void)
{
    static const struct {
        uint64_t now;
        enum sr_reason want;
    } rows[] = {
        { NOW - 1, R_NONCE_EXPIRED }, /* from the future: another clock */
        { NOW, R_NONE },
        { NOW + 29999, R_NONE },
        { NOW + 30000, R_NONE },
        { NOW + 30001, R_NONCE_EXPIRED },
        { UINT64_MAX, R_NONCE_EXPIRED },
    };
    struct half h;
    half_make(&h);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T(open_at(&h, rows[i].now) == rows[i].want);
    half_drop(&h);
}

/* The granter's own state moves on between M2 and M3. */
static void a_challenge_dies_with_what_it_promised(void)
{
    struct half h;
    half_make(&h);
    struct granter g = h.n.g;
    struct sign_key k;
    struct key other = { { 1 } };

    h.n.g.policy_number = 2;
    T(open_at(&h, NOW + 1) == R_STALE_CHALLENGE);
    h.n.g = g;
    h.n.g.policy_hash.b[0] ^= 1;
    T(open_at(&h, NOW + 1) == R_STALE_CHALLENGE);
    h.n.g = g;
    h.n.g.epoch_hi = 2;
    T(open_at(&h, NOW + 1) == R_STALE_CHALLENGE);
    h.n.g = g;
    h.n.g.ttl_ms = 30001;
    T(open_at(&h, NOW + 1) == R_STALE_CHALLENGE);
    h.n.g = g;
    make_signer("another idB", &k, &h.n.g.id);
    T(open_at(&h, NOW + 1) == R_STALE_CHALLENGE);
    h.n.g = g;
    h.n.g.nonce_key = &other; /* restarted */
    T(open_at(&h, NOW + 1) == R_NONCE_FORGED);
    h.n.g = g;
    T(open_at(&h, NOW + 1) == R_NONE);
    half_drop(&h);
}

static void a_nonce_is_good_for_one_grant(void)
{
    struct half h;
    half_make(&h);
    T(grant(&h.n, &h.t, &h.a) == SR_OK);
    buf_drop(&h.t.m[M4]);
    T(grant(&h.n, &h.t, &h.a) == SR_EAUTH && h.t.why.reason == R_NONCE_USED);
    half_drop(&h);
}

/* What verified and what is used must be the same object. */
static void evidence_of_another_session_grants_nothing(void)
{
    struct half h;
    struct verified v;
    struct nonce_spent spent;
    struct join_grant_random random;
    struct sr_why why;
    SR_OWN(join_sealed) sealed = { 0 };
    half_make(&h);
    fill(&random, sizeof random, "grant");
    T(attest_check(h.a.evidence, h.a.type, &h.a.rd, &v) == SR_OK);
    T(nonce_consume(h.n.used, &h.a.nonce, NOW, &spent, NULL) == SR_OK);
    struct verified other = v;
    struct nonce_spent other_spent = spent;
    other.rd.b[63] ^= 1;
    T(join_grant(&h.n.g, &h.a, &other, &spent, &h.n.bundle, SPAN_STR("tpm"), &random, &sealed, &why) ==
          SR_EPROOF &&
      why.reason == R_EVIDENCE_SWAPPED);
    other = v;
    memcpy(other.type, "tdx", 4);
    T(join_grant(&h.n.g, &h.a, &other, &spent, &h.n.bundle, SPAN_STR("tpm"), &random, &sealed, &why) ==
          SR_EPROOF &&
      why.reason == R_EVIDENCE_SWAPPED);
    other_spent.id.b[0] ^= 1;
    T(join_grant(&h.n.g, &h.a, &v, &other_spent, &h.n.bundle, SPAN_STR("tpm"), &random, &sealed, &why) ==
          SR_EPROOF &&
      why.reason == R_EVIDENCE_SWAPPED);

    struct granter rotated = h.n.g; /* a rotation while the quote was pending */
    rotated.epoch_hi = 2;
    T(join_grant(&rotated, &h.a, &v, &spent, &h.n.bundle, SPAN_STR("tpm"), &random, &sealed, &why) ==
          SR_ESTALE &&
      why.reason == R_STALE_CHALLENGE);
    struct master_bundle wrong = h.n.bundle;
    wrong.epoch[0].epoch = 2;
    T(join_grant(&h.n.g, &h.a, &v, &spent, &wrong, SPAN_STR("tpm"), &random, &sealed, &why) == SR_EBUG &&
      why.reason == R_EPOCH);
    T(join_grant(&h.n.g, &h.a, &v, &spent, &h.n.bundle, SPAN_STR("tpm"), &random, &sealed, &why) == SR_OK);
    half_drop(&h);
}

/* The joiner's own evidence comes back as the granter's: T11. An attacker without good evidence of its own
 * answers in the granter's place, with keys of its own where it can. */
static void a_joiner_is_not_granted_by_itself(void)
{
    struct half h;
    struct join_granted granted;
    struct verified v;
    struct sr_why why;
    half_make(&h);
    T(grant(&h.n, &h.t, &h.a) == SR_OK);
    struct m4 m;
    SR_OWN(buf) forged = { 0 };
    T(m4_decode(buf_span(&h.t.m[M4]), &m, NULL) == SR_OK);
    m.evidence = h.a.evidence;
    m.sigb = (struct sig){ 0 };
    T(m4_encode(&m, &forged) == SR_OK);
    struct sha512 th3 = join_th3(&h.t.wait.th2, wire_body(buf_span(&forged), M4_SIG));
    m.sigb = sign_label(&h.n.idb, L_JOIN_SIG_GRANTER, SPAN(th3.b)); /* even signed as it should be */
    buf_drop(&forged);
    T(m4_encode(&m, &forged) == SR_OK);
    T(join_read_grant(&h.t.j, &h.t.wait, buf_span(&forged), &granted, &why) == SR_OK);
    T(attest_check(granted.m4.evidence, granted.m4.type, &granted.rd, &v) == SR_EPROOF);
    half_drop(&h);
}

/* Another cipher text under the granter's evidence; T07. idB's key is even taken as the attacker's. */
static void what_was_attested_is_what_is_opened(void)
{
    struct half h;
    struct join_granted granted;
    struct verified v;
    struct sr_why why;
    half_make(&h);
    T(grant(&h.n, &h.t, &h.a) == SR_OK);
    struct m4 m;
    T(m4_decode(buf_span(&h.t.m[M4]), &m, NULL) == SR_OK);
    struct kem_pub enc = m.enc, ekb = m.ekb;
    uint8_t ct[JOIN_CT_MAX];
    memcpy(ct, m.ct.p, m.ct.n);
    ct[0] ^= 1;
    enc.b[0] ^= 1;
    ekb.b[0] ^= 1;
    const struct m4 changed[] = { m, m, m };
    for (int i = 0; i < 3; i++) {
        struct m4 f = changed[i];
        SR_OWN(buf) forged = { 0 };
        if (i == 0)
            f.ct.p = ct;
        else if (i == 1)
            f.enc = enc;
        else
            f.ekb = ekb;
        T(m4_encode(&f, &forged) == SR_OK);
        struct sha512 th3 = join_th3(&h.t.wait.th2, wire_body(buf_span(&forged), M4_SIG));
        f.sigb = sign_label(&h.n.idb, L_JOIN_SIG_GRANTER, SPAN(th3.b));
        buf_drop(&forged);
        T(m4_encode(&f, &forged) == SR_OK);
        T(join_read_grant(&h.t.j, &h.t.wait, buf_span(&forged), &granted, &why) == SR_OK);
        T(attest_check(granted.m4.evidence, granted.m4.type, &granted.rd, &v) == SR_EPROOF);
        /* even with evidence that says so, it does not open */
        v = (struct verified){ .rd = granted.rd, .type = "tpm" };
        struct join_policy policy = { 1, h.n.genesis.params.first_policy, 0 };
        T(join_open_grant(&h.t.wait, &granted, &h.t.k, &v, &policy, &h.t.got, &h.t.hold, &why) == SR_EPROOF &&
          why.reason == R_SEAL_OPEN);
    }
    half_drop(&h);
}

static void the_policy_of_m4_is_the_one_of_the_challenge(void)
{
    struct half h;
    struct join_granted granted;
    struct verified v;
    struct sr_why why;
    half_make(&h);
    T(grant(&h.n, &h.t, &h.a) == SR_OK);
    T(join_read_grant(&h.t.j, &h.t.wait, buf_span(&h.t.m[M4]), &granted, &why) == SR_OK);
    T(attest_check(granted.m4.evidence, granted.m4.type, &granted.rd, &v) == SR_OK);
    struct join_policy policy = { 2, h.n.genesis.params.first_policy, 0 };
    T(join_open_grant(&h.t.wait, &granted, &h.t.k, &v, &policy, &h.t.got, &h.t.hold, &why) == SR_EPROOF &&
      why.reason == R_POLICY_CHAIN);
    policy = (struct join_policy){ 1, h.n.cid, 0 };
    T(join_open_grant(&h.t.wait, &granted, &h.t.k, &v, &policy, &h.t.got, &h.t.hold, &why) == SR_EPROOF &&
      why.reason == R_POLICY_CHAIN);
    v.type[0] = 'x';
    policy = (struct join_policy){ 1, h.n.genesis.params.first_policy, 0 };
    T(join_open_grant(&h.t.wait, &granted, &h.t.k, &v, &policy, &h.t.got, &h.t.hold, &why) == SR_EPROOF &&
      why.reason == R_EVIDENCE_SWAPPED);
    half_drop(&h);
}

/* A recorded M3 against fresh challenges, with every key of its session known to the attacker: T09. */
static void recorded_joins_are_worth_nothing(void)
{
    struct half h;
    size_t accepted = 0;
    half_make(&h);
    struct m3 m;
    T(m3_decode(buf_span(&h.t.m[M3]), &m, NULL) == SR_OK);
    for (int i = 0; i < 1000; i++) {
        struct join_challenge_random random;
        struct join_attest a;
        struct verified v;
        struct m3 replay = m;
        SR_OWN(buf) m2 = { 0 };
        SR_OWN(buf) m3 = { 0 };
        random_fill(&random, sizeof random);
        T(join_challenge(&h.n.g, m.m1, &random, NOW, &m2, NULL) == SR_OK);
        replay.m2 = buf_span(&m2);
        T(m3_encode(&replay, &m3) == SR_OK);
        struct sha512 th1 = join_th1(m.m1, buf_span(&m2), &h.t.joiner_cb);
        struct sha512 th2 = join_th2(&th1, wire_body(buf_span(&m3), M3_SIGS));
        replay.sigj = sign_label(&h.t.k.idj, L_JOIN_SIG_JOINER, SPAN(th2.b));
        replay.sigm = sign_label(&h.t.k.member, L_JOIN_SIG_MEMBER, SPAN(th2.b));
        buf_drop(&m3);
        T(m3_encode(&replay, &m3) == SR_OK);
        T(join_open_attest(&h.n.g, buf_span(&m3), &h.t.granter_cb, NOW, &a, NULL) == SR_OK);
        accepted += attest_check(a.evidence, a.type, &a.rd, &v) == SR_OK;
    }
    T(accepted == 0);
    half_drop(&h);
}

/* Somebody else's member key can't be claimed, nor a session key that isn't in hand. */
static void both_keys_of_m3_are_proven(void)
{
    for (int which = 0; which < 2; which++) {
        struct net n;
        struct tape t;
        struct join_attest a;
        struct buf arrived[7] = { 0 };
        struct sign_key other;
        net_make(&n, "master");
        tape_start(&t, &n.cid);
        make_signer("a member already", &other, which ? &t.k.idj_pub : &t.k.member_pub);
        T(!join_first_half(&n, &t, NULL, &a, arrived));
        T(t.refused_at == M3 && t.why.reason == R_SIGNATURE);
        for (int i = 0; i < 7; i++)
            buf_drop(&arrived[i]);
        tape_drop(&t);
        net_drop(&n);
    }
}

static void channel_bindings_must_agree(void)
{
    static const struct {
        bool joiner, granter, same, required;
        enum sr_reason want;
    } rows[] = {
        { true, true, true, true, R_NONE },
        { true, true, true, false, R_NONE },
        { true, true, false, false, R_SIGNATURE }, /* a relay between two connections */
        { true, false, true, false, R_CHANNEL_BINDING },
        { false, true, true, false, R_NONE },
        { false, true, true, true, R_CHANNEL_BINDING },
        { false, false, true, false, R_NONE },
        { false, false, true, true, R_CHANNEL_BINDING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct net n;
        struct tape t;
        net_make(&n, "master");
        tape_start(&t, &n.cid);
        t.joiner_cb.bound = rows[i].joiner;
        t.granter_cb.bound = rows[i].granter;
        n.g.binding_required = rows[i].required;
        if (!rows[i].same)
            t.granter_cb.exporter[0] ^= 1;
        run_join(&n, &t, NULL);
        if (rows[i].want == R_NONE)
            T(t.refused_at == DONE);
        else
            T(t.refused_at == M3 && t.why.reason == rows[i].want);
        tape_drop(&t);
        net_drop(&n);
    }
}

static void a_joiner_goes_by_what_it_knows(void)
{
    struct net n;
    struct tape t;
    net_make(&n, "master");
    tape_start(&t, &n.cid);
    t.j.min_epoch = 2;
    run_join(&n, &t, NULL);
    T(t.refused_at == M2 && t.why.reason == R_EPOCH);
    tape_drop(&t);
    tape_start(&t, &n.cid);
    t.j.min_policy = 2;
    run_join(&n, &t, NULL);
    T(t.refused_at == M2 && t.why.reason == R_POLICY_OLD);
    tape_drop(&t);
    net_drop(&n);
}

static void confirmations_do_not_travel(void)
{
    struct net n;
    struct tape t;
    struct join_confirmed c;
    struct join_member member;
    struct sr_why why;
    net_make(&n, "master");
    tape_start(&t, &n.cid);
    run_join(&n, &t, NULL);
    T(t.refused_at == DONE);

    /* the same M5 again: the same answer, for a lost M6 */
    T(join_confirm(&n.g, &t.pending, buf_span(&t.m[M5]), NOW + 9, &c, &why) == SR_OK);
    T(join_confirm(&n.g, &t.pending, buf_span(&t.m[M5]), NOW + 30001, &c, &why) == SR_EAUTH &&
      why.reason == R_NONCE_EXPIRED);
    struct granter later = n.g;
    later.policy_number = 2;
    T(join_confirm(&later, &t.pending, buf_span(&t.m[M5]), NOW + 9, &c, &why) == SR_ESTALE &&
      why.reason == R_POLICY_OLD);
    later = n.g;
    later.epoch_hi = 2;
    T(join_confirm(&later, &t.pending, buf_span(&t.m[M5]), NOW + 9, &c, &why) == SR_ESTALE &&
      why.reason == R_EPOCH);

    /* M5 as M6 and M6 as M5 */
    T(join_read_m6(&t.j, &t.hold, &t.k, buf_span(&t.m[M5]), &member, &why) == SR_EFORMAT &&
      why.reason == R_MALFORMED);
    T(join_confirm(&n.g, &t.pending, buf_span(&t.m[M6]), NOW, &c, &why) == SR_EFORMAT &&
      why.reason == R_MALFORMED);
    struct m6 m;
    struct m5 five;
    SR_OWN(buf) forged = { 0 };
    T(m6_decode(buf_span(&t.m[M6]), &m, NULL) == SR_OK &&
      m5_decode(buf_span(&t.m[M5]), &five, NULL) == SR_OK);
    m.mac = five.mac; /* the joiner's own confirmation reflected */
    T(m6_encode(&m, &forged) == SR_OK);
    T(join_read_m6(&t.j, &t.hold, &t.k, buf_span(&forged), &member, &why) == SR_EAUTH &&
      why.reason == R_CONFIRM_MAC);

    /* another session's */
    struct join_pending other = t.pending;
    other.th3.b[0] ^= 1;
    T(join_confirm(&n.g, &other, buf_span(&t.m[M5]), NOW, &c, &why) == SR_EAUTH &&
      why.reason == R_CONFIRM_MAC);
    struct joiner elsewhere = t.j;
    elsewhere.address = SPAN_STR("https://c.example");
    T(join_read_m6(&elsewhere, &t.hold, &t.k, buf_span(&t.m[M6]), &member, &why) == SR_EPROOF &&
      why.reason == R_MEMBER_CERT);
    tape_drop(&t);
    net_drop(&n);
}

/* Each message in the place of each other one is refused before anything is computed. */
static void messages_out_of_order_are_not_read(void)
{
    struct net n;
    struct tape t;
    net_make(&n, "master");
    tape_start(&t, &n.cid);
    run_join(&n, &t, NULL);
    for (int i = M1; i <= M6; i++) {
        struct m1 m1;
        struct m2 m2;
        struct m3 m3;
        struct m4 m4;
        struct m5 m5;
        struct m6 m6;
        struct span s = buf_span(&t.m[i]);
        T((m1_decode(s, &m1, NULL) == SR_OK) == (i == M1));
        T((m2_decode(s, &m2, NULL) == SR_OK) == (i == M2));
        T((m3_decode(s, &m3, NULL) == SR_OK) == (i == M3));
        T((m4_decode(s, &m4, NULL) == SR_OK) == (i == M4));
        T((m5_decode(s, &m5, NULL) == SR_OK) == (i == M5));
        T((m6_decode(s, &m6, NULL) == SR_OK) == (i == M6));
    }
    tape_drop(&t);
    net_drop(&n);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    an_honest_join_gives_the_masters_and_membership();
    a_second_network_can_not_pass_for_the_first();
    a_challenge_lives_exactly_as_long_as_it_says();
    a_challenge_dies_with_what_it_promised();
    a_nonce_is_good_for_one_grant();
    evidence_of_another_session_grants_nothing();
    a_joiner_is_not_granted_by_itself();
    what_was_attested_is_what_is_opened();
    the_policy_of_m4_is_the_one_of_the_challenge();
    recorded_joins_are_worth_nothing();
    both_keys_of_m3_are_proven();
    channel_bindings_must_agree();
    a_joiner_goes_by_what_it_knows();
    confirmations_do_not_travel();
    messages_out_of_order_are_not_read();
    return t_end();
}
